"""Counting cases in progress: each once in the whole, in each unit and in all above it.

The database adds up equal cases, so that what is left to add are as many rows as there are kinds
of cases; of the few whose clocks belong to several units each is looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from engine.boards.ladders import open_ladders
from engine.boards.sources import Source
from engine.boards.states import (
    CLOCK_STATES,
    MARKS,
    PRESSING,
    PRESSING_MARKS,
    Moment,
    State,
)
from engine.db import table
from engine.models import Case

# Kinds of numbers: by state; in progress and overdue by category; by age, as "band.worst";
# ladders by rung; units of which something of their own is overdue.
STATE, CATEGORY, LATE, AGE, RUNG, UNITS = "state", "category", "late", "age", "rung", "units"
WHOLE = ""
CANNOT_WAIT = "pressing"  # a clock of it is one of `PRESSING`
# How a case stands by its clocks, the worst first.
WORST = (State.OVERDUE, State.SOON, State.RUNNING)
Above = Callable[[str], tuple[str, ...]]
_BIT = {state: 1 << place for place, state in enumerate((*CLOCK_STATES, *MARKS))}
_PRESSING = sum(_BIT[state] for state in PRESSING)
_PRESSING_MARKS = sum(_BIT[state] for state in PRESSING_MARKS)


@dataclass
class Tally:
    """Numbers: kind -> unit, `WHOLE` for all -> what -> how many."""

    numbers: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)

    def add(self, kind: str, unit: str, what: str, number: int) -> None:
        """Count so many more."""
        here = self.numbers.setdefault(kind, {}).setdefault(unit, {})
        here[what] = here.get(what, 0) + number

    def of(self, kind: str, unit: str = WHOLE) -> Mapping[str, int]:
        """What a unit and those below it have of a kind."""
        return self.numbers.get(kind, {}).get(unit, {})

    def units(self, kind: str) -> Iterable[str]:
        """The units that have any of a kind."""
        return (unit for unit in self.numbers.get(kind, {}) if unit != WHOLE)

    def join(self, other: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
        """Count what others counted of other cases."""
        for kind, units in other.items():
            for unit, here in units.items():
                for what, number in here.items():
                    self.add(kind, unit, what, number)


def above(paths: Mapping[str, str]) -> Above:
    """What tells a unit with all above it, by the paths of units."""
    known: dict[str, tuple[str, ...]] = {}

    def told(unit: str) -> tuple[str, ...]:
        if unit not in known:
            named = tuple(part for part in paths.get(unit, unit).split("/") if part)
            known[unit] = tuple(dict.fromkeys((*named, unit)))
        return known[unit]

    return told


def count(
    session: Session, source: Source, moment: Moment, upwards: Above, *which: ColumnElement[bool]
) -> dict[str, Tally]:
    """The numbers of each office; three statements. which: conditions on `case`, for ladders."""
    offices: dict[str, Tally] = defaultdict(Tally)
    for row in session.execute(_by_kind(source, moment)):
        _add(offices[row.office_key], row, upwards)
    several: dict[Any, list[Any]] = defaultdict(list)
    for row in session.execute(_of_several(source, moment)):
        several[row.id].append(row)
    ladders = session.execute(_ladders(*which)).all()
    about: dict[Any, set[str]] = defaultdict(set)
    for row in ladders:
        about[row.case_id].add(row.target)
    for key, rows in several.items():
        _add_several(offices[rows[0].office_key], rows, about.get(key, set()), upwards)
    _add_ladders(offices, ladders, upwards)
    return dict(offices)


def _ladders(*which: ColumnElement[bool]) -> Any:
    """The open ladders of these cases, with the rung each stands on."""
    ladder, cases = open_ladders(of_some=True), table(Case)
    return (
        select(ladder.c.case_id, ladder.c.target, ladder.c.standing, cases.c.office_key)
        .join(cases, cases.c.id == ladder.c.case_id)
        .where(*which)
    )


def _add_ladders(offices: dict[str, Tally], ladders: Iterable[Any], upwards: Above) -> None:
    """Count the cases with an open ladder by the rung it stands on."""
    on: dict[tuple[str, str, str], set[Any]] = defaultdict(set)
    for row in ladders:
        for unit in (WHOLE, *upwards(row.target)):
            on[row.office_key, unit, row.standing].add(row.case_id)
    for (office, unit, standing), found in on.items():
        offices[office].add(RUNG, unit, standing, len(found))


def _marked(bits: Mapping[State, Any]) -> Any:
    return sum((each * _BIT[state] for state, each in bits.items()), start=0)


def _of_clock(source: Source, moment: Moment) -> dict[State, Any]:
    conditions = moment.conditions(source.clocks.c)
    return {state: func.max(case((conditions[state], 1), else_=0)) for state in CLOCK_STATES}


def _by_kind(source: Source, moment: Moment) -> Any:
    """Equal cases added up: of one office, unit, category and age, and alike on the board."""
    clocks, cases = source.clocks.c, source.cases.c
    each = (
        select(
            clocks.case_id,
            _marked(_of_clock(source, moment)).label("mask"),
            func.max(case((clocks.own, 0), else_=1)).label("several"),
        )
        .group_by(clocks.case_id)
        .subquery("each")
    )
    marks = _marked({state: case((cases[state], 1), else_=0) for state in MARKS})
    kinds = (
        select(
            cases.office_key,
            cases.unit_key,
            cases.category,
            moment.band(cases.received_at).label("band"),
            (func.coalesce(each.c.mask, 0) + marks).label("mask"),
            case((or_(each.c.several == 1, source.about_others()), 1), else_=0).label("several"),
        )
        .outerjoin(each, each.c.case_id == cases.id)
        .subquery("kind")
    )
    return select(kinds, func.count().label("number")).group_by(*kinds.c)


def _of_several(source: Source, moment: Moment) -> Any:
    """The cases whose clocks or ladders are not the responsible unit's alone, by whose clocks."""
    clocks, cases = source.clocks.c, source.cases.c
    foreign = source.clocks.alias("foreign")
    mask = _marked(_of_clock(source, moment)).label("mask")
    marks = _marked({state: case((cases[state], 1), else_=0) for state in MARKS})
    return (
        select(
            cases.id,
            cases.office_key,
            cases.unit_key.label("own"),
            cases.category,
            marks.label("marks"),
            clocks.unit_key,
            mask,
        )
        .outerjoin(source.clocks, clocks.case_id == cases.id)
        .where(
            or_(
                cases.id.in_(select(foreign.c.case_id).where(~foreign.c.own)),
                source.about_others(),
            )
        )
        .group_by(*cases, clocks.unit_key)
    )


