"""An office whose people do their tasks: who may do what, and doing it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock, deployed, permissions
from engine.commands import cases, supervisions, tasks
from engine.commands.cases import Received, Said
from engine.db import Sessions, reading, transaction
from engine.errors import NotFound
from engine.identity import Vault
from engine.models import Person, TaskStatus, UserTask
from engine.permissions import Actor
from engine.playing.answers import answers_for
from engine.queries import people


class Office:
    """The people of one database, at work."""

    def __init__(self, sessions: Sessions, vault: Vault) -> None:
        self.sessions = sessions
        self._vault = vault
        with reading(sessions) as session:
            keys = session.scalars(select(Person.id).where(Person.active).order_by(Person.id)).all()
            self._people = [people.actor(session, key) for key in keys]
            self.zone = deployed.current_calendar(session).zone

    def receive(self, pack_key: str, said: Said, *, by_role: str = "") -> Received:
        """Take in what a citizen says; by_role: who enters it, nobody if the citizen did."""
        by = self._with_role(by_role).id if by_role else None
        with transaction(self.sessions) as session:
            return cases.receive(session, self._vault, pack_key, said, by=by)

    def do(self, case_id: UUID, element: str, said: dict[str, Any]) -> None:
        """Somebody who may completes the first open task of `element` in a case.

        Raises `NotFound` if there is none, and what `tasks.complete` raises.
        """
        with reading(self.sessions) as session:
            task = session.scalars(
                select(UserTask)
                .where(
                    UserTask.case_id == case_id,
                    UserTask.element == element,
                    UserTask.status == TaskStatus.OPEN,
                )
                .order_by(UserTask.id)
                .limit(1)
            ).first()
        if task is None:
            raise NotFound(f"No open task {element!r}.")
        answers = answers_for(element, clock.now().astimezone(self.zone), said)
        with transaction(self.sessions) as session:
            tasks.complete(session, task.id, answers, by=self._who_may(task))

    def supervise(self, number: str, rung: str, reason: str) -> None:
        """A supervisor starts a ladder at one rung."""
        with transaction(self.sessions) as session:
            supervisions.ask(session, number, rung, reason, by=self._with_role("supervisor"))

    def ask_extension(self, number: str, unit: str) -> None:
        """The unit's handler opens the request for more time."""
        with transaction(self.sessions) as session:
            supervisions.ask_extension(session, number, by=self._with_role("handler", unit))

    def _who_may(self, task: UserTask) -> Actor:
        for person in self._people:
            if permissions.may_do(person, task):
                return person
        raise NotFound(f"Nobody may do {task.element!r} for {task.unit_key!r}.")

    def _with_role(self, role: str, unit: str | None = None) -> Actor:
        for person in self._people:
            if person.acts_for(role, unit):
                return person
        raise NotFound(f"Nobody is {role!r}.")
