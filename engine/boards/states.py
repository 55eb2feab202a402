"""What a case may be on the board for (情形), by its clocks and by what else is known of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, literal, or_, true

from engine.column_types import Instant
from engine.packs import Pack
from engine.working_time import Calendar, OfficeHours, next_office_moment
from engine.working_time.office import forwards, utc


class State(StrEnum):
    """What a case may be on the board for; each has a figure and a list of exactly its cases."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    UNCONTACTED = "uncontacted"
    UNANSWERED = "unanswered"
    UNREVIEWED = "unreviewed"
    UNCALLED = "uncalled"
    RETURNED = "returned"
    EXTENDED = "extended"
    REOPENED = "reopened"
    REPEATED = "repeated"
    CONFIDENTIAL = "confidential"
    SUPERVISED = "supervised"
    RUNNING = "running"  # any clock of it runs
    WATCHED = "watched"  # any of those that cannot wait


# What a clock says, and what is known of a case whatever its clocks say.
CLOCK_STATES = (
    State.OVERDUE,
    State.TODAY,
    State.SOON,
    State.UNCONTACTED,
    State.UNANSWERED,
    State.UNREVIEWED,
    State.UNCALLED,
    State.EXTENDED,
    State.RUNNING,
)
MARKS = (
    State.RETURNED,
    State.REOPENED,
    State.REPEATED,
    State.CONFIDENTIAL,
    State.SUPERVISED,
)
# Whatever is one of these is watched.
PRESSING = (State.OVERDUE, State.TODAY, State.SOON)
PRESSING_MARKS = (State.RETURNED, State.SUPERVISED)
# Whose time is over when one of these limits has passed.
LIMITS_OF = {
    State.UNCONTACTED: ("contact",),
    State.UNANSWERED: ("handling", "answer"),
    State.UNREVIEWED: ("review",),
    State.UNCALLED: ("callback",),
}
OFTEN_RETURNED, OFTEN_REPEATED = 2, 3
# Up to so many working days a case has waited, by band; the last band is beyond them.
BANDS = (2, 5, 10, 20)


@dataclass(frozen=True)
class Moment:
    """Now, as the city counts time; packs: every version by its id."""

    now: datetime
    calendar: Calendar
    packs: Mapping[UUID, Pack]

    @property
    def midnight(self) -> datetime:
        """When today ends."""
        tomorrow = self.calendar.local(self.now).date() + timedelta(days=1)
        return utc(datetime.combine(tomorrow, time()), self.calendar)

    def conditions(self, of: Any) -> dict[State, ColumnElement[bool]]:
        """What a clock is, by its columns `due_at`, `limit`, `budget`, `extended`, `pack_id`."""
        overdue, running = of.due_at < self.now, of.due_at >= self.now
        return {
            State.OVERDUE: overdue,
            State.TODAY: and_(running, of.due_at < self.midnight),
            State.SOON: and_(running, self._last_day(of)),
            **{s: and_(overdue, of.limit.in_(names)) for s, names in LIMITS_OF.items()},
            State.EXTENDED: of.extended,
            State.RUNNING: true(),
        }

    def pressing(self, of: Any) -> ColumnElement[bool]:
        """Whether a clock cannot wait."""
        conditions = self.conditions(of)
        return or_(*(conditions[state] for state in PRESSING))

    def band(self, received_at: Any) -> ColumnElement[int]:
        """In which band of `BANDS` a case is that came in then."""
        since = ((received_at >= at, place) for place, at in enumerate(self._since()))
        return case(*since, else_=len(BANDS))

    def _since(self) -> Iterable[datetime]:
        """From when on what came in has waited at most so many working days."""
        today = self.calendar.local(self.now).toordinal()
        for days in BANDS:
            first = self.calendar.working_day_before(today + 1, days + 1)
            day = datetime.combine(datetime.fromordinal(first), time())
            yield utc(day, self.calendar)

    def _last_day(self, of: Any) -> ColumnElement[bool]:
        """Whether no more than a working day is left, as a badge says; by each pack's hours."""
        by_hours: dict[OfficeHours, list[UUID]] = {}
        for key, pack in self.packs.items():
            by_hours.setdefault(pack.hours, []).append(key)
        by_day_and_night = of.budget.like("% h")
        return or_(
            False,
            *(
                and_(
                    true() if len(by_hours) == 1 else of.pack_id.in_(keys),
                    of.due_at
                    <= case(
                        (by_day_and_night, literal(self.now + hours.per_day(), Instant)),
                        # Without its type it would be bound as a text: after every instant.
                        else_=literal(self._a_day_later(hours), Instant),
                    ),
                )
                for hours, keys in by_hours.items()
            ),
        )

    def _a_day_later(self, hours: OfficeHours) -> datetime:
        """The last instant with no more than a working day of office time until it."""
        used_up = forwards(self.calendar.local(self.now), hours.per_day(), self.calendar, hours)
        return next_office_moment(utc(used_up, self.calendar), self.calendar, hours)
