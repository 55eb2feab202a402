"""Dead letters (死信): messages that reached nobody, and an operator's second delivery of them."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import incidents
from engine.commands.messages import NOBODY_WAITS
from engine.db import table
from engine.errors import Conflict, NotFound
from engine.history import Entry
from engine.models import Message
from engine.permissions import Actor, may, require

_message = table(Message)
_MISSING = "No such message."


def deliver_again(session: Session, message_id: UUID, *, by: Actor, remark: str = "") -> None:
    """Let a message be delivered once more: one that failed, or for which nobody waited.

    Raises `NotFound` (also for a case that is kept from the person), `NotAllowed`, `Conflict` if
    it waits for its delivery or was delivered.
    """
    require(may(by, "operations"))
    case_id = session.scalar(select(_message.c.case_id).where(_message.c.id == message_id))
    incidents.lock_known(session, case_id, by, _MISSING)
    row = session.execute(
        select(_message.c.incident_id, _message.c.result, _message.c.target_id, _message.c.name)
        .where(_message.c.id == message_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(_MISSING)
    if row.incident_id is not None:
        incidents.retry(session, row.incident_id, by=by, remark=remark)
        return
    if row.result != NOBODY_WAITS:
        raise Conflict("The message is on its way or was delivered.")
    session.execute(
        update(_message)
        .where(_message.c.id == message_id)
        .values(delivered_at=None, result="", claimed_until=None, attempts=0)
    )
    told = {"message": row.name, "key": message_id.hex}
    if remark.strip():
        told["remark"] = incidents.shortened(remark)
    entry = Entry("message.retried", clock.now(), by.id, row.target_id, "", told)
    incidents.tell(session, case_id, entry)
