"""What people do with their user tasks (待办)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock, deployed, forms, merging, permissions, projection, records, rungs
from engine.commands import hot, suggestions
from engine.db import table
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import Case, Instance, TaskStatus, UserTask
from engine.permissions import Actor, TaskRights
from engine.projection import Completed
from engine.work import Work

_task, _case, _instance = table(UserTask), table(Case), table(Instance)


def complete(session: Session, task_id: UUID, answers: dict[str, Any], *, by: Actor) -> Completed:
    """Complete a user task and carry its process on to the next wait.

    answers: values by field, as the form's JSON Schema types them.
    Raises `NotFound`, `NotAllowed`, `InvalidAnswers` (also for what comes too late, where that can
    be told), `StepFailed`, and `Conflict` if the task is closed or claimed by somebody else.
    """
    if other := answers.get(merging.FIELD):
        merging.lock(session, task_id, str(other))
    try:
        work = hot.of_task(session, task_id, by)
    except Conflict:
        _say_if_too_late(session, task_id, answers)
        raise
    assert work.task is not None
    task = TaskRights.of(work.task)
    permissions.require_may_complete(by, task)
    cleaned = forms.clean(work.deployed.form(work.task["form"]), answers)
    if task.candidates:
        permissions.require(permissions.may_take_up(by, task, str(cleaned.get("unit", ""))))
    return carry_out(session, work, cleaned, records.options(work))


def carry_out(
    session: Session,
    work: Work,
    answers: Mapping[str, Any],
    options: Mapping[str, Collection[str]],
) -> Completed:
    """Check the answers to the task of `work`, keep what they say and run the process on.

    options: the lists that fields may choose from. Raises `InvalidAnswers`, `StepFailed`.
    """
    assert work.task is not None
    schema = work.deployed.form(work.task["form"])
    forms.check(schema, answers, options, work.facts)
    rungs.fire_due(work)
    records.write(work, schema, answers)
    execution = hot.restore(work)
    execution.complete(work.task["token"], forms.routing(schema, answers))
    completed = projection.save(work, execution)
    for callback_id, text in work.suggestions:
        suggestions.receive(session, work, callback_id, text)
    return completed


def _say_if_too_late(session: Session, task_id: UUID, answers: Mapping[str, Any]) -> None:
    """Say in words why a closed task takes nothing more, where its kind of record tells."""
    closed = session.execute(
        select(
            _task.c.status, _task.c.form, _instance.c.definition_id, _case.c.status.label("stands")
        )
        .join(_instance, _instance.c.id == _task.c.instance_id)
        .join(_case, _case.c.id == _task.c.case_id)
        .where(_task.c.id == task_id)
    ).one_or_none()
    if closed is None:
        return
    kind = forms.record(deployed.definition(session, closed.definition_id).form(closed.form))
    if why := records.too_late(kind, answers, str(closed.status), str(closed.stands)):
        raise InvalidAnswers(why)


def claim(session: Session, task_id: UUID, *, by: Actor) -> None:
    """Take an open task for oneself; claiming one's own again is harmless.

    Raises `NotFound`, `NotAllowed`, `Conflict` if it is closed or somebody else's.
    """
    row = _lock(session, task_id, by)
    permissions.require_may_complete(by, row)
    whose = {"assignee_id": by.id, "claimed_at": clock.now()}
    session.execute(update(_task).where(_task.c.id == task_id).values(whose))


def release(session: Session, task_id: UUID, *, by: Actor) -> None:
    """Give a claimed task back to its unit. Raises as `claim`."""
    row = _lock(session, task_id, by)
    permissions.require_may_complete(by, row)
    whose = {"assignee_id": None, "claimed_at": None}
    session.execute(update(_task).where(_task.c.id == task_id).values(whose))


def _lock(session: Session, task_id: UUID, by: Actor) -> Any:
    row = session.execute(
        select(
            _task.c.roles,
            _task.c.unit_key,
            _task.c.candidates,
            _task.c.assignee_id,
            _task.c.status,
            _task.c.case_id,
            _case.c.office_key,
            _case.c.sealed,
            _case.c.accused_key,
        )
        .outerjoin(_case, _case.c.id == _task.c.case_id)
        .where(_task.c.id == task_id)
        .with_for_update(of=_task)
    ).one_or_none()
    if row is None:
        raise NotFound("No such task.")
    if row.case_id is not None:
        permissions.require_known(by, row, "No such task.")
    if row.status != TaskStatus.OPEN:
        raise Conflict("The task is no longer open.", status=row.status)
    return row
