"""The board (监督): what is kept of cases in progress and their clocks, and what they add up to.

Projections of cases and deadlines, made anew by a worker within the minute: the board of a large
office is read from narrow rows and from counts that stand ready. Cases that are kept from somebody
are never among them: they are counted for each who looks.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base


class BoardCase(Base):
    """A case in progress as the board counts it (在办件); its key is the case's.

    seq: how far the case's history had come when this was read. unit_key: the responsible unit,
    else the office. due_at: of the most urgent of its clocks. returned to supervised: what it is
    watched for, whatever its clocks say.
    """

    __tablename__ = "board_case"
    __table_args__ = tuple(
        Index(
            f"ix_board_case_{mark}",
            "due_at",
            "id",
            sqlite_where=text(f"{mark} = 1"),
            postgresql_where=text(mark),
        )
        for mark in ("returned", "reopened", "repeated", "confidential", "supervised")
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    seq: Mapped[int]
    office_key: Mapped[str] = mapped_column(String(64))
    unit_key: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    returned: Mapped[bool]
    reopened: Mapped[bool]
    repeated: Mapped[bool]
    confidential: Mapped[bool]
    supervised: Mapped[bool]


class BoardClock(Base):
    """An open clock of such a case (在走的时限); its key is the deadline's.

    own: whether it is the responsible unit's.
    """

    __tablename__ = "board_clock"
    __table_args__ = (
        Index("ix_board_clock_due", "due_at", "id"),
        Index("ix_board_clock_unit", "unit_key", "due_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("deadline.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    office_key: Mapped[str] = mapped_column(String(64))
    unit_key: Mapped[str] = mapped_column(String(64))
    own: Mapped[bool]
    category: Mapped[str] = mapped_column(String(64))
    pack_id: Mapped[UUID] = mapped_column(ForeignKey("pack.id"))
    limit: Mapped[str] = mapped_column(String(64))
    budget: Mapped[str] = mapped_column(String(32))
    extended: Mapped[bool]
    due_at: Mapped[datetime | None]


class BoardCount(Base):
    """What the cases of one office add up to (监督计数).

    numbers: of those in progress, kind -> unit -> what -> how many; "" is the whole office. days:
    the same of what came in, ended and ran out on each day.
    """

    __tablename__ = "board_count"

    office_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    counted_at: Mapped[datetime]
    numbers: Mapped[dict[str, Any]]
    days: Mapped[dict[str, Any]]


class BoardState(Base):
    """How fresh the board is: one row; as `FigureState`.

    refreshed_at: when everything was counted last. counted_on: the day on which all days were.
    count_ms: how long counting took.
    """

    __tablename__ = "board_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    refreshed_at: Mapped[datetime | None]
    upto: Mapped[UUID | None]
    swept_on: Mapped[date | None]
    counted_on: Mapped[date | None]
    count_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    calendar_revision: Mapped[int]
    claimed_until: Mapped[datetime | None]
