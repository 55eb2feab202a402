"""The weeks and months that digests tell of, and when a draft of one is due."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.digests.kinds import WEEK, Drafted
from engine.working_time import Calendar, OfficeHours
from engine.working_time.office import next_office_moment


@dataclass(frozen=True)
class Period:
    """A week from Monday, or a month. until: its last day is the one before."""

    sort: str
    since: date
    until: date

    @property
    def key(self) -> str:
        """`2026-W46`, `2026-11`."""
        if self.sort == WEEK:
            year, week, _day = self.since.isocalendar()
            return f"{year}-W{week:02d}"
        return f"{self.since:%Y-%m}"

    @property
    def last(self) -> date:
        """Its last day."""
        return self.until - timedelta(days=1)

    def before(self, number: int = 1) -> "Period":
        """The period so many before this one."""
        found = self
        for _ in range(number):
            found = containing(self.sort, found.since - timedelta(days=1))
        return found

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From its first instant to that of the next."""
        return (
            datetime.combine(self.since, time(), zone),
            datetime.combine(self.until, time(), zone),
        )


def containing(sort: str, on: date) -> Period:
    """The period a day belongs to."""
    if sort == WEEK:
        first = on - timedelta(days=on.weekday())
        return Period(sort, first, first + timedelta(days=7))
    first = on.replace(day=1)
    return Period(sort, first, (first + timedelta(days=31)).replace(day=1))


def complete(sort: str, now: datetime, zone: ZoneInfo) -> Period:
    """The newest period that is over."""
    return containing(sort, now.astimezone(zone).date()).before()


def due_at(
    period: Period, drafted: Drafted, calendar: Calendar, hours: OfficeHours, zone: ZoneInfo
) -> datetime:
    """When a draft of a period is made by itself: in office time, on or after the day told."""
    on = period.until + timedelta(days=drafted.day - 1)
    return next_office_moment(datetime.combine(on, drafted.at, zone), calendar, hours)
