"""The supervision board (监督): which cases slip, whose they are, how far their ladders are.

Everything is counted by SQL over open clocks and ladders; no instance is loaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from engine.boards import days, tally
from engine.boards.states import BANDS, State
from engine.ledger import NO_DUTY
from engine.permissions import Actor
from engine.queries import attention, board_list, board_sight, open_clocks
from engine.queries.attention import RUNGS, Attention
from engine.queries.board_list import Filters
from engine.queries.board_sight import Sight
from engine.queries.open_clocks import Terms, Text
from engine.working_time import Calendar


@dataclass(frozen=True)
class Counts:
    """Cases, each counted once, by state."""

    by_state: Mapping[str, int]

    def of(self, state: str) -> int:
        """How many are in this state."""
        return self.by_state.get(state, 0)

    @property
    def running(self) -> int:
        """Cases with a clock that runs."""
        return self.of(State.RUNNING)

    @property
    def overdue(self) -> int:
        """Cases with a clock that has run out."""
        return self.of(State.OVERDUE)


@dataclass(frozen=True)
class UnitCounts:
    """One unit's row of the matrix, with all below it. depth: in the tree of those shown.

    cells: by category how many run, and how many of them have run out.
    """

    key: str
    name: Text
    depth: int
    all: Counts
    cells: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Day:
    """What came in, ended and ran out on one day."""

    on: date
    received: int
    ended: int
    ran_out: int


@dataclass(frozen=True)
class Board:
    """All that the page shows. counts, rungs, ages and days: of the unit asked for, else of all.

    ages: for each of `BANDS` and beyond how many are in time, soon due, overdue. days: none until a
    worker has counted. counted_at: None if nobody has counted yet what are too many to count now.
    """

    counts: Counts
    units: tuple[UnitCounts, ...]
    units_overdue: int
    unit_names: Mapping[str, Text]
    categories: Mapping[str, Text]
    limits: Mapping[str, Text]
    rungs: Mapping[str, int]
    rung_names: Mapping[str, Text]
    ages: Sequence[tuple[int, int, int]]
    days: Sequence[Day]
    rows: tuple[Attention, ...]
    total: int
    page: int
    calendar: Calendar
    counted_at: datetime | None


def board(session: Session, actor: Actor, filters: Filters) -> Board:
    """The board of the offices the person supervises."""
    known = open_clocks.terms(session)
    sight = board_sight.look(session, actor, known)
    found, total, page = board_list.page_of(session, sight, filters)
    serving = known.serving(open_clocks.offices(actor))
    unit = filters.unit or tally.WHOLE
    counted = sight.tally
    rows = attention.of_cases(session, actor, known, found)
    # Beside the rungs of the ladder itself the steps of other ways, where any case stands there.
    stands = {*counted.of(tally.RUNG), *(one.standing for row in rows for one in row.ladders)}
    others = sorted(stands - set(RUNGS))
    return Board(
        counts=Counts(counted.of(tally.STATE, unit)),
        units=_units(sight),
        units_overdue=len(counted.of(tally.UNITS)),
        unit_names=sight.names,
        categories=_categories(serving, counted.of(tally.CATEGORY)),
        limits=open_clocks.names(serving, _duties(serving)),
        rungs={**dict.fromkeys(RUNGS, 0), **counted.of(tally.RUNG, unit)},
        rung_names={rung: known.rung(rung) for rung in (*RUNGS, *others)},
        ages=_ages(counted.of(tally.AGE, unit)),
        days=_days(sight, unit),
        rows=tuple(rows),
        total=total,
        page=page,
        calendar=known.calendar,
        counted_at=sight.counted_at,
    )


def _units(sight: Sight) -> tuple[UnitCounts, ...]:
    """The units in which something runs, each below the one it belongs to, the worst first."""
    counted = sight.tally
    shown = [unit for unit in sight.names if counted.of(tally.CATEGORY, unit)]
    rows = {unit: _row(sight, unit, shown) for unit in shown}

    def place(unit: str) -> list[tuple[int, int, str]]:
        line = [one for one in sight.upwards(unit) if one in rows]
        return [(-rows[one].all.overdue, -rows[one].all.running, one) for one in line]

    return tuple(rows[unit] for unit in sorted(shown, key=place))


def _row(sight: Sight, unit: str, shown: Sequence[str]) -> UnitCounts:
    running, late = (sight.tally.of(kind, unit) for kind in (tally.CATEGORY, tally.LATE))
    return UnitCounts(
        key=unit,
        name=sight.names.get(unit, {"zh": unit, "en": unit}),
        depth=sum(1 for one in sight.upwards(unit) if one in shown) - 1,
        all=Counts(sight.tally.of(tally.STATE, unit)),
        cells={key: (number, late.get(key, 0)) for key, number in running.items()},
    )


def _categories(known: Terms, counted: Mapping[str, int]) -> dict[str, Text]:
    """The categories in which something runs, most first, as the packs call them."""
    named: dict[str, Text] = {}
    for pack in known.packs.values():
        for one in pack.items("categories"):
            named[one["key"]] = {"zh": one["zh"], "en": one["en"]}
    order = sorted(counted, key=lambda key: (-counted[key], key))
    return {key: named.get(key, {"zh": key, "en": key}) for key in order}


def _duties(known: Terms) -> list[str]:
    """Limits by which somebody may be late."""
    ladder = tuple(f"{rung}_{part}" for rung in RUNGS for part in ("act", "term"))
    names = {name for pack in known.packs.values() for name in pack.limits}
    return sorted(names - {*NO_DUTY, *ladder})


def _ages(counted: Mapping[str, int]) -> list[tuple[int, int, int]]:
    def of(band: int, worst: State) -> int:
        return counted.get(f"{band}.{worst}", 0)

    return [
        (of(band, State.RUNNING), of(band, State.SOON), of(band, State.OVERDUE))
        for band in range(len(BANDS) + 1)
    ]


def _days(sight: Sight, unit: str) -> list[Day]:
    if not sight.days:
        return []
    kept = [sight.days.get(kind, {}).get(unit, {}) for kind in days.KINDS]
    return [
        Day(on, *(of.get(on.isoformat(), 0) for of in kept))
        for on in days.last(sight.moment.calendar, sight.moment.now)
    ]
