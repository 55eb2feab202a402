"""Urging a task (催办): whoever has to do it is told, and the case's history says so."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import involved, permissions, projection
from engine.commands import hot, telling
from engine.commands.audience import Holders
from engine.db import table
from engine.errors import Conflict, InvalidInput
from engine.models import UserTask
from engine.notice_kinds import NoticeKind
from engine.permissions import Actor, CaseRights, TaskRights

LONGEST_NOTE = 200
# Whoever was urged has this long before the next one may urge again.
QUIET = timedelta(hours=4)
_task = table(UserTask)


def remind(session: Session, task_id: UUID, note: str, *, by: Actor) -> None:
    """Urge the colleague who has the task, or everybody who may take it.

    Raises `NotFound`, `NotAllowed` for who neither may do it nor open its case, `InvalidInput`
    for a note that is too long, and `Conflict` if it is closed, one's own (`own`), or was urged
    a short while ago (`urged_at`).
    """
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise InvalidInput("note", f"at most {LONGEST_NOTE} characters", str(len(note)))
    work = hot.of_task(session, task_id, by)
    assert work.task is not None
    task = TaskRights.of(work.task)
    if not permissions.may_do(by, task):
        units = involved.units_of(session, work.case_id, work.facts)
        case = CaseRights.of(work.case)
        permissions.require(
            permissions.may(by, "case.read") and involved.takes_part(by, case, units),
            "The case belongs to other units.",
        )
    if task.assignee_id in by.acts_as:
        raise Conflict("The task is one's own.", own=True)
    urged_at = session.scalar(select(_task.c.urged_at).where(_task.c.id == task_id))
    if urged_at is not None and work.now - urged_at < QUIET:
        raise Conflict("The task was urged a short while ago.", urged_at=urged_at.isoformat())
    session.execute(update(_task).where(_task.c.id == task_id).values(urged_at=work.now))
    to = task.assignee_id.hex if task.assignee_id else ""
    unit = task.unit_key or ""
    work.note("task.urged", work.task["element"], task=task_id.hex, to=to, unit=unit, note=note)
    projection.write_case(session, work)
    telling.tell(
        session,
        [task.assignee_id] if task.assignee_id else _those_who_may(task),
        NoticeKind.URGED,
        case_id=work.case_id,
        task_id=task_id,
        by=by.id,
    )


def _those_who_may(task: TaskRights) -> list[Holders | UUID]:
    units = [task.unit_key] if task.unit_key else task.candidates.strip(",").split(",")
    roles = permissions.roles_of(task)
    return [Holders(unit, role) for unit in units if unit for role in roles]
