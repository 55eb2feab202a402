"""What somebody has typed into the form of a task and not handed in (草稿)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.models import Draft


@dataclass(frozen=True)
class Kept:
    """A draft. fields: posted strings by control; characters: how many are one's own words."""

    id: UUID
    revision: int
    fields: Mapping[str, Sequence[str]]
    characters: int
    saved_at: datetime


def of_task(session: Session, task_id: UUID, person_id: UUID) -> list[Kept]:
    """The person's drafts of a task, the last saved first; one statement."""
    rows = session.scalars(
        select(Draft)
        .where(Draft.task_id == task_id, Draft.person_id == person_id)
        .order_by(Draft.saved_at.desc(), Draft.id.desc())
    )
    return [Kept(row.id, row.revision, row.fields, row.characters, row.saved_at) for row in rows]
