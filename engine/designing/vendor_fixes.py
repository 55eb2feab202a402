"""Quick fixes for what other engines' editors write: the property of ours that means the same."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from lxml import etree

from engine.bpmn import timers
from engine.bpmn.allow_list import Refused
from engine.bpmn.linting.documents import BPMN, Document
from engine.bpmn.linting.faults import Fault
from engine.bpmn.linting.foreign.finding import NAMESPACES, TOOLS
from engine.bpmn.linting.foreign.translating import translated_timer
from engine.bpmn.linting.rules.people import NAME
from engine.designing.fixing import Fix, Operation, fix, property_of, removed

RULES = frozenset({*TOOLS, "foreign-extension"})
_TOLD = re.compile(r"(?:(\w+):)?(\w+)")
_GROUPS = ("candidateGroups", "assignee", "candidateUsers")
_FORMS = ("formKey", "formRef", "formId", "externalReference")
_DUES = ("dueDate", "dueTime")
_HOLDER = f"{{{BPMN}}}extensionElements"
_ENDINGS = re.compile(r"\.(form|html|htm|json|ftl|jsp)$")
_SAFE = "remove it"  # what the linter says of what has no counterpart and changes nothing


def fix_of(fault: Fault, element: Any, root: Any, roles: AbstractSet[str]) -> Fix | None:
    """What replaces another tool's word on an element, None if only a person can know."""
    found = _TOLD.match(fault.message)
    if found is None:
        return None
    name, task = found[2], fault.element
    for part in _parts(element, name):
        own = Document.properties(element)
        for given, ours in (*_people(part, roles), *_form(part), *_due(part)):
            gone = removed(task, _prefixed(part, element))
            if given in own:
                return fix(f"删掉，属性 {given} 已经写了", f"Remove it: {given} is written", gone)
            return fix(
                f"写成属性 {given}：{ours}",
                f"Write the property {given}: {ours}",
                property_of(task, given, ours),
                gone,
            )
    if fault.message.endswith(_SAFE):
        gone_everywhere = list(_everywhere(root, name, element, folded="(on " in fault.message))
        if gone_everywhere:
            return fix("删掉", "Remove it", *gone_everywhere)
    return None


def _parts(element: Any, name: str) -> Iterator[tuple[Any, str, dict[str, str]]]:
    """Where a name stands on an element: as an attribute, or as an extension element.

    Each with its key in the file and its values by name.
    """
    for key in list(element.attrib):
        named = etree.QName(key)
        if named.localname == name and named.namespace in NAMESPACES:
            yield element, key, {name: element.get(key)}
    holder = element.find(_HOLDER)
    for child in holder if holder is not None else ():
        named = etree.QName(child) if isinstance(child.tag, str) else None
        if named is not None and named.localname == name and named.namespace in NAMESPACES:
            yield child, child.tag, dict(child.attrib)


def _people(
    part: tuple[Any, str, dict[str, str]], roles: AbstractSet[str]
) -> Iterator[tuple[str, str]]:
    """The roles, if everybody named is a role that there is."""
    given = [part[2][name] for name in _GROUPS if part[2].get(name)]
    named = [one.strip() for text in given for one in re.split(r"[,;]", text) if one.strip()]
    if named and all(one in roles for one in named):
        yield "roles", ", ".join(dict.fromkeys(named))


def _form(part: tuple[Any, str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    """The form's name, without the place it is kept at."""
    for name in _FORMS:
        told = part[2].get(name, "")
        form = _ENDINGS.sub("", re.split(r"[:/]", told)[-1]).replace("-", "_")
        if told and NAME.fullmatch(form):
            yield "form", form


def _due(part: tuple[Any, str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    """The limit, if a plain duration is written."""
    for name in _DUES:
        told = part[2].get(name, "").strip()
        plain = translated_timer(told) or told
        try:
            limit, expression = timers.read(plain) if plain else ("", None)
        except Refused:
            continue
        if limit and expression is None and timers.BUDGET.fullmatch(limit):
            yield "limit", limit


def _everywhere(root: Any, name: str, element: Any, *, folded: bool) -> Iterator[Operation]:
    """Take a name away, from every element of the file where the fault is told once for all."""
    nodes = root.iter(f"{{{BPMN}}}*") if folded else iter([element])
    for node in nodes:
        if node.get("id"):
            for part in _parts(node, name):
                yield removed(node.get("id"), _prefixed(part, node))


def _prefixed(part: tuple[Any, str, dict[str, str]], element: Any) -> str:
    """A name as the file writes it: `camunda:formKey`."""
    named = etree.QName(part[1])
    prefix = next((p for p, space in element.nsmap.items() if space == named.namespace and p), "")
    return f"{prefix}:{named.localname}" if prefix else named.localname
