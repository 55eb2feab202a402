"""Samples of callbacks: whom to call when a day's calls are fewer than those who wait for one.

What was drawn, out of whom and how is written down before anybody is called.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class CallbackDraw(Base):
    """One morning's draw of an office (回访抽样), of the cases of one pack.

    capacity: calls that the office can make that day. carried: of earlier draws, still to be
    called. waiting: how many stood to be drawn; drawn: how many of them were. seed: what the order
    is made from, in hexadecimal. frame_sha256: over the numbers of all who stood to be drawn.
    """

    __tablename__ = "callback_draw"
    __table_args__ = (UniqueConstraint("office_key", "pack_key", "on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    office_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    pack_key: Mapped[str] = mapped_column(String(64))
    on: Mapped[date]
    made_at: Mapped[datetime]
    capacity: Mapped[int]
    carried: Mapped[int]
    waiting: Mapped[int]
    drawn: Mapped[int]
    seed: Mapped[str] = mapped_column(String(64))
    frame_sha256: Mapped[str] = mapped_column(String(64))


class CallbackStratum(Base):
    """A layer of a draw (抽样层): cases alike in unit, category and class, or what is left of them.

    unit_key, category, class_key: empty where cases of several were put together because there
    were too few of each. certain: everybody in it is called, whatever the others.
    """

    __tablename__ = "callback_stratum"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    draw_id: Mapped[UUID] = mapped_column(ForeignKey("callback_draw.id"), index=True)
    unit_key: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(64))
    class_key: Mapped[str] = mapped_column(String(64))
    certain: Mapped[bool]
    waiting: Mapped[int]
    drawn: Mapped[int]


class CallbackLot(Base):
    """A case that stood to be drawn about one answer (抽签): drawn, or spared the call."""

    __tablename__ = "callback_lot"
    __table_args__ = (
        UniqueConstraint("case_id", "answer_id"),
        Index("ix_callback_lot_stratum_id", "stratum_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    stratum_id: Mapped[UUID] = mapped_column(ForeignKey("callback_stratum.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    answer_id: Mapped[UUID] = mapped_column(ForeignKey("answer.id"))
    drawn: Mapped[bool]


class CallbackCapacity(Base):
    """How many calls an office can make a day (回访能力), from a day on; the newest row holds."""

    __tablename__ = "callback_capacity"
    __table_args__ = (Index("ix_callback_capacity_office", "office_key", "since"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    office_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    since: Mapped[date]
    calls: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
