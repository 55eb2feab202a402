"""When people get to something: in their office hours, at the time of day that suits."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from engine.playing.chances import Chance
from engine.working_time import Calendar, OfficeHours, next_office_moment
from engine.working_time import office as office_time

MORNING, AFTERNOON, EVENING = "morning", "afternoon", "evening"
# From and to, in minutes of the day, in which somebody is called.
_BANDS: Mapping[str, tuple[int, int]] = {
    MORNING: (9 * 60, 11 * 60 + 45),
    AFTERNOON: (14 * 60 + 5, 17 * 60 + 40),
    EVENING: (18 * 60 + 35, 20 * 60 + 20),
}
_SHORT = timedelta(hours=26)  # a limit that runs around the clock
_LITTLE = timedelta(minutes=30)


class When:
    """Times of one city's people."""

    def __init__(self, calendar: Calendar, hours: OfficeHours) -> None:
        self.calendar, self.hours = calendar, hours

    def after(self, at: datetime, minutes: int) -> datetime:
        """`minutes` of office time after `at`; minutes >= 1."""
        local = self.calendar.local(at)
        moment = office_time.forwards(
            local.replace(tzinfo=None), timedelta(minutes=minutes), self.calendar, self.hours
        )
        return office_time.utc(moment, self.calendar)

    def around(self, at: datetime, least: int, most: int, chance: Chance) -> datetime:
        """Between `least` and `most` minutes of office time after `at`."""
        return self.after(at, chance.randint(least, most))

    def share(self, at: datetime, due: datetime | None, part: int, chance: Chance) -> datetime:
        """When `part` of a hundred of the time until `due` is over.

        Without a due time, or with next to none left, within half a day of office time.
        """
        left = None if due is None else due - at
        if due is None or left is None or left < _LITTLE:
            return self.around(at, 20, 240, chance)
        if left < _SHORT:
            return at + left * part / 100
        office = office_time.between(self._naive(at), self._naive(due), self.calendar, self.hours)
        minutes = int(office.total_seconds() // 60) * part // 100
        return self.after(at, max(minutes, 5))

    def beyond(self, at: datetime, due: datetime | None, minutes: int) -> datetime:
        """`minutes` of office time after `due`, or after `at` where nothing is due."""
        return self.after(max(at, due or at), minutes)

    def opening(self, at: datetime) -> datetime:
        """`at`, or the next moment at which the office is open."""
        return next_office_moment(at, self.calendar, self.hours)

    def in_band(self, at: datetime, band: str, chance: Chance) -> datetime:
        """The next time of day of this name on a working day, half an hour after `at` at least."""
        first, last = _BANDS[band]
        earliest = self._naive(at) + _LITTLE
        day = earliest.toordinal()
        while True:
            if self.calendar.is_working(day):
                midnight = datetime.combine(date.fromordinal(day), time())
                moment = midnight + timedelta(minutes=chance.randint(first, last))
                if moment >= earliest:
                    return office_time.utc(moment, self.calendar)
            day += 1

    def _naive(self, at: datetime) -> datetime:
        return self.calendar.local(at).replace(tzinfo=None)
