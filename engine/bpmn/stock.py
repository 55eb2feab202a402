"""The library as it comes: its own workflow, serializer and full history, specification and all.

The product never runs on it. `huiyin bench` measures against it, and tests ask it whether a
pruned state still says the same.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.default.workflow import BpmnWorkflowConverter, WorkflowConverter
from SpiffWorkflow.bpmn.serializer.helpers.spec import EventDefinitionConverter
from SpiffWorkflow.bpmn.specs.data_spec import TaskDataReference
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG
from SpiffWorkflow.spiff.serializer.task_spec import ServiceTaskConverter, SpiffBpmnTaskConverter
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.environment import Environment
from engine.bpmn.library import DecisionTask, ItemList, OperationTask
from engine.bpmn.specification import Specification
from engine.bpmn.timers import Deadline
from engine.bpmn.values import Facts, Scalar, Service, Thrown
from engine.facts import FactValue

# What the library is called where packages are listed.
PACKAGE = "SpiffWorkflow"


class _DeadlineConverter(EventDefinitionConverter):
    def to_dict(self, event_definition: Deadline) -> dict[str, Any]:
        return {
            "element": event_definition.name,
            "text": event_definition.text,
            "expression": event_definition.formula,
        }

    def from_dict(self, dct: dict[str, Any]) -> Deadline:
        return Deadline(**dct)


class _DecisionConverter(SpiffBpmnTaskConverter):
    def to_dict(self, spec: DecisionTask) -> dict[str, Any]:
        found: dict[str, Any] = {**super().to_dict(spec), "decision": spec.decision}
        return found


class _HistoryConverter(BpmnWorkflowConverter):
    """The whole history by the library's own converters; the specification is given."""

    def to_dict(self, workflow: Any) -> dict[str, Any]:
        found: dict[str, Any] = WorkflowConverter.to_dict(self, workflow)
        found["subprocesses"] = self.mapping_to_dict(workflow.subprocesses)
        found["bpmn_events"] = self.registry.convert(workflow.bpmn_events)
        return found

    def from_dict(self, dct: dict[str, Any], specification: Specification) -> Any:
        workflow = self.target_class(
            specification.process, dict(specification.subprocesses), deserializing=True
        )
        workflow.tasks = self.mapping_from_dict(dct["tasks"], UUID, workflow=workflow)
        workflow.task_tree = workflow.tasks.get(UUID(dct["root"]))
        self.set_default_attributes(workflow, dct)
        self.subprocesses_from_dict(dct["subprocesses"], workflow)
        workflow.bpmn_events = self.registry.restore(dct.pop("bpmn_events", []))
        return workflow


_CONVERTERS = {
    **DEFAULT_CONFIG,
    Deadline: _DeadlineConverter,
    ItemList: DEFAULT_CONFIG[TaskDataReference],
    DecisionTask: _DecisionConverter,
    OperationTask: ServiceTaskConverter,
}
_REGISTRY = BpmnWorkflowSerializer.configure(_CONVERTERS)
_HISTORY = BpmnWorkflowSerializer.configure({**_CONVERTERS, BpmnWorkflow: _HistoryConverter})


def _end_with_its_task(workflow: Any, task: Any) -> None:
    child = workflow.top_workflow.subprocesses.pop(task.id, None)
    if child is not None:
        child.cancel()


