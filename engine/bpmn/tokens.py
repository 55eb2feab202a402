"""The library's tasks and workflows, leaner: a queue of what became ready instead of walks.

The same rules decide, so the library's own serializer and engine steps give the same result; what
is left out is its logging, its clock, and its walks over the whole tree after every task.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.event import EventManager
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.event import Event
from SpiffWorkflow.util.task import TaskState
from uuid_utils.compat import uuid4

READY, WAITING, STARTED = TaskState.READY, TaskState.WAITING, TaskState.STARTED
COMPLETED = TaskState.COMPLETED
OPEN = TaskState.NOT_FINISHED_MASK


class Token(Task):
    """A task of the library that queues itself when it becomes ready.

    `last_state_change` is a running number, not a time: only its order matters.
    """

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: "Token | None" = None,
        state: int = TaskState.MAYBE,
        id: UUID | None = None,  # noqa: A002  (the library's name)
    ) -> None:
        self.id = id or uuid4()
        self.workflow = workflow
        self._parent = None
        self._children: list[UUID] = []
        self._state = state
        self.triggered = False
        self.task_spec = task_spec
        self.thread_id = 0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = 0
        workflow.tasks[self.id] = self
        if parent is not None:
            self._parent = parent.id
            parent._children.append(self.id)

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> "Token":
        child = Token(self.workflow, task_spec, self, state)
        if state == READY:
            child._ready()
        return child

    def _set_state(self, value: int) -> None:
        if value != self._state:
            top = self.workflow.top_workflow
            top.changes += 1
            self.last_state_change = top.changes
            self._state = value
        if value == READY and not self.task_spec.manual:
            self.workflow.top_workflow.agenda.append(self)

    def _inherit_data(self) -> None:
        parent = self.workflow.tasks.get(self._parent)
        if self.data:
            self.data = DeepMerge.merge(self.data, parent.data)
        else:
            self.data = {
                name: list(value) if value.__class__ is list else value
                for name, value in parent.data.items()
            }


class _Lean:
    """What both kinds of workflow do without."""

    def update_waiting_tasks(self) -> None:
        """Look again at waiting joins; events come by themselves and timers when they are due."""
        waiting = [t for t in self.tasks.values() if t._state == WAITING]
        for token in waiting:
            if token._state == WAITING and not isinstance(token.task_spec, CatchingEvent):
                token.task_spec._update(token)

    def _mark_complete(self, token: Token) -> None:
        self.data.update(token.data)
        self.completed = True

    def _task_removed_notify(self, task: Token) -> None:
        """A task cut off while it was open takes what waits in it along.

        The library leaves it in memory, where it would still be seen and catch events.
        """
        top = task.workflow.top_workflow
        top.event_manager.remove_task(task)
        child = top.subprocesses.pop(task.id, None)
        if child is not None:
            child.cancel()

    def _set_up(self, spec: Any) -> None:
        self.spec = spec
        self.data: dict[str, Any] = {}
        self.locks: dict[str, Any] = {}
        self.last_task: Token | None = None
        self.success = True
        self.tasks: dict[UUID, Token] = {}
        self.completed = False
        self.completed_event = Event()
        self.task_removed_event = Event()
        self.correlations: dict[str, Any] = {}

    def _begin(self, data: dict[str, Any]) -> None:
        """Grow the tree from its start, with what it is given, and make the start ready."""
        root = Token(self, self.spec.start, state=TaskState.FUTURE)
        self.task_tree = root
        root.data.update(data)
        root.task_spec._predict(root, mask=TaskState.NOT_FINISHED_MASK)
        root._ready()


class Run(_Lean, BpmnWorkflow):
    """A process in memory.

    agenda: what became ready and needs no person; changes: how many state changes there were.
    """

    script_engine: Any = None

    def __init__(self, spec: Any, subprocess_specs: Mapping[str, Any], engine: Any) -> None:
        self._set_up(spec)
        self.subprocess_specs = subprocess_specs
        self.subprocesses: dict[UUID, SubRun] = {}
        self.bpmn_events: list[Any] = []
        self.event_manager = EventManager(self)
        self.script_engine = engine
        self.agenda: list[Token] = []
        self.changes = 0

    def begin(self, data: dict[str, Any]) -> None:
        """Start the process with its first routing variables."""
        self._begin(data)

    def create_subprocess(self, my_task: Token, spec_name: str) -> "SubRun":
        child = SubRun(self.subprocess_specs[spec_name], my_task, self)
        self.subprocesses[my_task.id] = child
        child._begin({})
        return child

    def catch(self, event: Any) -> None:
        """An event thrown inside: a message leaves the process, all else is caught within."""
        if isinstance(event.event_definition, MessageEventDefinition):
            self.script_engine.throw(event.event_definition.name)
        else:
            self.event_manager.catch(event)

    def run_ready(self, passed: Callable[[Token], None]) -> None:
        """Run everything that needs no person, the deepest sub-process first, until all waits."""
        agenda = self.agenda
        while agenda:
            workflow = _next(agenda)
            batch = [token for token in agenda if token.workflow is workflow]
            self.agenda[:] = [token for token in agenda if token.workflow is not workflow]
            for token in batch:
                if token._state == READY and token.id in workflow.tasks:
                    passed(token)

    def token(self, token: UUID) -> Token | None:
        """The task of that id, wherever it is."""
        found = self.tasks.get(token)
        if found is None:
            for child in self.subprocesses.values():
                found = child.tasks.get(token)
                if found is not None:
                    break
        return found

    def get_task_from_id(self, task_id: UUID) -> Token | None:
        return self.token(task_id)


class SubRun(_Lean, BpmnSubWorkflow):
    """A sub-process in memory."""

    def __init__(self, spec: Any, owner: Token, top: Run) -> None:
        self._set_up(spec)
        self.parent_task_id = owner.id
        self.owner = owner
        self.top_workflow = top
        self.depth = owner.workflow.depth + 1

    @property
    def parent_workflow(self) -> Any:
        return self.owner.workflow


def _next(agenda: list[Token]) -> Any:
    """The deepest workflow of what is ready; of several the first in the tree, as instances are."""
    if len(agenda) == 1:
        return agenda[0].workflow
    deepest = max(token.workflow.depth for token in agenda)
    first = next(token.workflow for token in agenda if token.workflow.depth == deepest)
    if all(t.workflow is first or t.workflow.depth < deepest for t in agenda):
        return first
    return min((t.workflow for t in agenda if t.workflow.depth == deepest), key=_place)


def _place(workflow: Any) -> tuple[int, ...]:
    if not isinstance(workflow, SubRun):
        return ()
    owner, tasks = workflow.owner, workflow.owner.workflow.tasks
    return (*_place(owner.workflow), list(tasks).index(owner.id) if owner.id in tasks else -1)
