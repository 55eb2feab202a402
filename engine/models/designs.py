"""What process designers work on: drafts with their files, words on elements, who is editing."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key

WITHIN = timedelta(minutes=2)  # somebody who was seen so lately has it open


class DesignKind(StrEnum):
    """What a draft changes."""

    PROCESS = "process"
    PACK = "pack"


class DesignStatus(StrEnum):
    """Where a draft stands. proposed: a second person is asked to deploy it."""

    OPEN = "open"
    PROPOSED = "proposed"
    DEPLOYED = "deployed"
    DROPPED = "dropped"


class DesignDraft(Base):
    """One person's change of a process or a pack that is not in use yet (草稿).

    base_id, base_version: the definition or pack it began from, nothing for a new one. apart_of:
    the draft beside which another window's work was laid. deployment_id, deployed_version: what
    came of it.
    """

    __tablename__ = "design_draft"
    __table_args__ = (Index("ix_design_draft_key", "kind", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    title: Mapped[str] = mapped_column(String(100), default="")
    base_id: Mapped[UUID | None]
    base_version: Mapped[int | None]
    apart_of: Mapped[UUID | None] = mapped_column(ForeignKey("design_draft.id"))
    status: Mapped[str] = mapped_column(String(16), default=DesignStatus.OPEN)
    note: Mapped[str] = mapped_column(Text, default="")
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    proposed_at: Mapped[datetime | None]
    refused_by: Mapped[UUID | None]  # sent the proposal back; note says why
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployment.id"))
    deployed_version: Mapped[int | None]


class DesignFile(Base):
    """One file of a draft as it was saved last.

    path: `process.bpmn`, `classify.dmn`, `classify.tests.json`, `forms/sign.json`, `pack.json`.
    revision: counts the times it was saved. tab, turn: the window that saved last, and its
    how-manieth save that was. gone: taken out of the draft.
    """

    __tablename__ = "design_file"
    __table_args__ = (UniqueConstraint("draft_id", "path"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    draft_id: Mapped[UUID] = mapped_column(ForeignKey("design_draft.id"))
    path: Mapped[str] = mapped_column(String(140))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    revision: Mapped[int]
    tab: Mapped[str] = mapped_column(String(40), default="")
    turn: Mapped[int] = mapped_column(default=0)
    gone: Mapped[bool] = mapped_column(default=False)
    saved_at: Mapped[datetime]


class DesignComment(Base):
    """What a designer says about an element of a process (批注). settled_at: dealt with."""

    __tablename__ = "design_comment"
    __table_args__ = (Index("ix_design_comment_key", "key", "element"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    key: Mapped[str] = mapped_column(String(64))
    element: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    said_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class DesignPresence(Base):
    """Who has a process or pack open in the studio (在编辑); counts for some minutes."""

    __tablename__ = "design_presence"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    seen_at: Mapped[datetime]
