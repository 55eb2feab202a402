"""What somebody has before them who fills in the form of a task."""

from datetime import datetime
from typing import Any

from engine.packs import Pack
from engine.playing.bank import day_of
from engine.playing.course import Course

Written = dict[str, Any]


class Desk:
    """One case, the pack it follows, the time; `main` is the number of the case it repeats."""

    def __init__(
        self, course: Course, pack: Pack, now: datetime, *, units: tuple[str, ...], main: str = ""
    ) -> None:
        self.course, self.pack, self.now = course, pack, now
        self.units, self.main = units, main
        self.arrival = course.arrival
        self.template = course.arrival.template

    def put(self, text: str) -> str:
        """A text of the template, with today's date."""
        return self.arrival.slots.put(text, date=day_of(self.now))
