"""What people write with: drafts of a form, and words that are used again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class Draft(Base):
    """What somebody has typed into the form of a task and not handed in (草稿).

    A person has as many of a task as windows have written apart; usually one. revision: counts
    the times it was saved. tab, turn: the window that saved last, and its how-manieth save that
    was: one window's saves never cross each other. fields: the posted strings by control.
    """

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_task_person", "task_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("user_task.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    revision: Mapped[int]
    tab: Mapped[str] = mapped_column(String(40), default="")
    turn: Mapped[int] = mapped_column(default=0)
    fields: Mapped[dict[str, Any]]
    characters: Mapped[int]
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]


class Phrase(Base):
    """Words that are written again and again (常用语, 答复模板).

    Of one person, or of a unit and all below it: one of person_id and unit_key is set. kind: of
    the record it is for (`engine.form_schema.RECORDS`), category: of the case; empty for any.
    text: with variables such as {{number}} (`engine.phrases`).
    """

    __tablename__ = "phrase"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    unit_key: Mapped[str | None] = mapped_column(ForeignKey("unit.key"), index=True)
    kind: Mapped[str] = mapped_column(String(32), default="")
    category: Mapped[str] = mapped_column(String(64), default="")
    title: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
