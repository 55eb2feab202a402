"""Counting a rate: one statement over the rows to count, grouped by what is asked.

Everything is counted for somebody: the offices whose cases they supervise, and never about the
unit they belong to. Without anybody, everything that is not sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    case,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session

from engine import clock
from engine.permissions import GRANTS, Actor
from engine.rate_schema import CASE
from engine.rates.definition import COUNTED, EXCLUDED, MISSED, Definition
from engine.rates.figures import Figure
from engine.rates.reading_much import reading_much
from engine.rates.vocabulary import TABLES, all_hold, known

GRANT = "rates.read"
HIT, MISS = 0, -1
# Which column a clock is, of a case and of a slip; a case's due date is that of the limit.
_CASE_CLOCKS = {"receipt": "received_at", "close": "closed_at", "dispatch": "slip_at"}
_SLIP_CLOCKS = {
    "receipt": "issued_at",
    "dispatch": "issued_at",
    "due": "due_at",
    "close": "signed_at",
}


@dataclass(frozen=True)
class Scope:
    """What is asked for. units: keys of a subtree, None for all. until: not included.

    by: which date decides, empty for the definition's own.
    """

    since: datetime
    until: datetime
    units: tuple[str, ...] | None = None
    pack: str = ""
    category: str = ""
    by: str = ""

    def under(self, definition: Definition) -> "Scope":
        """With the date that decides under this definition."""
        return self if self.by else replace(self, by=definition.clock)


@dataclass(frozen=True)
class Viewer:
    """For whom it is counted. offices: None for everybody's, without what is sealed.

    for_many: for readers who may belong to any unit, so without what is sealed or about a unit.
    """

    offices: frozenset[str] | None = None
    lineage: frozenset[str] = field(default_factory=frozenset)
    for_many: bool = False


def viewer(actor: Actor) -> Viewer:
    """What this person may count."""
    keys: set[str] = set()
    for role in GRANTS[GRANT]:
        keys |= actor.scope.get(role, frozenset())
    return Viewer(frozenset(keys), actor.lineage)


def counted(
    session: Session, definition: Definition, scope: Scope, who: Viewer
) -> tuple[Figure, Mapping[str, Figure]]:
    """The figure, and that of each unit; one statement."""
    rows = table_of(definition)
    some = (
        select(rows.c.unit_key.label("unit"), mark(definition).label("mark"))
        .where(*conditions(definition, scope, who))
        .subquery()
    )
    asked = select(some, func.count().label("number")).group_by(some.c.unit, some.c.mark)
    whole, units = Figure(), dict[str, Figure]()
    with reading_much(session):
        found = session.execute(asked).all()
    for row in found:
        one = figure(definition, row.mark, row.number)
        whole += one
        units[row.unit] = units.get(row.unit, Figure()) + one
    return whole, units


def by_time(
    session: Session, definition: Definition, scopes: Sequence[Scope], who: Viewer
) -> list[Figure]:
    """The figure of each of some periods that follow each other; one statement."""
    if not scopes:
        return []
    column = clock_of(definition, scopes[0])
    place = case(
        *((column < _instant(column, one.until), number) for number, one in enumerate(scopes)),
        else_=len(scopes),
    )
    span = replace(scopes[0], until=scopes[-1].until)
    some = (
        select(place.label("place"), mark(definition).label("mark"))
        .where(*conditions(definition, span, who))
        .subquery()
    )
    told = [Figure() for _ in scopes]
    asked = select(some, func.count().label("number")).group_by(some.c.place, some.c.mark)
    with reading_much(session):
        found = session.execute(asked).all()
    for row in found:
        if row.place < len(told):
            told[row.place] += figure(definition, row.mark, row.number)
    return told


def table_of(definition: Definition) -> Table:
    """The rows that are counted."""
    return TABLES[definition.of]


def clock_of(definition: Definition, scope: Scope) -> ColumnElement[Any]:
    """The date that decides."""
    rows, by = table_of(definition), scope.under(definition).by
    if definition.of != CASE:
        return rows.c[_SLIP_CLOCKS[by]]
    if by == "due":
        return rows.c["contact_due_at" if definition.limit == "contact" else "due_at"]
    return rows.c[_CASE_CLOCKS[by]]


def mark(definition: Definition) -> ColumnElement[int]:
    """Why a row is left out, as a number from 1; else `HIT` if it counts, and `MISS`.

    One expression, so that of a row that is left out nothing more is asked.
    """
    now = clock.now()
    reasons = [
        (known(all_hold(definition.of, one.when, now)), number)
        for number, one in enumerate(definition.exclusions, 1)
    ]
    counts = known(all_hold(definition.of, definition.numerator, now))
    return case(*reasons, (counts, HIT), else_=MISS)


def conditions(
    definition: Definition, scope: Scope, who: Viewer, which: str = "", reason: str = ""
) -> list[ColumnElement[bool]]:
    """On the rows of a rate. which: of `LISTS`, or all; reason: why they were left out."""
    now = clock.now()
    found = [
        *span(definition, scope, who),
        known(all_hold(definition.of, definition.population, now)),
    ]
    if which:
        found += _listed(definition, which, reason, now)
    return found


def span(definition: Definition, scope: Scope, who: Viewer) -> list[ColumnElement[bool]]:
    """That a row is of the period, the part and the offices asked for."""
    rows, column = table_of(definition), clock_of(definition, scope)
    return [
        column >= _instant(column, scope.since),
        column < _instant(column, scope.until),
        *narrowed(rows, scope),
        *permitted(rows, who),
    ]


def permitted(rows: Table, who: Viewer) -> list[ColumnElement[bool]]:
    """That a row may be counted for somebody."""
    if who.offices is None:
        return [not_(rows.c.sealed)]
    about = rows.c.accused_key
    if who.for_many:
        return [rows.c.office_key.in_(sorted(who.offices)), not_(rows.c.sealed), about.is_(None)]
    return [
        rows.c.office_key.in_(sorted(who.offices)),
        or_(about.is_(None), about.not_in(sorted(who.lineage))),
    ]


def narrowed(rows: Table, scope: Scope) -> list[ColumnElement[bool]]:
    """That a row is of the units, the pack and the category asked for."""
    found: list[ColumnElement[bool]] = []
    if scope.units is not None:
        found.append(rows.c.unit_key.in_(scope.units))
    if scope.pack:
        found.append(rows.c.pack_key == scope.pack)
    if scope.category:
        found.append(rows.c.category == scope.category)
    return found


def _listed(
    definition: Definition, which: str, reason: str, now: datetime
) -> list[ColumnElement[bool]]:
    left_out = [known(all_hold(definition.of, one.when, now)) for one in definition.exclusions]
    keys = [one.key for one in definition.exclusions]
    if which == EXCLUDED:
        if reason not in keys:
            return [or_(literal(False), *left_out)]
        place = keys.index(reason)
        return [left_out[place], *(not_(one) for one in left_out[:place])]
    counts = known(all_hold(definition.of, definition.numerator, now))
    mine = {COUNTED: counts, MISSED: not_(counts)}[which]
    return [*(not_(one) for one in left_out), mine]


def figure(definition: Definition, mark: int, number: int) -> Figure:
    """What so many rows of one mark come to."""
    if not number:
        return Figure()
    if mark <= HIT:
        return Figure(number if mark == HIT else 0, number)
    out = definition.exclusions[mark - 1]
    return Figure(0, 0, {out.key: number}, number if out.unreached else 0)


def _instant(column: ColumnElement[Any], at: datetime) -> ColumnElement[Any]:
    return literal(at, column.type)
