"""An operator's move of a token (移动): the process goes on at another element of its scope.

What was open there is left as if it were done, without its answers; what follows is predicted
anew. A move that would let a join wait for ever, or a branch run twice, is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import (
    BoundaryEvent,
    EventBasedGateway,
)
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask, MultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.execution import Execution
from engine.bpmn.tokens import COMPLETED, READY, STARTED, WAITING, Run, Token
from engine.errors import Conflict, InvalidInput

# Why an element cannot be moved to.
REFUSALS: Mapping[str, str] = {
    "same": "the token is there already",
    "elsewhere": "an element of the same scope",
    "not-a-place": "a step, an event in the flow or a gateway that decides",
    "join": "an element before which no join would wait for what never comes",
    "twice": "an element that no other open branch comes to",
    "side": "an element of the side path that a timer or message opened",
}
_PLACES = frozenset(
    {"user", "manual", "service", "script", "rule", "send", "receive", "subprocess", "call"}
    | {"catch", "throw", "gateway", "end"}
)


@dataclass(frozen=True)
class Movable:
    """Something open that can be moved. scope: the sub-process it is in, "" for the process."""

    token: UUID
    element: str
    scope: str


def movable(execution: Execution) -> list[Movable]:
    """What is open and stands by itself: no boundary event, no single item of a list."""
    run = execution._run
    return [
        Movable(token.id, token.task_spec.bpmn_id, _scope_of(token))
        for workflow in (run, *run.subprocesses.values())
        if not workflow.completed
        for token in workflow.tasks.values()
        if stands_alone(token)
    ]


def targets(execution: Execution, token_id: UUID) -> dict[str, str | None]:
    """Every element of the token's scope, with why it cannot be moved to (`REFUSALS`) or None.

    Raises `Conflict` if the token is not open any more.
    """
    token = open_token(execution, token_id)
    elements = execution.specification.elements
    names = token.workflow.spec.task_specs
    return {
        element: _refusal(execution, token, element)
        for element in elements
        if element in names and elements[element].kind not in {"start", "boundary"}
    }


def move(execution: Execution, token_id: UUID, target: str) -> None:
    """Move a token and run on to the next waits.

    Raises `Conflict` if it is not open any more, `InvalidInput` for a target that is refused,
    `StepFailed`.
    """
    token = open_token(execution, token_id)
    if why := _refusal(execution, token, target):
        raise InvalidInput("target", REFUSALS[why], why)
    execution._guarded(lambda: _graft(execution, token, target))


# Whether it may ------------------------------------------------------------------------------


def _refusal(execution: Execution, token: Token, target: str) -> str | None:
    spec = token.workflow.spec
    element = execution.specification.elements.get(target)
    to = spec.task_specs.get(target)
    if element is None or to is None:
        return "elsewhere"
    if target == token.task_spec.bpmn_id:
        return "same"
    if element.kind not in _PLACES or any(isinstance(i, EventBasedGateway) for i in to.inputs):
        return "not-a-place"
    if _joins(to):
        return "join"
    here, there = entry(spec, token.task_spec.name), entry(spec, target)
    return _breaks_a_join(spec, here, there) or _runs_twice(token, here, there)


def _breaks_a_join(spec: Any, here: Any, there: Any) -> str | None:
    for join in spec.task_specs.values():
        if not _joins(join):
            continue
        whole = frozenset(join._inputs)
        before, after = _arrivals(here, join), _arrivals(there, join)
        if not _alike(before, after, whole):
            return "join"
    return None


def _runs_twice(token: Token, here: Any, there: Any) -> str | None:
    """A branch beside it, or a side path, keeps what is its own."""
    spec = token.workflow.spec
    side = _side_path(token)
    if side is not None:
        return None if there.name in _own_path(spec, side) else "side"
    if any(there.name in _own_path(spec, one) for one in spec.task_specs.values() if _beside(one)):
        return "side"
    others = [t for t in token.workflow.tasks.values() if t is not token and _is_branch(token, t)]
    if not others:
        return None
    for fork in spec.task_specs.values():
        if isinstance(fork, UnstructuredJoin) and len(fork._outputs) > 1:
            whole = frozenset(fork._outputs)
            if not _alike(_branches(fork, here), _branches(fork, there), whole):
                return "twice"
    return None


def _alike(before: frozenset[str], after: frozenset[str], whole: frozenset[str]) -> bool:
    """The same arrivals; or all or none of them both times, so that nothing is left waiting."""
    return before == after or {before, after} <= {whole, frozenset()}


def _joins(spec: Any) -> bool:
    return isinstance(spec, UnstructuredJoin) and bool(spec.bpmn_id) and len(spec._inputs) > 1


def _arrivals(start: Any, join: Any) -> frozenset[str]:
    """By which of its inputs a join is reached from here, the join itself not passed."""
    reached = _reachable(start, join.name)
    return frozenset(name for name in join._inputs if name in reached)


def _branches(fork: Any, spec: Any) -> frozenset[str]:
    """By which of its outputs a fork leads here, the fork itself not passed again."""
    return frozenset(out.name for out in fork.outputs if spec.name in _reachable(out, fork.name))


def _reachable(start: Any, without: str | None) -> frozenset[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        spec = pending.pop()
        if spec.name == without or spec.name in found:
            continue
        found.add(spec.name)
        pending += spec.outputs
    return frozenset(found)


def _beside(spec: Any) -> bool:
    """Whether it opens a path beside its activity, which goes on."""
    return isinstance(spec, BoundaryEvent) and not spec.cancel_activity


def _own_path(spec: Any, event: Any) -> frozenset[str]:
    """What is come to by this boundary event only."""
    return _reachable(event, None) - _reachable(spec.start, event.name)


def _side_path(token: Token) -> Any:
    """The boundary event that opened the path beside its activity, or None on the main path."""
    step: Token | None = token
    while step is not None:
        if _beside(step.task_spec) and step is not token:
            return step.task_spec
        step = step.workflow.tasks.get(step._parent)
    return None


def _is_branch(token: Token, other: Token) -> bool:
    """Whether another token of the scope is open on its own account."""
    if not other._state & (READY | WAITING | STARTED) or other.task_spec.bpmn_id is None:
        return False
    if isinstance(other.task_spec, BoundaryEvent) and other._parent == token._parent:
        return False
    return other._parent != token.id


# Doing it ------------------------------------------------------------------------------------


def _graft(execution: Execution, token: Token, target: str) -> None:
    run, workflow = execution._run, token.workflow
    parent = workflow.tasks.get(token._parent)
    if parent is not None and isinstance(parent.task_spec, BoundaryEventSplit):
        for beside in parent.children:
            if isinstance(beside.task_spec, BoundaryEvent) and beside._state == WAITING:
                beside.cancel()
    _stop(run, token)
    for child in list(token.children):
        _stop_branch(run, child)
    token._drop_children(force=True)
    token._set_state(COMPLETED)
    begins = entry(workflow.spec, target)
    for output in collected(workflow.spec, begins):
        token.data.pop(output, None)
    if isinstance(begins, UnstructuredJoin):
        # A fork counts who arrives by which flow: let it be the one that is drawn.
        arrived = Token(workflow, begins.inputs[0], token, COMPLETED)
        arrived.data = dict(token.data)
        token = arrived
    child = Token(workflow, begins, token, TaskState.FUTURE)
    begins._predict(child, mask=TaskState.NOT_FINISHED_MASK)
    begins._update(child)
    workflow.update_waiting_tasks()


def collected(spec: Any, begins: Any) -> set[str]:
    """What lists collect that begin again behind here: they begin with nothing."""
    reached = _reachable(begins, None)
    return {
        one.data_output.bpmn_id
        for one in spec.task_specs.values()
        if isinstance(one, MultiInstanceTask) and one.data_output and one.name in reached
    }


def _stop_branch(run: Run, token: Token) -> None:
    _stop(run, token)
    for child in token.children:
        _stop_branch(run, child)


def _stop(run: Run, token: Token) -> None:
    """Nothing of it waits any more, nor of the sub-process it holds."""
    run.event_manager.remove_task(token)
    inner = run.subprocesses.pop(token.id, None)
    if inner is not None:
        for one in list(inner.tasks.values()):
            _stop(run, one)


def entry(spec: Any, element: str) -> Any:
    """Where the flow comes in: before an activity with boundary events stands their split."""
    return spec.task_specs.get(f"{element}.BoundaryEventSplit") or spec.task_specs[element]


def open_token(execution: Execution, token_id: UUID) -> Token:
    """What is to be moved. Raises `Conflict` if it is not open any more."""
    token = execution._run.token(token_id)
    if token is None or not stands_alone(token):
        raise Conflict("What was to be moved is not open any more.")
    return token


def stands_alone(token: Token) -> bool:
    """Whether it is open and no boundary event, waiting join or single item of a list."""
    spec = token.task_spec
    open_here = token._state & (WAITING | STARTED) or (token._state == READY and spec.manual)
    if not open_here or spec.bpmn_id is None or isinstance(spec, BoundaryEvent):
        return False
    if _joins(spec):
        return False
    parent = token.workflow.tasks.get(token._parent)
    around = getattr(parent, "task_spec", None)
    return not (isinstance(around, LoopTask) and around.task_spec == spec.name)


def _scope_of(token: Token) -> str:
    owner = getattr(token.workflow, "owner", None)
    return str(owner.task_spec.bpmn_id) if owner is not None else ""
