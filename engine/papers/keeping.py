"""Keeping what was issued (归档公文): by content, once, with its hash in the case's history."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from engine import projection
from engine.commands import hot
from engine.db import new_key, table
from engine.files import Files
from engine.models import Paper as PaperRow
from engine.papers import filling, typesetting
from engine.papers.kinds import Kind, Paper, Sheet
from engine.permissions import Actor

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"


@dataclass(frozen=True)
class Medium:
    """A form in which a paper is had."""

    key: str
    ending: str
    media_type: str
    language: str = "zh"


MEDIA: Mapping[str, Medium] = {
    one.key: one
    for one in (
        Medium("docx", "docx", DOCX),
        Medium("pdf", "pdf", PDF),
        Medium("pdf-en", "en.pdf", PDF, "en"),
    )
}


@dataclass(frozen=True)
class Made:
    """A file that was made and lies in the store."""

    medium: str
    sha256: str
    size: int


def made(paper: Sheet, medium: Medium, template: bytes) -> bytes:
    """The paper in one medium. Raises `filling.Unfit`, `InvalidInput`."""
    if medium.media_type == DOCX:
        return filling.docx(paper, template)
    return typesetting.pdf(paper, medium.language)


def store(files: Files, paper: Sheet, template: bytes) -> list[Made]:
    """The paper in every medium, into the store; outside any transaction."""
    kept = []
    for medium in MEDIA.values():
        content = made(paper, medium, template)
        kept.append(Made(medium.key, files.keep(content), len(content)))
    return kept


def keep(
    session: Session,
    case_id: UUID,
    kind: Kind,
    subject: UUID,
    paper: Paper,
    files: list[Made],
    *,
    by: Actor,
    **more: str,
) -> None:
    """Write down that a paper was issued. Raises `Conflict` if somebody was first.

    more: what the paper says and no row does, for the history.
    """
    work = hot.of_case(session, case_id, by.id, "appeal")
    session.execute(
        insert(table(PaperRow)),
        [
            {
                "id": new_key(),
                "case_id": case_id,
                "kind": str(kind),
                "subject": subject,
                "media": one.medium,
                "number": paper.number,
                "sha256": one.sha256,
                "size": one.size,
                "made_at": work.now,
                "made_by": by.id,
            }
            for one in files
        ],
    )
    hashes = {one.medium: one.sha256 for one in files}
    work.note("paper.issued", paper=str(kind), number=paper.number, files=hashes, **more)
    projection.write_case(session, work)
