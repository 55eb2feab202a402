"""A rate that is no share: how often passed on, how many days, how old; the middle and the tail.

Sorted by the database in two steps: how many there are in each hour (or of each number), then the
place wanted within the one that holds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from engine import clock
from engine.column_types import Instant
from engine.rates.counting import Scope, Viewer, conditions, table_of
from engine.rates.definition import COUNTED, Definition
from engine.rates.figures import days_between
from engine.rates.instants import HoursBetween

MIDDLE, TAIL = 50, 90


@dataclass(frozen=True)
class Spread:
    """The middle and the tail: half, and nine of ten, are no more than this."""

    number: int = 0
    middle: int | None = None
    tail: int | None = None


def spread(
    session: Session, definition: Definition, scope: Scope, who: Viewer, zone: ZoneInfo
) -> Spread:
    """How a measure is spread over the cases of a period."""
    where = conditions(definition, scope, who, COUNTED)
    step = _step(definition)
    sizes: Sequence[Any] = session.execute(
        select(step.label("step"), func.count().label("number"))
        .where(*where)
        .group_by("step")
        .order_by("step")
    ).all()
    number = sum(row.number for row in sizes)
    if not number:
        return Spread()
    told = [
        _at(session, definition, where, sizes, max(0, ceil(number * part / 100) - 1), zone)
        for part in (MIDDLE, TAIL)
    ]
    return Spread(number, *told)


def _at(
    session: Session,
    definition: Definition,
    where: Sequence[ColumnElement[bool]],
    sizes: Sequence[Any],
    place: int,
    zone: ZoneInfo,
) -> int:
    for row in sizes:
        if place < row.number:
            break
        place -= row.number
    if definition.measure == "hops":
        return int(row.step)
    rows = table_of(definition)
    last = _last(definition)
    first, end = session.execute(
        select(rows.c.received_at, last.label("last"))
        .where(*where, _step(definition) == row.step)
        .order_by(rows.c.received_at if definition.measure == "days" else rows.c.received_at.desc())
        .offset(place)
        .limit(1)
    ).one()
    return days_between(_day(first, zone), _day(end, zone), definition.days)


def _step(definition: Definition) -> ColumnElement[int]:
    rows = table_of(definition)
    if definition.measure == "hops":
        return rows.c.slips
    return HoursBetween(rows.c.received_at, _last(definition))


def _last(definition: Definition) -> ColumnElement[datetime]:
    """Until when it took."""
    if definition.measure == "days":
        return table_of(definition).c.closed_at
    return literal(clock.now(), Instant)


def _day(at: datetime, zone: ZoneInfo) -> Any:
    return at.astimezone(zone).date()
