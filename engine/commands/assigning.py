"""Giving an open task to a colleague (转给), and taking back what was just given or claimed."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from engine import permissions, projection
from engine.commands import hot, telling
from engine.db import table
from engine.errors import Conflict
from engine.models import UserTask
from engine.notice_kinds import NoticeKind
from engine.permissions import Actor, CaseRights, TaskRights

_task = table(UserTask)


def assign(session: Session, task_id: UUID, *, to: Actor, by: Actor) -> UUID | None:
    """Let a colleague do the task, who is told; who had it before, None if nobody.

    Raises `NotFound`, `NotAllowed` if either of them may not do it, `Conflict` if it is closed,
    somebody else's, or the colleague's already.
    """
    work = hot.of_task(session, task_id, by)
    assert work.task is not None
    task, case = TaskRights.of(work.task), CaseRights.of(work.case)
    permissions.require_may_complete(by, task)
    permissions.require(permissions.knows_of(to, case) and permissions.may_do(to, task))
    if task.assignee_id == to.id:
        raise Conflict("The task is this colleague's already.", already=str(to.id))
    session.execute(
        update(_task)
        .where(_task.c.id == task_id)
        .values(assignee_id=to.id, claimed_at=work.now, urged_at=None)
    )
    work.note(
        "task.assigned",
        work.task["element"],
        task=task_id.hex,
        to=to.id.hex,
        name={"zh": to.name_zh, "en": to.name_en or to.name_zh},
    )
    projection.write_case(session, work)
    telling.tell(
        session,
        [to.id],
        NoticeKind.ASSIGNED,
        case_id=work.case_id,
        task_id=task_id,
        by=by.id,
    )
    return task.assignee_id


def put_back(
    session: Session, task_id: UUID, *, given_to: UUID, before: UUID | None, by: Actor
) -> None:
    """Undo a claim or an assignment that still stands: the task is whose it was before.

    Raises `NotFound`, `NotAllowed`, and `Conflict` if it is closed or went on to somebody else.
    """
    work = hot.of_task(session, task_id, by)
    assert work.task is not None
    permissions.require(permissions.may_do(by, TaskRights.of(work.task)))
    if work.task["assignee_id"] != given_to:
        raise Conflict("The task has gone on to somebody else.")
    session.execute(
        update(_task)
        .where(_task.c.id == task_id)
        .values(assignee_id=before, claimed_at=work.now if before else None)
    )
    if given_to != by.id:  # a claim is no event, and so neither is its undoing
        back = before.hex if before else ""
        work.note("task.assigned", work.task["element"], task=task_id.hex, to=back, undone=True)
        projection.write_case(session, work)
