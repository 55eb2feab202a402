"""The two sides that are measured: our whole command, and the library as it comes.

Both run the same deployed specification and get the same answers. A side starts a case untimed;
`complete` is what is timed.
"""

import sqlite3
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from engine import deployed
from engine.bench.office import Office
from engine.bench.scenarios import BODY, TITLE, Scenario, Step
from engine.bpmn.specification import Specification
from engine.bpmn.stock import Stock
from engine.bpmn.values import Facts
from engine.commands import idempotency, tasks
from engine.db import new_key, reading, table, transaction
from engine.models import Instance, UserTask

_instance, _task = table(Instance), table(UserTask)
_CASE = Facts({"category": "noise"})


class Case(Protocol):
    """One case on one side."""

    def complete(self, step: Step) -> None:
        """Complete the open task of this step, and be durable."""

    def state_bytes(self) -> int:
        """How large its stored state is now; 0 once it has ended."""


@dataclass
class OurCase:
    """A case of the product: every step is the whole command, as a page or the API calls it."""

    office: Office
    instance_id: UUID
    task_id: UUID

    @classmethod
    def received(cls, office: Office, scenario: Scenario) -> "OurCase":
        """A case that waits for its first task."""
        got = office.receive(scenario.pack)
        with reading(office.sessions) as session:
            row = session.execute(
                select(_task.c.instance_id, _task.c.id).where(_task.c.case_id == got.case_id)
            ).one()
        return cls(office, row.instance_id, row.id)

    def complete(self, step: Step) -> None:
        """Permission, form, run, rows, history, idempotency, commit."""
        actor, key, scope = self.office.actor, new_key().hex, str(self.office.actor.id)
        asked = idempotency.digest([step.element, step.answers])
        with transaction(self.office.sessions) as session:
            assert idempotency.answered(session, scope, key, asked) is None
            done = tasks.complete(session, self.task_id, step.answers, by=actor)
            opened = [task.hex for task in done.opened]
            idempotency.keep(session, scope, key, asked, {"case": done.number, "opened": opened})
        assert done.ended == (not done.opened)
        if done.opened:
            (self.task_id,) = done.opened

    def state_bytes(self) -> int:
        """The size of the instance's `state`."""
        with reading(self.office.sessions) as session:
            state = session.scalar(
                select(_instance.c.state).where(_instance.c.id == self.instance_id)
            )
        return len(state or b"")


@dataclass
class StockCase:
    """The same case on the library's own serializer: one row of JSON, all that was said in it."""

    connection: sqlite3.Connection
    specification: Specification
    key: int

    @classmethod
    def received(cls, connection: sqlite3.Connection, specification: Specification) -> "StockCase":
        """A case that waits for its first task."""
        stock = Stock.start(specification, _CASE, {"title": TITLE, "body": BODY})
        inserted = connection.execute("INSERT INTO instance (state) VALUES (?)", (stock.dump(),))
        assert inserted.lastrowid is not None
        return cls(connection, specification, inserted.lastrowid)

    def complete(self, step: Step) -> None:
        """Load, complete, save, commit."""
        self.connection.execute("BEGIN IMMEDIATE")
        stock = Stock.restore(self.specification, self._state(), _CASE)
        stock.complete(step.element, step.answers)
        self.connection.execute(
            "UPDATE instance SET state = ? WHERE id = ?", (stock.dump(), self.key)
        )
        self.connection.execute("COMMIT")

    def state_bytes(self) -> int:
        """The size of the row's JSON."""
        return len(self._state())

    def _state(self) -> bytes:
        row = self.connection.execute("SELECT state FROM instance WHERE id = ?", (self.key,))
        state: bytes = row.fetchone()[0]
        return state


def stock_table(connection: sqlite3.Connection) -> None:
    """The one table of the library's side."""
    connection.execute("CREATE TABLE instance (id INTEGER PRIMARY KEY, state BLOB)")


def specification(office: Office, process: str) -> Specification:
    """The specification that is deployed."""
    with reading(office.sessions) as session:
        return deployed.latest(session, process).specification
