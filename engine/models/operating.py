"""Operating (运行): what failed, and what was done about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class Incident(Base):
    """A failed step awaiting an operator (故障).

    definition_id: the version that ran. cause: the reason without its numbers and names, by which
    incidents are grouped. settled_as: what was done about it, "retried" or "skipped"; remark: why.
    """

    __tablename__ = "incident"
    __table_args__ = (
        Index(
            "ix_incident_open",
            "occurred_at",
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("instance.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    source: Mapped[str] = mapped_column(String(32))  # task, deadline, message, outbox
    source_id: Mapped[UUID | None]
    element: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime]
    retries: Mapped[int] = mapped_column(default=0)
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    definition_id: Mapped[UUID | None] = mapped_column(ForeignKey("definition.id"))
    cause: Mapped[str] = mapped_column(String(200), default="", server_default="")
    settled_as: Mapped[str] = mapped_column(String(16), default="", server_default="")
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")


class Batch(Base):
    """One act of an operator on several incidents (批处理): exactly those that were selected."""

    __tablename__ = "batch"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    act: Mapped[str] = mapped_column(String(16))  # retry, skip
    remark: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class BatchItem(Base):
    """One incident of a batch and what came of it; result: nothing until it was its turn."""

    __tablename__ = "batch_item"
    __table_args__ = (UniqueConstraint("batch_id", "incident_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"))
    result: Mapped[str] = mapped_column(String(16), default="")  # done, settled, missing, refused
