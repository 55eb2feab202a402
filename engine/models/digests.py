"""Digests (专报、摘报) with the numbers bound to them, and leaders' instructions (批示)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class DigestStatus(StrEnum):
    """How far a digest has come; what is issued is never edited."""

    DRAFT = "draft"
    REVIEW = "review"
    ISSUED = "issued"


class Digest(Base):
    """One digest of an office (专报、摘报): a period told in text, tables and charts.

    kind: key of a shipped kind. period: what makes it the only one of its kind, "2026-W46",
    "2026-11", or "by-hand:<id>". since, until: the period, until not included. offices: whose
    cases it counts. content: the sections, see `engine.digests.content`. steps: who drafted,
    sent, returned and issued it, each {"kind", "at", "by", "note"}. files: sha256 by medium.
    """

    __tablename__ = "digest"
    __table_args__ = (
        UniqueConstraint("office_key", "kind", "period"),
        UniqueConstraint("office_key", "kind", "number"),
        Index("ix_digest_made_at", "made_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    kind: Mapped[str] = mapped_column(String(32))
    pack_key: Mapped[str] = mapped_column(String(64))
    office_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    offices: Mapped[list[str]]
    period: Mapped[str] = mapped_column(String(48))
    since: Mapped[datetime]
    until: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(16), default=DigestStatus.DRAFT)
    revision: Mapped[int] = mapped_column(default=1)
    number: Mapped[int | None]
    content: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]]
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    frozen_at: Mapped[datetime]
    sent_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class DigestNumber(Base):
    """A number of a digest (报中的数), bound to a frozen figure.

    show: which of its numbers. added: by hand, beside those of its kind.
    """

    __tablename__ = "digest_number"
    __table_args__ = (UniqueConstraint("digest_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    digest_id: Mapped[UUID] = mapped_column(ForeignKey("digest.id"))
    key: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]
    name: Mapped[dict[str, Any]]
    show: Mapped[str] = mapped_column(String(16))
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("snapshot.id"))
    added: Mapped[bool] = mapped_column(default=False)


class InstructionStatus(StrEnum):
    """Where an instruction stands."""

    OPEN = "open"
    REPORTED = "reported"
    DONE = "done"


class Instruction(Base):
    """What a leader wrote on a line of an issued digest (批示): to a unit, by a day.

    line: where in the digest; quoted: the line as it was printed, with its English. leader: who
    wrote it, as it is signed. result: the unit's newest report. steps: as of a digest.
    """

    __tablename__ = "instruction"
    __table_args__ = (
        Index("ix_instruction_unit", "unit_key", "status"),
        Index(
            "ix_instruction_not_done",
            "office_key",
            sqlite_where=text("status <> 'done'"),
            postgresql_where=text("status <> 'done'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    digest_id: Mapped[UUID] = mapped_column(ForeignKey("digest.id"), index=True)
    office_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    line: Mapped[str] = mapped_column(String(80))
    quoted: Mapped[dict[str, Any]]
    text: Mapped[str] = mapped_column(Text)
    leader: Mapped[str] = mapped_column(String(80))
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    due_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(16), default=InstructionStatus.OPEN)
    result: Mapped[str] = mapped_column(Text, default="")
    steps: Mapped[list[Any]]
    given_at: Mapped[datetime]
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reported_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
