"""Urging many cases at once (批量催办): whoever has to do something in each, or a ladder for each.

Exactly those that were chosen, each in a transaction of its own, with a result for each.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands import bulk, reminding, supervisions
from engine.commands.bulk import DONE, GONE, OWN, Item
from engine.db import Sessions, table
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from engine.models import Case, CaseStatus, Instance, Supervision, TaskStatus, UserTask
from engine.permissions import Actor

URGE, LADDER = "urge", "ladder"
ACTS = (URGE, LADDER)
# Beside the results of `bulk`: the same ladder is open already.
OPEN = "open"
_task, _case, _instance = table(UserTask), table(Case), table(Instance)


def urge(sessions: Sessions, key: UUID, case_ids: Sequence[UUID], note: str, *, by: Actor) -> None:
    """Urge everybody who has something to do in these cases. key: of the act, which is done once.

    Raises `InvalidInput` for a note that is too long, and for more than `bulk.MOST` cases.
    """
    if len(" ".join(note.split())) > reminding.LONGEST_NOTE:
        raise InvalidInput("note", f"at most {reminding.LONGEST_NOTE} characters")

    def work(session: Session, case_id: UUID) -> Item:
        return _urged(session, case_id, note, by)

    bulk.each(sessions, key, URGE, case_ids, work, by, kind="case")


def supervise(
    sessions: Sessions, key: UUID, case_ids: Sequence[UUID], rung: str, reason: str, *, by: Actor
) -> None:
    """Start a ladder about each of these cases at one rung; as `urge`.

    Raises `InvalidInput` for a rung or a reason that cannot be.
    """
    if rung not in supervisions.RUNGS:
        raise InvalidInput("rung", f"one of {', '.join(supervisions.RUNGS)}", rung[:40])
    if not reason.strip() or len(reason) > supervisions.LONGEST_REASON:
        raise InvalidInput("reason", f"1 to {supervisions.LONGEST_REASON} characters")

    def work(session: Session, case_id: UUID) -> Item:
        return _supervised(session, case_id, rung, reason, by)

    bulk.each(sessions, key, LADDER, case_ids, work, by, kind="case")


def _urged(session: Session, case_id: UUID, note: str, by: Actor) -> Item:
    """Urge each task that waits in a case; what hindered the first if none could be urged."""
    waiting = session.scalars(
        select(_task.c.id)
        .join(_instance, _instance.c.id == _task.c.instance_id)
        .where(
            _task.c.case_id == case_id,
            _task.c.status == TaskStatus.OPEN,
            _instance.c.part != "supervision",
        )
        .order_by(_task.c.id)
    ).all()
    hindered: list[Conflict | NotAllowed | NotFound] = []
    for task_id in waiting:
        try:
            reminding.remind(session, task_id, note, by=by)
        except (Conflict, NotAllowed, NotFound) as error:
            hindered.append(error)
    if len(hindered) < len(waiting):
        return {"result": DONE, "tasks": len(waiting) - len(hindered)}
    others = [one for one in hindered if not getattr(one, "details", {}).get("own")]
    if others:
        raise others[0]
    return {"result": OWN if hindered else GONE}


def _supervised(session: Session, case_id: UUID, rung: str, reason: str, by: Actor) -> Item:
    row = session.execute(
        select(_case.c.number, _case.c.unit_key, _case.c.office_key, _case.c.status).where(
            _case.c.id == case_id
        )
    ).one_or_none()
    if row is None or row.status not in {CaseStatus.OPEN, CaseStatus.MERGED}:
        return {"result": GONE}
    unit = row.unit_key or row.office_key
    same = session.scalar(
        select(Supervision.number).where(
            Supervision.case_id == case_id,
            Supervision.cause == f"asked_{rung}",
            Supervision.target == unit,
            Supervision.status == "open",
        )
    )
    if same is not None:
        return {"result": OPEN, "ladder": same}
    key = supervisions.ask(session, row.number, rung, reason, by=by, unit=unit)
    return {"result": DONE, "ladder": session.scalars(_NUMBER.where(Supervision.id == key)).one()}


_NUMBER = select(Supervision.number)
