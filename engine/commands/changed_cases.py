"""Which cases have changed (有变化的诉求): every change writes history, so its newest events say.

For projections that a worker makes anew: whose turn it is, and what there is to look at.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Table, func, or_, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.db import Sessions, changed, reading, table, transaction
from engine.models import HistoryEvent

AT_ONCE = 200
# What a transaction that is still open wrote is seen the next time.
_OVERLAP_MS = 120_000
LEASE = timedelta(minutes=10)
_EVENTS = 20_000  # read at once
_history = table(HistoryEvent)


@dataclass(frozen=True)
class Kept:
    """What was done. cases: how many were read anew; None: another worker is at it."""

    cases: int | None


@contextmanager
def turn(sessions: Sessions, state: Table, lease: timedelta = LEASE) -> Iterator[bool]:
    """Whether it is this worker's turn, for so long. state: one row with `claimed_until`."""
    with transaction(sessions, redone=True) as session:
        mine = _claimed(session, state, lease)
    try:
        yield mine
    finally:
        if mine:
            with transaction(sessions, redone=True) as session:
                session.execute(update(state).values(claimed_until=None))


def _claimed(session: Session, state: Table, lease: timedelta) -> bool:
    now = clock.now()
    if session.scalar(select(func.count()).select_from(state)) == 0:
        session.execute(state.insert().values(id=1, calendar_revision=0, claimed_until=now + lease))
        return True
    free = or_(state.c.claimed_until.is_(None), state.c.claimed_until < now)
    # A clock that went back must not keep everybody waiting.
    free = or_(free, state.c.claimed_until > now + 2 * lease)
    taken = session.execute(update(state).where(free).values(claimed_until=now + lease))
    return changed(taken) == 1


def newest(session: Session) -> UUID | None:
    """The newest event there is, from which to go on the next time."""
    return session.scalar(select(_history.c.id).order_by(_history.c.id.desc()).limit(1))


def since(sessions: Sessions, upto: UUID | None) -> list[UUID]:
    """The cases with an event since this one, and of a while before it."""
    after = _a_while_before(upto)
    found: set[UUID] = set()
    while True:
        with reading(sessions) as session:
            events = session.execute(
                select(_history.c.id, _history.c.stream)
                .where(_history.c.id > after)
                .order_by(_history.c.id)
                .limit(_EVENTS)
            ).all()
        found |= {UUID(e.stream[5:]) for e in events if e.stream.startswith("case:")}
        if len(events) < _EVENTS:
            return sorted(found)
        after = events[-1].id


def batches(keys: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """Some at a time."""
    for place in range(0, len(keys), AT_ONCE):
        yield keys[place : place + AT_ONCE]


def _a_while_before(key: UUID | None) -> UUID:
    """The least key that was made a while before this one; keys begin with their milliseconds."""
    if key is None:
        return UUID(int=0)
    milliseconds = max(0, (key.int >> 80) - _OVERLAP_MS)
    return UUID(int=milliseconds << 80)
