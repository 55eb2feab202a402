"""What was finished in a day and before it (我的一天): counts, their tasks, and whether in time.

A task was in time if it was closed by its due time; one without a limit counts in neither number.
The figures are those of the rows, read when the page is opened.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.db import table
from engine.models import Case, City, Person, TaskStatus, UserTask, Watch
from engine.permissions import Actor
from engine.queries import compartments
from engine.queries.case_list import may_see

DAY, MONTH = "day", "month"
SPANS: Mapping[str, int] = {DAY: 1, MONTH: 30}  # days up to and with the one that is looked at
FINISHED, ON_TIME, LATE, NO_LIMIT = "finished", "on_time", "late", "no_limit"
HELD = "held"  # claimed and not yet done
PAGE = 50
WATCHED = 50
Texts = Mapping[str, str]
_task, _case, _person, _watch = table(UserTask), table(Case), table(Person), table(Watch)


@dataclass(frozen=True)
class Span:
    """From the first instant to the last, which is not in it."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, name: str, on: date, zone: ZoneInfo) -> "Span":
        """The span of this name that ends with a day of the office's wall clock."""
        after = on + timedelta(days=1)
        return cls(_midnight(after - timedelta(days=SPANS[name]), zone), _midnight(after, zone))


@dataclass(frozen=True)
class Counts:
    """Of finished tasks: limited are those that had a limit, on_time those of them closed by it."""

    finished: int = 0
    limited: int = 0
    on_time: int = 0

    @property
    def late(self) -> int:
        """Those closed after their limit."""
        return self.limited - self.on_time

    @property
    def no_limit(self) -> int:
        """Those that had none."""
        return self.finished - self.limited


@dataclass(frozen=True)
class Waiting:
    """What a person has claimed and not done, and of it what is over and what is due today."""

    open: int
    overdue: int
    today: int


@dataclass(frozen=True)
class Mine:
    """One person's figures: finished by span, and what waits."""

    finished: Mapping[str, Counts]
    waiting: Waiting


@dataclass(frozen=True)
class Done:
    """One task; finished, unless it is among those held. closed_at: nothing then."""

    name: Texts
    number: str
    title: str
    by: Texts
    closed_at: datetime | None
    due_at: datetime | None

    @property
    def settled_as(self) -> str:
        """`met`, `late`, or nothing without a limit."""
        if self.due_at is None or self.closed_at is None:
            return ""
        return "met" if self.closed_at <= self.due_at else "late"


@dataclass(frozen=True)
class Watched:
    """A case the person watches."""

    number: str
    title: str
    status: str
    stage: str
    since: datetime


def mine(session: Session, actor: Actor, on: date, zone: ZoneInfo) -> Mine:
    """What the person finished up to a day and has in hand now; one statement."""
    now, spans = clock.now(), {name: Span.of(name, on, zone) for name in SPANS}
    today = Span.of(DAY, now.astimezone(zone).date(), zone)
    held = (
        select(
            func.count().label("open"),
            _number(_task.c.due_at < now).label("overdue"),
            _number(_task.c.due_at >= now, _task.c.due_at < today.until).label("today"),
        )
        .where(*_held(actor, [actor.id]))
        .subquery()
    )
    row = (
        session.execute(
            select(
                *_counted(spans),
                *(select(column).scalar_subquery().label(f"w_{column.name}") for column in held.c),
            ).where(*_finished(actor, [actor.id], spans[MONTH]))
        )
        .mappings()
        .one()
    )
    return Mine(
        {name: _counts(row, name) for name in spans},
        Waiting(row["w_open"], row["w_overdue"], row["w_today"]),
    )


def of_people(
    session: Session,
    actor: Actor,
    people: Collection[UUID],
    unit_key: str,
    on: date,
    zone: ZoneInfo,
) -> Mapping[UUID, Mapping[str, Counts]]:
    """What each of these people finished for a unit, by span; one statement.

    actor: who looks; what does not exist for this person is not counted.
    """
    spans = {name: Span.of(name, on, zone) for name in SPANS}
    rows = session.execute(
        select(_task.c.closed_by, *_counted(spans))
        .where(*_finished(actor, people, spans[MONTH]), _task.c.unit_key == unit_key)
        .group_by(_task.c.closed_by)
    ).mappings()
    return {row["closed_by"]: {name: _counts(row, name) for name in spans} for row in rows}


