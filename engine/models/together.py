"""Working together (协作): notes, mentions, who watches, who is on a page, opinions of other units.

All of it is the office's own: nothing here is ever told to a citizen.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key

# A page that beats does so each minute; without JavaScript whoever opened it counts as long.
PRESENT = timedelta(minutes=5)


class Position(StrEnum):
    """What a unit that was asked thinks of it (意见)."""

    AGREE = "agree"
    CONDITIONS = "conditions"
    DISAGREE = "disagree"
    NOT_OURS = "not_ours"


class Note(Base):
    """What one of the office wrote for the others (内部备注); never edited."""

    __tablename__ = "note"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class Mention(Base):
    """Somebody named in a note (提到)."""

    __tablename__ = "mention"

    note_id: Mapped[UUID] = mapped_column(ForeignKey("note.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)


class Watch(Base):
    """A person is told what happens to a case (关注).

    told_seq: the number of the last event of its history that the person was told of. waiting:
    whether the worker has something to tell.
    """

    __tablename__ = "watch"
    __table_args__ = (
        Index(
            "ix_watch_waiting",
            "case_id",
            sqlite_where=text("waiting = 1"),
            postgresql_where=text("waiting"),
        ),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    since: Mapped[datetime]
    told_seq: Mapped[int]
    waiting: Mapped[bool] = mapped_column(default=False)


class Presence(Base):
    """A person has a page of a case open (在看); who was not seen for `PRESENT` counts as gone."""

    __tablename__ = "presence"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class Opinion(Base):
    """What another unit was asked, and what it said (征求意见); its process has the same id.

    unit_key: the unit asked; asked_for: the unit or office that asked. At most one of a case waits
    for each unit.
    """

    __tablename__ = "opinion"
    __table_args__ = (
        Index(
            "uq_opinion_waiting",
            "case_id",
            "unit_key",
            unique=True,
            sqlite_where=text("answered_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("answered_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    asked_for: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    position: Mapped[str] = mapped_column(String(16), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
