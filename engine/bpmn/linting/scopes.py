"""A diagram as scopes: the process and each sub-process, with its nodes and flows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.linting.documents import Document, children, local

TASKS = (
    "userTask", "manualTask", "serviceTask", "businessRuleTask", "scriptTask", "sendTask",
    "receiveTask", "callActivity", "subProcess",
)  # fmt: skip
GATEWAYS = ("exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway")
EVENTS = (
    "startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent",
)  # fmt: skip
NODES = (*TASKS, *GATEWAYS, *EVENTS)
# They cannot be used, but flows lead to them, and one fault is enough.
REFUSED = (
    "task", "complexGateway", "adHocSubProcess", "transaction", "choreographyTask",
    "subChoreography", "callChoreography",
)  # fmt: skip


@dataclass(slots=True)
class Flow:
    """A sequence flow. condition: its text, None without one."""

    xml: Any
    id: str
    source: str
    target: str
    condition: str | None


@dataclass(slots=True)
class Node:
    """A node of a scope with its flows.

    definitions: what triggers an event; boundary: the boundary events drawn on it.
    """

    xml: Any
    id: str
    kind: str
    properties: dict[str, str] = field(default_factory=dict)
    definitions: list[Any] = field(default_factory=list)
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    boundary: list["Node"] = field(default_factory=list)
    host: "Node | None" = None
    inner: "Scope | None" = None

    def after(self) -> Iterator[str]:
        """Ids of what can come next: along flows, and its boundary events."""
        yield from (flow.target for flow in self.outgoing)
        yield from (event.id for event in self.boundary)


@dataclass(slots=True)
class Scope:
    """The process or a sub-process.

    loose: flows whose ends are not both in it; owner, outer: the sub-process and the scope it is
    drawn in, None for a process; depth: 1 for a process.
    """

    xml: Any
    nodes: dict[str, Node]
    flows: list[Flow]
    loose: list[Flow]
    owner: Node | None
    outer: "Scope | None" = None
    depth: int = 1

    def starts(self) -> list[Node]:
        """Its start events."""
        return [node for node in self.nodes.values() if node.kind == "startEvent"]

    def ends(self) -> list[Node]:
        """Its end events."""
        return [node for node in self.nodes.values() if node.kind == "endEvent"]


def scopes(process: Any) -> list[Scope]:
    """The scopes of a process, each before those inside it."""
    found = [_scope(process, None, None)]
    position = 0
    while position < len(found):
        for node in found[position].nodes.values():
            if node.kind == "subProcess":
                node.inner = _scope(node.xml, node, found[position])
                found.append(node.inner)
        position += 1
    return found


def _scope(xml: Any, owner: Node | None, outer: Scope | None) -> Scope:
    nodes: dict[str, Node] = {}
    for child in children(xml, *NODES, *REFUSED):
        key = child.get("id")
        if key and key not in nodes:
            kind = local(child)
            said = definitions(child) if kind in EVENTS else []
            nodes[key] = Node(child, key, kind, Document.properties(child), said)
    flows: list[Flow] = []
    loose: list[Flow] = []
    for child in children(xml, "sequenceFlow"):
        flow = Flow(
            child,
            child.get("id") or "",
            child.get("sourceRef") or "",
            child.get("targetRef") or "",
            _condition(child),
        )
        if flow.source in nodes and flow.target in nodes:
            flows.append(flow)
            nodes[flow.source].outgoing.append(flow)
            nodes[flow.target].incoming.append(flow)
        else:
            loose.append(flow)
    for node in nodes.values():
        host = nodes.get(node.xml.get("attachedToRef") or "")
        if node.kind == "boundaryEvent" and host is not None:
            node.host = host
            host.boundary.append(node)
    return Scope(xml, nodes, flows, loose, owner, outer, outer.depth + 1 if outer else 1)


def _condition(flow: Any) -> str | None:
    found = next(children(flow, "conditionExpression"), None)
    return None if found is None else (found.text or "")


def definitions(node: Any) -> list[Any]:
    """The event definitions of an event, and references to such."""
    return [
        child
        for child in children(node)
        if str(child.tag).endswith(("EventDefinition", "}eventDefinitionRef"))
    ]


def references(document: Document, name: str) -> dict[str, Any]:
    """Messages, errors or escalations of the file, by id."""
    return {n.get("id"): n for n in children(document.root, name) if n.get("id")}


def cyclic(scope: Scope) -> list[set[str]]:
    """The groups of nodes that lie on a common cycle, found in one walk (Tarjan)."""
    groups: list[set[str]] = []
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    for start in scope.nodes:
        work = [] if start in order else [(start, iter([start]))]
        while work:
            key, following = work[-1]
            if key not in order:
                order[key] = low[key] = len(order)
                path.append(key)
                on_path.add(key)
                following = scope.nodes[key].after()
                work[-1] = (key, following)
            for target in following:
                if target not in order:
                    work.append((target, iter(())))
                    break
                if target in on_path:
                    low[key] = min(low[key], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
                if low[key] == order[key]:
                    group = set(path[path.index(key) :])
                    del path[path.index(key) :]
                    on_path -= group
                    if len(group) > 1 or key in scope.nodes[key].after():
                        groups.append(group)
    return groups


def reached(scope: Scope, starts: list[str], forward: bool = True) -> set[str]:
    """Ids reachable from `starts` along flows, or against them."""
    before: dict[str, list[str]] = {}
    if not forward:
        for node in scope.nodes.values():
            for target in node.after():
                before.setdefault(target, []).append(node.id)
    seen = set(starts)
    stack = list(starts)
    while stack:
        key = stack.pop()
        following = scope.nodes[key].after() if forward else iter(before.get(key, ()))
        for target in following:
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return seen
