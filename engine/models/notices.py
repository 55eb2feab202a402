"""Notices to colleagues (通知): what one is told, and how one wants to be told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class Notice(Base):
    """Something one person is told (通知).

    payload: facts by the names of `engine.notice_kinds.FACTS`, nothing that a citizen wrote.
    origin: what it came of; nobody is told twice of one. plan_at: when the worker decides what of
    it goes outside; nothing once that is done.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("person_id", "origin"),
        Index(
            "ix_notice_unread",
            "person_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "ix_notice_planning",
            "plan_at",
            sqlite_where=text("plan_at IS NOT NULL"),
            postgresql_where=text("plan_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_task.id"))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    urgent: Mapped[bool] = mapped_column(default=False)
    origin: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    plan_at: Mapped[datetime | None]


class NoticeSetting(Base):
    """How a person wants to be told (通知设置); without a row as `notice_kinds.DEFAULTS` says.

    choices: kind -> list of channels. outside: whether anything leaves the office at all.
    any_hour: also outside working hours. language: of what is sent; empty for the person's own.
    """

    __tablename__ = "notice_setting"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    choices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    outside: Mapped[bool] = mapped_column(default=True, server_default=true())
    any_hour: Mapped[bool] = mapped_column(default=False, server_default=false())
    language: Mapped[str] = mapped_column(String(16), default="")
    changed_at: Mapped[datetime]