class Stock:
    """One process instance on the library's own engine steps and serializer."""

    def __init__(self, specification: Specification, facts: Facts) -> None:
        self.changed: dict[str, FactValue] = {}
        self.effects: list[Service | Thrown] = []
        self.environment = Environment(specification, facts, self.changed, self.effects)

    @classmethod
    def start(
        cls,
        specification: Specification,
        facts: Facts,
        routing: Mapping[str, Scalar] | None = None,
    ) -> "Stock":
        """A new instance, run on to its first waits."""
        stock = cls(specification, facts)
        stock.workflow = BpmnWorkflow(
            specification.process,
            dict(specification.subprocesses),
            script_engine=stock.environment,
        )
        stock.workflow.task_tree.data.update(routing or {})
        stock._run_on()
        return stock

    @classmethod
    def restore(cls, specification: Specification, state: bytes, facts: Facts) -> "Stock":
        """An instance from its state; timers that are due fire first."""
        stock = cls(specification, facts)
        serializer = BpmnWorkflowSerializer(_REGISTRY)
        stock.workflow = serializer.deserialize_json(state.decode())
        stock.workflow.script_engine = stock.environment
        if facts.due:
            stock.workflow.refresh_timers()
            stock._run_on()
        return stock

    def dump(self) -> bytes:
        """The whole workflow as JSON, specification and history included."""
        text: str = BpmnWorkflowSerializer(_REGISTRY).serialize_json(self.workflow)
        return text.encode()

    def dump_history(self) -> bytes:
        """The whole history as JSON, without the specification, which never changes."""
        return orjson.dumps(_HISTORY.convert(self.workflow))

    @classmethod
    def restore_history(cls, specification: Specification, state: bytes, facts: Facts) -> "Stock":
        """An instance from what `dump_history` gave."""
        stock = cls(specification, facts)
        stock.workflow = _HISTORY.restore(orjson.loads(state), specification=specification)
        stock.workflow.script_engine = stock.environment
        return stock

    def carried_on(self, specification: Specification, facts: Facts) -> "Stock":
        """The instance as it is in memory, for a next command."""
        stock = Stock(specification, facts)
        stock.workflow = self.workflow
        stock.workflow.script_engine = stock.environment
        return stock

    def open_tasks(self) -> list[Any]:
        """The library's tasks that wait for people."""
        found: list[Any] = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        return found

    def waiting_timers(self) -> list[tuple[UUID, str, str]]:
        """(token, element, limit) of each timer that waits."""
        found: list[tuple[UUID, str, str]] = []
        for token in self.workflow.event_manager.tasks.values():
            definition = token.task_spec.event_definition
            for part in getattr(definition, "event_definitions", (definition,)):
                if isinstance(part, Deadline):
                    found += [(token.id, part.name, part.limit_of(token))]
        return found

    def waiting_messages(self) -> frozenset[str]:
        """Names of the messages somebody waits for."""
        found: set[str] = set()
        for token in self.workflow.event_manager.tasks.values():
            definition = token.task_spec.event_definition
            for part in getattr(definition, "event_definitions", (definition,)):
                if isinstance(part, MessageEventDefinition):
                    found.add(part.name)
        return frozenset(found)

    def complete(
        self,
        element: str,
        routing: Mapping[str, Scalar],
        choose: Callable[[Any], bool] = lambda _task: True,
    ) -> None:
        """Complete the first open task of an element that `choose` accepts; run on."""
        task = next(t for t in self.open_tasks() if t.task_spec.bpmn_id == element and choose(t))
        self.complete_token(task.id, routing)

    def complete_token(self, token: UUID, routing: Mapping[str, Scalar]) -> None:
        """Complete an open task; run on."""
        task = self.workflow.get_task_from_id(token)
        task.data.update(routing)
        task.run()
        self._run_on()

    def deliver(self, message: str) -> bool:
        """Give a message to whoever waits for it; False if nobody does."""
        if message not in self.waiting_messages():
            return False
        self.workflow.send_event(BpmnEvent(MessageEventDefinition(message), payload={}))
        self._run_on()
        return True

    def fire(self, token: UUID) -> None:
        """Let one waiting timer fire; run on."""
        self.environment.due = frozenset({token})
        self.workflow.refresh_timers()
        self._run_on()

    @property
    def workflow(self) -> Any:
        """The library's workflow, cured of one fault.

        A multi-instance of sub-processes that is interrupted cuts its instances off without
        ending them; the library then fails, as it no longer finds whose they are.
        """
        return self._workflow

    @workflow.setter
    def workflow(self, workflow: Any) -> None:
        self._workflow = workflow
        if not workflow.task_removed_event.is_connected(_end_with_its_task):
            workflow.task_removed_event.connect(_end_with_its_task)

    def _run_on(self) -> None:
        self.workflow.do_engine_steps()
        for event in self.workflow.get_events():
            if isinstance(event.event_definition, MessageEventDefinition):
                self.effects.append(Thrown("", event.event_definition.name))

    @property
    def completed(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self.workflow.completed)
