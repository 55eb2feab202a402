"""A small office around the diagrams: one case, its supervisions, its extensions, its messages.

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
from engine.bpmn.specification import Specification
from engine.facts import defaults
from engine.packs import Pack, load
from tests.workflows import shipped
from tests.workflows.runs import Run, Seen

BY_HAND = ("fob_off", "press")  # causes a supervisor names and takes away by hand


@cache
def specification(key: str) -> Specification:
    return parse(key, shipped.process_bytes(key), shipped.decision_bytes(key))


@cache
def form(process: str, key: str) -> dict[str, Any]:
    return shipped.form(process, key)


@cache
def pack() -> Pack:
    return load(shipped.PACKS / "gl-jindianzi")


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


class World:
    """The office, with instances run by the engine that `run` makes."""

    def __init__(self, run: Callable[[Specification], Run]) -> None:
        self.run = run
        self.case: dict[str, Any] = defaults()
        self.instances: dict[str, Run] = {}
        self.seen: dict[str, Seen] = {}
        self.messages: list[Message] = []
        self.supervisions: dict[str, Supervision] = {}
        self.extensions = 0
        self.closed: list[str] = []

    # Commands ----------------------------------------------------------------------------------

    def receive(self) -> None:
        """A case comes in."""
        self._start("appeal", {})

    def complete(self, name: str, element: str, item: str, answers: dict[str, Any]) -> None:
        """A person completes a user task."""
        process = name.split(":", maxsplit=1)[0]
        schema = form(process, element)
        self.case |= forms.facts(schema, answers, self.case)
        self._cure(forms.cures(schema, answers))
        if forms.record(schema) == "answer_sent":
            for other in self.instances:
                if other.startswith("extension"):
                    self.messages.append(Message(other, "case_answered"))
        self._act(name, "complete", element, item, forms.routing(schema, answers))

    def pass_time(self, name: str, element: str, limit: str) -> None:
        """A limit passes: the worker fires its timer."""
        overdue = pack().limits[limit].overdue
        if overdue:
            self.case[overdue] = True
        self._act(name, "fire", element)

    def deliver(self, index: int) -> None:
        """The worker delivers a message; that nobody waits for it is a result, not an error."""
        message = self.messages.pop(index)
        if message.name == "start":
            self._start(message.to, message.routing)
        elif message.to in self.instances and message.name in self.seen[message.to].messages:
            self._act(message.to, "deliver", message.name)

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
            self.case["rework_ordered"] = True
        self.supervisions[name].cure_sent = True
        self.messages.append(Message(name, "cured"))

    def extend(self) -> None:
        """The unit asks for more time."""
        self.extensions += 1
        self._start(f"extension:{self.extensions}", {})

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
        heads: dict[str, int] = {}
        for index, message in enumerate(self.messages):
            heads.setdefault(message.to, index)  # in order within one instance
        out += [("deliver", index) for index in heads.values()] * 2
        return out + self._now_and_then(rnd)

    def _now_and_then(self, rnd: Random) -> list[tuple[Any, ...]]:
        out: list[tuple[Any, ...]] = []
        running = "appeal" in self.instances and self.case["unit"]
        if running and len(self.supervisions) < 4 and rnd.random() < 0.15:
            rung = rnd.choice(["", "", "phone", "order", "interview"])
            out.append(("supervise", rnd.choice(BY_HAND), rung))
        if running and self.extensions < 2 and rnd.random() < 0.15:
            out.append(("extend",))
        for name, s in self.supervisions.items():
            by_hand = s.open and s.cause in BY_HAND and not s.cure_sent
            if by_hand and name in self.instances and rnd.random() < 0.3:
                out.append(("cure_by_hand", name))
        return out

    def _runs(self, limit: str) -> bool:
        """Whether the ledger of a waiting timer is still unsettled."""
        settled_by = pack().limits[limit].settled_by
        return not (settled_by and self.case[settled_by])

    # Inside ------------------------------------------------------------------------------------

    def _start(self, name: str, routing: dict[str, Any]) -> None:
        self.instances[name] = self.run(specification(name.split(":", maxsplit=1)[0]))
        self._act(name, "start", routing)

    def _act(self, name: str, deed: str, *about: Any) -> None:
        seen = self.instances[name].act(dict(self.case), deed, *about)
        self.seen[name] = seen
        self.case |= seen.changed
        for effect in seen.effects:
            self._carry_out(name, *effect)
        self._count()
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
        elif operation == "supervision/close":
            self.supervisions[name].open = False
        elif operation == "slip/issue":
            assert self.case["unit"]
        elif operation == "ledger/extend":
            assert (given["limit"], type(given["days"])) == ("handling", int)
        elif operation == "case/archive":
            assert not any(s.open for s in self.supervisions.values()), "archived too early"

    def _start_supervision(self, cause: str, target: str, rung: str) -> None:
        """Ask for a ladder, once for each cause and target; it counts as open from here."""
        if not any(
            s.open and (s.cause, s.target) == (cause, target) for s in self.supervisions.values()
        ):
            name = f"supervision:{len(self.supervisions) + 1}"
            self.supervisions[name] = Supervision(cause, target)
            routing = {"cause": cause, "asked_rung": rung}
            self.messages.append(Message(name, "start", routing))
        self._count()

    def _cure(self, causes: tuple[str, ...]) -> None:
        for name, s in self.supervisions.items():
            if s.open and s.cause in causes and not s.cure_sent:
                s.cure_sent = True
                self.messages.append(Message(name, "cured"))

    def _count(self) -> None:
        self.case["open_supervisions"] = sum(s.open for s in self.supervisions.values())
        self.case["supervisions_before"] = len(self.supervisions)
