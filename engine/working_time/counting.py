"""From a budget to the instant at which it is used up, and back from that instant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from engine.working_time import office, suspending
from engine.working_time.budget import Budget
from engine.working_time.calendar import Calendar, OfficeHours, aware
from engine.working_time.suspending import Suspension


@dataclass(frozen=True, slots=True)
class Due:
    """When a budget is used up.

    at: aware, UTC; None while a suspension without an end keeps it from running out.
    provisional: a day that mattered has no official notice yet, so this may change.
    """

    at: datetime | None
    provisional: bool = False

    @property
    def paused(self) -> bool:
        """Whether the clock stands still."""
        return self.at is None


def due(
    start: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    *,
    suspensions: Sequence[Suspension] = (),
    extended: Budget | None = None,
) -> Due:
    """The instant at which `budget`, begun at `start`, is used up.

    `WD`: close of business on the n-th working day, the day of receipt not counted (unless
    `hours.start_rule` counts it). `d`: the same with calendar days, moved to the next working day
    if the last is a rest day. `h`: from the moment itself, day and night or, `office`, within
    office hours. extended: counted alike, it adds to the amount; else it runs from the first due
    time. suspensions: in any order, also overlapping.
    Source: Civil Code art. 201 and 203; the State Council's yearly holiday notice.
    """
    pauses = suspending.merged(suspensions) if suspensions else []
    if extended is None:
        return _due(start, budget, calendar, hours, pauses)
    if budget.same_kind(extended):
        return _due(start, budget + extended, calendar, hours, pauses)
    first = _due(start, budget, calendar, hours, pauses)
    if first.at is None:
        return first
    # An extension is no receipt: its days begin the day after.
    second = _due(first.at, extended, calendar, replace(hours, start_rule="next_day"), pauses)
    return replace(second, provisional=first.provisional or second.provisional)


def before(
    due_at: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    *,
    suspensions: Sequence[Suspension] = (),
) -> datetime:
    """The instant from which `budget` is left until `due_at`; for warning rungs; UTC.

    `WD`: the same time of day, that many counted working days earlier. `d`: that many calendar
    days. Both lie within office hours: what falls outside moves back to when the office was last
    open. `h`: as in `due`. May lie before the limit began.
    """
    pauses = suspending.merged(suspensions) if suspensions else []
    if budget.unit == "h":
        return _hours_before(due_at, budget, calendar, hours, pauses)
    local = calendar.local(due_at)
    lost = suspending.lost_days(pauses, calendar, hours) if pauses else []
    if budget.unit == "WD":
        day = suspending.backwards(
            local.toordinal(),
            budget.amount,
            lost,
            lambda a, b: calendar.working_days(a, b - 1),
            calendar.working_day_before,
        )
    else:
        day = suspending.backwards(
            local.toordinal(), budget.amount, lost, lambda a, b: b - a - 1, lambda a, left: a - left
        )
    moment = datetime.combine(date.fromordinal(day), local.time())
    return office.utc(office.backwards(moment, timedelta(0), calendar, hours), calendar)


def _due(
    start: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    pauses: list[Suspension],
) -> Due:
    if budget.unit == "h":
        return _hours_due(start, budget, calendar, hours, pauses)
    local = calendar.local(start)
    receipt = local.toordinal()
    lost = suspending.lost_days(pauses, calendar, hours) if pauses else []
    spans = [(first - 1, last) for first, last in lost]
    if budget.unit == "WD":
        if hours.counts_receipt(local.time()):
            receipt -= 1
        amount, looked_from = budget.amount, receipt + 1
    else:
        nominal = suspending.forwards(
            receipt, budget.amount, spans, lambda a, b: b - a, lambda a, left: a + left
        )
        if nominal is None:
            return Due(None)
        # The last day is the first working day from the nominal one on, art. 203.
        receipt, amount, looked_from = nominal - 1, 1, nominal
    last_day = suspending.forwards(
        receipt, amount, spans, calendar.working_days, calendar.working_day_after
    )
    if last_day is None:
        return Due(None)
    closing = datetime.combine(date.fromordinal(last_day), hours.close)
    return Due(office.utc(closing, calendar), calendar.is_provisional(looked_from, last_day))


def _hours_due(
    start: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    pauses: list[Suspension],
) -> Due:
    length = timedelta(hours=budget.amount)
    if not budget.office:
        return Due(
            suspending.forwards(
                aware(start).astimezone(UTC),
                length,
                pauses,
                lambda a, b: b - a,
                lambda a, left: a + left,
            )
        )
    local = calendar.local(start)
    at = suspending.forwards(
        local,
        length,
        suspending.local(pauses, calendar),
        lambda a, b: office.between(a, b, calendar, hours),
        lambda a, left: office.forwards(a, left, calendar, hours),
    )
    if at is None:
        return Due(None)
    provisional = calendar.is_provisional(local.toordinal(), at.toordinal())
    return Due(office.utc(at, calendar), provisional)


def _hours_before(
    due_at: datetime,
    budget: Budget,
    calendar: Calendar,
    hours: OfficeHours,
    pauses: list[Suspension],
) -> datetime:
    length = timedelta(hours=budget.amount)
    if not budget.office:
        return suspending.backwards(
            aware(due_at).astimezone(UTC),
            length,
            pauses,
            lambda a, b: b - a,
            lambda a, left: a - left,
        )
    at = suspending.backwards(
        calendar.local(due_at),
        length,
        suspending.local(pauses, calendar),
        lambda a, b: office.between(a, b, calendar, hours),
        lambda a, left: office.backwards(a, left, calendar, hours),
    )
    return office.utc(at, calendar)
