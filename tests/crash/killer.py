"""Kills what it can at any moment: servers, workers, and what PostgreSQL has for each of them."""

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from tests import databases
from tests.crash.office import Fleet

# Of ten strikes on PostgreSQL's own processes, one kills so that the whole server recovers.
HARD = 0.1
# How often what is started again is to die by itself, where it hurts most, and at which visit.
ARMED = 0.5
VISITS = (1, 15)
POINTS = {
    "web": ("after-engine", "before-commit", "after-commit"),
    "worker": (
        "after-lease",
        "inside-firing",
        "before-commit",
        "after-commit",
        "inside-outbox-send",
    ),
}


@dataclass
class Killer:
    """Strikes until told to stop; what was killed is started again at once.

    pauses: from and to, in seconds, between two strikes.
    """

    fleet: Fleet
    chance: random.Random
    stop: threading.Event
    pauses: tuple[float, float]
    killed: Counter[str] = field(default_factory=Counter)
    armed: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Strike now and then, and start again what died."""
        strikes: list[Callable[[], None]] = [self._process] * 3
        if databases.is_postgresql(self.fleet.office.database_url):
            strikes.append(self._backend)
        due = 0.0
        while not self.stop.wait(0.2):
            self.revive()
            due -= 0.2
            if due <= 0:
                self.chance.choice(strikes)()
                due = self.chance.uniform(*self.pauses)

    def revive(self) -> None:
        """Start again what died at the point where it was to die."""
        for name, process in list(self.fleet.running.items()):
            if process.poll() == -signal.SIGKILL:
                self._note(name, self.armed.pop(name, "anywhere"))
                self._start(name)

    def _process(self) -> None:
        name = self.chance.choice(sorted(self.fleet.running))
        self.armed.pop(name, None)
        self.fleet.kill(name)
        self._note(name, "anywhere")
        self._start(name)

    def _start(self, name: str) -> None:
        fault = ""
        if not self.stop.is_set() and self.chance.random() < ARMED:
            point = self.chance.choice(POINTS[name.partition("-")[0]])
            self.armed[name] = point
            fault = f"{point}:{self.chance.randint(*VISITS)}"
        self.fleet.start(name, HUIYIN_FAULT=fault)

    def _note(self, name: str, where: str) -> None:
        self.killed[f"{name.partition('-')[0]} {where}"] += 1

    def _backend(self) -> None:
        """End one connection, as an administrator would, or its process, as a fault would."""
        database = create_engine(
            make_url(databases.server()).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
        )
        try:
            with suppress(DBAPIError), database.connect() as connection:
                pids = connection.scalars(
                    text("SELECT pid FROM pg_stat_activity WHERE datname = :name"),
                    {"name": make_url(self.fleet.office.database_url).database},
                ).all()
                if not pids:
                    return
                pid = self.chance.choice(pids)
                if self.chance.random() < HARD:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    self.killed["postgresql"] += 1
                else:
                    connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
                    self.killed["connection"] += 1
        finally:
            database.dispose()
