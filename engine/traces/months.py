"""Months of the city's calendar (月份), written as "2026-11"."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time

from engine.errors import InvalidInput
from engine.working_time import Calendar
from engine.working_time.office import utc

MOST = 36  # a period's months


def month_of(at: datetime, calendar: Calendar) -> str:
    """The month in which an instant lies."""
    return f"{calendar.local(at):%Y-%m}"


def begin(month: str, calendar: Calendar) -> datetime:
    """The instant at which a month begins."""
    year, number = map(int, month.split("-"))
    return utc(datetime.combine(date(year, number, 1), time()), calendar)


def later(month: str, by: int) -> str:
    """The month so many after it; by may be negative."""
    year, number = map(int, month.split("-"))
    months = 12 * year + number - 1 + by
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def between(
    first: datetime, last: datetime, calendar: Calendar
) -> Iterator[tuple[str, datetime, datetime]]:
    """The months from that of one instant to that of another, each with its begin and its end."""
    month, until = month_of(first, calendar), month_of(last, calendar)
    while month <= until:
        following = later(month, 1)
        yield month, begin(month, calendar), begin(following, calendar)
        month = following


def checked(name: str, month: str) -> str:
    """A month as somebody wrote it. Raises `InvalidInput` in the name of the field."""
    if re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", month, re.ASCII) is None:
        raise InvalidInput(name, "a month such as 2026-11", month[:20])
    return month
