"""Cuts finished history away before a state is saved.

This is correctness as much as size: the library counts finished joins of earlier rounds as
arrivals, and finds nothing deeper than a thousand tasks.
"""

from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.specs.Join import Join
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.tokens import COMPLETED, OPEN, WAITING, Run, Token

_ARRIVED = WAITING | TaskState.FINISHED_MASK


def prune(run: Run) -> None:
    """Forget finished sub-processes, the finished part of each branch, and data of no use."""
    for owner in [
        owner for owner, child in run.subprocesses.items() if not child.owner._state & OPEN
    ]:
        _forget(run, owner)
    for workflow in (run, *run.subprocesses.values()):
        _gather_arrivals(workflow)
        _cut_branches(workflow)
        _drop_data(workflow)


def _forget(run: Run, owner: UUID) -> None:
    child = run.subprocesses.pop(owner, None)
    if child is None:
        return
    for inner in [o for o, sub in run.subprocesses.items() if sub.owner.workflow is child]:
        _forget(run, inner)


def _gather_arrivals(workflow: Any) -> None:
    """What side branches brought to the end of a level, as one arrival hung below the root.

    The end waits for all and then takes over the data of each, in the order they came. Where they
    hang tells it nothing, and left in place each would hold its whole way there.
    """
    tasks: dict[UUID | None, Token] = workflow.tasks
    end = workflow.spec.end
    arrived = [t for t in tasks.values() if t.task_spec is end and t._state & _ARRIVED]
    if not arrived or workflow.completed:
        return
    arrived.sort(key=lambda token: (token._state == WAITING, token.last_state_change))
    brought: dict[str, Any] = {}
    for token in arrived:
        parent = tasks[token._parent]
        brought = DeepMerge.merge(brought, parent.data)
        tasks[parent._parent]._children.remove(parent.id)
        if token is not arrived[-1]:
            del tasks[token.id], tasks[parent.id]
    root: Token = workflow.task_tree
    parent.data, parent._parent = brought, root.id
    root._children.append(parent.id)
    stack = [parent]  # now behind all else, in the order of what is kept
    while stack:
        token = stack.pop()
        tasks[token.id] = tasks.pop(token.id)
        stack.extend(tasks[child] for child in token._children)


def _cut_branches(workflow: Any) -> None:
    """On each branch, hang the deepest finished task above what is open directly below its fork.

    Never inside a boundary event's scope that is still open: its join looks for its split.
    """
    tasks: dict[UUID | None, Token] = workflow.tasks
    root: Token = workflow.task_tree
    above, scopes = _open_ways(tasks)
    forks, cuts = [root], 0
    while forks:
        fork = forks.pop()
        for number, child in enumerate(fork._children):
            if child not in above:
                continue
            cut, last = _followed(tasks, tasks[child], above, scopes)
            if cut is not None:
                fork._children[number] = cut.id
                cut._parent = fork.id
                cuts += 1
            if not last._state & OPEN:
                forks.append(last)
    if cuts:
        _keep_reached(workflow, root)


def _open_ways(tasks: dict[UUID | None, Token]) -> tuple[set[UUID], list[Token]]:
    """What is open and all above it; and the joins of boundary events that are still open.

    Open is also a branch that has come to a join which still waits for others.
    """
    above: set[UUID] = set()
    scopes: list[Token] = []
    joins = {
        token.task_spec
        for token in tasks.values()
        if token._state == WAITING and isinstance(token.task_spec, UnstructuredJoin)
    }
    for token in tasks.values():
        if token._state & OPEN or token.task_spec in joins:
            step: Token | None = token
            while step is not None and step.id not in above:
                above.add(step.id)
                step = tasks.get(step._parent)
            if getattr(token.task_spec, "split_task", None):
                scopes.append(token)
    return above, scopes


def _followed(
    tasks: dict[UUID | None, Token], first: Token, above: set[UUID], scopes: list[Token]
) -> tuple[Token | None, Token]:
    """Where to cut the branch that begins with `first`, and the open task or fork it leads to."""
    cut, step = None, first
    while not step._state & OPEN:
        if step is not first and step._state & COMPLETED and _scopes_closed(tasks, step, scopes):
            cut = step
        below = [child for child in step._children if child in above]
        if len(below) != 1:
            break
        step = tasks[below[0]]
    return cut, step


def _keep_reached(workflow: Any, root: Token) -> None:
    tasks = workflow.tasks
    keep = {root.id}
    stack = [root]
    while stack:
        for child in stack.pop()._children:
            keep.add(child)
            stack.append(tasks[child])
    workflow.tasks = {key: token for key, token in tasks.items() if key in keep}
    if workflow.last_task is not None and workflow.last_task.id not in keep:
        workflow.last_task = root


def _scopes_closed(tasks: dict[UUID | None, Token], cut: Token, joins: list[Token]) -> bool:
    for join in joins:
        split = join.task_spec.split_task
        step = tasks.get(join._parent)
        while step is not None and step.task_spec.name != split:
            if step is cut:
                return False
            step = tasks.get(step._parent)
    return True


def _drop_data(workflow: Any) -> None:
    keep: set[UUID | None] = set()
    for token in workflow.tasks.values():
        if token._state & OPEN or isinstance(token.task_spec, Join):
            keep.add(token.id)
            keep.add(token._parent)
    for token in workflow.tasks.values():
        if token.data and token.id not in keep:
            token.data = {}
