"""What came in, ended and ran out on each day (每日进出), by the rows that rates count."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.boards.tally import WHOLE, Above
from engine.db import table
from engine.models import CaseFigure
from engine.working_time import Calendar
from engine.working_time.office import utc

RECEIVED, ENDED, RAN_OUT = "received", "ended", "ran_out"
KINDS = (RECEIVED, ENDED, RAN_OUT)
KEPT = 84  # days: twelve weeks
# kind -> unit -> day as "2026-11-02" -> how many
Days = dict[str, dict[str, dict[str, int]]]
_figure = table(CaseFigure)


def last(calendar: Calendar, now: datetime, number: int = KEPT) -> list[date]:
    """The last days until today, the oldest first."""
    today = calendar.local(now).date()
    return [today - timedelta(days=back) for back in reversed(range(number))]


def count(
    session: Session,
    days: Sequence[date],
    calendar: Calendar,
    now: datetime,
    upwards: Above,
    *which: ColumnElement[bool],
) -> dict[str, Days]:
    """The numbers of each office on these days; three statements for each."""
    offices: dict[str, Days] = {}
    for day in days:
        first, after = _midnight(day, calendar), _midnight(day + timedelta(days=1), calendar)
        for kind in KINDS:
            rows = session.execute(
                select(_figure.c.office_key, _figure.c.unit_key, func.count().label("number"))
                .where(_on(kind, first, min(after, now) if kind == RAN_OUT else after), *which)
                .group_by(_figure.c.office_key, _figure.c.unit_key)
            )
            for row in rows:
                here = offices.setdefault(row.office_key, {}).setdefault(kind, {})
                for unit in (WHOLE, *upwards(row.unit_key)):
                    of_unit = here.setdefault(unit, {})
                    name = day.isoformat()
                    of_unit[name] = of_unit.get(name, 0) + row.number
    return offices


def renewed(old: Days, fresh: Days, counted: Sequence[date], kept: Sequence[date]) -> Days:
    """What was known of other days, and anew of those that were counted."""
    stays = {day.isoformat() for day in kept} - {day.isoformat() for day in counted}
    told: Days = {}
    for some, names in ((old, stays), (fresh, None)):
        for kind, units in some.items():
            for unit, days in units.items():
                here = told.setdefault(kind, {}).setdefault(unit, {})
                here |= {d: n for d, n in days.items() if names is None or d in names}
    return told


def joined(of_offices: Sequence[Mapping[str, Any]]) -> Days:
    """The numbers of several offices added up."""
    told: Days = {}
    for days in of_offices:
        for kind, units in days.items():
            for unit, here in units.items():
                into = told.setdefault(kind, {}).setdefault(unit, {})
                for day, number in here.items():
                    into[day] = into.get(day, 0) + number
    return told


def shared() -> ColumnElement[bool]:
    """That a case is kept from nobody, so that it may be counted for everybody."""
    return and_(_figure.c.sealed.is_(False), _figure.c.accused_key.is_(None))


def _on(kind: str, first: datetime, after: datetime) -> ColumnElement[bool]:
    """That it happened from one instant until before another."""
    if kind == RAN_OUT:
        of = _figure.c
        return and_(
            of.due_at >= first,
            of.due_at < after,
            or_(and_(of.done_at.is_(None), of.closed_at.is_(None)), of.done_at > of.due_at),
        )
    column = {RECEIVED: _figure.c.received_at, ENDED: _figure.c.closed_at}[kind]
    return and_(column >= first, column < after)


def _midnight(day: date, calendar: Calendar) -> datetime:
    return utc(datetime.combine(day, time()), calendar)
