"""The database: base class, column types, and its two doors.

`transaction` writes, `reading` reads; nothing else opens a session. No network, upload or
document is worked on inside either.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    Connection,
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
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from uuid_utils.compat import uuid7

from engine import faults
from engine.errors import Conflict

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_WRITES = "huiyin_writes"
# PostgreSQL: serialization failure, deadlock, lock not available, unique violation.
_CONFLICTS = {"40001", "40P01", "55P03", "23505"}


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


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}")
    return value.astimezone(UTC)


def _utc_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return _in_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")


def _of_utc_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _key_bytes(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _of_key_bytes(value: bytes | None) -> UUID | None:
    return None if value is None else UUID(bytes=value)


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
    """

    write_lock: "threading.Lock | None" = None
    dialect: str = ""


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
        event.listen(database, "connect", _prepare_sqlite)
        event.listen(database, "begin", _begin_sqlite)
    return sessions


@contextmanager
def transaction(sessions: Sessions) -> Iterator[Session]:
    """Commit on leaving, roll back on an exception.

    Raises `Conflict` if another transaction has moved the same rows on.
    """
    with sessions.write_lock or nullcontext():
        try:
            with sessions() as session:
                session.connection(execution_options={_WRITES: True})
                yield session
                session.flush()
                faults.reach("before-commit")
                session.commit()
        except StaleDataError as error:
            raise Conflict from error
        except IntegrityError as error:
            if _is_unique_violation(error):
                raise Conflict from error
            raise
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _CONFLICTS:
                raise Conflict from error
            raise
    faults.reach("after-commit")


@contextmanager
def reading(sessions: Sessions) -> Iterator[Session]:
    """A session that only reads, on one snapshot."""
    with sessions() as session:
        if sessions.dialect == "postgresql":
            session.connection(
                execution_options={
                    "isolation_level": "REPEATABLE READ",  # else each statement sees its own
                    "postgresql_readonly": True,
                }
            )
        yield session


def _is_unique_violation(error: IntegrityError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(
        error.orig
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see below
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "busy_timeout = 15000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: upgrading a snapshot later fails with "locked".
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
