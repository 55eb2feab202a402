"""A token game: every way a scope can go, as far as it can be followed.

Choices go every way, parallel splits all at once; a parallel join waits for all its flows. What
a task or a sub-process does inside is left out: it ends, or one of its boundary events happens.
"""

import itertools
from collections.abc import Iterator

from engine.bpmn.linting.scopes import Node, Scope, reached

MAX_MARKINGS = 1_500
MAX_BRANCHES = 6
_JOINING = ("parallelGateway", "inclusiveGateway")
Marking = frozenset[tuple[str, int]]  # flow or node -> tokens there
_END = frozenset({("", 1)})  # the scope was ended at once


class TooWide(Exception):
    """There are more ways than can be followed."""


class TokenGame:
    """The markings a scope can come to, `room` at most. Raises `TooWide`.

    stuck: those where tokens remain but none can go on; piled: ids of nodes that several tokens
    came to and that do not join them; seen: how many markings there are.
    """

    def __init__(self, scope: Scope, room: int) -> None:
        self._room = room
        self.seen = 0
        self._nodes = scope.nodes
        self._ahead = {key: reached(scope, [key]) for key in scope.nodes}
        self._flows = {id(flow): f"{n}" for n, flow in enumerate(scope.flows)}
        self._moves = {key: list(self._outcomes(node)) for key, node in scope.nodes.items()}
        self._waiting = {
            self._flows[id(flow)]: node for node in scope.nodes.values() for flow in node.incoming
        }
        self._plain = {flow for flow, node in self._waiting.items() if self._is_plain(node)}
        self.stuck: list[Marking] = []
        self.piled: set[str] = set()
        starts = [start for node in scope.starts() for start in self._moves[node.id]]
        self._follow([self._marked(dict.fromkeys(one, 1)) for one in starts])

    def waiting(self, marking: Marking) -> set[str]:
        """Ids of the nodes in front of which a marking has tokens."""
        return {self._waiting[flow].id for flow, _ in marking if flow in self._waiting}

    def _follow(self, markings: list[Marking]) -> None:
        seen = set(markings)
        while markings:
            marking = markings.pop()
            following = list(self._after(marking))
            if not following and marking and marking != _END:
                self.stuck.append(marking)
            for one in following:
                if one not in seen:
                    if len(seen) >= self._room:
                        raise TooWide
                    seen.add(one)
                    markings.append(one)
        self.seen = len(seen)

    def _after(self, marking: Marking) -> Iterator[Marking]:
        if marking == _END:
            return
        tokens = dict(marking)
        # What only goes on hinders nobody: it goes first, and the order does not matter.
        going_on = next((flow for flow in tokens if flow in self._plain), None)
        for flow in tokens if going_on is None else [going_on]:
            node = self._waiting[flow]
            if going_on is None:
                self._look_for_pile(node, tokens)
            used = self._used(node, flow, tokens)
            if not used:
                continue
            left = {key: count - (key in used) for key, count in tokens.items()}
            if _ends_all(node):
                yield _END
                continue
            for outcome in self._moves[node.id]:
                after = dict(left)
                for one in outcome:
                    after[one] = min(2, after.get(one, 0) + 1)
                yield self._marked(after)

    def _used(self, node: Node, flow: str, tokens: dict[str, int]) -> list[str]:
        """The flows whose tokens a node takes when it goes on, none if it waits for more."""
        into = [self._flows[id(one)] for one in node.incoming]
        if node.kind == "parallelGateway":
            return into if flow == into[0] and all(one in tokens for one in into) else []
        if node.kind == "inclusiveGateway":
            waits = self._more_to_come(node, tokens.keys() - into)
            return [] if waits else [one for one in into if one in tokens]
        return [flow]

    def _more_to_come(self, node: Node, elsewhere: set[str]) -> bool:
        """Whether a token that is elsewhere can still reach an inclusive gateway, which waits."""
        return any(node.id in self._ahead[self._waiting[flow].id] for flow in elsewhere)

    def _look_for_pile(self, node: Node, tokens: dict[str, int]) -> None:
        """Note a node that several tokens have come to, though it does not join them."""
        here = sum(tokens.get(self._flows[id(flow)], 0) for flow in node.incoming)
        if here > 1 and node.kind not in (*_JOINING, "endEvent"):
            self.piled.add(node.id)

    def _is_plain(self, node: Node) -> bool:
        """Whether a token here can only go on, and whatever else is there does not matter."""
        one_way = len(node.incoming) == 1 and len(self._moves[node.id]) == 1
        return one_way and node.kind != "inclusiveGateway" and not _ends_all(node)

    @staticmethod
    def _marked(tokens: dict[str, int]) -> Marking:
        return frozenset((key, count) for key, count in tokens.items() if count)

    def _outcomes(self, node: Node) -> Iterator[tuple[str, ...]]:
        """The flows that get a token when a node is left, one way after the other."""
        out = tuple(self._flows[id(flow)] for flow in node.outgoing)
        if node.kind in ("exclusiveGateway", "eventBasedGateway"):
            yield from ((flow,) for flow in out)
            return
        if node.kind == "inclusiveGateway":
            if len(out) > MAX_BRANCHES:
                raise TooWide
            for size in range(1, len(out) + 1):
                yield from itertools.combinations(out, size)
            return
        yield out
        for event in node.boundary:
            happens = tuple(self._flows[id(flow)] for flow in event.outgoing)
            if event.xml.get("cancelActivity", "true") == "true":
                yield happens
            else:
                yield out + happens


def _ends_all(node: Node) -> bool:
    """Whether a token here ends the whole scope: a terminate or an error end."""
    return node.kind == "endEvent" and any(
        str(d.tag).endswith(("}terminateEventDefinition", "}errorEventDefinition"))
        for d in node.definitions
    )
