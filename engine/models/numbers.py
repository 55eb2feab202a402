"""Numbers (指标): what rates count by, their definitions, frozen figures, the nightly balance.

The rows to count are projections of a case's facts, made anew by a worker within the minute: what
is counted over a million cases is read from one narrow table. They hold no text of anybody.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class CaseFigure(Base):
    """A case as rates count it (诉求计数); its key is the case's.

    seq: how far the case's history had come when this was read. due_at: of the newest handling
    limit of the responsible unit; plain_due_at: the same without extensions; done_at: when it was
    settled; was_late: that limit, or one of an earlier round, was broken. contact_late alike.
    repeat_at: when the same person first came again about the same category. rating, said: the
    citizen's last word, but not to whoever handled the case; own_call: somebody who did called.
    rounds: how often it was sent back to be handled again. stratum_id: the layer in which it first
    stood to be drawn for a callback; drawn: whether it was.
    """

    __tablename__ = "case_figure"
    __table_args__ = (
        Index("ix_case_figure_received", "office_key", "received_at"),
        Index("ix_case_figure_due", "office_key", "due_at"),
        Index("ix_case_figure_contact_due", "office_key", "contact_due_at"),
        Index("ix_case_figure_closed", "office_key", "closed_at"),
        Index("ix_case_figure_slip", "office_key", "slip_at"),
        Index(
            "ix_case_figure_repeat",
            "repeat_at",
            sqlite_where=text("repeat_at IS NOT NULL"),
            postgresql_where=text("repeat_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    received_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    contact_due_at: Mapped[datetime | None]
    slip_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(32))
    was_late: Mapped[bool]
    paused: Mapped[bool]
    extended: Mapped[bool]
    office_key: Mapped[str] = mapped_column(String(64))
    unit_key: Mapped[str] = mapped_column(String(64))
    accused_key: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bool]
    category: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(32))
    pack_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(32))
    said: Mapped[str] = mapped_column(String(16))
    rating: Mapped[int | None]
    may_call: Mapped[bool]
    attempts: Mapped[int]
    contact_late: Mapped[bool]
    contacted_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    plain_due_at: Mapped[datetime | None]
    reached_at: Mapped[datetime | None]
    repeat_at: Mapped[datetime | None]
    extended_last_day: Mapped[bool]
    coached: Mapped[bool]
    slips: Mapped[int]
    returns: Mapped[int]
    rounds: Mapped[int]
    reviews: Mapped[int]
    reviews_failed: Mapped[int]
    seq: Mapped[int]
    own_call: Mapped[bool] = mapped_column(default=False, server_default=false())
    drawn: Mapped[bool] = mapped_column(default=False, server_default=false())
    stratum_id: Mapped[UUID | None]


class SlipFigure(Base):
    """A slip as rates count it (工单计数); its key is the slip's.

    due_at: of the limit to sign. return_accepted: returned, and then sent to another unit.
    """

    __tablename__ = "slip_figure"
    __table_args__ = (
        Index("ix_slip_figure_issued", "office_key", "issued_at"),
        Index("ix_slip_figure_due", "office_key", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("slip.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    issued_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    return_accepted: Mapped[bool]
    office_key: Mapped[str] = mapped_column(String(64))
    unit_key: Mapped[str] = mapped_column(String(64))
    accused_key: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bool]
    category: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(32))
    pack_key: Mapped[str] = mapped_column(String(64))


class FigureState(Base):
    """How fresh the rows to count are: one row.

    refreshed_at: when they were last brought up to date. upto: the newest history event seen.
    swept_on: the day on which every case was last compared. claimed_until: a worker is at it.
    """

    __tablename__ = "figure_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    refreshed_at: Mapped[datetime | None]
    upto: Mapped[UUID | None]
    swept_on: Mapped[date | None]
    calendar_revision: Mapped[int]
    claimed_until: Mapped[datetime | None]


class RateDefinition(Base):
    """One version of one rate under one place's rules (指标定义); never edited.

    place: key of the pack or of the shipped comparison that says so. content: as packs carry it.
    """

    __tablename__ = "rate_definition"
    __table_args__ = (UniqueConstraint("place", "key", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    place: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    name: Mapped[dict[str, Any]]
    content: Mapped[dict[str, Any]]
    inherited: Mapped[bool]
    position: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime]
    until: Mapped[datetime | None]  # replaced, or no longer stated


class Snapshot(Base):
    """A figure frozen with its cases (定格数字), chained to the one before.

    scope: what it was asked for. excluded: how many by reason. cases: keys of what was counted,
    not counted and excluded, packed. hash: over the definition's digest, all numbers and keys.
    """

    __tablename__ = "snapshot"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_key)
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("rate_definition.id"))
    office_keys: Mapped[list[str]]
    scope: Mapped[dict[str, Any]]
    numerator: Mapped[int]
    denominator: Mapped[int]
    excluded: Mapped[dict[str, Any]]
    cases: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Balance(Base):
    """One night's balance (总账): received = refused + merged + open + closed.

    gaps: what does not balance, each {"number", "fault"} with the number of its case.
    """

    __tablename__ = "balance"

    on: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    contacts: Mapped[int]
    received: Mapped[int]
    refused: Mapped[int]
    merged: Mapped[int]
    open: Mapped[int]
    closed: Mapped[int]
    gap_count: Mapped[int]
    gaps: Mapped[list[Any]]
