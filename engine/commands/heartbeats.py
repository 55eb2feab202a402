"""Signs of life of the workers, and of the clock they go by."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine import clock, history
from engine.history import Entry
from engine.models import Heartbeat, OutboxNotice

REMEMBERED = timedelta(days=1)


def beat(session: Session, name: str, done: int) -> None:
    """Note that the worker `name` is alive and how much it has done."""
    row = session.get(Heartbeat, name)
    now = clock.now()
    if row is None:
        session.add(Heartbeat(name=name, started_at=now, beat_at=now, fired=done))
    else:
        row.beat_at, row.fired = now, done


def leave(session: Session, name: str) -> None:
    """Note that the worker `name` ended as it should: nobody misses it."""
    session.execute(delete(Heartbeat).where(Heartbeat.name == name))


def gone(session: Session) -> Sequence[str]:
    """The workers that fell silent without leaving."""
    now = clock.now()
    rows = session.scalars(select(Heartbeat).order_by(Heartbeat.name))
    return [row.name for row in rows if not row.alive(now)]


def forget_old(session: Session) -> None:
    """Drop workers that have been gone for a day; a new one has another name."""
    before = clock.now() - REMEMBERED
    session.execute(delete(Heartbeat).where(Heartbeat.beat_at < before))


def clock_went_back(session: Session, name: str, before: datetime, now: datetime) -> None:
    """Write down that the clock went back, and let nothing wait for the time it lost.

    name: the worker that saw it. Limits keep their instants, and leases taken before end at once
    (`deadlines.unclaimed`); a notice that was to go out at once goes out now.
    """
    session.execute(
        update(OutboxNotice)
        .where(OutboxNotice.next_at > now, OutboxNotice.attempts == 0)
        .values(next_at=now)
    )
    told = {"worker": name, "from": before.isoformat(), "to": now.isoformat()}
    history.record(session, "system", [Entry("clock.went_back", now, payload=told)])
