"""Due deadlines: leased, then fired one instance at a time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session

from engine import clock, faults, ledger, projection, rungs
from engine.commands import hot
from engine.db import table
from engine.errors import Conflict
from engine.models import Deadline
from engine.work import Work

LEASE = timedelta(seconds=30)
CLOCKS_APART = timedelta(seconds=30)  # by which the clocks of two machines may differ
BATCH = 50
_deadline = table(Deadline)


def lease(session: Session, limit: int = BATCH) -> list[UUID]:
    """Claim up to `limit` ledgers that have something due, oldest first; their instances.

    One short transaction; another worker passes over what is claimed until the lease ends.
    """
    now = clock.now()
    due: Select[tuple[UUID]] = (
        select(_deadline.c.id)
        .where(
            _deadline.c.next_at <= now,
            _deadline.c.incident_id.is_(None),
            unclaimed(_deadline.c.claimed_until, now),
        )
        .order_by(_deadline.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = session.execute(
        update(_deadline)
        .where(_deadline.c.id.in_(due))
        .values(claimed_until=now + LEASE)
        .returning(_deadline.c.instance_id)
    ).scalars()
    return list(dict.fromkeys(claimed))


def unclaimed(claimed_until: ColumnElement[Any], now: datetime) -> ColumnElement[bool]:
    """Leased by nobody, or by a lease that has ended.

    One that ends later than any can was taken before the clock went back, and has ended too.
    """
    return or_(
        claimed_until.is_(None), claimed_until < now, claimed_until > now + LEASE + CLOCKS_APART
    )


def next_due(session: Session) -> datetime | None:
    """When the next ledger wants attention, or None."""
    return session.scalar(
        select(_deadline.c.next_at)
        .where(_deadline.c.next_at.is_not(None), _deadline.c.incident_id.is_(None))
        .order_by(_deadline.c.next_at)
        .limit(1)
    )


def fire(session: Session, instance_id: UUID) -> int:
    """Fire everything of one instance that is due; how many rungs. Harmless if none is.

    Read again under the instance's lock, so what another worker settled is passed over.
    Raises `StepFailed`.
    """
    try:
        work = hot.of_instance(session, instance_id)
    except Conflict:
        return _settle_orphans(session, instance_id)
    fired = rungs.fire_due(work)
    faults.reach("inside-firing")
    if work.facts_for_run().due:
        projection.save(work, hot.restore(work))
    elif fired:
        projection.keep_ledgers(work)
    else:
        _put_right(work)
    return fired


def _put_right(work: Work) -> None:
    """A ledger that wanted attention for nothing looks ahead again."""
    for row in work.own_deadlines():
        if row["next_at"] is not None and row["next_at"] <= work.now:
            work.session.execute(
                update(_deadline)
                .where(_deadline.c.id == row["id"])
                .values(next_at=ledger.next_at(row), claimed_until=None)
            )


def _settle_orphans(session: Session, instance_id: UUID) -> int:
    """Ledgers of an instance that has ended want nothing any more."""
    session.execute(
        update(_deadline)
        .where(_deadline.c.instance_id == instance_id, _deadline.c.settled_at.is_(None))
        .values(settled_at=clock.now(), settled_as=ledger.CANCELLED, next_at=None)
    )
    return 0
