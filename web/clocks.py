"""Clocks in words: the due badge, and the count day by day as a calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from flask_babel import gettext as _

from engine import clock
from engine.working_time import Budget, Calendar, Explanation, OfficeHours, Step, remaining
from web import i18n


@dataclass(frozen=True)
class Badge:
    """A due badge: state is ok, soon, late, hold or met; exact is the instant in words."""

    state: str
    text: str
    exact: str = ""
    url: str = ""


class DeadlineLike(Protocol):
    """The columns of a deadline that a badge tells."""

    @property
    def due_at(self) -> datetime | None:
        """When it is over; None while it is suspended."""

    @property
    def budget(self) -> str:
        """As `Budget.parse` reads it."""

    @property
    def provisional(self) -> bool:
        """Whether the due time may still change."""

    @property
    def settled_at(self) -> datetime | None:
        """When it stopped."""

    @property
    def settled_as(self) -> str:
        """`met`, `late` or `cancelled`, empty while it runs."""


def badge_of(
    deadline: DeadlineLike,
    calendar: Calendar,
    hours: OfficeHours,
    *,
    short: bool = False,
    url: str = "",
) -> Badge | None:
    """The badge of a deadline's row; None for one that was cancelled. short: for dense lists."""
    if deadline.settled_at is not None:
        return settled(deadline.settled_at, deadline.settled_as, url=url)
    if deadline.due_at is None:
        return Badge("hold", _("暂停，不计时"), url=url)
    budget = Budget.parse(deadline.budget)
    return badge(
        deadline.due_at,
        calendar,
        hours,
        provisional=deadline.provisional,
        all_hours=budget.unit == "h" and not budget.office,
        short=short,
        url=url,
    )


def badge(
    due_at: datetime,
    calendar: Calendar,
    hours: OfficeHours,
    *,
    provisional: bool = False,
    all_hours: bool = False,
    short: bool = False,
    url: str = "",
) -> Badge:
    """What is left until `due_at`, or has passed since, in working time.

    `soon` begins in the last working day. all_hours: the limit runs day and night.
    """
    now = clock.now()
    left = remaining(now, due_at, calendar, hours)
    per_day = hours.per_day()
    if all_hours:
        days, rest = 0, abs(due_at - now)
        soon = rest <= per_day
    else:
        days, rest = divmod(left.office, per_day)
        soon = left.office <= per_day
    minutes = int(rest / timedelta(minutes=1))
    words = i18n.duration(days, minutes, short=short)
    exact = i18n.moment(due_at) + (_("（暂定）") if provisional else "")
    if left.overdue and not days and not minutes:  # it ran out last night, and the office opens now
        return Badge("late", _("刚超期"), exact, url)
    if left.overdue:
        return Badge("late", _("超期 %(words)s", words=words), exact, url)
    return Badge("soon" if soon else "ok", _("剩 %(words)s", words=words), exact, url)


def settled(at: datetime, settled_as: str, *, url: str = "") -> Badge | None:
    """The badge of a clock that has stopped: `met`, `late`, or None for `cancelled`."""
    if settled_as == "met":
        return Badge("met", _("已按时 %(at)s", at=i18n.short_moment(at)), i18n.moment(at), url)
    if settled_as == "late":
        return Badge("late", _("超期办结 %(at)s", at=i18n.short_moment(at)), i18n.moment(at), url)
    return None


@dataclass(frozen=True)
class Cell:
    """One day of the calendar, for the macro `days`."""

    weekday: str
    date: str
    words: tuple[str, ...]
    classes: str
    today: bool


def calendar_cells(
    explanation: Explanation, *, today: date, first_due: date | None = None
) -> list[Cell]:
    """The days of a count from Monday to Sunday, the first one in its column.

    today, first_due (before an extension): local dates, marked if they are among the days.
    """
    steps = explanation.days
    last = steps[-1].date if steps and not explanation.due.paused else None
    return [
        _cell(step, place, today=today, first_due=first_due, last=last)
        for place, step in enumerate(steps)
    ]


def _cell(
    step: Step, place: int, *, today: date, first_due: date | None, last: date | None
) -> Cell:
    marks = {
        "is-today": (step.date == today, _("今天")),
        "": (step.date == first_due != last, _("原到期")),
        "is-due": (step.date == last, _("到期")),
    }
    shifted = step.working and step.date.isoweekday() > 5
    off = not step.working and step.number is None
    classes = [f"from-{step.date.isoweekday()}"] if place == 0 else []
    classes += ["is-shift"] if shifted else ["is-off"] if off else []
    classes += [cls for cls, (on, _word) in marks.items() if on and cls]
    words = [_counted(step, place)]
    words += [_("调休")] if shifted else []
    words += [_("暂定")] if step.provisional else []
    words += [word for on, word in marks.values() if on]
    return Cell(
        i18n.weekday(step.date),
        f"{step.date.month}/{step.date.day}",
        tuple(words),
        " ".join(classes),
        step.date == today,
    )


def _counted(step: Step, place: int) -> str:
    """How the day counts, or why it does not."""
    if step.number is not None:
        words: str = _("第%(n)d天", n=step.number)
    elif place == 0:
        words = _("收到")
    else:
        words = _("计时") if step.counts else i18n.pick(step.reason)
    return words


def weekdays() -> Sequence[str]:
    """The heads of the calendar's columns."""
    monday = date(2026, 11, 16)
    return [i18n.weekday(monday + timedelta(days=n)) for n in range(7)]