def _add(tally: Tally, row: Any, upwards: Above) -> None:
    """Count equal cases: where several units have a part, only what those do not change."""
    number, own = row.number, upwards(row.unit_key)
    worst = next((s for s in WORST[:2] if row.mask & _BIT[s]), WORST[2])
    if row.mask & _BIT[State.TODAY] and worst == State.RUNNING:
        worst = State.SOON
    for unit in (WHOLE, *own):
        tally.add(AGE, unit, f"{row.band}.{worst}", number)
    _add_states(tally, WHOLE, row.mask, row.category, number)
    if not row.several:
        for unit in own:
            _add_states(tally, unit, row.mask, row.category, number)
        if row.mask & _BIT[State.OVERDUE]:
            tally.add(UNITS, WHOLE, row.unit_key, number)


def _add_several(tally: Tally, rows: list[Any], about: Iterable[str], upwards: Above) -> None:
    """Count one case in each unit. rows: by whose clocks; about: whom its ladders are about."""
    first = rows[0]
    masks: dict[str, int] = dict.fromkeys(upwards(first.own), first.marks)
    for row in rows:
        if row.unit_key is None:  # no clock runs
            continue
        if row.mask & _BIT[State.OVERDUE]:
            tally.add(UNITS, WHOLE, row.unit_key, 1)
        for unit in upwards(row.unit_key):
            masks[unit] = masks.get(unit, 0) | row.mask
    for target in about:
        for unit in upwards(target):
            masks[unit] = masks.get(unit, 0) | _BIT[State.SUPERVISED]
    for unit, mask in masks.items():
        _add_states(tally, unit, mask, first.category, 1)


def _add_states(tally: Tally, unit: str, mask: int, category: str, number: int) -> None:
    for state, bit in _BIT.items():
        if mask & bit:
            tally.add(STATE, unit, state.value, number)
    if mask & _PRESSING:
        tally.add(STATE, unit, CANNOT_WAIT, number)
    if mask & (_PRESSING | _PRESSING_MARKS):
        tally.add(STATE, unit, State.WATCHED.value, number)
    if mask & _BIT[State.RUNNING]:
        tally.add(CATEGORY, unit, category, number)
    if mask & _BIT[State.OVERDUE]:
        tally.add(LATE, unit, category, number)
