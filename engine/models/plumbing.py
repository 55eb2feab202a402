"""Plumbing: history, outbox, idempotency, calendar, counters, heartbeat."""

import base64
import hashlib
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key

# A worker beats every five seconds; six missed beats, and it counts as gone.
FRESH = timedelta(seconds=30)


class HistoryEvent(Base):
    """What happened (办理记录): append-only, one hash chain per stream.

    hash = H(prev, seq, kind, at, instance, element, by, digest), digest = H(salt + payload): salt
    and payload may be erased without breaking the chain. stream: "case:<hex>", "unit:<key>",
    "system".
    """

    __tablename__ = "history"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        # Of the few that rules over many cases count.
        Index(
            "ix_history_overdue",
            "at",
            sqlite_where=text("kind = 'deadline.overdue'"),
            postgresql_where=text("kind = 'deadline.overdue'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    stream: Mapped[str] = mapped_column(String(80))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    instance_id: Mapped[UUID | None]
    element: Mapped[str] = mapped_column(String(64), default="")
    payload: Mapped[dict[str, Any] | None]
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class OutboxNotice(Base):
    """What to tell outside (待发通知), sent after commit, at least once.

    next_at: when it is tried; nothing once it is sent, or given up (sent_at is nothing then, too).
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index(
            "ix_outbox_dead",
            "id",
            sqlite_where=text("sent_at IS NULL AND next_at IS NULL"),
            postgresql_where=text("sent_at IS NULL AND next_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(100))  # "unit:<key>", "person:<hex>", "citizen"
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    written_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")


class Idempotency(Base):
    """The first answer to a request (幂等键), given again to a repeated one."""

    __tablename__ = "idempotency"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)  # digest of scope and key
    request: Mapped[bytes] = mapped_column(LargeBinary(32))  # digest of what was asked
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime]

    @staticmethod
    def key_of(scope: str, key: str) -> str:
        """What a client's key is kept as. scope: whose it is."""
        # As short as can be without two alike: of all that is kept of a case, these rows are a
        # seventh.
        told = hashlib.blake2b(f"{scope}:{key}".encode(), digest_size=16).digest()
        return base64.urlsafe_b64encode(told).decode().rstrip("=")


class CalendarDay(Base):
    """One day of the official calendar (工作日历)."""

    __tablename__ = "calendar_day"

    on: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name_zh: Mapped[str] = mapped_column(String(40), default="")
    name_en: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(100))
    provisional: Mapped[bool] = mapped_column(default=False)


class City(Base):
    """The one row about this database: one database is one city.

    calendar_revision: raised by every change of the calendar, so that processes reload it.
    rehearsal_offset: seconds that rehearsal time is ahead of real time.
    """

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(primary_key=True)
    timezone: Mapped[str] = mapped_column(String(64))
    calendar_revision: Mapped[int] = mapped_column(default=1)
    organisation_revision: Mapped[int] = mapped_column(default=1)
    rehearsal_offset: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[datetime]


class Counter(Base):
    """The last number given (编号计数), one row per series such as "GL-20261121"."""

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[int]


class ColumnMap(Base):
    """Which column of a source's files holds what (列对照): field -> heading, as last used."""

    __tablename__ = "column_map"

    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    headings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    used_at: Mapped[datetime]
    used_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Heartbeat(Base):
    """A worker is alive (心跳)."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    fired: Mapped[int] = mapped_column(default=0)

    def alive(self, now: datetime) -> bool:
        """Whether it beat a moment ago; a beat far ahead was before the clock went back."""
        return abs(now - self.beat_at) <= FRESH
