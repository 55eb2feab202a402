"""One run of the crash harness: an office under fire, and what its books say afterwards."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from engine import clock
from engine.commands import people, rehearsal
from engine.db import Sessions, connect, reading, transaction
from engine.errors import HuiyinError
from engine.models import Deadline, Incident, Message, OutboxNotice
from engine.models import Person as PersonRow
from engine.settings import Settings
from tests import databases
from tests.crash.client import Book, Person, office_time
from tests.crash.killer import Killer
from tests.crash.office import Fleet
from tests.processes import Office

DRAIN_SECONDS = 180
# The office's time runs ahead, so that limits run out while everything is killed.
LEAP_SECONDS = 3.0
LEAPS = (timedelta(minutes=30), timedelta(hours=5))


@dataclass(frozen=True)
class Plan:
    """What a run is: how long, on what, with how many, and the seed of its chances."""

    seconds: float
    webs: int = 2
    workers: int = 2
    clients: int = 3
    seed: int = 1
    pauses: tuple[float, float] = (5.0, 15.0)


@dataclass
class Report:
    """What came of a run. checks: what `huiyin verify --expect` said."""

    database: str
    plan: Plan
    acknowledged: Counter[str] = field(default_factory=Counter)
    elements: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    done: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def broken(self) -> list[str]:
        """Everything that is not as it must be, in words."""
        told = [f"{one['check']}: {line}" for one in self.checks for line in one["found"]]
        told = told if any(one["broken"] for one in self.checks) else []
        return told + self.faults

    def count(self, start: str) -> int:
        """How many things are broken in the checks whose name begins so."""
        return sum(one["broken"] for one in self.checks if one["check"].startswith(start))

    def __str__(self) -> str:
        double = sum(one["broken"] for one in self.checks if " once: " in one["check"])
        looked = {one["check"].partition(":")[0]: one["looked_at"] for one in self.checks}
        balance = next((one["check"] for one in self.checks if "balance" in one["check"]), "")
        lines = [
            f"{self.database}, {self.seconds:.0f} s, {self.plan.webs} web servers, "
            f"{self.plan.workers} workers, {self.plan.clients} clients, seed {self.plan.seed}",
            f"acknowledged  {sum(self.acknowledged.values())}: {_listed(self.acknowledged)}",
            f"kinds of task {len(self.elements)}: {_listed(self.elements)}",
            f"answers       {_listed(self.answers)}",
            f"killed        {sum(self.killed.values())}: {_listed(self.killed)}",
            f"meanwhile     {_listed(self.done)}",
            f"lost          {self.count('acknowledged')}",
            f"double        {double}",
            f"chains        {looked.get('chains', 0)}, {self.count('chains')} broken",
            balance,
        ]
        return "\n".join([*lines, *(f"BROKEN {line}" for line in self.broken)])


def run(plan: Plan, database_url: str, home: Path) -> Report:
    """Let the office work under fire for a while, drain it, and check its books."""
    kind = "postgresql" if databases.is_postgresql(database_url) else "sqlite"
    report = Report(kind, plan)
    sessions = connect(database_url)
    if kind == "postgresql":
        _acknowledge_for_good(sessions)
    with transaction(sessions) as session:
        logins = session.scalars(select(PersonRow.login).order_by(PersonRow.login)).all()
        tokens = {login: people.new_token(session, login, "crash") for login in logins}
    office = Office(home, database_url)
    chance = random.Random(plan.seed)
    stop = threading.Event()
    ahead = Ahead(sessions, office, random.Random(plan.seed + 1), stop)
    known: dict[tuple[str, str], str] = {}
    with Fleet(office, plan.webs, plan.workers) as fleet:
        crowd = [
            Person(
                fleet.addresses,
                tokens,
                Book(home / f"promised-{number}.jsonl"),
                random.Random(chance.random()),
                office_time(lambda: ahead.offset),
                stop,
                known,
            )
            for number in range(plan.clients)
        ]
        killer = Killer(fleet, random.Random(chance.random()), stop, plan.pauses)
        began = time.monotonic()
        _together([*(one.run for one in crowd), killer.run, ahead.run], plan.seconds, stop)
        report.seconds = time.monotonic() - began
        report.killed = killer.killed
        report.faults += fleet.dead()
        killer.revive()
        fleet.wait()
        report.faults += _drained(sessions, ahead, killer)
    for one in crowd:
        one.book.close()
        report.acknowledged += one.book.kinds
        report.elements += one.elements
        report.answers += one.answers
        report.faults += one.faults
    report.done, faults = _counted(sessions, home)
    report.faults += faults
    sessions.kw["bind"].dispose()
    books = [word for one in crowd for word in ("--expect", str(one.book.path))]
    told = office.huiyin("verify", "--json", *books)
    report.checks = json.loads(told.stdout or "[]")
    if (told.returncode != 0) != any(one["broken"] for one in report.checks) or not report.checks:
        report.faults.append(f"verify ended with {told.returncode}: {told.stderr[:500]}")
    return report


@dataclass
class Ahead:
    """Moves the office's time on by leaps."""

    sessions: Sessions
    office: Office
    chance: random.Random
    stop: threading.Event
    offset: timedelta = timedelta(0)

    def run(self) -> None:
        """Leap now and then."""
        while not self.stop.wait(LEAP_SECONDS):
            low, high = (leap.total_seconds() for leap in LEAPS)
            self.leap(timedelta(seconds=self.chance.uniform(low, high)))

    def leap(self, by: timedelta) -> None:
        """Move the time on, if the database is there."""
        settings = Settings.from_env(self.office.environment())
        try:
            with transaction(self.sessions) as session:
                rehearsal.move(session, clock.system() + self.offset + by, settings)
        except (HuiyinError, DBAPIError):
            return
        self.offset += by


