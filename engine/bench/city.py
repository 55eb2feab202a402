"""The shipped city to measure in: its packs, diagrams and people; cases played or taken straight.

A straight case goes through all five stages of `appeal` in ten tasks, none of them refused.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine import clock, deployed, forms, schema
from engine.bench.scenarios import BODY, TITLE
from engine.bpmn.values import Scalar
from engine.commands import cases, idempotency, installing, shipping, tasks
from engine.commands.cases import Said, newest_pack
from engine.commands.notices import Notice
from engine.db import Sessions, connect, hurried, new_key, reading, table, transaction
from engine.identity import Reporter, Vault
from engine.ledger import Terms
from engine.models import UserTask
from engine.permissions import Actor
from engine.playing import bank, memory
from engine.playing.answers import answers_for
from engine.playing.arrivals import arrivals
from engine.playing.cast import Cast
from engine.playing.filling import fitted
from engine.playing.office import Office as People
from engine.playing.player import Player
from engine.projection import Completed
from engine.worker import Worker

PACK = shipping.DEMO_PACK
ROAD = (
    "complete_record",
    "screen",
    "dispatch",
    "sign",
    "contact_citizen",
    "handle",
    "write_answer",
    "review_answer",
    "answer_directly",
    "callback",
)
_SEED = "bench"
_task = table(UserTask)


class Nobody:
    """Where notices go in a benchmark."""

    def send(self, notice: Notice) -> None:
        """Take a notice in."""


@dataclass(frozen=True)
class City:
    """A database with all that ships, and its people."""

    sessions: Sessions
    vault: Vault
    people: People

    def worker(self) -> Worker:
        """A worker of this database in this process."""
        return Worker(self.sessions, Nobody(), "bench")

    def play(self, number: int, days: int) -> None:
        """Let `number` cases come in over the last days and be handled as people do, until now.

        The process's clock goes through the past meanwhile.
        """
        with reading(self.sessions) as session:
            calendar = deployed.current_calendar(session)
            terms = {PACK: Terms(newest_pack(session, PACK)[1], calendar)}
        city, until = bank.cities()[PACK], clock.now()
        come = arrivals(range(number), days, until, [city], terms[PACK].calendar, _SEED)
        cast = Cast({one.number: one for one in come}, (), frozenset())
        with hurried(self.sessions):
            Player(self.people, self.worker(), cast, _SEED, until).play()


@dataclass(frozen=True)
class Act:
    """Somebody's completion of an open task, about to be done.

    routing: what of the answers the diagram reads.
    """

    task_id: UUID
    element: str
    answers: dict[str, Any]
    routing: dict[str, Scalar]
    by: Actor


@dataclass
class Straight:
    """A case that goes straight through; `next` says what is to be done, `complete` does it."""

    city: City
    case_id: UUID
    number: str
    done: int = 0

    @classmethod
    def received(cls, city: City) -> "Straight":
        """A citizen sends something in; the process waits for its first task."""
        said = Said("web", TITLE, BODY, Reporter("陈女士", "13800001234"))
        with transaction(city.sessions) as session:
            got = cases.receive(session, city.vault, PACK, said)
        return cls(city, got.case_id, got.number)

    def next(self) -> Act:
        """The next task of the road, who does it and what is written there."""
        element, people = ROAD[self.done], self.city.people
        with reading(self.city.sessions) as session:
            task = memory.open_task(session, self.case_id, [element])
            assert task is not None, f"{self.number} does not wait for {element}"
            form = deployed.definition(session, task.definition_id).form(task.form)
        pack = people.pack(bank.cities()[PACK])
        said = {"title": TITLE} if element == "complete_record" else {}
        written = answers_for(element, people.now(), said)
        written = {"checks": list(pack.options().get("pack.review_checks", ())), **written}
        options = {**pack.options(), "units": [written.get("unit", "")]}
        answers = fitted(form, written, options, people.now())
        routing = forms.routing(form, answers)
        return Act(task.id, element, answers, routing, people.able(task)[0])

    def complete(self, act: Act) -> Completed:
        """The whole command, as a page or the API calls it: with the answer kept for a repeat."""
        key, scope = new_key().hex, str(act.by.id)
        asked = idempotency.digest([act.element, act.answers])
        with transaction(self.city.sessions) as session:
            done = tasks.complete(session, act.task_id, act.answers, by=act.by)
            opened = [task.hex for task in done.opened]
            idempotency.keep(session, scope, key, asked, {"case": done.number, "opened": opened})
        self.done += 1
        return done

    def to_the_end(self) -> Iterator[Act]:
        """Do all that is left, one act after the other; each is given once it is done."""
        while self.done < len(ROAD):
            act = self.next()
            done = self.complete(act)
            assert done.ended == (self.done == len(ROAD))
            yield act


@contextmanager
def founded(url: str) -> Iterator[City]:
    """A city on the empty database at `url`."""
    sessions = connect(url)
    try:
        schema.upgrade(sessions)
        with transaction(sessions) as session:
            installing.found(session, "Asia/Shanghai")
            shipping.deploy_missing(session)
        with transaction(sessions) as session:
            shipping.organise_demo(session, os.urandom(16).hex())
        yield _city(sessions)
    finally:
        sessions.kw["bind"].dispose()


@contextmanager
def opened(url: str) -> Iterator[City]:
    """A city that was founded before."""
    sessions = connect(url)
    try:
        yield _city(sessions)
    finally:
        sessions.kw["bind"].dispose()


def _city(sessions: Sessions) -> City:
    vault = Vault(os.urandom(32))
    return City(sessions, vault, People(sessions, vault, _SEED, [PACK]))
