"""The official calendar (工作日历) and the office hours (办公时间) of a place."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from engine.errors import InvalidInput

CHINA = ZoneInfo("Asia/Shanghai")
StartRule = Literal["next_day", "same_day_before_cutoff"]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar: whether it is worked, and who says so.

    source: the notice; provisional: no notice yet; names: of the holiday, if there is one.
    """

    working: bool
    source: str = ""
    provisional: bool = False
    name_zh: str = ""
    name_en: str = ""


def aware(at: datetime) -> datetime:
    """`at` itself. Raises `ValueError` if it has no zone."""
    if at.tzinfo is None:
        raise ValueError(f"expected an instant with a time zone, found {at.isoformat()}")
    return at


_WEEKDAY = Day(working=True, provisional=True)
_WEEKEND = Day(working=False, provisional=True)


class _Year(NamedTuple):
    working: list[int]
    provisional: list[int]


@dataclass(frozen=True, eq=False)
class Calendar:
    """Which days are worked in one zone. Immutable: build a new one when a day changes.

    days: a date without a row is worked from Monday to Friday and provisional; so a year is
    official only with all its days, as `calendar_notice` gives them.
    Days are counted as proleptic ordinals (`date.toordinal`); each year is sorted out once.
    """

    days: Mapping[date, Day]
    zone: ZoneInfo = CHINA
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False)

    def day(self, on: date) -> Day:
        """The row of a day, or what its weekday lets us expect."""
        return self.days.get(on) or (_WEEKDAY if on.weekday() < 5 else _WEEKEND)

    def local(self, at: datetime) -> datetime:
        """`at` in this zone, without its zone. Raises `ValueError` if it came without one."""
        return aware(at).astimezone(self.zone).replace(tzinfo=None)

    def is_working(self, ordinal: int) -> bool:
        """Whether the day is worked."""
        return self.day(date.fromordinal(ordinal)).working

    def working_day_after(self, ordinal: int, count: int) -> int:
        """The `count`-th working day after a day; count >= 1."""
        year = date.fromordinal(ordinal).year
        working = self._year(year).working
        index = bisect_right(working, ordinal) + count - 1
        while index >= len(working):
            index -= len(working)
            year += 1
            working = self._year(year).working
        return working[index]

    def working_day_before(self, ordinal: int, count: int) -> int:
        """The `count`-th working day before a day; count >= 1."""
        year = date.fromordinal(ordinal).year
        working = self._year(year).working
        index = bisect_left(working, ordinal) - count
        while index < 0:
            year -= 1
            working = self._year(year).working
            index += len(working)
        return working[index]

    def working_days(self, after: int, until: int) -> int:
        """How many working days lie after `after`, up to and with `until`."""
        if until <= after:
            return 0
        first, last = date.fromordinal(after).year, date.fromordinal(until).year
        whole = sum(len(self._year(year).working) for year in range(first, last))
        return (
            whole
            + bisect_right(self._year(last).working, until)
            - bisect_right(self._year(first).working, after)
        )

    def is_provisional(self, first: int, last: int) -> bool:
        """Whether any day from `first` to `last`, both included, has no notice yet."""
        for year in range(date.fromordinal(first).year, date.fromordinal(last).year + 1):
            unsure = self._year(year).provisional
            index = bisect_left(unsure, first)
            if index < len(unsure) and unsure[index] <= last:
                return True
        return False

    def _year(self, year: int) -> _Year:
        known = self._years.get(year)
        if known is None:
            ordinals = range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
            days = [(ordinal, self.day(date.fromordinal(ordinal))) for ordinal in ordinals]
            known = _Year(
                [ordinal for ordinal, day in days if day.working],
                [ordinal for ordinal, day in days if day.provisional],
            )
            self._years[year] = known  # The same from every thread, so the last one may win.
        return known


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When the office is open on a working day, and from when a day counts.

    segments: local times, in order, apart from each other: the break between them is not office
    time. close: local; the end of a last day, Civil Code art. 203. start_rule `next_day`: the
    day of receipt is not counted, art. 201; `same_day_before_cutoff`: a working day counts as
    the first, for budgets in working days, if the case came before `cutoff`.
    """

    segments: tuple[tuple[time, time], ...] = (
        (time(9), time(12)),
        (time(13, 30), time(18)),
    )
    close: time = time(18)
    start_rule: StartRule = "next_day"
    cutoff: time = time(12)

    def __post_init__(self) -> None:
        """Refuse hours that overlap, end before they begin, or a cutoff after the close."""
        bounds = [bound for segment in self.segments for bound in segment]
        if not bounds or any(a >= b for a, b in pairwise(bounds)):
            raise InvalidInput("office hours", "segments in order, apart", f"{self}")
        if self.close <= bounds[0] or self.cutoff > self.close:
            raise InvalidInput("office hours", "a cutoff before the close", f"{self}")
        if self.start_rule not in {"next_day", "same_day_before_cutoff"}:
            raise InvalidInput("start rule", "next_day or same_day_before_cutoff", self.start_rule)

    def counts_receipt(self, local: time) -> bool:
        """Whether a day on which a case came at `local` is counted, if it is worked."""
        return self.start_rule == "same_day_before_cutoff" and local < self.cutoff

    def per_day(self) -> timedelta:
        """The office time of a working day."""
        return sum(
            (
                timedelta(hours=end.hour - begin.hour, minutes=end.minute - begin.minute)
                for begin, end in self.segments
            ),
            timedelta(0),
        )

    @classmethod
    def parse(
        cls,
        segments: str,
        close: str = "18:00",
        start_rule: StartRule = "next_day",
        cutoff: str = "12:00",
    ) -> Self:
        """Hours written as `09:00-12:00,13:30-18:00`. Raises `InvalidInput`."""
        pairs = [part.partition("-") for part in segments.split(",")]
        return cls(
            tuple((_time(begin), _time(end)) for begin, _, end in pairs),
            _time(close),
            start_rule,
            _time(cutoff),
        )

    def __str__(self) -> str:
        spans = ",".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in self.segments)
        return f"{spans} close {self.close:%H:%M} cutoff {self.cutoff:%H:%M}"


def _time(text: str) -> time:
    found = re.fullmatch(r"\s*([01]?[0-9]|2[0-3]):([0-5][0-9])\s*", text, re.ASCII)
    if found is None:
        raise InvalidInput("office hours", "a time of day such as 09:00", repr(text[:20]))
    return time(int(found[1]), int(found[2]))
