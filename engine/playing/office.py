"""The people of an office at work: who may do what, and doing it through the commands."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, deployed, permissions
from engine.commands import (
    callback_capacity,
    cases,
    evaluations,
    interviews,
    merges,
    supervisions,
    suspensions,
    tasks,
)
from engine.commands.cases import Received, Said, newest_pack
from engine.commands.evaluations import Rating
from engine.commands.interviews import Meeting
from engine.db import Sessions, reading, transaction
from engine.errors import NotFound
from engine.identity import Reporter, Vault
from engine.models import CallbackCapacity, Case, Person, TaskStatus, Unit, UserTask
from engine.packs import Pack
from engine.permissions import Actor
from engine.playing import habits, memory
from engine.playing.arrivals import Arrival
from engine.playing.bank import City
from engine.playing.course import Course, Opened
from engine.playing.filling import fitted
from engine.playing.memory import AGAIN, SOURCE
from engine.playing.when import When
from engine.queries import people
from engine.queries import supervisions as ladders

_MORNING = time(9, 30)
_CLOCK_KEEPERS = ("supervisor", "approver", "leader")


class Office:
    """The people of one database, at work; with the habit of `everyone`, or each with their own."""

    def __init__(
        self,
        sessions: Sessions,
        vault: Vault,
        seed: str,
        packs: Sequence[str],
        everyone: habits.Habit | None = None,
    ) -> None:
        self.sessions = sessions
        self._vault = vault
        with reading(sessions) as session:
            keys = session.scalars(select(Person.id).where(Person.active))
            everybody = [people.actor(session, key) for key in keys]
            self.calendar = deployed.current_calendar(session)
            self._units = sorted(session.scalars(select(Unit.key).where(Unit.active)))
            self._packs = {key: newest_pack(session, key)[1] for key in packs}
        self._people = sorted(everybody, key=lambda one: one.login)
        handlers = [one.login for one in self._people if one.acts_for("handler", None)]
        drawn = habits.given(handlers, seed)
        self._habits = {login: everyone or habit for login, habit in drawn.items()}
        self._able: dict[tuple[str, str | None, str], list[Actor]] = {}

    def pack(self, city: City) -> Pack:
        """The pack of a city."""
        return self._packs[city.pack]

    def when(self, city: City) -> When:
        """When a city's people work."""
        return When(self.calendar, self.pack(city).hours)

    def now(self) -> datetime:
        """The local time, with its zone."""
        return clock.now().astimezone(self.calendar.zone)

    def habit(self, person: Actor) -> habits.Habit:
        """How somebody works."""
        return self._habits.get(person.login, habits.STEADY)

    def receive(self, arrival: Arrival) -> Received:
        """Take in what a citizen says; who enters it is somebody of the channel's office."""
        pack_key = arrival.city.pack
        said = Said(
            channel=arrival.channel,
            title=arrival.title,
            body=arrival.body,
            reporter=Reporter(arrival.name, arrival.phone),
            place=arrival.slots.put(arrival.template.place),
            confidential=arrival.confidential,
            source=SOURCE,
            source_id=str(arrival.number),
        )
        with transaction(self.sessions) as session:
            by = self._clerk(arrival).id if arrival.entered else None
            return cases.receive(session, self._vault, pack_key, said, by=by)

    def who(self, task: Opened, course: Course) -> Actor:
        """Who does a task: one of those who may, for the same case always the same."""
        able = self.able(task)
        if not able:
            raise NotFound(f"Nobody may do {task.element!r} for {task.unit_key!r}.")
        return able[course.lots("who", task.roles).randrange(len(able))]

    def able(self, task: Opened) -> list[Actor]:
        """Everybody who may do a task, by login."""
        key = (task.roles, task.unit_key, task.candidates)
        if key not in self._able:
            claimable = _Claimable(*key)
            self._able[key] = [one for one in self._people if permissions.may_do(one, claimable)]
        return self._able[key]

    def do(self, task: Opened, answers: dict[str, Any], by: Actor, pack: Pack) -> None:
        """Complete a task with what the form asks of these answers. Raises as `tasks.complete`."""
        with transaction(self.sessions) as session:
            schema = deployed.definition(session, task.definition_id).form(task.form)
            options = {**pack.options(), "units": self._units}
            answers = {"checks": list(options.get("pack.review_checks", ())), **answers}
            if task.candidates:
                # Whoever takes it up does so for a unit of their own.
                answers = answers | {"unit": self._own_candidates(task, by)[0]}
            fitting = fitted(schema, answers, options, self.now())
            tasks.complete(session, task.id, fitting, by=by)

    def is_open(self, task: Opened) -> bool:
        """Whether a task still waits for somebody."""
        with reading(self.sessions) as session:
            status = session.scalar(select(UserTask.status).where(UserTask.id == task.id))
        return status == TaskStatus.OPEN

    def ask_supervision(self, course: Course, rung: str, reason: str) -> None:
        """A supervisor starts a ladder at one rung. Raises as `supervisions.ask`."""
        with transaction(self.sessions) as session:
            by = self._of_office(session, course, ("supervisor", "leader"))
            ladder = supervisions.ask(session, course.number, rung, reason, by=by)
            if rung == "interview":
                self._call(session, ladder, by)

    def _call(self, session: Session, ladder: UUID, by: Actor) -> None:
        """Call the unit of a ladder to an interview, in the morning two working days on."""
        today = self.calendar.local(self.now()).date().toordinal()
        day = date.fromordinal(self.calendar.working_day_after(today, 2))
        held_at = datetime.combine(day, _MORNING, tzinfo=self.calendar.zone)
        number = f"{ladders.number_of(session, ladder)}-Y1"
        meeting = Meeting(held_at, "市民中心 402 室", "书面整改计划", "督办室")
        interviews.call(session, ladder, number, meeting, by=by)

    def ask_extension(self, course: Course, unit: str | None) -> None:
        """The unit's handler opens the request for more time. Raises as `ask_extension`."""
        with transaction(self.sessions) as session:
            supervisions.ask_extension(session, course.number, by=self._with("handler", unit))

    def suspend(self, course: Course, reason: str) -> None:
        """The office stops the handling limit. Raises as `suspensions.suspend`."""
        with transaction(self.sessions) as session:
            by = self._of_office(session, course, _CLOCK_KEEPERS)
            suspensions.suspend(session, course.number, "handling", reason, by=by)

    def resume(self, course: Course) -> None:
        """The office lets it run again. Raises as `suspensions.resume`."""
        with transaction(self.sessions) as session:
            by = self._of_office(session, course, _CLOCK_KEEPERS)
            suspensions.resume(session, course.number, "handling", by=by)

    def add_contact(self, course: Course, words: str) -> None:
        """The same person comes again about the case. Raises as `cases.add_contact`."""
        arrival = course.arrival
        said = Said(
            channel=arrival.channel,
            title="",
            body=words,
            reporter=Reporter(arrival.name, arrival.phone),
            source=SOURCE,
            source_id=f"{arrival.number}{AGAIN}",
        )
        with transaction(self.sessions) as session:
            by = self._of_office(session, course, ("intake", "screener"))
            cases.add_contact(session, self._vault, course.number, said, by=by)

    def undo_merge(self, course: Course, reason: str) -> None:
        """A case is taken out of its matter. Raises as `merges.undo`."""
        with transaction(self.sessions) as session:
            by = self._of_office(session, course, ("screener", "dispatcher", "supervisor"))
            merges.undo(session, course.number, reason, by=by)

    def rate(self, course: Course, result: str, stars: int, words: str) -> None:
        """The citizen follows the link in the newest notice. Raises as `evaluations.rate`."""
        with transaction(self.sessions) as session:
            token = memory.link(session, course.case_id)
            evaluations.rate(session, token, Rating(result, stars, words=words))

    def few_callers(self, calls: int, reason: str) -> None:
        """The offices that draw whom to call say how many calls they make, once."""
        with transaction(self.sessions) as session:
            said = set(session.scalars(select(CallbackCapacity.office_key)))
            for desk in callback_capacity.desks(session):
                if desk.office not in said:
                    by = self._with("supervisor", desk.office)
                    callback_capacity.set_capacity(session, desk.office, calls, reason, by=by)

    def _clerk(self, arrival: Arrival) -> Actor:
        pack = self.pack(arrival.city)
        return self._with("intake", pack.reception(arrival.channel))

    def _of_office(self, session: Session, course: Course, roles: Sequence[str]) -> Actor:
        office = session.scalar(select(Case.office_key).where(Case.id == course.case_id))
        for role in roles:
            for person in self._people:
                if person.acts_for(role, office):
                    return person
        raise NotFound(f"Nobody is {roles[0]!r} of {office!r}.")

    def _with(self, role: str, unit: str | None) -> Actor:
        for person in self._people:
            if person.acts_for(role, unit):
                return person
        raise NotFound(f"Nobody is {role!r} of {unit!r}.")

    def _own_candidates(self, task: Opened, by: Actor) -> list[str]:
        roles = task.roles.strip(",").split(",")
        units = task.candidates.strip(",").split(",")
        return [unit for unit in units if any(by.acts_for(role, unit) for role in roles)]


class _Claimable:
    """A task as the rules look at it."""

    def __init__(self, roles: str, unit_key: str | None, candidates: str) -> None:
        self.roles, self.unit_key, self.candidates = roles, unit_key, candidates
        self.assignee_id: UUID | None = None
