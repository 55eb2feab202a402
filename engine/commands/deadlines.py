"""Due deadlines: leased, then fired one instance at a time."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from engine import clock, faults, ledger, projection
from engine.bpmn.execution import Execution
from engine.commands import hot
from engine.db import table
from engine.errors import Conflict
from engine.ledger import Row
from engine.models import Deadline
from engine.work import Work

LEASE = timedelta(seconds=30)
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
            or_(_deadline.c.claimed_until.is_(None), _deadline.c.claimed_until < now),
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
    instances = list(dict.fromkeys(claimed))
    faults.reach("after-lease")
    return instances


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
    own = [row for row in work.deadlines if row["instance_id"] == instance_id]
    fired = sum(_fire_rungs(work, row) for row in own)
    _note_overdue_facts(work)
    facts = work.facts_for_run()
    if not fired and not facts.due:
        _put_right(work, own)
        return 0
    execution = Execution.restore(work.deployed.specification, work.instance["state"], facts)
    projection.save(work, execution)
    return fired


def _put_right(work: Work, rows: list[Row]) -> None:
    """A ledger that wanted attention for nothing looks ahead again."""
    for row in rows:
        if row["next_at"] is not None and row["next_at"] <= work.now:
            work.session.execute(
                update(_deadline)
                .where(_deadline.c.id == row["id"])
                .values(next_at=ledger.next_at(row), claimed_until=None)
            )


def _fire_rungs(work: Work, row: Row) -> int:
    rungs = ledger.due_rungs(row, work.now)
    if not rungs:
        return 0
    ledger.fire(row, rungs)
    for rung in rungs:
        kind = "deadline.overdue" if rung == ledger.DUE_RUNG else "deadline.warned"
        due_at = row["due_at"].isoformat()
        work.note(kind, row["element"], limit=row["limit"], rung=rung, due=due_at)
        if row["unit_key"]:
            work.notify(kind, f"unit:{row['unit_key']}", {"limit": row["limit"], "due": due_at})
    return len(rungs)


def _note_overdue_facts(work: Work) -> None:
    """A limit may say which fact becomes true when it passes."""
    for row in work.deadlines:
        limit = ledger.limit_of(work.terms.pack, row["limit"])
        if limit is not None and limit.overdue and ledger.DUE_RUNG in row["fired"]:
            work.facts[limit.overdue] = True


def _settle_orphans(session: Session, instance_id: UUID) -> int:
    """Ledgers of an instance that has ended want nothing any more."""
    session.execute(
        update(_deadline)
        .where(_deadline.c.instance_id == instance_id, _deadline.c.settled_at.is_(None))
        .values(settled_at=clock.now(), settled_as=ledger.CANCELLED, next_at=None)
    )
    return 0
