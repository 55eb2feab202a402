"""What is hot and what is hard: categories, places and cases that a digest names.

Confidential cases are counted and never named; sealed ones and those about a unit are neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.digests.numbers import Numbers
from engine.models import Case, CaseFigure, CaseStatus, Contact
from engine.rates import counting
from engine.rates.figures import Figure

HOT_FROM = 2  # so many make a place or a category hot
_figure, _case, _contact = table(CaseFigure), table(Case), table(Contact)


@dataclass(frozen=True)
class Named:
    """A case that is named. times: how often somebody came about it."""

    id: UUID
    number: str
    title: str
    unit_key: str | None
    received_at: datetime
    times: int = 1


def categories(session: Session, numbers: Numbers, most: int) -> Sequence[tuple[str, int]]:
    """The categories most cases of the period are of, with how many; the most first."""
    number = func.count()
    rows = session.execute(
        select(_figure.c.category, number)
        .where(*_of_period(numbers), _figure.c.category != "")
        .group_by(_figure.c.category)
        .having(number >= HOT_FROM)
        .order_by(number.desc(), _figure.c.category)
        .limit(most)
    ).all()
    return [(row[0], row[1]) for row in rows]


def place_of(session: Session, numbers: Numbers, category: str) -> tuple[str, Sequence[UUID]]:
    """The place that most cases of a category come from, and which they are; empty for none."""
    rows = session.execute(
        select(_case.c.id, _case.c.place)
        .join(_figure, _figure.c.id == _case.c.id)
        .where(*_of_period(numbers), _figure.c.category == category, _case.c.place != "")
        .where(_case.c.confidential.is_(False))
        .order_by(_case.c.id)
    ).all()
    found: dict[str, list[UUID]] = {}
    for row in rows:
        found.setdefault(row.place.strip(), []).append(row.id)
    place = max(found, key=lambda one: (len(found[one]), one), default="")
    return (place, found[place]) if place and len(found[place]) >= HOT_FROM else ("", [])


def oldest(session: Session, offices: Sequence[str], most: int) -> Sequence[Named]:
    """The open cases that wait longest."""
    rows = session.execute(
        select(*_columns())
        .where(*_open(offices))
        .order_by(_case.c.received_at, _case.c.id)
        .limit(most)
    )
    return [Named(**row._mapping) for row in rows]


def repeated(session: Session, offices: Sequence[str], most: int) -> Sequence[Named]:
    """The open cases about which somebody came again most often."""
    times = func.count(_contact.c.id)
    some = (
        select(_case.c.id, times.label("times"))
        .join(_contact, _contact.c.case_id == _case.c.id)
        .where(*_open(offices), _contact.c.of_contact_id.is_(None))
        .group_by(_case.c.id)
        .having(times >= HOT_FROM)
        .order_by(times.desc(), _case.c.id)
        .limit(most)
        .subquery()
    )
    rows = session.execute(
        select(*_columns(), some.c.times)
        .join(some, some.c.id == _case.c.id)
        .order_by(some.c.times.desc(), _case.c.id)
    )
    return [Named(**row._mapping) for row in rows]


def units(by_unit: Mapping[str, Figure], most: int) -> Sequence[str]:
    """The units with most cases that count, the most first; none without any."""
    some = [key for key, figure in by_unit.items() if key and figure.numerator]
    return sorted(some, key=lambda key: (-by_unit[key].numerator, key))[:most]


def _of_period(numbers: Numbers) -> list[ColumnElement[bool]]:
    received = numbers.definition("digest_received")
    return counting.span(received, numbers.scope(), numbers.who)


def _open(offices: Sequence[str]) -> list[ColumnElement[bool]]:
    return [
        _case.c.status == str(CaseStatus.OPEN),
        _case.c.office_key.in_(list(offices)),
        _case.c.sealed.is_(False),
        _case.c.accused_key.is_(None),
        _case.c.confidential.is_(False),
    ]


def _columns() -> list[ColumnElement[object]]:
    names = ("id", "number", "title", "unit_key", "received_at")
    return [_case.c[name] for name in names]
