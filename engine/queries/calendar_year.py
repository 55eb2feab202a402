"""A year of the official calendar (工作日历) as real months, and who made it official."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.models import CalendarDay
from engine.working_time import Day


@dataclass(frozen=True)
class Year:
    """Twelve months of days. years: those that have rows; sources: who says so, in order."""

    year: int
    months: Sequence[Sequence[tuple[date, Day]]]
    years: Sequence[int]
    sources: Sequence[str]

    @property
    def official(self) -> bool:
        """Whether every day of it has a notice."""
        return not any(day.provisional for month in self.months for _, day in month)

    @property
    def working(self) -> int:
        """How many of its days are worked."""
        return sum(day.working for month in self.months for _, day in month)


def year(session: Session, number: int) -> Year:
    """The year as it stands."""
    calendar = deployed.current_calendar(session)
    months = [[(on, calendar.day(on)) for on in _month(number, month)] for month in range(1, 13)]
    first, last = session.execute(select(func.min(CalendarDay.on), func.max(CalendarDay.on))).one()
    sources = dict.fromkeys(day.source for month in months for _, day in month if day.source)
    years = range(first.year, last.year + 1) if first else range(0)
    return Year(number, months, list(years), list(sources))


def _month(number: int, month: int) -> list[date]:
    first = date(number, month, 1)
    after = date(number + month // 12, month % 12 + 1, 1)
    return [first + timedelta(n) for n in range((after - first).days)]
