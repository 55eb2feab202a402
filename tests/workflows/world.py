"""A small office around the diagrams: one case and what runs beside it, with its messages.

Each public method is one command of a person, the worker or a neighbour. What a form's answers
mean, and what a limit's end means, is read from the forms and the pack, as the product does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from engine import forms
from engine.bpmn.parser import parse
from engine.bpmn.service_tasks import late_co_units
from engine.bpmn.specification import Specification
from engine.facts import defaults
from engine.packs import Pack, load
from tests.workflows import shipped
from tests.workflows.runs import Run, Seen

PRECEDENT_UNIT = "bureau_a"
RUNGS = ("phone", "on_site", "order", "interview", "commitment", "criticism", "referral")
BY_HAND = ("fob_off", "press")  # causes a supervisor names and takes away by hand


@cache
def specification(key: str) -> Specification:
    return parse(key, shipped.process_bytes(key), shipped.decision_bytes(key))


@cache
def form(process: str, key: str) -> dict[str, Any]:
    return shipped.form(process, key)


@cache
def pack(key: str) -> Pack:
    return load(shipped.PACKS / key)


NOTHING = Seen([], [], frozenset(), False, [], {})


@dataclass
class Supervision:
    cause: str
    target: str
    open: bool = True
    cure_sent: bool = False


@dataclass
class Message:
    to: str
    name: str
    routing: dict[str, Any] = field(default_factory=dict)
    process: str = ""


class World:
    """The office of a pack, with instances run by the engine that `run` makes."""

    def __init__(self, run: Callable[[Specification], Run], key: str) -> None:
        self.run = run
        self.pack = pack(key)
        self.processes: dict[str, str] = {}
        self.case: dict[str, Any] = defaults()
        self.instances: dict[str, Run] = {}
        self.seen: dict[str, Seen] = {}
        self.messages: list[Message] = []
        self.supervisions: dict[str, Supervision] = {}
        self.extensions = 0
        self.opinions = 0
        self.closed: list[str] = []

    # Commands ----------------------------------------------------------------------------------

    def receive(self, *, anonymous: bool = False) -> None:
        """A case comes in."""
        self.case["anonymous"] = anonymous
        self._start("appeal", {}, self.pack.parts["appeal"])

    def complete(self, name: str, element: str, item: str, answers: dict[str, Any]) -> None:
        """A person completes a user task."""
        schema = self.form(name, element)
        self.case |= forms.facts(schema, answers, self.case)
        kind = forms.record(schema)
        if kind == "callback":
            # Two attempts a day.
            self.case["callback_days"] = (self.case["callback_attempts"] + 1) // 2
        if kind == "co_handling":
            self.case["co_done"] = [*self.case["co_done"], item]
        self._cure(forms.cures(schema, answers), item if kind == "co_handling" else None)
        if kind == "answer_sent":
            for other in self.instances:
                if other.startswith("extension"):
                    self.messages.append(Message(other, "case_answered"))
        self._act(name, "complete", element, item, forms.routing(schema, answers))

    def form(self, name: str, element: str) -> dict[str, Any]:
        """What a person fills in at a task of an instance."""
        return form(self.processes[name], element)

    def pass_time(self, name: str, element: str, limit: str) -> None:
        """A limit passes: the worker fires its timer."""
        overdue = self.pack.limits[limit].overdue
        if overdue:
            self.case[overdue] = True
        self._act(name, "fire", element)

    def deliver(self, index: int) -> None:
        """The worker delivers a message; that nobody waits for it is a result, not an error."""
        message = self.messages.pop(index)
        if message.name == "start":
            self._start(message.to, message.routing, message.process)
        elif message.to in self.instances and message.name in self.seen[message.to].messages:
            self._act(message.to, "deliver", message.name)

    def rule_alike(self) -> None:
        """A precedent for cases like this one is kept, before this one is sent anywhere."""
        self.case["precedent_unit"] = PRECEDENT_UNIT

    def tell_matter(self, name: str) -> None:
        """The matter this case is joined to was answered, or the merge undone."""
        if name == "matter_undone":
            self.case["disposition"] = "accepted"
        self.messages.append(Message("appeal", name))

    def supervise(self, cause: str, rung: str) -> None:
        """A supervisor starts a ladder by hand."""
        self._start_supervision(cause, self.case["unit"], rung)

    def cure_by_hand(self, name: str, *, rework: bool) -> None:
        """A supervisor says the cause is gone, or that the case must be handled again."""
        if rework:
            self.case |= {"rework_ordered": True, "disposition": "accepted"}
        self.supervisions[name].cure_sent = True
        self.messages.append(Message(name, "cured"))

    def break_promise(self, name: str) -> None:
        """The day of a promise comes and it was not kept."""
        self.messages.append(Message(name, "promise_broken"))

    def extend(self) -> None:
        """The unit asks for more time."""
        self.extensions += 1
        self._start(f"extension:{self.extensions}", {}, self.pack.parts["extension"])

    def ask_opinion(self) -> None:
        """Another unit is asked what it thinks."""
        self.opinions += 1
        self._start(f"opinion:{self.opinions}", {}, self.pack.parts["opinion"])

    def take_back(self) -> None:
        """Every question that waits is taken back, as it is when the case ends."""
        for other in self.instances:
            if other.startswith("opinion"):
                self.messages.append(Message(other, "opinion_withdrawn"))

    def spare_callback(self, name: str) -> None:
        """The case was not among those drawn for a call."""
        self.messages.append(Message(name, "callback_spared"))

    # What is left to do ------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        return not self.instances and not self.messages

    def state(self) -> tuple[Any, ...]:
        """All that two worlds must agree in."""
        return self.case, self.messages, self.supervisions, self.seen, self.closed

    def todo(self, rnd: Random) -> list[tuple[Any, ...]]:
        """What somebody could do now: (method, arguments)."""
        out: list[tuple[Any, ...]] = []
        for name in sorted(self.instances):
            seen = self.seen[name]
            out += [("complete", name, element, item) for element, item, _ in seen.tasks] * 2
            out += [("pass_time", name, *timer) for timer in seen.timers if self._runs(timer[1])]
            if "matter_answered" in seen.messages and not self.messages:
                out += [("tell_matter", "matter_answered"), ("tell_matter", "matter_undone")]
            if "callback_spared" in seen.messages and not self.messages and rnd.random() < 0.15:
                out.append(("spare_callback", name))
        heads: dict[str, int] = {}
        for index, message in enumerate(self.messages):
            heads.setdefault(message.to, index)  # in order within one instance
        out += [("deliver", index) for index in heads.values()] * 2
        return out + self._now_and_then(rnd)

    def _now_and_then(self, rnd: Random) -> list[tuple[Any, ...]]:
        out: list[tuple[Any, ...]] = []
        running = "appeal" in self.instances and self.case["unit"]
        screened = [element for element, _, _ in self.seen.get("appeal", NOTHING).tasks]
        early = {"screen", "first_screen"} & {*screened} and not self.case["precedent_unit"]
        if early and rnd.random() < 0.15:
            out.append(("rule_alike",))
        if running and len(self.supervisions) < 4 and rnd.random() < 0.15:
            rung = rnd.choice(["", "", *RUNGS])
            out.append(("supervise", rnd.choice(BY_HAND), rung))
        if running and self.extensions < 2 and rnd.random() < 0.15:
            out.append(("extend",))
        if "appeal" in self.instances and self.opinions < 2 and rnd.random() < 0.1:
            out.append(("ask_opinion",))
        if any(name.startswith("opinion") for name in self.instances) and rnd.random() < 0.05:
            out.append(("take_back",))
        for name, s in self.supervisions.items():
            by_hand = s.open and s.cause in BY_HAND and not s.cure_sent
            if by_hand and name in self.instances and rnd.random() < 0.3:
                out.append(("cure_by_hand", name))
            if "promise_broken" in self.seen.get(name, NOTHING).messages and rnd.random() < 0.2:
                out.append(("break_promise", name))
        return out

    def _runs(self, limit: str) -> bool:
        """Whether the ledger of a waiting timer is still unsettled."""
        settled_by = self.pack.limits[limit].settled_by
        return not (settled_by and self.case[settled_by])

    # Inside ------------------------------------------------------------------------------------

    def _start(self, name: str, routing: dict[str, Any], process: str) -> None:
        assert name not in self.instances, "one process of each part at a time"
        self.processes[name] = process
        self.instances[name] = self.run(specification(process))
        self._act(name, "start", routing)

    def _act(self, name: str, deed: str, *about: Any) -> None:
        seen = self.instances[name].act(dict(self.case), deed, *about)
        self.seen[name] = seen
        self.case |= seen.changed
        for effect in seen.effects:
            self._carry_out(name, *effect)
        self._count()
        if seen.completed and name == "appeal" and self.case["disposition"] == "refused":
            self.take_back()
        if seen.completed:
            del self.instances[name]
            self.closed.append(name)

    def _carry_out(self, name: str, element: str, operation: str, params: str) -> None:
        given = dict(eval(params)) if element else {}  # written by `repr` a moment ago
        if operation == "throw":
            self.messages.append(Message("appeal", params))
        elif operation == "supervision/start":
            assert given["target"] == self.case["unit"]
            self._start_supervision(given["cause"], given["target"], "")
        elif operation == "supervision/start_late":
            for unit in late_co_units(self.case):
                self._start_supervision(given["cause"], unit, "")
        elif operation == "supervision/close":
            self.supervisions[name].open = False
        elif operation == "slip/issue":
            assert self.case["unit"]
        elif operation == "case/route":
            route = self.pack.item("routes", self.case["route"])
            assert route is not None
            self.messages.append(Message("appeal", "start", process=route["process"]))
        elif operation == "ledger/extend":
            assert (given["limit"], type(given["days"])) == ("handling", int)
        elif operation == "case/archive":
            assert not any(s.open for s in self.supervisions.values()), "archived too early"
        if operation.startswith("case/archive"):
            self.take_back()

    def _start_supervision(self, cause: str, target: str, rung: str) -> None:
        """Ask for a ladder, once for each cause and target; it counts as open from here."""
        if not any(
            s.open and (s.cause, s.target) == (cause, target) for s in self.supervisions.values()
        ):
            name = f"supervision:{len(self.supervisions) + 1}"
            self.supervisions[name] = Supervision(cause, target)
            routing = {"cause": cause, "asked_rung": rung}
            process = self.pack.parts["supervision"]
            self.messages.append(Message(name, "start", routing, process))
        self._count()

    def _cure(self, causes: tuple[str, ...], unit: str | None) -> None:
        for name, s in self.supervisions.items():
            if s.open and s.cause in causes and s.target == (unit or s.target) and not s.cure_sent:
                s.cure_sent = True
                self.messages.append(Message(name, "cured"))

    def _count(self) -> None:
        self.case["open_supervisions"] = sum(s.open for s in self.supervisions.values())
        self.case["supervisions_before"] = len(self.supervisions)
