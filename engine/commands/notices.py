"""The outbox (待发通知): what is told outside, after the commit, at least once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import incidents
from engine.commands.deadlines import LEASE, unclaimed
from engine.db import table
from engine.errors import Conflict, NotFound
from engine.history import Entry
from engine.models import OutboxNotice
from engine.permissions import Actor, may, require

BATCH = 50
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
MOST_DOUBLINGS = 10  # by then the wait is longest; a week of failures must not overflow
# What goes to a colleague is old after a day: then it is given up, and an operator sees it.
TO_PEOPLE = "person:"
MOST_ATTEMPTS = 12
_MISSING = "No such notice."
_outbox = table(OutboxNotice)


@dataclass(frozen=True)
class Notice:
    """One notice to be sent. id: the receiver's key against doubles."""

    id: UUID
    kind: str
    recipient: str
    payload: dict[str, Any]
    written_at: datetime
    case_id: UUID | None = None


class Undeliverable(Exception):
    """The receiver will never take this notice; trying again by itself is of no use."""


def lease(session: Session, limit: int = BATCH) -> Sequence[Notice]:
    """Claim up to `limit` notices that are to be sent, oldest first."""
    now = clock.now()
    waiting = (
        select(_outbox.c.id)
        .where(
            _outbox.c.next_at <= now,
            unclaimed(_outbox.c.claimed_until, now),
        )
        .order_by(_outbox.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(
        update(_outbox)
        .where(_outbox.c.id.in_(waiting))
        .values(claimed_until=now + LEASE)
        .returning(
            _outbox.c.id,
            _outbox.c.kind,
            _outbox.c.recipient,
            _outbox.c.payload,
            _outbox.c.written_at,
            _outbox.c.case_id,
        )
    )
    return sorted((Notice(*row) for row in rows), key=lambda notice: notice.id)


def sent(session: Session, notice_ids: Sequence[UUID]) -> None:
    """Note that these went out; what another worker noted before stays as it is."""
    session.execute(
        update(_outbox)
        .where(_outbox.c.id.in_(notice_ids), _outbox.c.sent_at.is_(None))
        .values(
            sent_at=clock.now(),
            next_at=None,
            claimed_until=None,
            attempts=_outbox.c.attempts + 1,
            last_error="",
        )
    )


def failed(session: Session, notice_id: UUID, error: str, *, for_good: bool = False) -> None:
    """Note a failure; the next attempt waits twice as long as the last, six hours at most.

    for_good: it is given up, as is what went to a colleague in vain for a day. One that another
    worker has sent meanwhile is sent, and not again.
    """
    row = session.execute(
        select(_outbox.c.attempts, _outbox.c.recipient).where(_outbox.c.id == notice_id)
    ).one_or_none()
    attempts = row.attempts if row else 0
    wait = min(FIRST_WAIT * 2 ** min(attempts, MOST_DOUBLINGS), LONGEST_WAIT)
    tired = (
        row is not None and row.recipient.startswith(TO_PEOPLE) and attempts >= MOST_ATTEMPTS - 1
    )
    session.execute(
        update(_outbox)
        .where(_outbox.c.id == notice_id, _outbox.c.sent_at.is_(None))
        .values(
            attempts=attempts + 1,
            next_at=None if for_good or tired else clock.now() + wait,
            claimed_until=None,
            last_error=error[:500],
        )
    )


def send_again(session: Session, notice_id: UUID, *, by: Actor, remark: str = "") -> None:
    """Let a notice that failed or was given up be sent at once, under the id it always had.

    Raises `NotAllowed`, `NotFound` (also for a case that is kept from the person), `Conflict` if
    it went out meanwhile.
    """
    require(may(by, "operations"))
    case_id = session.scalar(select(_outbox.c.case_id).where(_outbox.c.id == notice_id))
    incidents.lock_known(session, case_id, by, _MISSING)
    row = session.execute(
        select(_outbox.c.kind, _outbox.c.sent_at, _outbox.c.attempts)
        .where(_outbox.c.id == notice_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(_MISSING)
    if row.sent_at is not None or not row.attempts:
        raise Conflict("The notice is on its way or was sent.")
    session.execute(
        update(_outbox)
        .where(_outbox.c.id == notice_id)
        .values(next_at=clock.now(), claimed_until=None, attempts=0, last_error="")
    )
    told = {"notice": row.kind, "key": notice_id.hex}
    if remark.strip():
        told["remark"] = incidents.shortened(remark)
    incidents.tell(session, case_id, Entry("notice.retried", clock.now(), by.id, payload=told))
