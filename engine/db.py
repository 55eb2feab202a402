"""The database: base class, column types, and its two doors.

`transaction` writes, `reading` reads; nothing else opens a session. No network, upload or
document is worked on inside either.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    CursorResult,
    MetaData,
    Result,
    String,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from uuid_utils.compat import uuid7

from engine import connections, faults, outages
from engine.column_types import Instant, Key
from engine.errors import Conflict, Crossed, InvalidInput, Unavailable
from engine.prepared import laid

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# PostgreSQL: serialization failure, deadlock, lock not available; unique violation.
_CROSSED = {"40001", "40P01", "55P03"}
_UNIQUE = "23505"
# PostgreSQL: a text too long for its column, not to be encoded, with NUL (no state).
_TOO_MUCH = {"22001", "22021", None}
Given = TypeVar("Given")
_FITTING = "text that a database can keep, without NUL and half signs"


class Base(DeclarativeBase):
    """All tables; dictionaries and lists are JSON, instants are UTC, keys are uuid7."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        datetime: Instant,
        UUID: Key,
        str: String(200),
        dict[str, Any]: JSON,
        list[Any]: JSON,
        list[str]: JSON,
    }


class Sessions(sessionmaker[Session]):
    """A session factory that knows its database.

    write_lock: SQLite lets one writer in; queueing within the process is fair, its own
    busy loop is not (longest wait 4 s against 0.15 s).
    refusing: why the last transaction could not be written (see `engine.outages`); nothing once
    one was.
    """

    write_lock: "threading.Lock | None" = None
    dialect: str = ""
    refusing: str = ""


def table(model: type[Base]) -> Table:
    """The table behind a model, for statements of the hot path."""
    return model.__table__  # type: ignore[return-value]


def changed(result: Result[Any]) -> int:
    """How many rows a statement changed."""
    return cast("CursorResult[Any]", result).rowcount


def new_key() -> UUID:
    """A fresh key, ordered by time."""
    return uuid7()


def connect(url: str, **options: Any) -> Sessions:
    """A session factory for the database at `url` (SQLite or PostgreSQL)."""
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    database = create_engine(
        address,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an error that reaches a log carries no citizen's text
        connect_args=connections.arguments(address),
        **options,
    )
    sessions = Sessions(database, expire_on_commit=False)
    sessions.dialect = database.dialect.name
    if database.dialect.name == "sqlite":
        sessions.write_lock = threading.Lock()
    connections.prepare(database)
    return sessions


@contextmanager
def transaction(sessions: Sessions, *, redone: bool = False) -> Iterator[Session]:
    """Commit on leaving, roll back on an exception.

    redone: what a power cut takes of it is done again by itself, so the commit does not wait for
    the disk (docs/decisions/0022).
    Raises `Conflict` if another transaction has moved the same rows on, `InvalidInput` for a text
    that the database cannot keep, `Unavailable` if it takes nothing at this moment.
    """
    writing = _writing(sessions, redone=redone)
    try:
        with _turn(sessions), _in_our_words(), writing as (session, commit):
            yield session
            session.flush()
            faults.reach("before-commit")
            commit()
    except Unavailable as error:
        sessions.refusing = error.reason
        raise
    sessions.refusing = ""
    faults.reach("after-commit")


def written(sessions: Sessions, act: Callable[[Session], Given], *, redone: bool = False) -> Given:
    """What `act` gives in one transaction; if it crossed another it is done once more.

    Locks are taken in one order (docs/decisions/0002), so that nothing should cross. Where it does
    all the same, the database ends one of the two, and nobody need hear of it.
    Raises what `transaction` does.
    """
    try:
        with transaction(sessions, redone=redone) as session:
            return act(session)
    except Crossed:
        with transaction(sessions, redone=redone) as session:
            return act(session)


class _Rehearsed(Exception):
    """Ends a transaction that was only to show what it would do."""


