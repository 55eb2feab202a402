"""The agenda: the courses of all cases, and what is to be done about them, in order of time.

It looks at the database for what has opened and takes up what a demo that was cut short had done.
"""

import heapq
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from engine.db import reading
from engine.playing import deciding, extras, memory
from engine.playing.arrivals import Arrival
from engine.playing.bank import City
from engine.playing.cast import Cast
from engine.playing.chances import lots
from engine.playing.course import Act, Course, Opened
from engine.playing.deciding import Moment
from engine.playing.office import Office
from engine.playing.when import When
from engine.playing.writing import is_fob

LADDER = (
    "phone",
    "on_site",
    "meeting",
    "order",
    "interview",
    "commitment",
    "criticism",
    "referral",
)
_AT_LAST = 30 * 450  # minutes of office time after which anybody moves


class Agenda:
    """What is to be done. courses: by the number of the arrival."""

    def __init__(self, office: Office, cast: Cast, seed: str) -> None:
        self.courses: dict[int, Course] = {}
        self._office, self._cast, self._seed = office, cast, seed
        self._queue: list[Act] = []
        self._of_case: dict[UUID, Course] = {}
        self._whens: dict[str, When] = {}
        self._last_task = memory.FIRST

    @property
    def first(self) -> datetime | None:
        """When the next act is due, or None."""
        return self._queue[0].at if self._queue else None

    def take(self) -> Act:
        """The next act, which is no longer on the agenda."""
        return heapq.heappop(self._queue)

    def push(self, act: Act) -> None:
        """One act more."""
        heapq.heappush(self._queue, act)

    def remember(self) -> datetime | None:
        """Take up what is there already; when it ended, or None if nothing is there."""
        since = self._courses_that_are_there()
        for arrival in self._cast.arrivals.values():
            if arrival.number not in self.courses:
                self.push(Act(arrival.at, arrival.number, "arrive", "arrive"))
        later = [act for course in self.courses.values() for act in self._later(course)]
        for act in (*later, *self._cast.steps):
            if since is None or act.at >= since:
                self.push(act)
        with reading(self._office.sessions) as session:
            self.look(session, since)
        return since

    def begin(self, arrival: Arrival, key: UUID, number: str) -> Course:
        """A case has come in."""
        course = self._begin(arrival, key, number)
        for act in self._later(course):
            self.push(act)
        return course

    def look(self, session: Session, since: datetime | None = None) -> None:
        """See what has opened, and decide what is to be done about it.

        since: when a demo that was cut short ended; what lay before it, beside tasks, was done.
        """
        for task, is_open in memory.tasks_after(session, self._last_task):
            self._last_task = task.id
            course = self._of_case.get(task.case_id) or self._brought(session, task.case_id)
            if course is None:
                continue
            kind = f"{task.element}:{task.item}"
            course.seen[kind] += 1
            if is_open and course.arrival.number not in self._cast.scripted:
                self._decide(replace(task, time=course.seen[kind]), course, since)

    def rung_done(self, course: Course, rung: str, at: datetime) -> None:
        """A rung of a ladder was done; who slept and minds it will soon do the task."""
        course.rungs.append((rung, at))
        course.asleep = [one for one in course.asleep if not self._moves(course, one, rung, at)]

    def _courses_that_are_there(self) -> datetime | None:
        with reading(self._office.sessions) as session:
            for number, key, case_number in memory.taken_in(session):
                self._begin(self._cast.arrivals[number], key, case_number)
            if not self.courses:
                return None
            rungs, answers = memory.rungs_done(session), memory.newest_answers(session)
            for key in memory.brought_cases(session):
                self._brought(session, key)
            for key, course in self._of_case.items():
                course.rungs += rungs.get(key, [])
                course.fobbed = is_fob(answers.get(key, ""))
            return memory.last_instant(session)

    def _decide(self, task: Opened, course: Course, since: datetime | None) -> None:
        before = len(course.asleep)
        moment = Moment(
            task,
            course,
            self._office.habit(self._office.who(task, course)),
            self._when(course.arrival.city),
            course.lots("decide", task.element, task.item, task.time),
        )
        for act in deciding.decide(moment):
            if act.kind == "do" or since is None or act.at >= since:
                self.push(act)
        for sleeper in course.asleep[before:]:
            self.push(moment.does(moment.when.beyond(task.opened_at, task.due_at, _AT_LAST)))
            for rung, done_at in course.rungs:
                if done_at >= task.opened_at and self._moves(course, sleeper, rung, done_at):
                    break

    def _moves(
        self, course: Course, sleeper: tuple[Opened, str, int], rung: str, at: datetime
    ) -> bool:
        """Whether a rung makes somebody move who let a limit pass."""
        task, moved_by, minutes = sleeper
        if LADDER.index(rung) < LADDER.index(moved_by):
            return False
        when = self._when(course.arrival.city).after(at, minutes)
        name = f"{task.element}:{task.item}:{task.time}"
        self.push(Act(when, course.arrival.number, name, "do", task))
        return True

    def _later(self, course: Course) -> list[Act]:
        scripted = course.arrival.number in self._cast.scripted
        return [] if scripted else extras.after_arrival(course)

    def _brought(self, session: Session, case_id: UUID) -> Course | None:
        """The course of a case that was brought up in a callback."""
        origin_id, text, number = memory.brought_by(session, case_id)
        origin = None if origin_id is None else self._of_case.get(origin_id)
        if origin is None:
            return None
        origin.suggested += 1
        arrival = extras.said_in_callback(origin, text, origin.suggested - 1)
        return self._begin(arrival, case_id, number)

    def _begin(self, arrival: Arrival, key: UUID, number: str) -> Course:
        units = arrival.city.units(arrival.template.duty) if arrival.template.duty else [""]
        right = lots(self._seed, arrival.number, "right").choice(units)
        course = Course(arrival, key, number, right, self._seed)
        self._of_case[key] = self.courses[arrival.number] = course
        return course

    def _when(self, city: City) -> When:
        if city.pack not in self._whens:
            self._whens[city.pack] = self._office.when(city)
        return self._whens[city.pack]
