"""Notices of interviews (约谈通知): issued by hand before the interview, each with its number."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.models import CalledInterview, CalledUnit, Supervision
from engine.models import Paper as PaperRow
from engine.papers import finding, reading
from engine.papers.finding import Found
from engine.papers.kinds import Interview, Kind
from engine.queries.case_file import File

_SERIES = "-Y"


def paper(
    session: Session,
    file: File,
    supervision_id: UUID,
    said: Mapping[str, str],
    held_at: datetime | None,
    head: dict[str, Any],
) -> Interview:
    """The notice; said: `place`, `bring`, `contact`. Raises `NotFound`."""
    supervision = session.get(Supervision, supervision_id)
    if supervision is None:
        raise NotFound("No such supervision.")
    return reading.interview(session, file, supervision, said, held_at, head)


def subject(session: Session, supervision_id: UUID) -> UUID:
    """The key of the next notice of a ladder; two issued at once get the same, and one loses."""
    return uuid5(supervision_id, str(_next(session, supervision_id)))


def number(session: Session, supervision_id: UUID, ladder: str) -> str:
    """The number of the next notice: the ladder's, and which one it is."""
    return f"{ladder}{_SERIES}{_next(session, supervision_id)}"


def issued(session: Session, file: File, ladder: str) -> Sequence[Found]:
    """The notices of a ladder, the oldest first."""
    return [
        one
        for one in finding.of_case(session, file)
        if one.kind == Kind.INTERVIEW and one.number.startswith(ladder + _SERIES)
    ]


def _next(session: Session, supervision_id: UUID) -> int:
    ladder = select(Supervision.number).where(Supervision.id == supervision_id).scalar_subquery()
    there = session.scalar(
        select(func.count(func.distinct(PaperRow.number))).where(
            PaperRow.kind == Kind.INTERVIEW, PaperRow.number.startswith(ladder + _SERIES)
        )
    )
    called = session.scalar(
        select(func.count())
        .select_from(CalledUnit)
        .join(CalledInterview, CalledInterview.id == CalledUnit.called_id)
        .where(
            CalledUnit.supervision_id == supervision_id,
            CalledInterview.number.startswith(ladder + _SERIES),
        )
    )
    return max(there or 0, called or 0) + 1
