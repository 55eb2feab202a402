"""Cuts finished history away before a state is saved.

This is correctness as much as size: the library counts finished joins of earlier rounds as
arrivals, and finds nothing deeper than a thousand tasks.
"""

from typing import Any
from uuid import UUID

from SpiffWorkflow.specs.Join import Join

from engine.bpmn.tokens import COMPLETED, OPEN, Run, Token


def prune(run: Run) -> None:
    """Forget finished sub-processes, the finished trunk, and data nobody can inherit."""
    for owner in [
        owner
        for owner, child in run.subprocesses.items()
        if child.completed and not child.owner._state & OPEN
    ]:
        _forget(run, owner)
    for workflow in (run, *run.subprocesses.values()):
        _cut_trunk(workflow)
        _drop_data(workflow)


def _forget(run: Run, owner: UUID) -> None:
    child = run.subprocesses.pop(owner, None)
    if child is None:
        return
    for inner in [o for o, sub in run.subprocesses.items() if sub.owner.workflow is child]:
        _forget(run, inner)


def _cut_trunk(workflow: Any) -> None:
    """Hang the deepest finished task above everything open directly below the root.

    Never inside a boundary event's scope that is still open: its join looks for its split.
    """
    tasks: dict[UUID | None, Token] = workflow.tasks
    root: Token = workflow.task_tree
    above: set[UUID] = set()
    splits: list[Token] = []
    for token in tasks.values():
        if token._state & OPEN:
            step: Token | None = token
            while step is not None and step.id not in above:
                above.add(step.id)
                step = tasks.get(step._parent)
            if getattr(token.task_spec, "split_task", None):
                splits.append(token)
    if not above:
        return
    cut, step = root, root
    while True:
        below = [child for child in step._children if child in above]
        if len(below) != 1 or tasks[below[0]]._state & OPEN:
            break
        step = tasks[below[0]]
        if step._state & COMPLETED and _scopes_closed(tasks, step, splits):
            cut = step
    if cut is not root and cut._parent != root.id:
        _keep_only(workflow, root, cut)


def _keep_only(workflow: Any, root: Token, cut: Token) -> None:
    tasks = workflow.tasks
    keep = {root.id: root}
    stack = [cut]
    while stack:
        token = stack.pop()
        keep[token.id] = token
        stack.extend(tasks[child] for child in token._children)
    workflow.tasks = {key: token for key, token in tasks.items() if key in keep}
    root._children = [cut.id]
    cut._parent = root.id
    if workflow.last_task is not None and workflow.last_task.id not in keep:
        workflow.last_task = cut


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
