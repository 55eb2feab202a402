"""Which cases a number of the living map counts (地图上的件): one element's, the newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import Case, MapCase
from engine.queries.living_map import Asked, Ground, Period, few_cases
from engine.queries.open_clocks import Text
from engine.traces import walks
from engine.traces.tally import NO_CATEGORY, PROCESS, Tally
from engine.traces.walks import Said, Walk, by_unit, joined

PAGE = 50
# Which of the cases that came to an element are meant, and how many a tally says they are.
ONLY = ("late", "now", "again")
_FIRST, _MOST = 2 * PAGE, 2_000  # rows read at once: few if they are enough, then more
_FEW_UNITS = 50
_case, _kept = table(Case), table(MapCase)


class Seen(NamedTuple):
    """What a case did at an element: how often, how many of them late, how many waiting."""

    passes: int
    late: int
    now: int


@dataclass(frozen=True)
class Line:
    """A case as the list shows it, with what it did at the element."""

    number: str
    title: str
    status: str
    stage: str
    category: str
    unit: Text
    received_at: datetime
    seen: Seen


def total(tally: Tally, only: str) -> int:
    """How many cases a list holds."""
    return int(getattr(tally, only)) if only in ONLY else tally.cases


def page(
    session: Session,
    over: Ground,
    asked: Asked,
    period: Period,
    element: str,
    only: str = "",
    number: int = 1,
    most: int | None = None,
) -> list[Line]:
    """A page of the cases that a number counts. element: `PROCESS` for all of the process.

    most: how many there are in all, so that no more are looked for.
    """
    if most == 0:
        return []
    few = few_cases(session, over, period)
    wanted = _Wanted(over, asked, element, only)
    rows = (
        _few(session, over, few) if few is not None else _kept_rows(session, over, period, wanted)
    )
    found: list[tuple[UUID, Seen]] = []
    skipped, after = 0, (number - 1) * PAGE
    for key, unit, category, walk in rows:
        seen = wanted.seen(unit, category, walk)
        if seen is None:
            continue
        if skipped < after:
            skipped += 1
            continue
        found.append((key, seen))
        if len(found) == PAGE or skipped + len(found) == most:
            break
    return _lines(session, over, found)


class _Wanted:
    """What is asked of a case."""

    def __init__(self, over: Ground, asked: Asked, element: str, only: str) -> None:
        self.process, self.element, self.only = asked.process, element, only
        self.category, self.unit = asked.category, asked.unit
        self.below = {
            one
            for one in (*over.unit_names, asked.unit)
            if asked.unit and asked.unit in over.upwards(one)
        }

    def seen(self, own: str, category: str, walk: Walk) -> Seen | None:
        """What the case did there, None if it is not one of those asked for."""
        elements = walk.get(self.process, {})
        if self.category and self.category != (category or NO_CATEGORY):
            return None
        if self.element == PROCESS:
            there = any(self._units(units, own) for units in elements.values())
            return Seen(1, 0, 0) if there else None
        found = self._units(elements.get(self.element, {}), own)
        if not found:
            return None
        seen = Seen(*joined(found)[:3])
        meant = {"late": seen.late > 0, "now": seen.now > 0, "again": seen.passes > 1}
        return seen if meant.get(self.only, True) else None

    def _units(self, units: int | Mapping[str, Said], own: str) -> list[Said]:
        """What the units asked for did."""
        told = by_unit(units, own).items()
        return [said for unit, said in told if not self.unit or unit in self.below]


_Row = tuple[UUID, str, str, Walk]


def _few(session: Session, over: Ground, keys: Sequence[UUID]) -> Iterator[_Row]:
    found = walks.read(session, keys, over.calendar)
    for one in sorted(found, key=lambda each: (each.received_at, each.id), reverse=True):
        yield one.id, one.unit_key, one.category, one.walk


def _kept_rows(session: Session, over: Ground, period: Period, wanted: _Wanted) -> Iterator[_Row]:
    """Kept rows of cases that exist for the person, some at a time in the order of an index."""
    begin, end = over.bounds(period)
    narrowing: list[Any] = [_kept.c.walk.contains(f'"{wanted.process}":', autoescape=True)]
    if wanted.element != PROCESS:
        narrowing.append(_kept.c.walk.contains(f'"{wanted.element}":', autoescape=True))
    if wanted.below and len(wanted.below) <= _FEW_UNITS:
        names = (_kept.c.walk.contains(f'"{one}":', autoescape=True) for one in wanted.below)
        narrowing.append(or_(_kept.c.unit_key.in_(sorted(wanted.below)), *names))
    some = (
        select(_kept)
        .where(_kept.c.received_at >= begin, *narrowing, *over.conditions(_kept))
        .order_by(_kept.c.received_at.desc(), _kept.c.id.desc())
    )
    after: Any = _kept.c.received_at < end
    at_once = _FIRST
    while True:
        rows = session.execute(some.where(after).limit(at_once)).all()
        for row in rows:
            yield row.id, row.unit_key, row.category, walks.told(row.walk)
        if len(rows) < at_once:
            return
        at, last = rows[-1].received_at, rows[-1].id
        # The first condition is for SQLite, which follows no index by one with an “or” in it.
        after = and_(_kept.c.received_at <= at, or_(_kept.c.received_at < at, _kept.c.id < last))
        at_once = min(2 * at_once, _MOST)


def _lines(session: Session, over: Ground, found: Sequence[tuple[UUID, Seen]]) -> list[Line]:
    names = ("id", "number", "title", "status", "stage", "category", "unit_key", "received_at")
    rows = session.execute(
        select(*(_case.c[name] for name in names)).where(_case.c.id.in_([key for key, _ in found]))
    )
    by_key = {row.id: row for row in rows}
    return [
        Line(
            number=row.number,
            title=row.title,
            status=row.status,
            stage=row.stage,
            category=row.category,
            unit=over.unit_names.get(row.unit_key or "", {}),
            received_at=row.received_at,
            seen=seen,
        )
        for key, seen in found
        if (row := by_key.get(key)) is not None
    ]
