"""Types of columns: an instant, a key; the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, SafeUUID

from sqlalchemy import DateTime, Dialect, LargeBinary, TypeDecorator, Uuid


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. Refuses naive values.

    On SQLite a whole number of microseconds since 1970: eight bytes for the 26 of a text, and there
    are a hundred and more instants in a case.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        """To the database."""
        return _microseconds if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """From the database."""
        if dialect.name == "sqlite":
            return _of_microseconds
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To the database: UTC."""
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else value.astimezone(UTC)


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


_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_new, _set = object.__new__, object.__setattr__


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}")
    return value.astimezone(UTC)


@lru_cache(maxsize=256)  # one command writes the same instant many times
def _microseconds(value: datetime | None) -> int | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        value = _in_utc(value)
    return (value - _EPOCH) // _MICROSECOND


def _of_microseconds(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


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
