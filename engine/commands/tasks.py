"""What people do with their user tasks (待办)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import forms, permissions, projection, records, rungs
from engine.commands import hot
from engine.db import table
from engine.errors import Conflict, NotFound
from engine.models import TaskStatus, UserTask
from engine.permissions import Actor
from engine.projection import Completed

_task = table(UserTask)


@dataclass(frozen=True)
class _Claimable:
    roles: str
    unit_key: str | None
    candidates: str
    assignee_id: UUID | None


def complete(session: Session, task_id: UUID, answers: dict[str, Any], *, by: Actor) -> Completed:
    """Complete a user task and carry its process on to the next wait.

    answers: values by field, as the form's JSON Schema types them.
    Raises `NotFound`, `NotAllowed`, `InvalidAnswers`, `StepFailed`, and `Conflict` if the task
    is closed or claimed by somebody else.
    """
    work = hot.of_task(session, task_id, by)
    assert work.task is not None
    task = _Claimable(**_rights(work.task))
    permissions.require_may_complete(by, task)
    schema = work.deployed.form(work.task["form"])
    cleaned = forms.clean(schema, answers)
    forms.check(schema, cleaned, records.options(work), work.facts)
    if task.candidates:
        permissions.require(permissions.may_take_up(by, task, str(cleaned.get("unit", ""))))
    rungs.fire_due(work)
    records.write(work, schema, cleaned)
    execution = hot.restore(work)
    execution.complete(work.task["token"], forms.routing(schema, cleaned))
    return projection.save(work, execution)


def claim(session: Session, task_id: UUID, *, by: Actor) -> None:
    """Take an open task for oneself; claiming one's own again is harmless.

    Raises `NotFound`, `NotAllowed`, `Conflict` if it is closed or somebody else's.
    """
    row = _lock(session, task_id)
    permissions.require_may_complete(by, row)
    session.execute(update(_task).where(_task.c.id == task_id).values(assignee_id=by.id))


def release(session: Session, task_id: UUID, *, by: Actor) -> None:
    """Give a claimed task back to its unit. Raises as `claim`."""
    row = _lock(session, task_id)
    permissions.require_may_complete(by, row)
    session.execute(update(_task).where(_task.c.id == task_id).values(assignee_id=None))


def _rights(task: Any) -> dict[str, Any]:
    return {name: task[name] for name in ("roles", "unit_key", "candidates", "assignee_id")}


def _lock(session: Session, task_id: UUID) -> Any:
    row = session.execute(
        select(
            _task.c.roles,
            _task.c.unit_key,
            _task.c.candidates,
            _task.c.assignee_id,
            _task.c.status,
        )
        .where(_task.c.id == task_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("No such task.")
    if row.status != TaskStatus.OPEN:
        raise Conflict("The task is no longer open.", status=row.status)
    return row