def rehearsed(sessions: Sessions, act: Callable[[Session], Given]) -> Given:
    """What `act` gives in a transaction of which nothing is kept: for a preview."""
    given: list[Given] = []
    try:
        with transaction(sessions) as session:
            given.append(act(session))
            raise _Rehearsed
    except _Rehearsed:
        return given[0]


@contextmanager
def _turn(sessions: Sessions) -> Iterator[None]:
    """Wait for one's turn among the writers of this process, no longer than for the database."""
    lock = sessions.write_lock
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=connections.BUSY_SECONDS):
        raise Unavailable(outages.BUSY)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _writing(sessions: Sessions, *, redone: bool) -> Iterator[tuple[Session, Callable[[], None]]]:
    """A session in a transaction that writes, and what commits it."""
    if sessions.dialect != "sqlite":
        with sessions() as session:
            connection = session.connection()
            if redone:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield session, session.commit
        return
    with sessions.kw["bind"].connect() as connection, sessions(bind=connection) as session:
        connections.wait_for_disk(connection, wait=not redone)
        line = laid(session, connection)
        # A writer takes its lock at once: upgrading a snapshot later fails with "locked".
        line.send("BEGIN IMMEDIATE")

        def commit() -> None:
            # The session has a part in it only if it was used beside prepared statements.
            if session.in_transaction():
                session.commit()
            if connection.connection.dbapi_connection.in_transaction:
                line.send("COMMIT")

        yield session, commit


@contextmanager
def reading(sessions: Sessions) -> Iterator[Session]:
    """A session that only reads, on one snapshot. Raises `InvalidInput` as `transaction` does."""
    with _in_our_words(), sessions() as session:
        if sessions.dialect == "postgresql":
            session.connection(
                execution_options={
                    "isolation_level": "REPEATABLE READ",  # else each statement sees its own
                    "postgresql_readonly": True,
                }
            )
        yield session


def refusal(sessions: Sessions) -> str:
    """Why nothing can be written now, tried anew if it was so the last time; else nothing."""
    if sessions.refusing:
        with suppress(Unavailable), transaction(sessions) as session:
            # Any row will do; this one is there as soon as there are tables.
            session.execute(text("UPDATE alembic_version SET version_num = version_num"))
    return sessions.refusing


@contextmanager
def hurried(sessions: Sessions) -> Iterator[None]:
    """Commit without waiting for the disk, as long as this lasts.

    A power cut costs the last acts, never the database; what is missing is played again.
    """
    database = sessions.kw["bind"]

    def hurry(connection: Any, record: Any) -> None:
        record.info[connections.HURRIED] = True
        cursor = connection.cursor()
        if sessions.dialect == "sqlite":
            cursor.execute("PRAGMA synchronous = NORMAL")
        else:
            cursor.execute("SET synchronous_commit = off")
            connection.commit()
        cursor.close()

    database.dispose()
    event.listen(database, "connect", hurry)
    try:
        yield
    finally:
        event.remove(database, "connect", hurry)
        if sessions.dialect == "sqlite":
            with database.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Errors of the database that are somebody's doing, as errors of the domain."""
    try:
        yield
    except StaleDataError as error:
        raise Conflict from error
    except UnicodeEncodeError as error:
        raise InvalidInput("text", _FITTING) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _CROSSED:
            raise Crossed from error
        if _is_taken(error):
            raise Conflict from error
        if _does_not_fit(error):
            raise InvalidInput("text", _FITTING) from error
        if out := outages.of(error):
            raise out from error
        raise


def _does_not_fit(error: DBAPIError) -> bool:
    """Whether PostgreSQL met a text with NUL (psycopg says so, without a state) or one too long."""
    state = getattr(error.orig, "sqlstate", None)
    return isinstance(error, DataError) and state in _TOO_MUCH


def _is_taken(error: DBAPIError) -> bool:
    """Whether another row holds a key that may be there once."""
    if getattr(error.orig, "sqlstate", None) == _UNIQUE:
        return True
    return isinstance(error, IntegrityError) and "UNIQUE constraint failed" in str(error.orig)
