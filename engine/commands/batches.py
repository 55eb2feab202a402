"""One act of an operator on several incidents (批处理): exactly those selected, one by one.

The list is written down first. Each incident then has a transaction and a result of its own, so
that one that cannot be done hinders no other, and what a crash left undone is gone on with.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import incidents
from engine.db import Sessions, new_key, table, written
from engine.errors import Conflict, HuiyinError, InvalidInput, NotFound
from engine.models import Batch, BatchItem, Incident
from engine.permissions import Actor, may, require

RETRY, SKIP = "retry", "skip"
DONE, SETTLED, MISSING, REFUSED = "done", "settled", "missing", "refused"
MOST = 200
_batch, _item, _incident = table(Batch), table(BatchItem), table(Incident)


def begin(
    session: Session, act: str, incident_ids: Sequence[UUID], *, by: Actor, remark: str
) -> UUID:
    """Write down what is to be done with which incidents; the batch's id.

    act: "retry" or "skip". Raises `NotAllowed`, `InvalidInput` for none, too many, an unknown act
    or one that passes steps over without saying why; `NotFound` for an id that is no incident.
    """
    require(may(by, "operations"))
    wanted = list(dict.fromkeys(incident_ids))
    if act not in {RETRY, SKIP}:
        raise InvalidInput("act", "retry or skip")
    if not 1 <= len(wanted) <= MOST:
        raise InvalidInput("incident", f"1 to {MOST} incidents", str(len(wanted)))
    if act == SKIP and not remark.strip():
        raise InvalidInput("remark", f"1 to {incidents.LONGEST_REMARK} characters")
    found = session.scalars(select(_incident.c.id).where(_incident.c.id.in_(wanted))).all()
    if len(found) != len(wanted):
        raise NotFound("No such incident.")
    key = new_key()
    session.execute(
        insert(_batch).values(
            id=key,
            act=act,
            remark=incidents.shortened(remark),
            asked_at=clock.now(),
            asked_by=by.id,
        )
    )
    session.execute(
        insert(_item),
        [
            {"id": new_key(), "batch_id": key, "incident_id": incident_id, "result": ""}
            for incident_id in wanted
        ],
    )
    return key


def run(sessions: Sessions, batch_id: UUID, *, by: Actor) -> None:
    """Do what is not done yet, each in a transaction of its own. Harmless when repeated.

    Raises `NotAllowed`, also for another's batch, `NotFound`.
    """
    for item_id in written(sessions, lambda session: _left(session, batch_id, by)):
        try:
            written(sessions, lambda session, key=item_id: _one(session, key, by))  # type: ignore[misc]
        except HuiyinError as error:
            result = _result_of(error)
            written(sessions, lambda session, key=item_id, r=result: _note(session, key, r))  # type: ignore[misc]


def _left(session: Session, batch_id: UUID, by: Actor) -> list[UUID]:
    require(may(by, "operations"))
    owner = session.scalar(select(_batch.c.asked_by).where(_batch.c.id == batch_id))
    if owner is None:
        raise NotFound("No such batch.")
    require(owner == by.id, "The batch is somebody else's.")
    left = select(_item.c.id).where(_item.c.batch_id == batch_id, _item.c.result == "")
    return list(session.scalars(left.order_by(_item.c.id)))


def _one(session: Session, item_id: UUID, by: Actor) -> None:
    row = session.execute(
        select(_item.c.incident_id, _item.c.result, _batch.c.act, _batch.c.remark)
        .join(_batch, _batch.c.id == _item.c.batch_id)
        .where(_item.c.id == item_id)
    ).one()
    if row.result:
        return
    if row.act == SKIP:
        incidents.skip(session, row.incident_id, by=by, remark=row.remark)
    else:
        incidents.retry(session, row.incident_id, by=by, remark=row.remark)
    _note(session, item_id, DONE)


def _note(session: Session, item_id: UUID, result: str) -> None:
    session.execute(
        update(_item).where(_item.c.id == item_id, _item.c.result == "").values(result=result)
    )


def _result_of(error: HuiyinError) -> str:
    if isinstance(error, Conflict):
        return SETTLED
    return MISSING if isinstance(error, NotFound) else REFUSED
