"""Doing one thing with many tasks (批量操作): exactly those selected, a result for each, undo.

Each task has a transaction of its own, so that one that cannot be done hinders no other; what came
of each is written down at the end and kept for some days.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import assigning, reminding, tasks
from engine.db import Sessions, changed, reading, table, transaction
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from engine.models import BulkAct, UserTask
from engine.permissions import Actor

CLAIM, ASSIGN, REMIND = "claim", "assign", "remind"
# What came of one task: done; its own already, somebody else's, urged already, no such thing to
# do (any more), not to be done by this colleague; and after undoing: back, or gone on.
DONE, OWN, TAKEN, URGED, GONE, REFUSED = "done", "own", "taken", "urged", "gone", "refused"
BACK, STAYED = "back", "stayed"
MOST = 50
KEPT = timedelta(days=7)
Item = dict[str, Any]
_act, _task = table(BulkAct), table(UserTask)


def claim(sessions: Sessions, key: UUID, task_ids: Sequence[UUID], *, by: Actor) -> None:
    """Claim each of these tasks. key: of the act; the same again does nothing more."""

    def work(session: Session, task_id: UUID) -> Item:
        before = session.scalar(select(_task.c.assignee_id).where(_task.c.id == task_id))
        tasks.claim(session, task_id, by=by)
        return {"result": OWN} if before == by.id else {"result": DONE, "to": by.id.hex}

    each(sessions, key, CLAIM, task_ids, work, by)


def assign(
    sessions: Sessions, key: UUID, task_ids: Sequence[UUID], *, to: Actor, by: Actor
) -> None:
    """Give each of these tasks to a colleague; as `claim`."""

    def work(session: Session, task_id: UUID) -> Item:
        before = assigning.assign(session, task_id, to=to, by=by)
        return {"result": DONE, "to": to.id.hex, "before": before.hex if before else ""}

    each(sessions, key, ASSIGN, task_ids, work, by)


def remind(
    sessions: Sessions, key: UUID, task_ids: Sequence[UUID], note: str, *, by: Actor
) -> None:
    """Urge each of these tasks; as `claim`. Raises `InvalidInput` for a note that is too long."""
    if len(" ".join(note.split())) > reminding.LONGEST_NOTE:
        raise InvalidInput("note", f"at most {reminding.LONGEST_NOTE} characters")

    def work(session: Session, task_id: UUID) -> Item:
        reminding.remind(session, task_id, note, by=by)
        return {"result": DONE}

    each(sessions, key, REMIND, task_ids, work, by)


def undo(sessions: Sessions, key: UUID, *, by: Actor) -> None:
    """Give back what this act claimed or gave, as far as it still stands.

    Raises `NotFound`, `Conflict` if it was undone before or cannot be.
    """
    with transaction(sessions) as session:
        act = _mine(session, key, by)
        if act.act not in {CLAIM, ASSIGN} or act.undone_at is not None:
            raise Conflict("There is nothing to be undone.")
        begun = (
            update(_act)
            .where(_act.c.id == key, _act.c.undone_at.is_(None))
            .values(undone_at=clock.now())
        )
        if changed(session.execute(begun)) != 1:
            raise Conflict("There is nothing to be undone.")
        items = [dict(one) for one in act.items]
    for item in items:
        if item["result"] == DONE:
            item["undone"] = _put_back(sessions, item, by)
    with transaction(sessions) as session:
        session.execute(update(_act).where(_act.c.id == key).values(items=items))


def _put_back(sessions: Sessions, item: Mapping[str, Any], by: Actor) -> str:
    before = item.get("before")
    try:
        with transaction(sessions) as session:
            assigning.put_back(
                session,
                UUID(hex=item["task"]),
                given_to=UUID(hex=item["to"]),
                before=UUID(hex=before) if before else None,
                by=by,
            )
    except (Conflict, NotAllowed, NotFound):
        return STAYED
    return BACK


def of_key(
    session: Session, key: UUID, *, by: Actor, acts: Collection[str] = (CLAIM, ASSIGN, REMIND)
) -> BulkAct:
    """An act of the person's own, of these kinds. Raises `NotFound`."""
    return _mine(session, key, by, acts)


def each(
    sessions: Sessions,
    key: UUID,
    act: str,
    task_ids: Sequence[UUID],
    work: Callable[[Session, UUID], Item],
    by: Actor,
    *,
    kind: str = "task",
) -> None:
    """Do this with each and write down what came of it. kind: what the ids are of."""
    wanted = list(dict.fromkeys(task_ids))
    if not 1 <= len(wanted) <= MOST:
        raise InvalidInput("id", f"1 to {MOST} of them", str(len(wanted)))
    with reading(sessions) as session:
        if session.get(BulkAct, key) is not None:
            return
    items = [{kind: task_id.hex, **_done(sessions, task_id, work)} for task_id in wanted]
    now = clock.now()
    try:
        with transaction(sessions) as session:
            _forget(session, by, now - KEPT)
            session.execute(
                insert(_act).values(
                    id=key, person_id=by.id, act=act, items=items, acted_at=now, undone_at=None
                )
            )
    except Conflict:
        return  # the same form at the same moment: the other one has written it down


def _done(sessions: Sessions, task_id: UUID, work: Callable[[Session, UUID], Item]) -> Item:
    """What came of one task, in a transaction of its own."""
    try:
        with transaction(sessions) as session:
            return work(session, task_id)
    except Conflict as error:
        return _conflict(error.details)
    except NotAllowed:
        return {"result": REFUSED}
    except NotFound:
        return {"result": GONE}


def _conflict(details: Mapping[str, Any]) -> Item:
    if "assignee_id" in details:
        return {"result": TAKEN, "who": UUID(details["assignee_id"]).hex}
    if "already" in details or "own" in details:
        return {"result": OWN}
    if "urged_at" in details:
        return {"result": URGED, "at": details["urged_at"]}
    return {"result": GONE}


def _forget(session: Session, by: Actor, until: datetime) -> None:
    session.execute(delete(_act).where(_act.c.person_id == by.id, _act.c.acted_at < until))


def _mine(
    session: Session, key: UUID, by: Actor, acts: Collection[str] = (CLAIM, ASSIGN, REMIND)
) -> BulkAct:
    act = session.get(BulkAct, key)
    if act is None or act.person_id != by.id or act.act not in acts:
        raise NotFound("No such act.")
    return act
