"""Making several answers public at once (集中公开): one form, each case its own result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import permissions
from engine.commands import incidents, tasks
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound, StepFailed
from engine.models import Case, UserTask
from engine.permissions import Actor

MOST = 200
DONE, GONE, OTHERS, FAILED = "done", "gone", "others", "failed"


@dataclass(frozen=True)
class Result:
    """What became of one.

    state: done, gone (no longer open, or not the person's), others (somebody else has claimed
    it), failed (an operator was told).
    number, title: nothing where it is gone for this person.
    """

    task_id: UUID
    state: str
    number: str = ""
    title: str = ""


def publish(
    session: Session, task_ids: Sequence[UUID], answers: Mapping[str, Any], *, by: Actor
) -> list[Result]:
    """Complete each of these tasks with the same answers, in the order given.

    One that cannot be done leaves nothing behind and hinders no other. Raises `InvalidAnswers`
    for answers that do not fit, before anything is kept, and `InvalidInput` for none or too many.
    """
    wanted = list(dict.fromkeys(task_ids))
    if not 1 <= len(wanted) <= MOST:
        raise InvalidInput("id", f"1 to {MOST} tasks", str(len(wanted)))
    known = {
        row.id: row
        for row in session.execute(
            select(
                UserTask.id,
                UserTask.instance_id,
                UserTask.case_id,
                UserTask.roles,
                UserTask.unit_key,
                UserTask.candidates,
                Case.number,
                Case.title,
            )
            .join(Case, Case.id == UserTask.case_id)
            .where(UserTask.id.in_(wanted))
        )
    }
    # Cases are locked in the order of their ids, so that two selections queue and never cross.
    order = sorted(wanted, key=lambda key: known[key].case_id if key in known else key)
    done = {key: _one(session, key, answers, known.get(key), by) for key in order}
    return [done[key] for key in wanted]


def _one(
    session: Session, task_id: UUID, answers: Mapping[str, Any], row: Any, by: Actor
) -> Result:
    try:
        with session.begin_nested():
            tasks.complete(session, task_id, dict(answers), by=by)
    except (NotFound, NotAllowed):
        return Result(task_id, GONE)
    except Conflict as error:
        if "assignee_id" in error.details:
            return Result(task_id, OTHERS, row.number, row.title)
        theirs = permissions.may_do(by, row)
        return Result(task_id, GONE, *((row.number, row.title) if theirs else ()))
    except StepFailed as error:
        incidents.record(
            session, error, source="task", source_id=task_id, instance_id=row.instance_id
        )
        return Result(task_id, FAILED, row.number, row.title)
    return Result(task_id, DONE, row.number, row.title)
