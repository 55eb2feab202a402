"""The two sides that are measured: our whole command, and the library as it comes.

Both run the same deployed specification and get the same answers. A side starts a case untimed;
`complete` is what is timed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import Column, LargeBinary, MetaData, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from engine import deployed
from engine.bench.office import Office
from engine.bench.scenarios import BODY, TITLE, Scenario, Step
from engine.bpmn.specification import Specification
from engine.bpmn.stock import Stock
from engine.bpmn.values import Facts
from engine.column_types import Key
from engine.commands import idempotency, tasks
from engine.db import Sessions, connect, new_key, reading, table, transaction
from engine.models import Instance, UserTask
from engine.prepared import Prepared, wire

_instance, _task = table(Instance), table(UserTask)
_CASE = Facts({"category": "noise"})
_stock = Table(
    "instance", MetaData(), Column("id", Key, primary_key=True), Column("state", LargeBinary)
)
_INSERT = Prepared(insert(_stock))
_SELECT = Prepared(select(_stock.c.state).where(_stock.c.id == bindparam("key")))
_UPDATE = Prepared(
    update(_stock).where(_stock.c.id == bindparam("key")).values(state=bindparam("new_state"))
)


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
        """Permission, form, run, rows, history, commit, and the answer kept for a repeat."""
        actor, key, scope = self.office.actor, new_key().hex, str(self.office.actor.id)
        asked = idempotency.digest([step.element, step.answers])
        with transaction(self.office.sessions) as session:
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
    """The same case on the library's own serializer: one row of JSON, all that was said in it.

    It goes through the same doors as the product: transaction, connection, prepared statements.
    """

    sessions: Sessions
    specification: Specification
    key: UUID

    @classmethod
    def received(cls, sessions: Sessions, specification: Specification) -> "StockCase":
        """A case that waits for its first task."""
        stock = Stock.start(specification, _CASE, {"title": TITLE, "body": BODY})
        return cls.kept(sessions, specification, stock)

    @classmethod
    def kept(cls, sessions: Sessions, specification: Specification, stock: Stock) -> "StockCase":
        """The row of a run as it stands."""
        key = new_key()
        with transaction(sessions) as session:
            _INSERT.run(wire(session), {"id": key, "state": stock.dump()})
        return cls(sessions, specification, key)

    def complete(self, step: Step) -> None:
        """Load, complete, save, commit."""
        with transaction(self.sessions) as session:
            stock = Stock.restore(self.specification, self._state(session), _CASE)
            stock.complete(step.element, step.answers)
            _UPDATE.run(wire(session), {"key": self.key, "new_state": stock.dump()})

    def refresh(self, facts: Facts) -> None:
        """Load, let what is due fire, save, commit."""
        with transaction(self.sessions) as session:
            stock = Stock.restore(self.specification, self._state(session), facts)
            _UPDATE.run(wire(session), {"key": self.key, "new_state": stock.dump()})

    def state_bytes(self) -> int:
        """The size of the row's JSON."""
        with reading(self.sessions) as session:
            return len(self._state(session))

    def _state(self, session: Session) -> bytes:
        row = _SELECT.row(wire(session), {"key": self.key})
        assert row is not None
        state: bytes = row[0]
        return state


@contextmanager
def stock_database(url: str) -> Iterator[Sessions]:
    """A database with the one table of the library's side."""
    sessions = connect(url)
    try:
        with transaction(sessions) as session:
            _stock.create(session.connection())
        yield sessions
    finally:
        sessions.kw["bind"].dispose()


def specification(office: Office, process: str) -> Specification:
    """The specification that is deployed."""
    with reading(office.sessions) as session:
        return deployed.latest(session, process).specification
