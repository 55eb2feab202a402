"""Interviews that are called (约谈), promises (承诺), rectification that is tracked (跟踪整改)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class PromiseStatus(StrEnum):
    """What became of a promise; what only a person can judge is asked on its day."""

    OPEN = "open"
    ASKED = "asked"
    KEPT = "kept"
    BROKEN = "broken"


class PromiseTest(StrEnum):
    """By which fact a promise is judged (怎么算数)."""

    CURED = "cured"
    ANSWERED = "answered"
    SOLVED = "solved"
    BY_HAND = "by_hand"


class Promise(Base):
    """What a unit promised on a rung (承诺), with its day; it wakes by itself.

    due_at: when the day is over. finding: the fact it was judged by, {"fact": ..., "at": ...}.
    released_at: since when everybody may read it.
    """

    __tablename__ = "promise"
    __table_args__ = (
        Index(
            "ix_promise_waiting",
            "due_at",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_promise_unit", "unit_key", "made_at"),
        Index(
            "ix_promise_public",
            "released_at",
            sqlite_where=text("released_at IS NOT NULL"),
            postgresql_where=text("released_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    supervision_id: Mapped[UUID] = mapped_column(ForeignKey("supervision.id"), index=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    rung: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    judged_by: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), default=PromiseStatus.OPEN)
    finding: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    claimed_until: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class CalledStatus(StrEnum):
    """Where an interview stands that was called."""

    CALLED = "called"
    HELD = "held"
    MOVED = "moved"


class CalledInterview(Base):
    """An interview to which one unit was called, or several together (约谈、集体约谈).

    number: that of its notice. ground: of a group, the rate and the places by which it was called,
    {"rate", "month", "places": [{"unit", "place", "met", "total"}]}.
    """

    __tablename__ = "called_interview"
    __table_args__ = (Index("ix_called_interview_office", "office_key", "held_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    office_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    reason: Mapped[str] = mapped_column(Text, default="")
    ground: Mapped[dict[str, Any]] = mapped_column(default=dict)
    held_at: Mapped[datetime]
    place: Mapped[str]
    bring: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(String(16), default=CalledStatus.CALLED)
    called_at: Mapped[datetime]
    called_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class CalledUnit(Base):
    """A unit that was called to an interview, by the ladder it belongs to.

    confirmed_at: when the unit said that it comes, and who (coming). attendance: who came, as the
    minutes say: head, deputy, absent.
    """

    __tablename__ = "called_unit"

    called_id: Mapped[UUID] = mapped_column(ForeignKey("called_interview.id"), primary_key=True)
    supervision_id: Mapped[UUID] = mapped_column(
        ForeignKey("supervision.id"), primary_key=True, index=True
    )
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"), index=True)
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    coming: Mapped[str] = mapped_column(default="")
    attendance: Mapped[str] = mapped_column(String(16), default="")


class Rectification(Base):
    """A unit is watched until its stop rule is met (跟踪整改): so many months in a row.

    rule: {"what": "overdue", "at_most": n, "months": m}. months: those that are over,
    [{"from", "until", "count", "kept"}]; streak: how many in a row were kept. next_at: when the
    month that runs is over.
    """

    __tablename__ = "rectification"
    __table_args__ = (
        Index(
            "ix_rectification_waiting",
            "next_at",
            sqlite_where=text("met_at IS NULL"),
            postgresql_where=text("met_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    supervision_id: Mapped[UUID] = mapped_column(ForeignKey("supervision.id"), index=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"), index=True)
    rule: Mapped[dict[str, Any]]
    from_on: Mapped[date]
    months: Mapped[list[Any]] = mapped_column(default=list)
    streak: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    met_at: Mapped[datetime | None]
    begun_at: Mapped[datetime]
    begun_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
