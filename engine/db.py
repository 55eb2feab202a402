"""The database: base class, column types, and its two doors.

`transaction` writes, `reading` reads; nothing else opens a session. No network, upload or
document is worked on inside either.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID, SafeUUID

import orjson
from sqlalchemy import (
    JSON,
    CursorResult,
    DateTime,
    Dialect,
    LargeBinary,
    MetaData,
    Result,
    String,
    Table,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from uuid_utils.compat import uuid7

from engine import connections, faults, outages
from engine.errors import Conflict, InvalidInput, Unavailable
from engine.prepared import laid

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# PostgreSQL: serialization failure, deadlock, lock not available, unique violation.
_CONFLICTS = {"40001", "40P01", "55P03", "23505"}
# PostgreSQL: a text too long for its column, not to be encoded, with NUL (no state).
_TOO_MUCH = {"22001", "22021", None}
_FITTING = "text that a database can keep, without NUL and half signs"


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. Refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        """To the database; SQLite keeps text, written here at once as its dialect would."""
        return _utc_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """From the database."""
        if dialect.name == "sqlite":
            return _of_utc_text
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To the database: UTC."""
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """From the database: SQLite gives the UTC value back without its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Key(TypeDecorator[UUID]):
    """A uuid: BLOB(16) on SQLite (half the size of text), native elsewhere."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The column type on this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(LargeBinary(16))
        return dialect.type_descriptor(Uuid())

    def bind_processor(self, dialect: Dialect) -> Any:
        """To the database."""
        return _key_bytes if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """From the database."""
        if dialect.name == "sqlite":
            return _of_key_bytes
        return super().result_processor(dialect, coltype)


_new, _set = object.__new__, object.__setattr__


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}")
    return value.astimezone(UTC)


@lru_cache(maxsize=256)  # one command writes the same instant many times
def _utc_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        value = _in_utc(value)
    return value.isoformat(" ", "microseconds")[:26]  # without its +00:00


def _of_utc_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _key_bytes(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _of_key_bytes(value: bytes | None) -> UUID | None:
    if value is None:
        return None
    # What UUID(bytes=…) does, without its checks of what else may be given.
    key = _new(UUID)
    _set(key, "int", int.from_bytes(value))
    _set(key, "is_safe", SafeUUID.unknown)
    return key


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
        **options,
    )
    sessions = Sessions(database, expire_on_commit=False)
    sessions.dialect = database.dialect.name
    if database.dialect.name == "sqlite":
        sessions.write_lock = threading.Lock()
    connections.prepare(database)
    return sessions


@contextmanager
def transaction(sessions: Sessions) -> Iterator[Session]:
    """Commit on leaving, roll back on an exception.

    Raises `Conflict` if another transaction has moved the same rows on, `InvalidInput` for a text
    that the database cannot keep, `Unavailable` if it takes nothing at this moment.
    """
    writing = _writing(sessions)
    try:
        with sessions.write_lock or nullcontext(), _in_our_words(), writing as (session, commit):
            yield session
            session.flush()
            faults.reach("before-commit")
            commit()
    except Unavailable as error:
        sessions.refusing = error.reason
        raise
    sessions.refusing = ""
    faults.reach("after-commit")


@contextmanager
def _writing(sessions: Sessions) -> Iterator[tuple[Session, Callable[[], None]]]:
    """A session in a transaction that writes, and what commits it."""
    if sessions.dialect != "sqlite":
        with sessions() as session:
            session.connection()
            yield session, session.commit
        return
    with sessions.kw["bind"].connect() as connection, sessions(bind=connection) as session:
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


@contextmanager
def hurried(sessions: Sessions) -> Iterator[None]:
    """Commit without waiting for the disk, as long as this lasts.

    A power cut costs the last acts, never the database; what is missing is played again.
    """
    database = sessions.kw["bind"]

    def hurry(connection: Any, _record: Any) -> None:
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
        if _is_conflict(error):
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


def _is_conflict(error: DBAPIError) -> bool:
    unique = isinstance(error, IntegrityError) and "UNIQUE constraint failed" in str(error.orig)
    return unique or getattr(error.orig, "sqlstate", None) in _CONFLICTS
