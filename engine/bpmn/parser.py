"""Files to specifications: parsed once per deployed version, then shared and never changed."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import (
    BusinessRuleTaskParser,
    ServiceTaskParser,
    SpiffTaskParser,
)
from SpiffWorkflow.spiff.specs.defaults import ServiceTask
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask

from engine.bpmn import timers
from engine.bpmn.decisions import Table
from engine.bpmn.linter import check
from engine.bpmn.linting.documents import BPMN, Document, read
from engine.bpmn.linting.tables import read_table
from engine.bpmn.specification import Element, Specification
from engine.errors import InvalidDiagram


class DecisionTask(SpiffBpmnTask):
    """A business rule task: asks one decision table."""

    def __init__(self, wf_spec: Any, name: str, decision: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.decision = decision

    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.script_engine.decide(my_task, self.decision)
        return True


class OperationTask(ServiceTask):
    """A service task: asks for one operation and leaves nothing in the routing variables."""

    def _execute(self, task: Any) -> bool:
        parameters = {name: given["value"] for name, given in self.operation_params.items()}
        task.workflow.script_engine.serve(task, self.operation_name, parameters)
        return True


class _DecisionTaskParser(BusinessRuleTaskParser):
    def create_task(self) -> DecisionTask:
        decision = SpiffTaskParser._parse_extensions(self.node)["calledDecisionId"].strip()
        return DecisionTask(self.spec, self.bpmn_id, decision, **self.bpmn_attributes)


class _Parser(SpiffBpmnParser):
    OVERRIDE_PARSER_CLASSES = {
        **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
        full_tag("businessRuleTask"): (_DecisionTaskParser, DecisionTask),
        full_tag("serviceTask"): (ServiceTaskParser, OperationTask),
    }


def parse(key: str, process: bytes, decisions: Mapping[str, bytes]) -> Specification:
    """The specification of one diagram and its decision tables.

    key: the process id the diagram must have; decisions: file name or id -> bytes.
    Raises `InvalidDiagram` with every fault found, warnings too if there is an error.
    """
    faults = check(key, process, decisions)
    if any(fault.severity == "error" for fault in faults):
        raise InvalidDiagram(faults)
    document = read(process)
    tables = {
        table.key: table for table in (read_table(read(content)) for content in decisions.values())
    }
    parser = _Parser()
    parser.add_bpmn_xml(document.root)
    spec = parser.get_spec(key)
    subprocesses = parser.get_subprocess_specs(key)
    for one in (spec, *subprocesses.values()):
        _settle(one)
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


def _settle(spec: Any) -> None:
    """Make timers deadlines, and connect multi-instances now rather than on their first use.

    The library would connect them in the middle of a run, and every thread shares them.
    """
    for name, task in list(spec.task_specs.items()):
        definition = getattr(task, "event_definition", None)
        if isinstance(definition, MultipleEventDefinition):
            definition.event_definitions = [
                _deadline(event, child.bpmn_id)
                for event, child in zip(definition.event_definitions, task.outputs, strict=True)
            ]
        elif definition is not None:
            task.event_definition = _deadline(definition, task.bpmn_id)
        if isinstance(task, LoopTask):
            child = spec.task_specs[task.task_spec]
            child.completed_event.connect(task.merge_child)
        assert spec.task_specs[name] is task


def _deadline(definition: Any, element: str) -> Any:
    if not isinstance(definition, TimerEventDefinition):
        return definition
    text, expression = timers.read(definition.expression)
    return timers.Deadline(element, text, expression)


_KINDS = {
    "userTask": "user", "manualTask": "manual", "task": "manual", "serviceTask": "service",
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
