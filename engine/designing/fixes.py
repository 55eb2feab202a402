"""Quick fixes: for a fault whose cure is certain, what the editor does to the drawing.

A fix is a list of operations on elements, which the editor carries out through its own stack of
commands, so that it can be undone: `property` (one of ours, an empty value takes it away),
`attribute` (an empty value takes it away), `condition`, `decision`, `default`, `wrap`,
`remove-foreign`, and for a decision `append-rule`. What only a person can know has no fix.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.bpmn import linter
from engine.bpmn.linting.asked import roles_of
from engine.bpmn.linting.context import Context, Known
from engine.bpmn.linting.documents import Document, Unreadable, one_line, read
from engine.bpmn.linting.faults import Fault
from engine.bpmn.linting.foreign.translating import translated
from engine.bpmn.linting.scopes import Flow, Node, Scope
from engine.bpmn.linting.subjects import Decision
from engine.designing import vendor_fixes
from engine.designing.fixing import Fix, Operation, attribute, fix, property_of

_MEANT = re.compile(r"; did you mean (\S+)\?")
_LITERALS = re.compile(r'\s*("[^"]*"|-?\d+(\.\d+)?)(\s*,\s*("[^"]*"|-?\d+(\.\d+)?))*\s*')


@dataclass(frozen=True)
class About:
    """One process as it is checked. files: by path; roles: those there are."""

    key: str
    files: Mapping[str, bytes]
    roles: AbstractSet[str]

    @cached_property
    def context(self) -> Context | None:
        """The diagram, None if it cannot be read."""
        document = _read(self.files.get(linter.PROCESS_FILE, b""))
        if document is None:
            return None
        return Context(linter.PROCESS_FILE, document, self.key, Known())

    @cached_property
    def nodes(self) -> dict[str, tuple[Scope, Node]]:
        """The nodes of the diagram by id, with the scope of each."""
        found: dict[str, tuple[Scope, Node]] = {}
        for scope in self.context.scopes if self.context is not None else ():
            for key, node in scope.nodes.items():
                found.setdefault(key, (scope, node))
        return found

    @cached_property
    def flows(self) -> dict[str, Flow]:
        """The flows of the diagram by id."""
        scopes = self.context.scopes if self.context is not None else []
        return {flow.id: flow for scope in scopes for flow in scope.flows}

    @cached_property
    def elements(self) -> dict[str, Any]:
        """Every element of the diagram by id."""
        elements = self.context.elements if self.context is not None else []
        return {node.get("id"): node for node, _ in reversed(elements) if node.get("id")}

    def decision(self, file: str) -> Decision | None:
        """A decision of the process, None if it cannot be read."""
        document = _read(self.files.get(file, b""))
        return Decision(file, document) if document is not None else None


def fix_of(fault: Fault, about: About) -> Fix | None:
    """What mends a fault for certain, None if only a person can know."""
    if fault.file.endswith(".dmn"):
        return _default_row(fault, about) if fault.rule == "default-row" else None
    if fault.file != linter.PROCESS_FILE or not fault.element:
        return None
    if fault.rule in vendor_fixes.RULES and about.context is not None:
        element = about.elements.get(fault.element)
        if element is None:
            return None
        return vendor_fixes.fix_of(fault, element, about.context.root, about.roles)
    mend = _FIXES.get(fault.rule)
    return mend(fault, about) if mend is not None else None


def _read(content: bytes) -> Document | None:
    try:
        return read(content)
    except Unreadable:
        return None


def _default(fault: Fault, about: About) -> Fix | None:
    """The one flow without a condition is what is taken when no condition holds."""
    _, node = about.nodes.get(fault.element, (None, None))
    plain = [flow for flow in node.outgoing if flow.condition is None] if node is not None else []
    if node is None or len(plain) != 1 or not plain[0].id:
        return None
    aim = about.nodes[plain[0].target][1]
    zh, en = one_line(aim.xml.get("name")) or aim.id, aim.properties.get("name_en") or aim.id
    return fix(
        f"没有条件的那条定为默认，到「{zh}」",
        f"Make the flow without a condition the default, to “{en}”",
        {"do": "default", "element": fault.element, "flow": plain[0].id},
    )


def _no_condition(fault: Fault, _about: About) -> Fix:
    told = {"do": "condition", "element": fault.element, "value": ""}
    return fix("删掉条件", "Remove the condition", told)


def _translated(fault: Fault, about: About) -> Fix | None:
    """Another engine's condition, in ours."""
    flow = about.flows.get(fault.element)
    ours = translated(flow.condition or "") if flow is not None else None
    if ours is None:
        return None
    told = {"do": "condition", "element": fault.element, "value": ours}
    return fix(f"写成 {ours}", f"Write {ours}", told)


def _wrapped(fault: Fault, about: About) -> Fix | None:
    """What lies between a split and its join becomes a sub-process, if it is a closed piece."""
    scope, join = about.nodes.get(fault.element, (None, None))
    if scope is None or join is None or len(join.outgoing) != 1:
        return None
    pieces = [
        piece
        for split in scope.nodes.values()
        if split.kind == join.kind and len(split.outgoing) > 1 and len(split.incoming) == 1
        if (piece := _between(scope, split, join))
    ]
    if not pieces:
        return None
    elements = min(pieces, key=len)
    return fix(
        "从分叉到汇合收进子流程",
        "Put split and join into a sub-process",
        {"do": "wrap", "elements": elements, "name": "并行办理", "name_en": "Side by side"},
    )


