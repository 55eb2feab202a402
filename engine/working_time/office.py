"""Time within office hours: forwards, backwards, between two moments, and what is left.

Moments in this module's lower half are local times without a zone, as clocks on the wall show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from engine.working_time.calendar import Calendar, OfficeHours

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left until a due time or, if `overdue`, has passed since; for badges.

    working_days: working days after today, up to and with the due day: 0 if due today.
    Overdue, working days after the due day, up to and with today. office: time within office
    hours. Neither is below 0.
    """

    working_days: int
    office: timedelta
    overdue: bool


def remaining(now: datetime, due_at: datetime, calendar: Calendar, hours: OfficeHours) -> Remaining:
    """The working days and the office time from `now` to `due_at`; still in time at `due_at`."""
    overdue = now > due_at
    first, last = sorted((calendar.local(now), calendar.local(due_at)))
    return Remaining(
        calendar.working_days(first.toordinal(), last.toordinal()),
        between(first, last, calendar, hours),
        overdue,
    )


def next_office_moment(at: datetime, calendar: Calendar, hours: OfficeHours) -> datetime:
    """The first instant from `at` on at which the office is open, for notices; UTC."""
    local = calendar.local(at)
    moment = next(
        max(local, begin) for begin, end in _segments_from(local, calendar, hours) if end > local
    )
    return at.astimezone(UTC) if moment == local else utc(moment, calendar)


def utc(local: datetime, calendar: Calendar) -> datetime:
    """A local time of the calendar's zone as an instant."""
    return local.replace(tzinfo=calendar.zone).astimezone(UTC)


def between(first: datetime, last: datetime, calendar: Calendar, hours: OfficeHours) -> timedelta:
    """The office time from `first` to `last`; first <= last."""
    begin, end = first.toordinal(), last.toordinal()
    whole_days = calendar.working_days(begin - 1, end - 1)
    return (
        whole_days * hours.per_day()
        - _worked(first, calendar, hours)
        + _worked(last, calendar, hours)
    )


def forwards(local: datetime, left: timedelta, calendar: Calendar, hours: OfficeHours) -> datetime:
    """The moment at which `left` of office time has passed since `local`; left > 0."""
    for begin, end in _segments_from(local, calendar, hours):
        open_from = max(begin, local)
        if end - open_from >= left:
            return open_from + left
        left -= max(end - open_from, _NONE)
    raise AssertionError("office segments never end")


def backwards(local: datetime, left: timedelta, calendar: Calendar, hours: OfficeHours) -> datetime:
    """The moment from which `left` of office time remains until `local`; left >= 0.

    With nothing left: `local` itself, or the last moment before it at which the office was open.
    """
    for begin, end in _segments_back(local, calendar, hours):
        open_until = min(end, local)
        if open_until >= begin and open_until - begin >= left:
            return open_until - left
        left -= max(open_until - begin, _NONE)
    raise AssertionError("office segments never end")


def _worked(local: datetime, calendar: Calendar, hours: OfficeHours) -> timedelta:
    """The office time of the day of `local` that has passed at `local`."""
    ordinal = local.toordinal()
    if not calendar.is_working(ordinal):
        return _NONE
    return sum(
        (max(min(end, local) - begin, _NONE) for begin, end in _segments(ordinal, hours)), _NONE
    )


def _segments(ordinal: int, hours: OfficeHours) -> list[tuple[datetime, datetime]]:
    day = date.fromordinal(ordinal)
    return [
        (datetime.combine(day, begin), datetime.combine(day, end)) for begin, end in hours.segments
    ]


def _segments_from(
    local: datetime, calendar: Calendar, hours: OfficeHours
) -> Iterator[tuple[datetime, datetime]]:
    ordinal = local.toordinal() - 1
    while True:
        ordinal = calendar.working_day_after(ordinal, 1)
        yield from _segments(ordinal, hours)


def _segments_back(
    local: datetime, calendar: Calendar, hours: OfficeHours
) -> Iterator[tuple[datetime, datetime]]:
    ordinal = local.toordinal() + 1
    while True:
        ordinal = calendar.working_day_before(ordinal, 1)
        yield from reversed(_segments(ordinal, hours))
