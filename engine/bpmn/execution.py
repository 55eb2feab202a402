"""One run of a process in memory: start or restore it, act, let it run on, dump it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition

from engine.bpmn import codec
from engine.bpmn.environment import Environment
from engine.bpmn.pruning import prune
from engine.bpmn.specification import Specification
from engine.bpmn.timers import Deadline
from engine.bpmn.tokens import READY, STARTED, WAITING, Run, SubRun, Token
from engine.bpmn.values import (
    Facts,
    OpenTask,
    Passed,
    Scalar,
    Service,
    Thrown,
    WaitingTimer,
    unfit,
)
from engine.errors import Conflict, HuiyinError, InvalidInput, StepFailed
from engine.facts import FactValue

MAX_STEPS = 2_000
_ACTIVE = READY | WAITING | STARTED


class Execution:
    """A process instance in memory.

    After any exception it is half-run: throw it away and restore again.

    passed: elements that finished in this run, in order (each instance of a multi-instance, not
    its frame); effects: what services asked and messages said, in order; changed: facts this run
    changed; fired: tokens of timers that fired; opened_before: tokens of the user tasks that were
    open when it was restored; skips: elements still to be passed once as if they were done.
    """

    def __init__(
        self, specification: Specification, facts: Facts, skips: Iterable[str] = ()
    ) -> None:
        self.specification = specification
        self.passed: list[Passed] = []
        self.effects: list[Service | Thrown] = []
        self.changed: dict[str, FactValue] = {}
        self.fired: set[UUID] = set()
        self.opened_before: frozenset[UUID] = frozenset()
        self._outcome: str | None = None
        self._due = facts.due
        self._scan: _Scan | None = None
        self._steps = 0
        self.skips = set(skips)
        environment = Environment(specification, facts, self.changed, self.effects, self.skips)
        self._environment = environment
        self._run = Run(specification.process, specification.subprocesses, environment)

    @classmethod
    def start(
        cls,
        specification: Specification,
        facts: Facts,
        routing: Mapping[str, Scalar] | None = None,
        skips: Iterable[str] = (),
    ) -> "Execution":
        """A new instance, run on to its first waits.

        Raises `StepFailed` if an element fails, `InvalidInput` if a variable cannot be kept.
        """
        execution = cls(specification, facts, skips)
        given = _routing(routing or {})
        execution._guarded(lambda: execution._run.begin(given))
        return execution

    @classmethod
    def restore(
        cls,
        specification: Specification,
        state: bytes,
        facts: Facts,
        skips: Iterable[str] = (),
    ) -> "Execution":
        """An instance from its state; timers that are due fire first, then it runs on.

        Raises `UnknownState`, `StepFailed`.
        """
        execution = cls(specification, facts, skips)
        execution._outcome = codec.load(execution._run, state).get("outcome")
        execution.opened_before = execution._open_for_people()
        if facts.due:
            execution.advance()
        return execution

    # Acting ------------------------------------------------------------------------------------

    def complete(self, token: UUID, routing: Mapping[str, Scalar]) -> None:
        """A person has done the task; run on.

        Raises `Conflict` if that task is not open, `StepFailed`, `InvalidInput`.
        """
        task = self._run.token(token)
        if task is None or task._state != READY or not task.task_spec.manual:
            raise Conflict(token=token)
        answers = _routing(routing)
        task.data.update(answers)
        self._guarded(lambda: self._finish(task))

    def deliver(self, message: str) -> bool:
        """Give a message to whoever waits for it; False if nobody does."""
        if message not in self.waiting_messages():
            return False
        event = BpmnEvent(MessageEventDefinition(message), payload={})
        self._guarded(lambda: self._run.event_manager.catch(event, internal=False))
        return True

    def advance(self) -> None:
        """Fire the timers that are due, then run on."""
        self._guarded(self._fire_due)

    def dump(self) -> bytes:
        """The state to keep, finished history pruned; empty if the process has completed."""
        if self._run.completed:
            return b""
        prune(self._run)
        self._scan = None
        return codec.dump(self._run, {"outcome": self._outcome} if self._outcome else {})

    # Looking -----------------------------------------------------------------------------------

    @property
    def completed(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self._run.completed)

    @property
    def outcome(self) -> str | None:
        """The outcome of the end event that ended it."""
        return self._outcome

    def open_tasks(self) -> list[OpenTask]:
        """Work waiting for people."""
        return self._seen().tasks

    def waiting_timers(self) -> list[WaitingTimer]:
        """Timers that wait for their deadline row."""
        return self._seen().timers

    def waiting_messages(self) -> frozenset[str]:
        """Names of the messages somebody waits for."""
        return self._seen().messages

    def active(self) -> frozenset[UUID]:
        """Tokens of everything unfinished, sub-processes and waiting events too."""
        return self._seen().active

    def stages(self) -> list[str]:
        """The stages the process is in, in the order of the file."""
        running = self._seen().running
        return [stage.id for stage in self.specification.stages if stage.id in running]

    def routing(self, token: UUID) -> dict[str, Any]:
        """The routing variables an open task sees."""
        task = self._run.token(token)
        if task is None:
            raise Conflict(token=token)
        return dict(task.data)

    # Inside ------------------------------------------------------------------------------------

    def _guarded(self, act: Any) -> None:
        self._scan = None
        try:
            act()
            self._run.run_ready(self._finish)
        except SpiffWorkflowException as error:
            spec = getattr(error, "task_spec", None)
            element = getattr(spec, "bpmn_id", None) or self._environment.element
            raise StepFailed(element, f"{type(error).__name__}: {str(error)[:300]}") from error
        except RecursionError as error:
            element = self._environment.element
            raise StepFailed(element, "too many steps without a wait") from error
        except HuiyinError:
            raise
        except Exception as error:  # a slip of the library's: its words could carry data
            raise StepFailed(self._environment.element, type(error).__name__) from error

    def _finish(self, task: Token) -> None:
        spec = task.task_spec
        element = spec.bpmn_id
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise StepFailed(
                element or self._environment.element,
                f"{MAX_STEPS} steps without a wait; a loop may never end",
            )
        if element is not None:
            self._environment.element = element
        if task.run() is None or element is None:
            return
        if isinstance(spec, MultiInstanceTask):
            return
        self.passed.append(Passed(element))
        known = self.specification.elements.get(element)
        if known is not None and known.kind == "end" and known.parent is None and known.outcome:
            self._outcome = known.outcome

    def _open_for_people(self) -> frozenset[UUID]:
        return frozenset(
            token.id
            for workflow in (self._run, *self._run.subprocesses.values())
            for token in workflow.tasks.values()
            if token._state == READY and token.task_spec.manual
        )

    def _fire_due(self) -> None:
        for token in list(self._run.event_manager.tasks.values()):
            if token.id in self._due:
                self.fired.add(token.id)
                token.task_spec._update(token)

    def _seen(self) -> "_Scan":
        if self._scan is None:
            self._scan = _Scan(self._run, self.specification)
        return self._scan


class _Scan:
    """What waits, found in one walk over the run."""

    def __init__(self, run: Run, specification: Specification) -> None:
        self.tasks: list[OpenTask] = []
        self.timers: list[WaitingTimer] = []
        messages: set[str] = set()
        active: set[UUID] = set()
        self.running: set[str] = set()
        for workflow in (run, *run.subprocesses.values()):
            if workflow.completed:
                continue
            for token in workflow.tasks.values():
                state = token._state
                if not state & _ACTIVE:
                    continue
                spec = token.task_spec
                element = spec.bpmn_id
                if element is None:
                    continue
                active.add(token.id)
                self.running.add(element)
                if state == READY and spec.manual:
                    self.tasks.append(OpenTask(token.id, element, _item(token)))
                elif state == WAITING and isinstance(spec, CatchingEvent):
                    self._event(token, spec, messages, specification)
        self.messages = frozenset(messages)
        self.active = frozenset(active)

    def _event(
        self, token: Token, spec: Any, messages: set[str], specification: Specification
    ) -> None:
        definition = spec.event_definition
        parts = (
            definition.event_definitions
            if isinstance(definition, MultipleEventDefinition)
            else (definition,)
        )
        for part in parts:
            if isinstance(part, MessageEventDefinition):
                messages.add(part.name)
            elif isinstance(part, Deadline) and not part.skipped(token):
                host, interrupting = _host(token), True
                if isinstance(spec, BoundaryEvent):
                    interrupting = bool(spec.cancel_activity)
                known = specification.elements[part.name]
                self.timers.append(
                    WaitingTimer(
                        token=token.id,
                        element=part.name,
                        host=host.id,
                        host_element=host.task_spec.bpmn_id,
                        limit=part.limit_of(token),
                        clock=known.clock,
                        interrupting=interrupting,
                    )
                )


def _host(token: Token) -> Token:
    """The activity a boundary event is drawn on; any other event is its own host."""
    if isinstance(token.task_spec, BoundaryEvent):
        for beside in token.parent.children:
            if not isinstance(beside.task_spec, BoundaryEvent):
                host: Token = beside
                return host
    return token


def _item(token: Token) -> str | None:
    """The multi-instance item a task, or a sub-process around it, is for."""
    step: Token | None = token
    while step is not None:
        parent = step.workflow.tasks.get(step._parent)
        if parent is not None and isinstance(parent.task_spec, MultiInstanceTask):
            source = parent.task_spec.input_item
            if source is not None and source.bpmn_id in step.data:
                return str(step.data[source.bpmn_id])
        step = step.workflow.owner if isinstance(step.workflow, SubRun) else None
    return None


def _routing(routing: Mapping[str, Scalar]) -> dict[str, Any]:
    for name, value in routing.items():
        if not name.isidentifier() or name.startswith("_") or name == "case":
            raise InvalidInput("routing", "a plain name", name[:40])
        wanted = unfit(value)
        if wanted:
            raise InvalidInput(name, wanted, type(value).__name__)
    return dict(routing)
