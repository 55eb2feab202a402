"""A clock that stands still at times: walking along it, forwards and back.

A day is lost to a suspension when the clock stands still at its close of business. So a pause from
one day into another costs as many days as their dates are apart, rest days cost nothing in a
budget of working days, and a case resumed is never overdue at once.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from engine.working_time.calendar import Calendar, OfficeHours, aware

Suspension = tuple[datetime, datetime | None]
"""From, and to; None while the clock still stands still."""

LostDays = tuple[int, int | None]
"""The first and the last day lost, as ordinals; None if there is no last."""

_Position = TypeVar("_Position", int, datetime)
_Length = TypeVar("_Length", int, timedelta)


def merged(suspensions: Sequence[Suspension]) -> list[Suspension]:
    """The same standstill in UTC, in order, without overlaps.

    Raises `ValueError` for a naive instant or an end before its beginning.
    """
    apart: list[Suspension] = []
    for begin, end in sorted((_checked(pause) for pause in suspensions), key=lambda p: p[0]):
        if apart:
            earlier, until = apart[-1]
            if until is None:
                break
            if begin <= until:
                apart[-1] = (earlier, None if end is None else max(until, end))
                continue
        apart.append((begin, end))
    return apart


def local(pauses: Sequence[Suspension], calendar: Calendar) -> list[Suspension]:
    """Pauses in the calendar's local time, without a zone."""
    return [(calendar.local(a), None if b is None else calendar.local(b)) for a, b in pauses]


def lost_days(
    pauses: Sequence[Suspension], calendar: Calendar, hours: OfficeHours
) -> list[LostDays]:
    """The days at whose close of business the clock stands still, in order."""
    lost: list[LostDays] = []
    for begin, end in local(pauses, calendar):
        first = begin.toordinal() + (begin.time() >= hours.close)
        last = None if end is None else end.toordinal() - (end.time() < hours.close)
        if last is None or first <= last:
            lost.append((first, last))
    return lost


def forwards(
    position: _Position,
    left: _Length,
    pauses: Sequence[tuple[_Position, _Position | None]],
    between: Callable[[_Position, _Position], _Length],
    advance: Callable[[_Position, _Length], _Position],
) -> _Position | None:
    """Where `left` has run off after `position`; None if a pause without an end comes first.

    between, advance: measure and walk a stretch without pauses; a pause moves on to its end.
    """
    for begin, end in pauses:
        if end is not None and end <= position:
            continue
        if begin > position:
            live = between(position, begin)
            if left <= live:
                break
            left -= live
        if end is None:
            return None
        position = end
    return advance(position, left)


def backwards(
    position: _Position,
    left: _Length,
    pauses: Sequence[tuple[_Position, _Position | None]],
    between: Callable[[_Position, _Position], _Length],
    retreat: Callable[[_Position, _Length], _Position],
) -> _Position:
    """From where `left` runs until `position`; a pause moves back to its beginning."""
    for begin, end in reversed(pauses):
        if begin >= position:
            continue
        if end is not None and end < position:
            live = between(end, position)
            if left <= live:
                break
            left -= live
        position = begin
    return retreat(position, left)


def _checked(pause: Suspension) -> Suspension:
    begin, end = pause
    if end is None:
        return aware(begin).astimezone(UTC), None
    if aware(end) < aware(begin):
        raise ValueError(f"expected a suspension that ends after it begins, found {begin} to {end}")
    return begin.astimezone(UTC), end.astimezone(UTC)
