"""Rehearsal time (演练时间): one row in the database that every thread and process follows."""

import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import clock, history
from engine.db import Sessions, connect, reading
from engine.errors import NotAllowed, NotFound, Unavailable
from engine.history import Entry
from engine.models import City
from engine.settings import Settings

READ_EVERY_SECONDS = 0.05
REFUSED = "The clock may be moved in rehearsal only: set HUIYIN_REHEARSAL=1."


class Source:
    """Rehearsal time as a source of `engine.clock`.

    The offset is read through a connection of its own, at most every `READ_EVERY_SECONDS`, since
    the clock is asked inside transactions. While the row cannot be read, the last one holds.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._offset = timedelta(0)
        self._read_at = float("-inf")

    def __call__(self) -> datetime:
        """The machine's time, moved by the offset."""
        if time.monotonic() - self._read_at >= READ_EVERY_SECONDS and self._lock.acquire(
            blocking=False
        ):
            try:
                self._read()
            finally:
                self._lock.release()
        return clock.system() + self._offset

    def close(self) -> None:
        """Give the connection back; the last offset holds."""
        self._read_at = float("inf")
        self._sessions.kw["bind"].dispose()

    def _read(self) -> None:
        try:
            with reading(self._sessions) as session:
                seconds = session.scalar(select(City.rehearsal_offset))
        except (DBAPIError, Unavailable):
            seconds = None
        if seconds is not None:
            self._offset = timedelta(seconds=seconds)
        self._read_at = time.monotonic()


def follow(settings: Settings) -> Source | None:
    """Let this process follow rehearsal time, if the settings allow a rehearsal."""
    if not settings.rehearsal:
        return None
    source = Source(connect(settings.database_url, pool_size=1, max_overflow=0))
    clock.use(source)
    return source


def offset(session: Session) -> timedelta:
    """How far rehearsal time is ahead of the machine's. Raises `NotFound` without a city."""
    seconds = session.scalar(select(City.rehearsal_offset))
    if seconds is None:
        raise NotFound("The database has not been founded. Run `huiyin migrate` first.")
    return timedelta(seconds=seconds)


def move(session: Session, to: datetime, settings: Settings) -> timedelta:
    """Set the time of every process to `to` (aware); the new offset.

    Raises `NotAllowed` unless the settings allow a rehearsal, `NotFound` without a city.
    """
    if not settings.rehearsal:
        raise NotAllowed(REFUSED)
    before = offset(session)
    ahead = to - clock.system()
    session.execute(update(City).values(rehearsal_offset=ahead.total_seconds()))
    history.record(
        session,
        "system",
        [
            Entry(
                "clock.moved",
                to,
                payload={"from": before.total_seconds(), "to": ahead.total_seconds()},
            )
        ],
    )
    return ahead