def _between(scope: Scope, split: Node, join: Node) -> list[str]:
    """Ids from a split to its join, both with them; none if something leads in or out beside."""
    inside: set[str] = set()
    stack = list(split.after())
    while stack:
        key = stack.pop()
        if key == join.id or key in inside:
            continue
        if key == split.id or scope.nodes[key].kind in ("endEvent", "startEvent"):
            return []
        inside.add(key)
        stack.extend(scope.nodes[key].after())
    closed = {*inside, split.id}
    entering = [flow for key in (*inside, join.id) for flow in scope.nodes[key].incoming]
    if join.boundary or any(flow.source not in closed for flow in entering):
        return []
    return [key for key in scope.nodes if key in {*closed, join.id}]


def _interrupting(fault: Fault, _about: About) -> Fix:
    return fix(
        "改成打断", "Make it interrupting", attribute(fault.element, "cancelActivity", value=True)
    )


def _executable(fault: Fault, _about: About) -> Fix:
    return fix(
        "改成可执行", "Make it executable", attribute(fault.element, "isExecutable", value=True)
    )


def _spelt(fault: Fault, about: About) -> Fix | None:
    """A property under the name that was meant."""
    found = re.match(r"the property (\S+) is not read; did you mean (\S+)\?", fault.message)
    element = about.elements.get(fault.element)
    properties = Document.properties(element) if element is not None else {}
    if found is None or found[1] not in properties:
        return None
    gone = property_of(fault.element, found[1], "")
    if found[2] in properties:
        if properties[found[2]] != properties[found[1]]:
            return None
        return fix(f"删掉属性 {found[1]}", f"Remove the property {found[1]}", gone)
    return fix(
        f"改成属性 {found[2]}",
        f"Rename it {found[2]}",
        gone,
        property_of(fault.element, found[2], properties[found[1]]),
    )


def _meant(name: str) -> Callable[[Fault, About], Fix | None]:
    """The name that is there instead of the one that is not."""

    def mend(fault: Fault, about: About) -> Fix | None:
        found = _MEANT.search(fault.message)
        _, node = about.nodes.get(fault.element, (None, None))
        if found is None or node is None or name not in node.properties:
            return None
        value = found[1]
        if name == "roles":
            wrong = re.match(r"there is no role (\S+);", fault.message)
            roles = [value if wrong and one == wrong[1] else one for one in roles_of(node)]
            value = ", ".join(dict.fromkeys(roles))
        return fix(f"改成 {found[1]}", f"Write {found[1]}", property_of(fault.element, name, value))

    return mend


def _decision(fault: Fault, _about: About) -> Fix | None:
    found = _MEANT.search(fault.message)
    if found is None:
        return None
    told = {"do": "decision", "element": fault.element, "value": found[1]}
    return fix(f"改成决策 {found[1]}", f"Ask the decision {found[1]}", told)


def _office(fault: Fault, _about: About) -> Fix:
    told = property_of(fault.element, "unit", "office")
    return fix("改成封存办公室：office", "Give it to the compartment: office", told)


def _default_row(fault: Fault, about: About) -> Fix | None:
    """A row for whatever no other row fits; its answers are empty values of their kind."""
    decision = about.decision(fault.file)
    table = decision.answerable if decision is not None else None
    if table is None or table.hit_policy not in ("FIRST", "UNIQUE"):
        return None
    tests = [""] * len(table.inputs)
    if table.hit_policy == "UNIQUE":
        cells = [row.tests[0] or "" for row in table.rows]
        if len(tests) != 1 or not all(_LITERALS.fullmatch(cell) for cell in cells):
            return None
        tests = [f"not({', '.join(cell.strip() for cell in cells)})"]
    answers = [
        _empty([row.results[place] for row in table.rows]) for place in range(len(table.outputs))
    ]
    told = {"do": "append-rule", "element": fault.element, "cells": [*tests, *answers]}
    return fix("补一行兜底，再写上结果", "Add a row for all else, then write its result", told)


def _empty(results: Sequence[str]) -> str:
    """The empty value of the kind that a column answers with."""
    if all(re.fullmatch(r"-?\d+(\.\d+)?", one.strip()) for one in results):
        return "0"
    if all(one.strip() in ("True", "False", "true", "false") for one in results):
        return "False"
    return '""'


_FIXES: dict[str, Callable[[Fault, About], Fix | None]] = {
    "default-missing": _default,
    "default-unknown": _default,
    "default-condition": _no_condition,
    "foreign-expression": _translated,
    "join-in-loop": _wrapped,
    "error-interrupts": _interrupting,
    "not-executable": _executable,
    "drawing": _executable,
    "property-misspelt": _spelt,
    "unknown-form": _meant("form"),
    "unknown-role": _meant("roles"),
    "unknown-unit": _meant("unit"),
    "unknown-limit": _meant("limit"),
    "unknown-decision": _decision,
    "sealed-unit": _office,
}
__all__ = ["About", "Fix", "Operation", "fix_of"]
