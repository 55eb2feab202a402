"""The supervision board (监督): which cases slip, whose they are, how far their ladders are.

Everything is counted by SQL over open clocks and ladders; no instance is loaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    distinct,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from engine import clock
from engine.models import (
    Case,
    Unit,
)
from engine.permissions import Actor
from engine.queries import open_clocks
from engine.queries.attention import (
    RUNGS,
    Attention,
    Filters,
    attention,
    ladders_of,
    often_returned,
    open_ladders,
    page_of,
)
from engine.queries.open_clocks import CLOCK_STATES, State, Text
from engine.working_time import Calendar


@dataclass(frozen=True)
class Counts:
    """Cases, each counted once: with any clock running, and by state."""

    running: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)

    def of(self, state: str) -> int:
        """How many are in this state."""
        return self.by_state.get(state, 0)

    @property
    def overdue(self) -> int:
        """Cases with a clock that has run out."""
        return self.of(State.OVERDUE)


@dataclass(frozen=True)
class UnitCounts:
    """One unit's row of the matrix; limits: its counts by limit."""

    key: str
    name: Text
    all: Counts
    limits: Mapping[str, Counts]


@dataclass(frozen=True)
class Board:
    """All that the page shows. counts: of the unit that was asked for, else of all."""

    counts: Counts
    units: tuple[UnitCounts, ...]
    limits: Mapping[str, Text]
    rungs: Mapping[str, int]
    rung_names: Mapping[str, Text]
    rows: tuple[Attention, ...]
    total: int
    page: int
    calendar: Calendar
    seen_at: datetime

    @property
    def units_overdue(self) -> int:
        """How many units have a clock that has run out."""
        return sum(1 for unit in self.units if unit.all.overdue)


def board(session: Session, actor: Actor, filters: Filters) -> Board:
    """The board of the offices the person supervises, in five statements."""
    known = open_clocks.terms(session)
    clocks = open_clocks.clocks(actor, known)
    everything, units = _clock_counts(session, clocks)
    one = next((unit.all for unit in units if unit.key == filters.unit), Counts())
    counts = one if filters.unit else everything
    rungs = _ladder_counts(session, actor, filters.unit)
    found, total, page = page_of(session, clocks, actor, filters)
    ladders = ladders_of(session, [row.case_id for row in found])
    return Board(
        counts=Counts(
            counts.running,
            {
                **counts.by_state,
                State.RETURNED: rungs.pop(State.RETURNED, 0),
                State.SUPERVISED: rungs.pop(State.SUPERVISED, 0),
            },
        ),
        units=units,
        limits=open_clocks.names(
            known.serving(open_clocks.offices(actor)),
            {limit for unit in units for limit in unit.limits},
        ),
        rungs={**dict.fromkeys(RUNGS, 0), **rungs},
        rung_names={rung: known.rung(rung) for rung in RUNGS},
        rows=tuple(attention(row, known, ladders.get(row.case_id, ())) for row in found),
        total=total,
        page=page,
        calendar=known.calendar,
        seen_at=clock.now(),
    )


def _clock_counts(session: Session, clocks: CTE) -> tuple[Counts, tuple[UnitCounts, ...]]:
    """The figures and the matrix in one statement: all, by unit, by unit and limit."""
    numbers = [
        func.count(distinct(clocks.c.case_id)).label("running"),
        *(
            func.count(distinct(sql_case((clocks.c[state] == 1, clocks.c.case_id)))).label(state)
            for state in CLOCK_STATES
        ),
    ]
    unit, name = clocks.c.unit_key, (Unit.name_zh, Unit.name_en)
    joined = clocks.outerjoin(Unit, Unit.key == unit)
    none = [null().label("unit_key"), null().label("zh"), null().label("en"), null().label("lim")]
    rows: Sequence[Any] = session.execute(
        union_all(
            select(*none, *numbers).select_from(clocks),
            select(unit, *name, null(), *numbers).select_from(joined).group_by(unit, *name),
            select(unit, *name, clocks.c.limit, *numbers)
            .select_from(joined)
            .group_by(unit, *name, clocks.c.limit),
        )
    ).all()
    whole, by_unit = Counts(), {}
    limits: dict[str, dict[str, Counts]] = {}
    for row in rows:
        counts = Counts(row.running, {state: getattr(row, state) for state in CLOCK_STATES})
        if row.unit_key is None:
            whole = counts
        elif row.lim is None:
            by_unit[row.unit_key] = (open_clocks.named(row.zh, row.en, row.unit_key), counts)
        else:
            limits.setdefault(row.unit_key, {})[row.lim] = counts
    units = [UnitCounts(key, name, c, limits[key]) for key, (name, c) in by_unit.items()]
    units.sort(key=lambda unit: (-unit.all.overdue, -unit.all.running, unit.key))
    return whole, tuple(units)


def _ladder_counts(session: Session, actor: Actor, unit: str) -> dict[str, int]:
    """Cases by the rung an open ladder of theirs stands on, with any, and often returned."""
    ladder = open_ladders()
    open_case = open_clocks.cases_of(actor)
    about = [ladder.c.target == unit] if unit else []
    cases = func.count(distinct(ladder.c.case_id))
    on = ladder.join(Case, Case.id == ladder.c.case_id)
    rows = session.execute(
        union_all(
            select(ladder.c.standing.label("name"), cases.label("number"))
            .select_from(on)
            .where(*open_case, *about)
            .group_by(ladder.c.standing),
            select(literal(State.SUPERVISED.value), cases)
            .select_from(on)
            .where(*open_case, *about),
            select(literal(State.RETURNED.value), func.count())
            .select_from(Case)
            .where(*open_case, often_returned(unit)),
        )
    )
    return {row.name: row.number for row in rows}
