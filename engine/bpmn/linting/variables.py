"""Which routing variables are surely set where: what a gateway reads must be set on every path.

Only ever more is set along a path, so what a sub-process adds can be found once, by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.bpmn import timers
from engine.bpmn.allow_list import Refused, compiled
from engine.bpmn.decisions import Table
from engine.bpmn.expressions import nearest
from engine.bpmn.linting.documents import SPIFF, Document, children, local
from engine.bpmn.linting.report import Report
from engine.bpmn.linting.scopes import Node, Scope, definitions
from engine.bpmn.linting.tasks import multi_names

Names = frozenset[str] | None  # None: anything may be set
NONE: frozenset[str] = frozenset()


class Variables:
    """The data-flow of one diagram."""

    def __init__(
        self,
        scopes: list[Scope],
        tables: Mapping[str, Table],
        forms: Mapping[str, set[str]] | None,
    ) -> None:
        self._tables = tables
        self._forms = forms
        self._added: dict[int, Names] = {}
        self.written: set[str] = set()
        self.unknown_writes = False
        for scope in reversed(scopes):  # inner scopes first
            inside = self._inside(scope)
            self._added[id(scope)] = self._at_ends(scope, inside)
            for node in scope.nodes.values():
                adds = self._adds(node)
                if adds is None:
                    self.unknown_writes = True
                else:
                    self.written |= adds

    def check(self, report: Report, scopes: list[Scope], given: frozenset[str]) -> None:
        """Every variable read is set before, on every path."""
        at_start: dict[int, Names] = {id(scopes[0]): given} if scopes else {}
        for scope in scopes:
            around = at_start.get(id(scope), given)
            inside = self._inside(scope)
            for node in scope.nodes.values():
                known = _union(around, inside[node.id])
                if node.inner is not None:
                    item = _items(node)[0]
                    at_start[id(node.inner)] = _union(known, frozenset({item} if item else ()))
                for name in sorted(self._reads(node)):
                    if known is not None and name not in known:
                        self._missing(report, node, name, known)

    def _missing(self, report: Report, node: Node, name: str, known: frozenset[str]) -> None:
        gateway = node.kind.endswith("Gateway")
        elsewhere = name in self.written
        if gateway or elsewhere:
            where = "on every path to here" if elsewhere else "anywhere"
            hint = "" if elsewhere else nearest(name, known | self.written)
            report.add(
                node.xml, "variable-not-set",
                f"{name[:60]} is read here but not set {where}{hint}; set it before, read a fact "
                "(case.…), or name it in the process's property given",
            )  # fmt: skip
        elif not self.unknown_writes:
            report.add(
                node.xml, "variable-given",
                f"{name[:60]} is set nowhere in this diagram; if whoever starts the process gives "
                "it, name it in the process's property given",
                "warning",
            )  # fmt: skip

    # What is surely set when a node begins, within its scope ------------------------------------

    def _inside(self, scope: Scope) -> dict[str, Names]:
        after: dict[str, Names] = dict.fromkeys(scope.nodes)
        before: dict[str, Names] = dict.fromkeys(scope.nodes)
        pending = [node.id for node in scope.nodes.values()]
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
            ends = _union(begins, self._adds(node))
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

    def _adds(self, node: Node) -> Names:
        loop = next(children(node.xml, "multiInstanceLoopCharacteristics"), None)
        if loop is not None:
            output = multi_names(loop).get("loopDataOutputRef")
            return frozenset({output}) if output else NONE
        adds: Names = NONE
        if node.kind == "userTask":
            form = Document.properties(node.xml).get("form", "").strip()
            known = (self._forms or {}).get(form)
            adds = frozenset(known) if known is not None else None
        elif node.kind == "scriptTask":
            adds = _script(node.xml)[1]
        elif node.kind == "businessRuleTask":
            table = self._table(node.xml)
            adds = frozenset(o.name for o in table.outputs) if table is not None else NONE
        elif node.inner is not None:
            adds = self._added.get(id(node.inner), NONE)
        elif node.kind == "callActivity":
            adds = None
        return adds

    def _reads(self, node: Node) -> set[str]:
        found: set[str] = set()
        if node.kind == "scriptTask":
            found |= _script(node.xml)[0]
        elif node.kind == "businessRuleTask":
            table = self._table(node.xml)
            if table is not None:
                found |= _safely(lambda: set(table.reads().names))
        for source in _sources(node):
            found |= _names(source)
        loop = next(children(node.xml, "multiInstanceLoopCharacteristics"), None)
        if loop is not None:
            names = multi_names(loop)
            if names.get("loopDataInputRef"):
                found.add(names["loopDataInputRef"])
            found -= {name for name in _items(node) if name}
        return found

    def _table(self, xml: Any) -> Table | None:
        called = Document.extension(xml, "calledDecisionId")
        return self._tables.get((called.text or "").strip()) if called is not None else None


def _sources(node: Node) -> Iterator[str]:
    """The expressions of a node that stand by themselves."""
    if node.kind in ("exclusiveGateway", "inclusiveGateway"):
        for flow in node.outgoing:
            if flow.condition and flow.id != node.xml.get("default"):
                yield flow.condition
    elif node.kind == "serviceTask":
        for parameter in node.xml.iter(f"{{{SPIFF}}}parameter"):
            yield parameter.get("value") or ""
    for definition in definitions(node.xml):
        if local(definition) == "timerEventDefinition":
            yield from _timer(definition)


def _items(node: Node) -> tuple[str | None, str | None]:
    loop = next(children(node.xml, "multiInstanceLoopCharacteristics"), None)
    names = multi_names(loop) if loop is not None else {}
    return names.get("inputDataItem"), names.get("outputDataItem")


def _script(xml: Any) -> tuple[set[str], frozenset[str]]:
    script = next(children(xml, "script"), None)
    try:
        reads = compiled(((script.text if script is not None else "") or "").strip(), "exec")[1]
    except Refused:
        return set(), NONE
    return set(reads.names), reads.sets


def _names(source: str) -> set[str]:
    return _safely(lambda: set(compiled(source.strip())[1].names))


def _timer(definition: Any) -> Iterator[str]:
    for child in children(definition, "timeDate", "timeDuration"):
        try:
            expression = timers.read(child.text)[1]
        except Refused:
            continue  # another rule says what is wrong with it
        if expression is not None:
            yield expression


def _safely(names: Callable[[], set[str]]) -> set[str]:
    try:
        return names()
    except Refused:
        return set()  # another rule says what is wrong with it


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
