"""A family of diagrams, drawn at random from a seed: whatever our linter lets a designer draw.

Blocks are put in a row and into each other: choices, forks, loops, sub-processes, multi-instances,
boundary events of every kind, called processes, waits. What lies between a split and its join
gets a sub-process of its own inside a loop, as the linter asks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from tests.engine.bpmn.drawing import (
    boundary,
    chain,
    choice,
    end,
    error,
    errors,
    escalation,
    escalations,
    flow,
    messages,
    multi,
    node,
    parallel,
    process,
    properties,
    script,
    start,
    sub,
    throw,
    user,
)  # fmt: skip
from tests.engine.bpmn.pencil import Pencil, Piece

LISTS = ('["a", "b"]', '["a", "b", "c"]', "case.co_units", '["a"] if n == 0 else ["b", "c"]',
         '[] if n == 0 else ["a", "b"]')  # fmt: skip
CONDITIONS = ("n == 0", "n &gt; 0", "n &gt; 1", "n == 1")
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Diagram:
    """A diagram of the family. results: what each user task of a multi-instance must answer."""

    seed: int
    content: bytes
    features: frozenset[str]
    results: dict[str, str]


def draw(seed: int) -> Diagram:
    """The diagram of a seed, always the same."""
    return _Draft(seed).diagram()


class _Draft(Pencil):
    def diagram(self) -> Diagram:
        body = self.row(0, False, longest=4)
        first, last = self.key("s"), self.key("e")
        extra = messages(*self.messages) + errors(*self.errors) + escalations(*self.escalations)
        content = process(
            properties(given="n again"), start(first), body.xml, end(last),
            flow(first, body.first), flow(body.last, last), extra=extra,
        )  # fmt: skip
        others = "".join(self.called).encode()
        content = content.replace(b"</bpmn:definitions>", others + b"</bpmn:definitions>")
        return Diagram(self.seed, content, frozenset(self.features), self.results)

    # Blocks ------------------------------------------------------------------------------------

    def row(self, depth: int, looped: bool, longest: int = 2) -> Piece:
        """Some blocks in a row, the first of which waits."""
        pieces = [self.work()] if self.maybe(0.4) else [self.block(depth, looped)]
        more = self.chance.randrange(longest)
        while len(pieces) <= more and self.left > 0:
            pieces.append(self.block(depth, looped))
        if len(pieces) > 1:
            self.features.add("sequence")
        xml = "".join(piece.xml for piece in pieces)
        for one, following in pairwise(pieces):
            xml += flow(one.last, following.first)
        return Piece(xml, pieces[0].first, pieces[-1].last)

    def block(self, depth: int, looped: bool) -> Piece:
        if self.left <= 1 or depth >= DEEPEST:
            return self.work()
        kinds: list[tuple[int, Callable[[int, bool], Piece]]] = [
            (3, lambda *_: self.work()),
            (2, lambda *_: self.done_by_itself()),
            (2, lambda *_: self.wait()),
            (2, self.decided),
            (10 if looped else 4, self.forked),
            (8 if looped else 3, self.chosen),
            (4, self.repeated),
            (2, lambda deep, _: self.inside(deep)),
            (4, lambda deep, _: self.guarded(deep)),
            (2, lambda *_: self.each()),
            (3, lambda deep, _: self.each_inside(deep)),
            (2, lambda deep, _: self.calling(deep)),
            (2, lambda *_: self.race()),
            (1, lambda deep, _: self.scattered(deep)),
        ]
        draw_one = self.chance.choices([k for _, k in kinds], [w for w, _ in kinds])[0]
        return draw_one(depth + 1, looped)

    def decided(self, depth: int, looped: bool) -> Piece:
        """An exclusive choice between blocks, one of which may be nothing at all."""
        self.features.add("exclusive choice")
        split, merge = self.key("x"), self.key("m")
        ways = [self.row(depth, looped), self.row(depth, looped)]
        xml, flows = "".join(way.xml for way in ways), ""
        for way, condition in zip(ways, (None, self.chance.choice(CONDITIONS)), strict=True):
            flows += flow(split, way.first, condition) + flow(way.last, merge)
        if self.maybe(0.3):
            flows += flow(split, merge, "n == 2")
        given = choice(split, f"{split}__{ways[0].first}")
        return Piece(given + xml + choice(merge) + flows, split, merge)

    def forked(self, depth: int, looped: bool) -> Piece:
        """Branches at once that wait for each other."""
        if looped:
            return self.wrapped(lambda: self.forked(depth, False), "a join inside a loop")
        self.features.add("parallel join")
        split, join = self.key("f"), self.key("j")
        ways = [self.row(depth, looped) for _ in range(self.chance.choice((2, 2, 3)))]
        xml = "".join(w.xml + flow(split, w.first) + flow(w.last, join) for w in ways)
        return Piece(parallel(split) + xml + parallel(join), split, join)

    def chosen(self, depth: int, looped: bool) -> Piece:
        """Some of several branches, which wait for those that were chosen."""
        if looped:
            return self.wrapped(lambda: self.chosen(depth, False), "a join inside a loop")
        self.features.add("inclusive join")
        split, join = self.key("o"), self.key("j")
        ways = [self.row(depth, looped) for _ in range(3)]
        conditions = (None, "n &gt; 0", "n &gt; 1")
        xml = "".join(
            way.xml + flow(split, way.first, condition) + flow(way.last, join)
            for way, condition in zip(ways, conditions, strict=True)
        )
        given = choice(split, f"{split}__{ways[0].first}", "inclusive")
        return Piece(given + xml + choice(join, kind="inclusive"), split, join)

    def repeated(self, depth: int, looped: bool) -> Piece:
        """A block gone through again while the last answer says so."""
        self.features.add("loop in a loop" if looped else "loop")
        first, last = self.key("m"), self.key("x")
        body, again = self.row(depth, True), self.plain()
        flows = flow(first, body.first) + flow(body.last, again.first) + flow(again.last, last)
        given = choice(last, f"{last}__out{last}")
        after = self.key("m")
        flows += flow(last, first, "again") + flow(last, after, key=f"{last}__out{last}")
        return Piece(choice(first) + body.xml + again.xml + given + choice(after) + flows, first,
                     after)  # fmt: skip

    # Sub-processes -----------------------------------------------------------------------------

    def wrapped(self, draw_inside: Callable[[], Piece], feature: str) -> Piece:
        self.features.add(feature)
        key = self.key("p")
        return Piece(sub(key, self.level(draw_inside())), key, key)

    def level(self, body: Piece) -> str:
        """Start, body and end of a level of its own."""
        first, last = self.key("s"), self.key("e")
        flows = flow(first, body.first) + flow(body.last, last)
        return start(first) + body.xml + end(last) + flows

    def inside(self, depth: int) -> Piece:
        if depth > 1:
            self.features.add("nested sub-process")
        return self.wrapped(lambda: self.row(depth, False), "sub-process")

    def guarded(self, depth: int) -> Piece:
        """A sub-process with something on its border: a clock, a message, an error or a call."""
        key = self.key("p")
        kind = self.chance.choice(("clock", "error", "error", "escalation"))
        if kind == "clock":
            inner = self.level(self.row(depth, False))
            return self.bordered(sub(key, inner), key, "sub-process")
        merge, event, code = self.key("m"), self.key("b"), self.key("c")
        interrupting = kind == "error" or self.maybe(0.5)
        if kind == "error":
            self.errors.append(code)
            inner = self.failing(depth, code)
        else:
            self.escalations.append(code)
            inner = self.level(self.calling_up(depth, code))
        self.features.add(f"{'' if interrupting else 'non-interrupting '}boundary {kind}")
        xml = sub(key, inner)
        what = error(code) if kind == "error" else escalation(code)
        xml += boundary(event, key, what, interrupting)
        xml, flows = self.way_on(event, interrupting, merge, xml, chain(key, merge))
        return Piece(xml + choice(merge) + flows, key, merge)

    def failing(self, depth: int, code: str) -> str:
        """The inside of a sub-process that may end with an error, sometimes one level deeper."""
        body, split, last, failed = (
            self.row(depth, False), self.key("x"), self.key("e"), self.key("e")
        )  # fmt: skip
        first = self.key("s")
        xml = start(first) + body.xml + choice(split, f"{split}__{last}") + end(last)
        xml += end(failed, error(code)) + flow(first, body.first) + flow(body.last, split)
        xml += flow(split, last) + flow(split, failed, self.chance.choice(CONDITIONS))
        if self.maybe(0.3):
            self.features.add("error from two levels down")
            key = self.key("p")
            return self.level(Piece(sub(key, xml), key, key))
        return xml

    def calling_up(self, depth: int, code: str) -> Piece:
        key = self.key("t")
        one, two = self.row(depth, False), self.plain()
        xml = one.xml + throw(key, escalation(code)) + two.xml + chain(one.last, key, two.first)
        return Piece(xml, one.first, two.last)

    def scattered(self, depth: int) -> Piece:
        """A sub-process whose branches end by themselves; one may end all of them."""
        key, first, split = self.key("p"), self.key("s"), self.key("f")
        xml = start(first) + parallel(split) + flow(first, split)
        for number in range(2):
            way, last = self.row(depth, False), self.key("e")
            ending = ""
            if number and self.maybe(0.6):
                self.features.add("terminate")
                ending = "<bpmn:terminateEventDefinition/>"
            xml += way.xml + end(last, ending) + flow(split, way.first) + flow(way.last, last)
        self.features.add("fork without a join")
        return Piece(sub(key, xml), key, key)

    def calling(self, depth: int) -> Piece:
        """A process of the same file called, sometimes one that was called before."""
        key = self.key("k")
        self.features.add("call activity")
        drawn = [number for number, content in enumerate(self.called, 1) if content]
        if drawn and self.maybe(0.8):
            self.features.add("a process called twice")
            name = f"called{self.chance.choice(drawn)}"
        else:
            name = self.key("called")
            place = len(self.called)
            self.called.append("")
            body = self.level(self.row(depth, False))
            self.called[place] = node("process", name, body, isExecutable="true")
        xml = node("callActivity", key, calledElement=name)
        if self.maybe(0.4):
            return self.bordered(xml, key, "called process")
        return Piece(xml, key, key)

    # Multi-instances and races -----------------------------------------------------------------

    def multi(self, number: int) -> tuple[str, str]:
        """How often, and the script before it that sets its list."""
        sequential = self.maybe(0.5)
        self.features.add(f"{'sequential' if sequential else 'parallel'} multi-instance")
        loop = multi(f"list{number}", f"item{number}", f"outs{number}", f"out{number}", sequential)
        if self.maybe(0.25):
            self.features.add("completion condition")
            until = f'<bpmn:completionCondition>out{number} == "stop"</bpmn:completionCondition>'
            closing = "</bpmn:multiInstanceLoopCharacteristics>"
            loop = loop.replace(closing, until + closing)
        return loop, f"list{number} = {self.chance.choice(LISTS)}\nouts{number} = []"

    def each(self) -> Piece:
        """A user task for each item of a list."""
        key, before = self.task(), self.key("q")
        number = int(key.removeprefix("u"))
        loop, listing = self.multi(number)
        self.results[key] = f"out{number}"
        whole = (
            self.bordered(user(key, loop, limit="5 WD"), key, "multi-instance")
            if self.maybe(0.3)
            else Piece(user(key, loop, limit="5 WD"), key, key)
        )
        xml = script(before, listing) + whole.xml + flow(before, whole.first)
        return Piece(xml, before, whole.last)

    def each_inside(self, depth: int) -> Piece:
        """A sub-process for each item of a list."""
        key, before, after = self.key("p"), self.key("q"), self.key("q")
        number = 100 + int(key.removeprefix("p"))
        loop, listing = self.multi(number)
        self.features.add("multi-instance of a sub-process")
        body = self.row(depth, False)
        if "completionCondition" in loop:
            # Where several end at once, the library goes on with those it has cancelled already:
            # here they end one by one.
            last = self.plain()
            flows = flow(body.last, last.first)
            body = Piece(body.xml + last.xml + flows, body.first, last.last)
        result = script(after, f'out{number} = item{number} if n &gt; 0 else "stop"')
        inner = self.level(Piece(body.xml + result + flow(body.last, after), body.first, after))
        whole = Piece(sub(key, loop, inner), key, key)
        if self.maybe(0.3):
            whole = self.bordered(whole.xml, key, "multi-instance of a sub-process")
        xml = script(before, listing) + whole.xml + flow(before, whole.first)
        return Piece(xml, before, whole.last)
