"""Which routing variables are surely set where: what a gateway reads must be set on every path.

Only ever more is set along a path, so what a sub-process adds can be found once, by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import NamedTuple

from engine.bpmn.allow_list import Refused
from engine.bpmn.decisions import Table
from engine.bpmn.linting.asked import decision_of, names_at
from engine.bpmn.linting.documents import children
from engine.bpmn.linting.saying import said_at
from engine.bpmn.linting.scopes import Node, Scope

Names = frozenset[str] | None  # None: anything may be set
NONE: frozenset[str] = frozenset()


class Unset(NamedTuple):
    """A name that is read where it may not be set. elsewhere: it is set somewhere else."""

    node: Node
    name: str
    known: frozenset[str]
    elsewhere: bool


class Variables:
    """The data-flow of one diagram.

    written: every name that is set anywhere; unknown_writes: something may set any name.
    """

    def __init__(
        self,
        scopes: list[Scope],
        tables: Mapping[str, Table],
        forms: Mapping[str, AbstractSet[str]] | None,
    ) -> None:
        self._tables = tables
        self._forms = forms
        self._scopes = scopes
        self._added: dict[int, Names] = {}
        self._before: dict[int, dict[str, Names]] = {}
        self.written: set[str] = set()
        self.unknown_writes = False
        for scope in reversed(scopes):  # inner scopes first
            inside = self._before[id(scope)] = self._inside(scope)
            self._added[id(scope)] = self._at_ends(scope, inside)
            for node in scope.nodes.values():
                adds = self.adds(node)
                if adds is None:
                    self.unknown_writes = True
                else:
                    self.written |= adds

    def unset(self, given: frozenset[str]) -> Iterator[Unset]:
        """Every name that is read and not set before on every path. given: set at the start."""
        at_start: dict[int, Names] = {id(s): given for s in self._scopes[:1]}
        for scope in self._scopes:
            around = at_start.get(id(scope), given)
            inside = self._before[id(scope)]
            for node in scope.nodes.values():
                known = _union(around, inside[node.id])
                if node.inner is not None:
                    item = names_at(node).get("inputDataItem")
                    at_start[id(node.inner)] = _union(known, frozenset({item} if item else ()))
                for name in sorted(self._reads(node)):
                    if known is not None and name not in known:
                        yield Unset(node, name, known, name in self.written)

    # What is surely set when a node begins, within its scope ------------------------------------

    def _inside(self, scope: Scope) -> dict[str, Names]:
        after: dict[str, Names] = dict.fromkeys(scope.nodes)
        before: dict[str, Names] = dict.fromkeys(scope.nodes)
        adds = {node.id: self.adds(node) for node in scope.nodes.values()}
        pending = list(scope.nodes)
        queued = set(pending)
        while pending:
            key = pending.pop(0)
            queued.discard(key)
            node = scope.nodes[key]
            if node.kind == "boundaryEvent" and node.host is not None:
                begins = before[node.host.id]
            elif not node.incoming:
                begins = NONE
            elif node.kind == "parallelGateway" and len(node.incoming) > 1:
                begins = _fold(_union, [after[flow.source] for flow in node.incoming])
            else:
                begins = _fold(_meet, [after[flow.source] for flow in node.incoming])
            ends = _union(begins, adds[key])
            if begins == before[key] and ends == after[key]:
                continue
            before[key], after[key] = begins, ends
            for target in node.after():
                if target not in queued:
                    pending.append(target)
                    queued.add(target)
        return before

    def _at_ends(self, scope: Scope, before: Mapping[str, Names]) -> Names:
        return _fold(_meet, [before[node.id] for node in scope.ends()])

    def adds(self, node: Node) -> Names:
        """The names a node surely sets; None if it may set any."""
        loop = next(children(node.xml, "multiInstanceLoopCharacteristics"), None)
        if loop is not None:
            output = names_at(node).get("loopDataOutputRef")
            return frozenset({output}) if output else NONE
        adds: Names = NONE
        if node.kind == "userTask":
            form = node.properties.get("form", "").strip()
            known = (self._forms or {}).get(form)
            adds = frozenset(known) if known is not None else None
        elif node.kind == "scriptTask":
            adds = _set_by(node)
        elif node.kind == "businessRuleTask":
            table = self._tables.get(decision_of(node))
            adds = frozenset(o.name for o in table.outputs) if table is not None else NONE
        elif node.inner is not None:
            adds = self._added.get(id(node.inner), NONE)
        elif node.kind == "callActivity":
            adds = None
        return adds

    def _reads(self, node: Node) -> set[str]:
        found: set[str] = set()
        if node.kind == "businessRuleTask":
            table = self._tables.get(decision_of(node))
            with suppress(Refused):  # the rules of decisions say what is wrong with it
                found |= table.reads().names if table is not None else NONE
        for said in said_at(node):
            reads = said.reads()
            found |= reads.names if reads is not None and not said.inside else NONE
        names = names_at(node)
        if names.get("loopDataInputRef"):
            found.add(names["loopDataInputRef"])
        return found - {names.get("inputDataItem", ""), names.get("outputDataItem", "")}


def _set_by(node: Node) -> frozenset[str]:
    for said in said_at(node):
        reads = said.reads()
        if said.mode == "exec" and reads is not None:
            return reads.sets
    return NONE


def _union(a: Names, b: Names) -> Names:
    return None if a is None or b is None else a | b


def _meet(a: Names, b: Names) -> Names:
    if a is None:
        return b
    return a if b is None else a & b


def _fold(join: Callable[[Names, Names], Names], parts: list[Names]) -> Names:
    if not parts:
        return None
    found = parts[0]
    for part in parts[1:]:
        found = join(found, part)
    return found
