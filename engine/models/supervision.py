"""Supervision (监督): ladders and interviews."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class SupervisionStatus(StrEnum):
    """Where a supervision stands; it counts as open from the transaction that asks for it."""

    OPEN = "open"
    CURED = "cured"
    REFERRED = "referred"


class Scope(StrEnum):
    """What a ladder is about: one case, or a unit, of which it stands at one case."""

    CASE = "case"
    UNIT = "unit"


class Supervision(Base):
    """A ladder about one cause (督办): unique while open by (case, cause, target).

    One about a unit is unique by (cause, target), and neither the case it stands at waits for it
    nor does that case's cure end it. rung: the highest reached. evidence: what the system attached
    when it was asked for, {"ledgers", "unsolved_times"}; about a unit {"rule", "cases", ...}.
    """

    __tablename__ = "supervision"
    __table_args__ = (
        Index(
            "uq_supervision_open_cause",
            "case_id",
            "cause",
            "target",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "uq_supervision_open_unit",
            "cause",
            "target",
            unique=True,
            sqlite_where=text("status = 'open' AND scope = 'unit'"),
            postgresql_where=text("status = 'open' AND scope = 'unit'"),
        ),
        Index("ix_supervision_status", "status", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    number: Mapped[str] = mapped_column(String(48), unique=True)
    scope: Mapped[str] = mapped_column(
        String(8), default=Scope.CASE, server_default=Scope.CASE.value
    )
    cause: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(ForeignKey("unit.key"), index=True)
    first_rung: Mapped[str] = mapped_column(String(32), default="")
    rung: Mapped[str] = mapped_column(String(32), default="")
    status: Mapped[str] = mapped_column(String(16), default=SupervisionStatus.OPEN)
    reason: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    cured_at: Mapped[datetime | None]  # the cause is gone and the message was sent
    closed_at: Mapped[datetime | None]


class SupervisionStep(Base):
    """One rung done (督办记录): the call, the order, the interview, the commitment."""

    __tablename__ = "supervision_step"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    supervision_id: Mapped[UUID] = mapped_column(ForeignKey("supervision.id"), index=True)
    rung: Mapped[str] = mapped_column(String(32))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    done_at: Mapped[datetime]
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Interview(Base):
    """An interview held (约谈), with minutes."""

    __tablename__ = "interview"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    supervision_id: Mapped[UUID] = mapped_column(ForeignKey("supervision.id"), index=True)
    held_at: Mapped[datetime]
    present: Mapped[str] = mapped_column(Text)
    minutes: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Commitment(Base):
    """What a unit publicly promised (公开承诺), with its date."""

    __tablename__ = "commitment"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    supervision_id: Mapped[UUID] = mapped_column(ForeignKey("supervision.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    made_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
