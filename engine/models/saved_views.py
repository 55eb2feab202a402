"""The inbox as people keep it: saved views, what it opens on, what was done to many at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class SavedView(Base):
    """Conditions on the inbox under a name (保存的视图): a person's own, or shared with a unit.

    conditions: as in the inbox's address, without the page. first_for: roles whose people of the
    unit begin with it, written like a task's roles.
    """

    __tablename__ = "saved_view"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    unit_key: Mapped[str | None] = mapped_column(ForeignKey("unit.key"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first_for: Mapped[str] = mapped_column(String(200), default="")
    saved_at: Mapped[datetime]


class Desk(Base):
    """How a person has the inbox (工作台设置).

    first_view: the key of a saved view, or one of the inbox's own; empty for what the role has.
    """

    __tablename__ = "desk"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    first_view: Mapped[str] = mapped_column(String(40), default="")


class BulkAct(Base):
    """One act on many tasks (批量操作) with what came of each; kept for some days.

    items: [{"task", "number", "result", ...}], as `engine.commands.bulk` writes them.
    """

    __tablename__ = "bulk_act"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    act: Mapped[str] = mapped_column(String(16))
    items: Mapped[list[Any]] = mapped_column(default=list)
    acted_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
