"""Processes that work for a benchmark: workers as `huiyin worker` runs them, and busy offices.

Each waits until its turn is on, so that one and two of them can take turns in one run.
"""

import logging
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from functools import partial
from multiprocessing.synchronize import Event
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from engine import clock, faults
from engine.bench import city
from engine.bench.city import Nobody, Straight
from engine.commands import deadlines
from engine.db import connect, reading, table
from engine.models import Deadline
from engine.worker import BEAT_SECONDS, TICK_SECONDS, Worker

STARTING_SECONDS = 120
_JOBS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
_spawning = multiprocessing.get_context("spawn")
_deadline = table(Deadline)


class Listing(Worker):
    """The naive way: list what is due, then do it; others may be at the same."""

    def fire_deadlines(self) -> int:
        """One batch of due deadlines, claimed by nobody."""
        with reading(self.sessions) as session:
            due = session.scalars(
                select(_deadline.c.instance_id)
                .where(_deadline.c.next_at <= clock.now(), _deadline.c.incident_id.is_(None))
                .order_by(_deadline.c.next_at)
                .limit(deadlines.BATCH)
            ).all()
        for instance_id in due:
            self._do(
                partial(deadlines.fire, instance_id=instance_id),
                source="deadline",
                source_id=instance_id,
                instance_id=instance_id,
            )
        return len(due)


class Hand:
    """One process; `turn(True)` lets it work, `turn(False)` lets it rest."""

    def __init__(self, act: Callable[..., None], *arguments: Any) -> None:
        self._ready, self._on, self._stop = (_spawning.Event() for _ in range(3))
        signs = (self._ready, self._on, self._stop)
        self.process = _spawning.Process(target=act, args=(signs, *arguments), daemon=True)
        self.process.start()

    def wait(self) -> None:
        """Until it stands ready."""
        if not self._ready.wait(STARTING_SECONDS):
            raise RuntimeError("a process of the benchmark did not start")

    def turn(self, on: bool) -> None:
        """On, or off."""
        if on:
            self._on.set()
        else:
            self._on.clear()

    def end(self) -> None:
        """Let it finish what it is at."""
        if self.process.is_alive():  # setting a sign waits for all who wait for it
            self._stop.set()
            self._on.set()
        self.process.join(STARTING_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@contextmanager
def hands(many: int, act: Callable[..., None], *arguments: Any) -> Iterator[list[Hand]]:
    """So many processes that stand ready, ended with the block."""
    started = [Hand(act, *arguments) for _ in range(many)]
    try:
        for one in started:
            one.wait()
        yield started
    finally:
        for one in started:
            one.end()


Signs = tuple[Event, Event, Event]


def worker(signs: Signs, url: str, kind: type[Worker] = Worker, fault: str = "") -> None:
    """A worker of the database at `url`, ticking as `huiyin worker` does.

    fault: where it dies, see `engine.faults`.
    """
    ready, on, stop = signs
    # A tick that finds the one before still at work is no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    sessions = connect(url)
    working = kind(sessions, Nobody())

    def drain() -> None:
        if on.is_set() and not stop.is_set():
            working.drain()

    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=_JOBS)
    scheduler.add_job(drain, "interval", seconds=TICK_SECONDS)
    scheduler.add_job(working.beat, "interval", seconds=BEAT_SECONDS)
    scheduler.start()
    faults.arm(fault)
    ready.set()
    stop.wait()
    working.stop()
    scheduler.shutdown(wait=True)
    working.leave()
    sessions.kw["bind"].dispose()


def office(signs: Signs, url: str) -> None:
    """People who take one straight case after the other to its end."""
    ready, on, stop = signs
    with city.opened(url) as here:
        ready.set()
        while on.wait() and not stop.is_set():
            for _ in Straight.received(here).to_the_end():
                pass
