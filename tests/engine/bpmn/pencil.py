"""Draws the small pieces that diagrams of the family are made of."""

from dataclasses import dataclass
from random import Random

from tests.engine.bpmn.drawing import (
    boundary,
    catch,
    chain,
    choice,
    end,
    events,
    flow,
    message,
    node,
    rule,
    script,
    service,
    throw,
    timer,
    user,
)  # fmt: skip

TIMES = ("1 WD", "handling", "P5D", "2 h", "working_days(n + 1)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some elements with one way in and one way out."""

    xml: str
    first: str
    last: str


class Pencil:
    """What is drawn with chance from a seed, and what was drawn. left: user tasks still to draw."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.left = self.chance.randint(4, 11)  # user tasks still to draw
        self.numbers: dict[str, int] = {}
        self.features: set[str] = set()
        self.results: dict[str, str] = {}
        self.messages = ["told"]
        self.errors: list[str] = []
        self.escalations: list[str] = []
        self.called: list[str] = []

    # Small things ------------------------------------------------------------------------------

    def key(self, kind: str) -> str:
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return f"{kind}{self.numbers[kind]}"

    def maybe(self, probability: float) -> bool:
        return self.chance.random() < probability

    def task(self) -> str:
        self.left -= 1
        return self.key("u")

    def time(self) -> str:
        text = self.chance.choice(TIMES)
        if "(" in text:
            self.features.add("timer of an expression")
        return timer(text, self.chance.choice(("timeDuration", "timeDate")))

    def message(self) -> str:
        """One that something waits for: mostly its own, sometimes one that others wait for too."""
        known = self.messages[1:]
        if known and self.maybe(0.2):
            self.features.add("a message awaited twice")
            return self.chance.choice(known)
        self.messages.append(f"msg{len(self.messages)}")
        return self.messages[-1]

    # Without anything inside ------------------------------------------------------------------

    def work(self) -> Piece:
        """A user task, sometimes with events on its border."""
        key = self.task()
        if self.maybe(0.65):
            return Piece(user(key, limit="5 WD"), key, key)
        return self.bordered(user(key, limit="5 WD"), key, "user task")

    def bordered(self, xml: str, key: str, host: str) -> Piece:
        """Something that takes time, with one or two events on its border."""
        merge = self.key("m")
        into_merge = chain(key, merge)
        for _ in range(1 if self.maybe(0.75) else 2):
            kind = self.chance.choice(("timer", "timer", "message"))
            interrupting = self.maybe(0.5)
            event, what = self.key("b"), "interrupting" if interrupting else "non-interrupting"
            inner = self.time() if kind == "timer" else message(self.message())
            self.features.add(f"{what} boundary {kind} on a {host}")
            xml += boundary(event, key, inner, interrupting)
            xml, into_merge = self.way_on(event, interrupting, merge, xml, into_merge)
        return Piece(xml + choice(merge) + into_merge, key, merge)

    def way_on(
        self, event: str, rejoins: bool, merge: str, xml: str, into_merge: str
    ) -> tuple[str, str]:
        """Where a boundary event leads: back into the way, or to an end of its own."""
        behind = self.quick() if self.maybe(0.4) else self.plain()
        xml += behind.xml + flow(event, behind.first)
        if rejoins:
            return xml, into_merge + flow(behind.last, merge)
        last = self.key("e")
        return xml + end(last) + flow(behind.last, last), into_merge

    def plain(self) -> Piece:
        key = self.task()
        return Piece(user(key, limit="5 WD"), key, key)

    def quick(self) -> Piece:
        key = self.key("q")
        kind = self.chance.choice(("script", "service", "rule", "throw"))
        self.features.add(kind)
        xml = {
            "script": script(key, f"{key} = n + 1"),
            "service": service(key, "notice/send", kind=f'"{key}"'),
            "rule": rule(key, "grade"),
            "throw": throw(key, message("told")),
        }[kind]
        return Piece(xml, key, key)

    def done_by_itself(self) -> Piece:
        one, two = self.quick(), self.plain()
        return Piece(one.xml + two.xml + flow(one.last, two.first), one.first, two.last)

    def wait(self) -> Piece:
        key, kind = self.key("w"), self.chance.choice(("timer", "message", "receive"))
        self.features.add(f"{kind} catch")
        if kind == "receive":
            xml = node("receiveTask", key, messageRef=self.message())
        else:
            xml = catch(key, self.time() if kind == "timer" else message(self.message()))
        return Piece(xml, key, key)

    def race(self) -> Piece:
        """Whichever of several events comes first."""
        self.features.add("event gateway")
        split, merge, hurry = self.key("g"), self.key("m"), self.maybe(0.6)
        xml = events(split)
        for number in range(2):
            event = self.key("w")
            timed = number == 0 and hurry
            own = f"msg{len(self.messages)}"
            if not timed:
                self.messages.append(own)
            xml += catch(event, self.time() if timed else message(own)) + flow(split, event)
            if self.maybe(0.5):
                behind = self.plain()
                xml += behind.xml + flow(event, behind.first) + flow(behind.last, merge)
            else:
                xml += flow(event, merge)
        return Piece(xml + choice(merge), split, merge)
