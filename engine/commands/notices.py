"""The outbox (待发通知): what is told outside, after the commit, at least once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands.deadlines import LEASE, unclaimed
from engine.db import table
from engine.models import OutboxNotice

BATCH = 50
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
MOST_DOUBLINGS = 10  # by then the wait is longest; a week of failures must not overflow
_outbox = table(OutboxNotice)


@dataclass(frozen=True)
class Notice:
    """One notice to be sent. id: the receiver's key against doubles."""

    id: UUID
    kind: str
    recipient: str
    payload: dict[str, Any]
    written_at: datetime


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


def failed(session: Session, notice_id: UUID, error: str) -> None:
    """Note a failure; the next attempt waits twice as long as the last, six hours at most.

    One that another worker has sent meanwhile is sent, and not again.
    """
    attempts = session.scalar(select(_outbox.c.attempts).where(_outbox.c.id == notice_id)) or 0
    wait = min(FIRST_WAIT * 2 ** min(attempts, MOST_DOUBLINGS), LONGEST_WAIT)
    session.execute(
        update(_outbox)
        .where(_outbox.c.id == notice_id, _outbox.c.sent_at.is_(None))
        .values(
            attempts=attempts + 1,
            next_at=clock.now() + wait,
            claimed_until=None,
            last_error=error[:500],
        )
    )
