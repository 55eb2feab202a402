"""Files to specifications: parsed once per deployed version, then shared and never changed."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lxml import etree

from engine.bpmn.library import build
from engine.bpmn.linter import DRAWING, check
from engine.bpmn.linting.documents import BPMN, Document, read
from engine.bpmn.linting.tables import read_table
from engine.bpmn.specification import Element, Specification
from engine.errors import InvalidDiagram


def parse(
    key: str, process: bytes, decisions: Mapping[str, bytes], *, deployed: bool = False
) -> Specification:
    """The specification of one diagram and its decision tables.

    key: the process id the diagram must have; decisions: file name or id -> bytes. deployed: it
    was put into use under the rules of its day; no rule is asked again, so that running cases
    go on when there are more rules. Raises `InvalidDiagram` with every fault found, warnings too
    if there is an error.
    """
    faults = [] if deployed else check(key, process, decisions)
    if any(fault.severity == "error" or fault.rule == DRAWING for fault in faults):
        raise InvalidDiagram(faults)
    document = read(process)
    tables = {
        table.key: table for table in (read_table(read(content)) for content in decisions.values())
    }
    spec, subprocesses = build(document, key)
    top = document.process(key)
    return Specification(
        key=key,
        name=_line(top.get("name") or key),
        name_en=document.properties(top).get("name_en", ""),
        elements=MappingProxyType(elements(document)),
        decisions=MappingProxyType(dict(tables)),
        process=spec,
        subprocesses=MappingProxyType(subprocesses),
        properties=MappingProxyType(document.properties(top)),
    )


_KINDS = {
    "userTask": "user", "manualTask": "manual", "serviceTask": "service",
    "businessRuleTask": "rule", "scriptTask": "script", "sendTask": "send",
    "receiveTask": "receive", "subProcess": "subprocess", "callActivity": "call",
    "exclusiveGateway": "gateway", "parallelGateway": "gateway", "inclusiveGateway": "gateway",
    "eventBasedGateway": "gateway", "startEvent": "start", "endEvent": "end",
    "boundaryEvent": "boundary", "intermediateCatchEvent": "catch",
    "intermediateThrowEvent": "throw",
}  # fmt: skip


def elements(document: Document) -> dict[str, Element]:
    """Every node of the diagram by its id, in the order of the file."""
    found: dict[str, Element] = {}
    for node in document.root.iter():
        if not isinstance(node.tag, str):
            continue
        name = etree.QName(node)
        if name.namespace == BPMN and name.localname in _KINDS and node.get("id"):
            element = _element(document, node, _KINDS[name.localname])
            found[element.id] = element
    return found


def _element(document: Document, node: Any, kind: str) -> Element:
    properties = document.properties(node)
    around = [
        step
        for step in (node, *node.iterancestors())
        if isinstance(step.tag, str) and step.tag == f"{{{BPMN}}}subProcess"
    ]
    stage = next((s.get("id") for s in around if "stage" in document.properties(s)), None)
    parents = around[1:] if kind == "subprocess" else around
    return Element(
        id=node.get("id"),
        kind=kind,
        name=_line(node.get("name") or ""),
        name_en=properties.get("name_en", ""),
        stage=stage,
        form=properties.get("form") or None,
        roles=tuple(re.split(r"[\s,;]+", properties.get("roles", "").strip()))
        if properties.get("roles", "").strip()
        else (),
        unit=properties.get("unit") or None,
        limit=properties.get("limit") or None,
        clock=properties.get("clock") or None,
        outcome=properties.get("outcome") or None,
        public_name=properties.get("public_name") or None,
        public_name_en=properties.get("public_name_en") or None,
        parent=parents[0].get("id") if parents else None,
        properties=MappingProxyType(properties),
        host=node.get("attachedToRef"),
    )


def _line(text: str) -> str:
    """A name on one line: line breaks are only for the drawing, and none between Chinese."""
    return re.sub(r"(?<=[^\x00-\x7f])\s*\n\s*(?=[^\x00-\x7f])", "", text).replace("\n", " ").strip()
