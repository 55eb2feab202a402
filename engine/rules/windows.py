"""When a rule comes true (规则触发): once in each window of a unit, whoever asks and however often.

A window begins with the first case counted and is as long as the rule says. It comes true with the
case that makes enough of them; the next window begins after its last day. So two windows of a unit
never share a day, and a case is counted in one at most.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from engine.rules.definition import Days, Rule
from engine.working_time import Calendar


@dataclass(frozen=True, order=True)
class Happening:
    """One thing that is counted: of which unit, in which case, when."""

    at: datetime
    case_id: UUID
    unit: str


@dataclass(frozen=True)
class Firing:
    """A rule came true for a unit. at: with the case that made it enough.

    cases: all in the window as far as is known, in the order in which it happened to them.
    """

    unit: str
    at: datetime
    from_on: date
    until_on: date
    cases: tuple[UUID, ...]


def last_day(first: date, rule: Rule, calendar: Calendar) -> date:
    """The last day of a window; one of working days goes on until the next of them."""
    day = first.toordinal()
    if rule.clock is Days.CALENDAR:
        return date.fromordinal(day + rule.days - 1)
    return date.fromordinal(calendar.working_day_after(day - 1, rule.days + 1) - 1)


def first_day(last: date, rule: Rule, calendar: Calendar) -> date:
    """The first day of the earliest window that takes this day in."""
    day = last.toordinal()
    if rule.clock is Days.CALENDAR:
        return date.fromordinal(day - rule.days + 1)
    while last_day(date.fromordinal(day - 1), rule, calendar) >= last:
        day -= 1
    return date.fromordinal(day)


def firings(
    happenings: Iterable[Happening],
    rule: Rule,
    calendar: Calendar,
    done: Mapping[str, date] | None = None,
) -> list[Firing]:
    """When the rule comes true, the earliest first.

    done: by unit the last day of its last window, where the rule has come true already.
    """
    by_unit: dict[str, list[Happening]] = defaultdict(list)
    for one in happenings:
        by_unit[one.unit].append(one)
    found: list[Firing] = []
    for unit, own in by_unit.items():
        found += _of_unit(unit, sorted(own), rule, calendar, (done or {}).get(unit))
    return sorted(found, key=lambda one: (one.at, one.unit))


def _of_unit(
    unit: str, happenings: Sequence[Happening], rule: Rule, calendar: Calendar, over: date | None
) -> list[Firing]:
    found: list[Firing] = []
    dated = [(calendar.local(one.at).date(), one) for one in happenings]
    ends = {day: last_day(day, rule, calendar) for day, _ in dated}
    recent: deque[tuple[date, Happening]] = deque()
    for day, one in dated:
        if over is not None and day <= over:
            continue
        while recent and ends[recent[0][0]] < day:
            recent.popleft()
        recent.append((day, one))
        if len({known.case_id for _, known in recent}) < rule.number:
            continue
        first = recent[0][0]
        over = ends[first]
        within = (known.case_id for on, known in dated if first <= on <= over)
        found.append(Firing(unit, one.at, first, over, tuple(dict.fromkeys(within))))
        recent.clear()
    return found
