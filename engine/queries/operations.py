"""What an administrator watches (运行): workers, failed steps, what waits, the calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, extract, func, select
from sqlalchemy.orm import Session

from engine import clock, outages, schema
from engine.db import Sessions, reading, refusal
from engine.models import (
    CalendarDay,
    City,
    Deadline,
    Heartbeat,
    Incident,
    Message,
    OutboxNotice,
)
from engine.permissions import Actor
from engine.queries import incidents, open_clocks, undelivered
from engine.queries.compartments import known as known_to
from engine.queries.incidents import Failure
from engine.queries.open_clocks import Text

# What is due for longer than this was not done although it could have been.
LATE = timedelta(seconds=30)
AHEAD = 8
MOST_INCIDENTS = 100


@dataclass(frozen=True)
class Worker:
    """A background process by its last sign of life. done: since it started."""

    name: str
    started_at: datetime
    beat_at: datetime
    done: int
    alive: bool


@dataclass(frozen=True)
class Waiting:
    """Rows that wait for a worker. late: due and not done; held: by an incident."""

    waiting: int = 0
    leased: int = 0
    late: int = 0
    held: int = 0
    failing: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True)
class Ahead:
    """How many clocks of one limit run out at one instant."""

    at: datetime
    limit: Text
    number: int


@dataclass(frozen=True)
class Year:
    """One year of the calendar; provisional: there is no official notice yet."""

    year: int
    provisional: bool
    source: str


@dataclass(frozen=True)
class Operations:
    """All that the page shows.

    provisional_clocks: open ones that count on unsure days. given_up: notices not sent any more.
    """

    workers: tuple[Worker, ...]
    failures: tuple[Failure, ...]
    failures_open: int
    deadlines: Waiting
    messages: Waiting
    outbox: Waiting
    given_up: int
    ahead: tuple[Ahead, ...]
    years: tuple[Year, ...]
    provisional_clocks: int
    revision: str
    newest_revision: str
    rehearsal_offset: timedelta
    seen_at: datetime

    def official(self, year: int) -> bool:
        """Whether the official notice of a year is in the calendar."""
        return any(one.year == year and not one.provisional for one in self.years)


@dataclass(frozen=True)
class Readiness:
    """Whether requests may be sent here.

    missing: what is not there, by name, without secrets. gone: workers that fell silent in the
    last day, though others may do their work.
    """

    missing: tuple[str, ...]
    gone: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def operations(session: Session, actor: Actor, sessions: Sessions) -> Operations:
    """The state of the machine, a statement for each kind of row.

    What waits is counted without the cases that are kept from the person.
    """
    now = clock.now()
    known = open_clocks.terms(session)
    city = session.execute(select(City.rehearsal_offset)).one()
    failures = session.execute(
        incidents.failures(actor)
        .add_columns(func.count().over().label("total"))
        .where(Incident.resolved_at.is_(None))
        .order_by(Incident.occurred_at.desc())
        .limit(MOST_INCIDENTS)
    ).all()
    ahead = session.execute(
        select(Deadline.due_at, Deadline.limit, func.count().label("number"))
        .where(
            Deadline.next_at.is_not(None), Deadline.due_at >= now, known_to(Deadline.case_id, actor)
        )
        .group_by(Deadline.due_at, Deadline.limit)
        .order_by(Deadline.due_at, Deadline.limit)
        .limit(AHEAD)
    )
    unsure = select(func.count()).where(
        Deadline.next_at.is_not(None),
        Deadline.due_at >= now,
        Deadline.provisional,
        known_to(Deadline.case_id, actor),
    )
    return Operations(
        workers=_workers(session, now),
        failures=tuple(incidents.told(session, row, actor) for row in failures),
        failures_open=failures[0].total if failures else 0,
        deadlines=_deadlines(session, actor, now),
        messages=_messages(session, actor, now),
        outbox=_outbox(session, actor, now),
        given_up=undelivered.given_up(session, actor),
        ahead=tuple(Ahead(row.due_at, known.limit(row.limit), row.number) for row in ahead),
        years=_years(session),
        provisional_clocks=session.scalar(unsure) or 0,
        revision=schema.revision_of(sessions) or "",
        newest_revision=schema.newest() or "",
        rehearsal_offset=timedelta(seconds=city.rehearsal_offset),
        seen_at=now,
    )


def readiness(sessions: Sessions) -> Readiness:
    """Whether the database is there at the newest revision, takes writes, and a worker is alive."""
    try:
        revision = schema.revision_of(sessions)
        if revision != schema.newest():
            return Readiness(("migration",))
        with reading(sessions) as session:
            workers = _workers(session, clock.now())
    except Exception:
        return Readiness(("database",))
    gone = tuple(sorted(one.name for one in workers if not one.alive))
    if why := refusal(sessions):
        return Readiness(("space" if why == outages.FULL else "database",), gone)
    if not any(one.alive for one in workers):
        return Readiness(("worker",), gone)
    return Readiness((), gone)


def _workers(session: Session, now: datetime) -> tuple[Worker, ...]:
    rows = session.scalars(select(Heartbeat).order_by(Heartbeat.beat_at.desc()).limit(20))
    return tuple(
        Worker(row.name, row.started_at, row.beat_at, row.fired, row.alive(now)) for row in rows
    )


def _number_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _deadlines(session: Session, actor: Actor, now: datetime) -> Waiting:
    row = session.execute(
        select(
            func.count(),
            _number_if(Deadline.claimed_until > now),
            _number_if(and_(Deadline.next_at < now - LATE, Deadline.incident_id.is_(None))),
            _number_if(Deadline.incident_id.is_not(None)),
            func.min(case((Deadline.incident_id.is_(None), Deadline.next_at))),
        ).where(Deadline.next_at.is_not(None), known_to(Deadline.case_id, actor))
    ).one()
    return Waiting(row[0], row[1], row[2], row[3], 0, row[4])


def _messages(session: Session, actor: Actor, now: datetime) -> Waiting:
    row = session.execute(
        select(
            func.count(),
            _number_if(Message.claimed_until > now),
            _number_if(and_(Message.sent_at < now - LATE, Message.incident_id.is_(None))),
            _number_if(Message.incident_id.is_not(None)),
            func.min(Message.sent_at),
        ).where(Message.delivered_at.is_(None), known_to(Message.case_id, actor))
    ).one()
    return Waiting(row[0], row[1], row[2], row[3], 0, row[4])


def _outbox(session: Session, actor: Actor, now: datetime) -> Waiting:
    row = session.execute(
        select(
            func.count(),
            _number_if(OutboxNotice.claimed_until > now),
            _number_if(OutboxNotice.next_at < now - LATE),
            _number_if(OutboxNotice.attempts > 0),
            func.min(OutboxNotice.written_at),
        ).where(OutboxNotice.next_at.is_not(None), known_to(OutboxNotice.case_id, actor))
    ).one()
    return Waiting(row[0], row[1], row[2], 0, row[3], row[4])


def _years(session: Session) -> tuple[Year, ...]:
    year = extract("year", CalendarDay.on).label("year")
    rows = session.execute(
        select(
            year,
            _number_if(CalendarDay.provisional.is_(True)).label("unsure"),
            func.max(CalendarDay.source).label("source"),
        )
        .group_by(year)
        .order_by(year)
    )
    return tuple(Year(int(row.year), bool(row.unsure), row.source) for row in rows)