def done(
    session: Session,
    actor: Actor,
    people: Collection[UUID],
    span: Span,
    *,
    show: str = FINISHED,
    unit_key: str | None = None,
    page: int = 1,
) -> Sequence[Done]:
    """The tasks behind a figure, newest first, a page of them; one statement.

    Those held stand by their due time, whatever the span.
    """
    narrowed = [*_finished(actor, people, span), _SHOWN[show]()]
    who, order = _task.c.closed_by, (_task.c.closed_at.desc(), _task.c.id.desc())
    if show == HELD:
        narrowed = _held(actor, people)
        who, order = _task.c.assignee_id, (_task.c.due_at.asc().nulls_last(), _task.c.id.asc())
    if unit_key is not None:
        narrowed.append(_task.c.unit_key == unit_key)
    rows = session.execute(
        select(
            _task.c.name_zh,
            _task.c.name_en,
            _task.c.closed_at,
            _task.c.due_at,
            _case.c.number,
            _case.c.title,
            _person.c.name_zh.label("by_zh"),
            _person.c.name_en.label("by_en"),
        )
        .join(_case, _case.c.id == _task.c.case_id)
        .join(_person, _person.c.id == who)
        .where(*narrowed)
        .order_by(*order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return [
        Done(
            name={"zh": row.name_zh, "en": row.name_en or row.name_zh},
            number=row.number,
            title=row.title,
            by={"zh": row.by_zh, "en": row.by_en or row.by_zh},
            closed_at=row.closed_at,
            due_at=row.due_at,
        )
        for row in rows
    ]


def watched(session: Session, actor: Actor) -> Sequence[Watched]:
    """The cases the person watches, the newest watch first; one statement."""
    rows = session.execute(
        select(_case.c.number, _case.c.title, _case.c.status, _case.c.stage, _watch.c.since)
        .join(_case, _case.c.id == _watch.c.case_id)
        .where(_watch.c.person_id == actor.id, may_see(actor))
        .order_by(_watch.c.since.desc(), _case.c.id.desc())
        .limit(WATCHED)
    )
    return [Watched(*row) for row in rows]


def unit_names(session: Session) -> Mapping[str, Texts]:
    """What every unit is called, in the tree's order."""
    revision = session.scalars(select(City.organisation_revision)).one()
    return deployed.unit_names(session, revision)


# Conditions and columns --------------------------------------------------------------------------

_LIMITED = _task.c.due_at.is_not(None)
_IN_TIME = _task.c.closed_at <= _task.c.due_at
_SHOWN: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    FINISHED: true,
    ON_TIME: lambda: _IN_TIME,
    LATE: lambda: _task.c.closed_at > _task.c.due_at,
    NO_LIMIT: lambda: _task.c.due_at.is_(None),
    HELD: true,
}


def _finished(actor: Actor, people: Collection[UUID], span: Span) -> list[ColumnElement[bool]]:
    return [
        _task.c.closed_by.in_(list(people)),
        _task.c.closed_at >= span.since,
        _task.c.closed_at < span.until,
        _task.c.status == TaskStatus.COMPLETED,
        compartments.known(_task.c.case_id, actor),
    ]


def _held(actor: Actor, people: Collection[UUID]) -> list[ColumnElement[bool]]:
    return [
        _task.c.status == TaskStatus.OPEN,
        _task.c.assignee_id.in_(list(people)),
        compartments.known(_task.c.case_id, actor),
    ]


def _counted(spans: Mapping[str, Span]) -> list[ColumnElement[int]]:
    columns: list[ColumnElement[int]] = []
    for name, span in spans.items():
        within = and_(_task.c.closed_at >= span.since, _task.c.closed_at < span.until)
        columns += [
            _number(within).label(f"{name}_finished"),
            _number(within, _LIMITED).label(f"{name}_limited"),
            _number(within, _IN_TIME).label(f"{name}_on_time"),
        ]
    return columns


def _number(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((and_(*conditions), 1)))


def _counts(row: Mapping[Any, Any], name: str) -> Counts:
    return Counts(*(row[f"{name}_{what}"] for what in ("finished", "limited", "on_time")))


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), zone)
