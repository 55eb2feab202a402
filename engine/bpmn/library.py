"""A checked diagram to the library's specifications, with our timers, decisions and services."""

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.data_spec import TaskDataReference
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import (
    BusinessRuleTaskParser,
    ServiceTaskParser,
    SpiffTaskParser,
)
from SpiffWorkflow.spiff.specs.defaults import ServiceTask
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask

from engine.bpmn import timers
from engine.bpmn.linting.documents import BPMN, Document
from engine.errors import StepFailed

_DRAWN_ONLY = (
    "dataInputAssociation", "dataOutputAssociation", "dataObject", "dataObjectReference",
    "dataStoreReference", "dataStore", "ioSpecification", "property",
)  # fmt: skip
_DIAGRAM = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"


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


class ItemList(TaskDataReference):
    """The list a multi-instance goes over: really a list, or the step fails in words."""

    def get(self, my_task: Any) -> list[Any]:
        value = my_task.data.get(self.bpmn_id)
        if not isinstance(value, list):
            raise StepFailed(
                my_task.task_spec.bpmn_id, f"{self.bpmn_id} is not set to a list to go over"
            )
        return value


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


def build(document: Document, key: str) -> tuple[Any, dict[str, Any]]:
    """The library's specification of a process and those of its sub-processes, by id."""
    root = etree.fromstring(etree.tostring(document.root))
    # Where something is drawn decides nothing, and the library stumbles over places it cannot read.
    for name in (_DIAGRAM, *(f"{{{BPMN}}}{name}" for name in _DRAWN_ONLY)):
        for node in list(root.iter(name)):
            node.getparent().remove(node)
    parser = _Parser()
    parser.add_bpmn_xml(root)
    spec = parser.get_spec(key)
    subprocesses: dict[str, Any] = parser.get_subprocess_specs(key)
    for one in (spec, *subprocesses.values()):
        _settle(one)
    return spec, subprocesses


def _settle(spec: Any) -> None:
    """Make timers deadlines, and connect multi-instances now rather than on their first use.

    The library would connect them in the middle of a run, and every thread shares them.
    """
    for task in spec.task_specs.values():
        definition = getattr(task, "event_definition", None)
        if isinstance(definition, MultipleEventDefinition):
            definition.event_definitions = [
                _deadline(event, child.bpmn_id)
                for event, child in zip(definition.event_definitions, task.outputs, strict=True)
            ]
        elif definition is not None:
            task.event_definition = _deadline(definition, task.bpmn_id)
        if isinstance(task, MultiInstanceTask):
            child = spec.task_specs[task.task_spec]
            child.completed_event.connect(task.merge_child)
            task.data_input = ItemList(task.data_input.bpmn_id, task.data_input.bpmn_name)


def _deadline(definition: Any, element: str) -> Any:
    if not isinstance(definition, TimerEventDefinition):
        return definition
    text, expression = timers.read(definition.expression)
    return timers.Deadline(element, text, expression)
