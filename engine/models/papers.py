"""Official papers (公文): the templates an office edits, and what was made of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class PaperTemplate(Base):
    """One version of a template (公文模板) that an office put in place of the shipped one.

    kind: slip, answer, refusal, order, interview. content: the .docx as it was uploaded; empty,
    as its sha256, where the shipped one was taken back into use.
    """

    __tablename__ = "paper_template"
    __table_args__ = (UniqueConstraint("kind", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    kind: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Paper(Base):
    """A paper that was issued (已出公文), kept by content: it is never made anew.

    subject: the key of the slip, answer, case or supervision step it is about. media: docx, pdf, or
    pdf-en for the English copy.
    """

    __tablename__ = "paper"
    __table_args__ = (UniqueConstraint("subject", "kind", "media"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[UUID]
    media: Mapped[str] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(String(64), default="")
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