def _together(acts: list[Callable[[], None]], seconds: float, stop: threading.Event) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a thread does not end"


def _acknowledge_for_good(sessions: Sessions) -> None:
    """A server that recovers must know what it has acknowledged, which hurried tests give up."""
    with transaction(sessions) as session:
        name = session.scalar(text("SELECT current_database()"))
        session.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = on'))


def _drained(sessions: Sessions, ahead: Ahead, killer: Killer) -> list[str]:
    """Wait until nothing is due; leases of the dead end as the office's time goes on."""
    end = time.monotonic() + DRAIN_SECONDS
    leapt = 0.0
    while left := _due(sessions, ahead.offset):
        killer.revive()
        if time.monotonic() > end:
            return [f"still due after {DRAIN_SECONDS} s: {left}"]
        if time.monotonic() - leapt > 10:
            ahead.leap(timedelta(seconds=61))
            leapt = time.monotonic()
        time.sleep(0.3)
    return []


def _due(sessions: Sessions, offset: timedelta) -> dict[str, int]:
    now = clock.system() + offset
    with reading(sessions) as session:
        counts = {
            "timers": session.scalar(
                select(func.count()).where(Deadline.next_at <= now, Deadline.incident_id.is_(None))
            ),
            "messages": session.scalar(
                select(func.count()).where(
                    Message.delivered_at.is_(None), Message.incident_id.is_(None)
                )
            ),
            "notices": session.scalar(select(func.count()).where(OutboxNotice.next_at <= now)),
        }
    return {name: number for name, number in counts.items() if number}


def _counted(sessions: Sessions, home: Path) -> tuple[dict[str, int], list[str]]:
    """What was done besides, and what of it is not as it must be."""
    path = home / "notices.jsonl"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    copies: dict[str, set[str]] = {}
    for line in lines:
        copies.setdefault(line["id"], set()).add(json.dumps(line, sort_keys=True))
    with reading(sessions) as session:
        sent = {
            key.hex
            for key in session.scalars(
                select(OutboxNotice.id).where(OutboxNotice.sent_at.is_not(None))
            )
        }
        known = {key.hex for key in session.scalars(select(OutboxNotice.id))}
        incidents = session.execute(select(Incident.element, Incident.reason)).all()
        delivered = session.scalar(select(func.count()).where(Message.delivered_at.is_not(None)))
        fired = sum(len(names) for names in session.scalars(select(Deadline.fired)))
    faults = [f"incident at {row.element}: {row.reason}" for row in incidents]
    faults += [f"notice {key} is marked as sent and was not" for key in sent - copies.keys()]
    faults += [f"notice {key} was sent and is unknown" for key in copies.keys() - known]
    faults += [
        f"notice {key} was sent with two contents"
        for key, texts in copies.items()
        if len(texts) > 1
    ]
    done = {
        "timers": fired,
        "messages": delivered or 0,
        "notices": len(sent),
        "copies of a notice under its id": len(lines) - len(copies),
    }
    return done, faults


def _listed(counts: Any) -> str:
    told = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {number}" for name, number in told) or "nothing"
