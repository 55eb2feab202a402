"""Many deadlines due at one instant, and what the facts say of how they fired.

What is counted is read from histories and ledgers, not from what a worker says of itself.
"""

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from engine import clock
from engine.bench import filling
from engine.bench.city import City, Straight
from engine.bench.hands import Hand
from engine.db import Sessions, changed, reading, table, transaction
from engine.models import Deadline, HistoryEvent, UserTask

PATTERN = 100  # cases that are received; the others are their copies
OVERDUE = "deadline.overdue"
_AHEAD = timedelta(seconds=3)  # from being set to being due
_LOOK_SECONDS = 0.2
_deadline, _task, _history = table(Deadline), table(UserTask), table(HistoryEvent)


@dataclass(frozen=True)
class Fired:
    """One round. lags: seconds from the due instant to each firing, in order.

    twice: firings of what had fired already; lost: deadlines that did not fire at all.
    """

    due: int
    lags: Sequence[float]
    twice: int
    lost: int

    @property
    def seconds(self) -> float:
        """From the due instant to the last firing."""
        return self.lags[-1] if self.lags else math.nan

    @property
    def per_s(self) -> float:
        """Firings in a second."""
        return len(self.lags) / self.seconds if self.lags else 0.0

    @property
    def lag_p99(self) -> float:
        """The lag that 99 of 100 stay within."""
        return self.lags[math.ceil(0.99 * len(self.lags)) - 1] if self.lags else math.nan


def prepare(city: City, url: str, many: int) -> filling.Filled:
    """So many cases that wait for their first task, which has a limit of two hours."""
    for _ in range(min(PATTERN, many)):
        Straight.received(city)
    return filling.fill(url, many, filling.Share(days=0))


def together(sessions: Sessions, many: int, workers: Sequence[Hand], seconds: float = 300) -> Fired:
    """Let the first `many` deadlines be due at one instant while these workers are on.

    seconds: after so many what has not fired counts as lost.
    """
    at = clock.now() + _AHEAD
    due = _set(sessions, many, at)
    for one in workers:
        one.turn(True)
    end = time.monotonic() + seconds
    while time.monotonic() < end and (clock.now() <= at or _waiting(sessions)):
        time.sleep(_LOOK_SECONDS)
    for one in workers:
        one.turn(False)
    return _told(sessions, due, at)


def _set(sessions: Sessions, many: int, at: datetime) -> int:
    """Let `many` ledgers be due at an instant, as if none of their rungs had fired."""
    first = select(_deadline.c.id).order_by(_deadline.c.id).limit(many)
    with transaction(sessions) as session:
        # What was due in an earlier round and is not in this one must not be due again.
        session.execute(update(_deadline).values(next_at=None))
        done = session.execute(
            update(_deadline)
            .where(_deadline.c.id.in_(first))
            .values(due_at=at, next_at=at, rungs=[], fired=[], timer_fired=False)
        )
        session.execute(
            update(_task)
            .where(_task.c.deadline_id.in_(first), _task.c.closed_at.is_(None))
            .values(due_at=at)
        )
        return changed(done)


def _waiting(sessions: Sessions) -> int:
    with reading(sessions) as session:
        asked = select(func.count()).where(_deadline.c.next_at.is_not(None))
        return session.scalar(asked) or 0


def _told(sessions: Sessions, due: int, at: datetime) -> Fired:
    """What histories say of the round whose deadlines were due at `at`."""
    with reading(sessions) as session:
        events = session.execute(
            select(_history.c.stream, _history.c.at).where(
                _history.c.kind == OVERDUE, _history.c.at >= at
            )
        ).all()
    told = Counter(stream for stream, _ in events)
    return Fired(
        due=due,
        lags=sorted((when - at).total_seconds() for _, when in events),
        twice=sum(told.values()) - len(told),
        lost=due - len(told),
    )
