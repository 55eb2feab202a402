"""Where a diagram uses another tool's words, told per element with what stands for them here."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.bpmn.linting.documents import BPMN, local, one_line
from engine.bpmn.linting.foreign.camunda7 import CAMUNDA_7
from engine.bpmn.linting.foreign.camunda8 import CAMUNDA_8, CAMUNDA_MODELER
from engine.bpmn.linting.foreign.drawing_tools import BIZAGI, SIGNAVIO, TRISOTECH
from engine.bpmn.linting.foreign.flowable import ACTIVITI, FLOWABLE, FLOWABLE_MODELER
from engine.bpmn.linting.foreign.terms import Term, Tool
from engine.bpmn.linting.registry import Found

# Rules by id, and the tools each tells of.
TOOLS: dict[str, tuple[Tool, ...]] = {
    "camunda-7": (CAMUNDA_7,),
    "camunda-8": (CAMUNDA_8,),
    "camunda-modeler": (CAMUNDA_MODELER,),
    "flowable": (FLOWABLE, FLOWABLE_MODELER),
    "activiti": (ACTIVITI,),
    "signavio": (SIGNAVIO,),
    "bizagi": (BIZAGI,),
    "trisotech": (TRISOTECH,),
}
NAMESPACES = {
    namespace: tool for tools in TOOLS.values() for tool in tools for namespace in tool.namespaces
}
_MOST = 100  # of a file, so that a drawing full of them does not hide other faults
_ATTRIBUTES = 200  # of an element that are looked at
_HOLDER = f"{{{BPMN}}}extensionElements"


def tool_of(node: Any) -> Tool | None:
    """The tool an element's namespace belongs to."""
    return NAMESPACES.get(etree.QName(node).namespace or "") if isinstance(node.tag, str) else None


def found(root: Any, tools: tuple[Tool, ...], space: str = BPMN) -> Iterator[Found]:
    """Every attribute and extension element of these tools; the folded ones once.

    space: of the elements looked at.
    """
    folded: dict[tuple[str, str], tuple[Tool, Term, list[Any]]] = {}
    told = 0
    for node, tool, name, term, shown in _uses(root, tools, space):
        if term.folded:
            _, _, nodes = folded.setdefault((tool.prefix, name), (tool, term, []))
            nodes.append(node)
        elif told < _MOST:
            told += 1
            yield Found(
                node,
                f"{tool.prefix}:{name[:60]}{shown} is in {tool.name} {term.means}; {term.instead}",
            )
    for (prefix, name), (tool, term, nodes) in folded.items():
        often = f" (on {len(nodes)} elements)" if len(nodes) > 1 else ""
        yield Found(
            nodes[0],
            f"{prefix}:{name[:60]}{often} is in {tool.name} {term.means}; {term.instead}",
        )


def _uses(
    root: Any, tools: tuple[Tool, ...], space: str
) -> Iterator[tuple[Any, Tool, str, Term, str]]:
    """Element, tool, name, what it is, and its value as it is shown."""
    known = {namespace: tool for tool in tools for namespace in tool.namespaces}
    for node in root.iter(f"{{{space}}}*"):
        named = None
        # Asked for all values at once, lxml looks for each from the first attribute on.
        for attribute in list(node.attrib)[:_ATTRIBUTES]:
            value = node.get(attribute)
            name = etree.QName(attribute)
            tool = known.get(name.namespace or "")
            if tool is not None:
                named = _named(node) if named is None else named
                term = _term(tool.attributes, local(node), name.localname, tool.rest)
                yield named, tool, name.localname, term, f'="{one_line(value)[:60]}"'
        if node.tag != _HOLDER:
            continue
        for child in node:
            tool = known.get(etree.QName(child).namespace or "") if _is(child) else None
            if tool is not None:
                kind = local(node.getparent()) if node.getparent() is not None else ""
                term = _term(tool.elements, kind, local(child), tool.rest)
                yield _named(node), tool, local(child), term, _shown(child)


def _is(node: Any) -> bool:
    return isinstance(node.tag, str)


def _term(table: Any, kind: str, name: str, rest: Term) -> Term:
    term: Term = table.get(f"{kind}@{name}") or table.get(name) or rest
    return term


def _shown(node: Any) -> str:
    """The attributes of an extension element, in short."""
    given = [
        f'{etree.QName(name).localname}="{one_line(value)[:40]}"'
        for name, value in [(name, node.get(name)) for name in list(node.attrib)[:3]]
    ]
    text = one_line(node.text)[:40] if node.text else ""
    shown = ", ".join([*given, *([f"`{text}`"] if text else [])])
    return f" ({shown})" if shown else ""


def _named(node: Any) -> Any:
    """The element people know: the nearest one around that has an id."""
    step = node
    while step.get("id") is None and step.getparent() is not None:
        step = step.getparent()
    return step
