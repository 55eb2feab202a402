"""Which files are drawings: made to be looked at, with no process that is meant to run."""

from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.bpmn.linting.documents import BPMN, SPIFF, Document, children, one_line
from engine.bpmn.linting.foreign.drawing_tools import BIZAGI, SIGNAVIO, TRISOTECH
from engine.bpmn.linting.scopes import NODES

_DRAWN_BY = (SIGNAVIO, BIZAGI, TRISOTECH)
_EXPORTERS = ("signavio", "bizagi", "trisotech", "workflow modeler", "adonis", "aris", "visio")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A file to be looked at. name: what its process, its pool or the file is called, if at all."""

    name: str


def drawing_of(document: Document) -> Drawing | None:
    """The drawing a file is, None if it is not one."""
    if not is_drawing(document):
        return None
    root = document.root
    named = [*document.processes(), *root.iter(f"{{{BPMN}}}participant"), root]
    return Drawing(next((one_line(n.get("name")) for n in named if n.get("name")), ""))


def is_drawing(document: Document) -> bool:
    """Whether a file is BPMN, and holds no process to be run.

    None at all, empty ones that are not marked, or ones marked as not executable; from a tool for
    drawing also those that are not marked and say nothing to this engine.
    """
    root = document.root
    if root.tag != f"{{{BPMN}}}definitions":
        return False
    processes = document.processes()
    if any(one.get("isExecutable") == "true" for one in processes):
        return False
    filled = [one for one in processes if next(children(one, *NODES), None) is not None]
    unmarked = [one for one in filled if one.get("isExecutable") is None]
    return not unmarked or (_from_drawing_tool(root) and not _speaks_to_us(root))


def _from_drawing_tool(root: Any) -> bool:
    exporter = f"{root.get('exporter') or ''} {root.get('targetNamespace') or ''}".lower()
    if any(name in exporter for name in _EXPORTERS):
        return True
    namespaces = {space for tool in _DRAWN_BY for space in tool.namespaces}
    return any(
        isinstance(node.tag, str) and etree.QName(node).namespace in namespaces
        for node in root.iter()
    ) or any(space in namespaces for space in root.nsmap.values())


def _speaks_to_us(root: Any) -> bool:
    return next(root.iter(f"{{{SPIFF}}}*"), None) is not None
