"""A due time explained day by day, as a person counts it on a calendar with a pencil.

It walks every day and shares no arithmetic with `counting`, which jumps: tests hold them together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from engine.working_time import office
from engine.working_time.budget import Budget
from engine.working_time.calendar import Calendar, Day, OfficeHours
from engine.working_time.counting import Due, due
from engine.working_time.suspending import Suspension

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One calendar day of the count.

    counts: the day, or for hours some time of it, was used up; number: the how-manieth counted
    day it is, None for hours and for days that do not count. reason: {"zh", "en"}.
    """

    date: date
    working: bool
    counts: bool
    reason: Text
    provisional: bool
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A due time and every calendar day from the start up to it (or to an open suspension)."""

    due: Due
    days: tuple[Step, ...]


RECEIPT: Text = {"zh": "收到当日不计", "en": "The day of receipt is not counted"}
WEEKEND: Text = {"zh": "周末", "en": "Weekend"}
DAY_OFF: Text = {"zh": "休息日", "en": "Day off"}
WORKING: Text = {"zh": "工作日", "en": "Working day"}
MADE_UP: Text = {"zh": "调休上班", "en": "Worked in exchange for a holiday"}
CALENDAR_DAY: Text = {"zh": "自然日", "en": "Calendar day"}
SUSPENDED: Text = {
    "zh": "下班时处于暂停，不计",
    "en": "Suspended at close of business, not counted",
}
MOVED: Text = {
    "zh": "末日为休息日或暂停，顺延至本日",
    "en": "Moved here, as the last day is no working day",
}
ROUND_THE_CLOCK: Text = {"zh": "按小时连续计算", "en": "Hours run day and night"}
IN_OFFICE: Text = {"zh": "按办公时间计算", "en": "Hours run within office hours"}
NO_TIME: Text = {"zh": "本日没有计时", "en": "No time ran on this day"}


def explain(
    start: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    *,
    suspensions: Sequence[Suspension] = (),
    extended: Budget | None = None,
) -> Explanation:
    """What `due` gives for the same arguments, with every day between and why it counts or not."""
    result = due(start, budget, calendar, hours, suspensions=suspensions, extended=extended)
    if extended is None or budget.same_kind(extended):
        whole = budget if extended is None else budget + extended
        return Explanation(result, tuple(_steps(start, whole, calendar, hours, suspensions)))
    first = due(start, budget, calendar, hours, suspensions=suspensions)
    days = list(_steps(start, budget, calendar, hours, suspensions))
    if first.at is not None:
        later = replace(hours, start_rule="next_day")
        rest = list(_steps(first.at, extended, calendar, later, suspensions))
        # The day on which the first budget ends was told already, unless hours go on in it.
        days = [*days[:-1], *rest] if extended.unit == "h" else [*days, *rest[1:]]
    return Explanation(result, tuple(days))


def _steps(
    start: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    suspensions: Sequence[Suspension],
) -> Iterator[Step]:
    if budget.unit == "h":
        return _hour_steps(start, budget, calendar, hours, suspensions)
    return _day_steps(start, budget, calendar, hours, suspensions)


def _day_steps(
    start: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    suspensions: Sequence[Suspension],
) -> Iterator[Step]:
    local = calendar.local(start)
    on, number = local.date(), 0
    if budget.unit == "d" or not hours.counts_receipt(local.time()):
        yield _step(on, calendar.day(on), RECEIPT)
        on += timedelta(days=1)
    while True:
        day = calendar.day(on)
        closing = office.utc(datetime.combine(on, hours.close), calendar)
        pause = _pause_at(closing, suspensions)
        if number == budget.amount:  # Only calendar days come here: the last was a rest day.
            at_rest = pause is not None or not day.working
            yield _step(on, day, _why(day, on, SUSPENDED if pause else MOVED))
            if not at_rest:
                return
        elif pause is not None:
            yield _step(on, day, _why(day, on, SUSPENDED) if budget.unit == "WD" else SUSPENDED)
        elif budget.unit == "WD" and not day.working:
            yield _step(on, day, _why(day, on, WORKING))
        else:
            number += 1
            reason = _why(day, on, WORKING) if budget.unit == "WD" else CALENDAR_DAY
            yield _step(on, day, reason, number)
            if number == budget.amount and day.working:
                return
        if pause is not None and pause[1] is None:
            return
        on += timedelta(days=1)


def _hour_steps(
    start: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    suspensions: Sequence[Suspension],
) -> Iterator[Step]:
    until = due(start, budget, calendar, hours, suspensions=suspensions).at
    if until is None:  # Told up to the day on which the clock stopped.
        until = max(start, min(begin for begin, end in suspensions if end is None))
    on, last = calendar.local(start).date(), calendar.local(until).date()
    while on <= last:
        day = calendar.day(on)
        ran = _ran(on, start, until, budget, calendar, hours, suspensions)
        if budget.office:
            reason = _why(day, on, IN_OFFICE if ran else NO_TIME)
        else:
            reason = ROUND_THE_CLOCK if ran else NO_TIME
        yield replace(_step(on, day, reason), counts=ran)
        on += timedelta(days=1)


def _ran(
    on: date,
    start: datetime,
    until: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    suspensions: Sequence[Suspension],
) -> bool:
    """Whether the clock ran at some moment of the day between `start` and `until`."""
    midnight = datetime.combine(on, datetime.min.time())
    spans = [(midnight, midnight + timedelta(days=1))]
    if budget.office:
        spans = [
            (datetime.combine(on, begin), datetime.combine(on, end))
            for begin, end in (hours.segments if calendar.day(on).working else ())
        ]
    for begin, end in spans:
        moment = max(office.utc(begin, calendar), start)
        last = min(office.utc(end, calendar), until)
        for since, to in sorted(suspensions, key=lambda pause: pause[0]):
            if since <= moment and (to is None or to > moment):
                moment = datetime.max.replace(tzinfo=UTC) if to is None else to
        if moment < last:
            return True
    return False


def _pause_at(closing: datetime, suspensions: Sequence[Suspension]) -> Suspension | None:
    """The suspension during which business closes, one without an end before others."""
    pauses = [(a, b) for a, b in suspensions if a < closing and (b is None or closing <= b)]
    return min(pauses, key=lambda pause: pause[1] is not None, default=None)


def _why(day: Day, on: date, worked: Text) -> Text:
    """Why a day is a rest day or a made-up one; `worked` if nothing is special about it."""
    weekend = on.weekday() >= 5
    if day.working:
        return MADE_UP if weekend and worked is WORKING else worked
    if day.name_zh:
        return {"zh": day.name_zh, "en": day.name_en or day.name_zh}
    if weekend:
        return WEEKEND
    return {"zh": day.source, "en": day.source} if day.source else DAY_OFF


def _step(on: date, day: Day, reason: Text, number: int | None = None) -> Step:
    return Step(on, day.working, number is not None, reason, day.provisional, number)
