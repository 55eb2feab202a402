"""Which papers a case has: of each slip, answer, refusal, order and notice, and which are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.models import (
    Answer,
    Contact,
    Paper,
    Slip,
    Supervision,
    SupervisionStep,
)
from engine.papers.kinds import Kind
from engine.queries.case_file import File

TO_CITIZEN = frozenset({Kind.ANSWER, Kind.REFUSAL})


@dataclass(frozen=True)
class Found:
    """A paper of a case.

    subject: what it is about, the key of the slip, the answer or the step. at: when what
    it says was done; None: not yet, it is a draft. row: what it is made of; kept papers of which
    no more is known have none. media: sha256 of what is kept, by medium.
    """

    kind: Kind
    subject: UUID
    number: str
    at: datetime | None
    unit_key: str | None
    row: Any
    media: Mapping[str, str]

    @property
    def issued(self) -> bool:
        """Whether it went out; then it is made once and kept."""
        return self.at is not None


def of_case(session: Session, file: File) -> Sequence[Found]:
    """All papers of a case by kind, the oldest first; four statements.

    Who was only asked for an opinion reads none: they bear the citizen's name.
    """
    if file.only_asked:
        return []
    kept: dict[tuple[str, UUID], list[Paper]] = {}
    for one in session.scalars(
        select(Paper).where(Paper.case_id == file.case.id).order_by(Paper.id)
    ):
        kept.setdefault((one.kind, one.subject), []).append(one)
    found = [
        *_slips(session, file),
        *_letters(session, file),
        *_orders(session, file),
        *_notices(kept),
    ]
    return [
        Found(
            one.kind,
            one.subject,
            one.number,
            one.at,
            one.unit_key,
            one.row,
            {paper.media: paper.sha256 for paper in kept.get((one.kind, one.subject), ())},
        )
        for one in found
    ]


def pick(found: Sequence[Found], kind: Kind, of: UUID | None = None) -> Found:
    """The paper of this kind about `of`, else the newest (the host's slip). Raises `NotFound`."""
    fitting = [one for one in found if one.kind == kind and of in {None, one.subject}]
    if not fitting:
        raise NotFound("The case has no such paper.")
    hosts = [one for one in fitting if kind == Kind.SLIP and one.row.host]
    return (hosts or fitting)[-1]


def names_somebody(session: Session, file: File, kind: Kind) -> bool:
    """Whether a paper of this kind bears the name of who sent the case in."""
    if kind not in TO_CITIZEN:
        return False
    named = session.scalar(
        select(Contact.id)
        .where(Contact.case_id == file.case.id, Contact.identity_id.is_not(None))
        .limit(1)
    )
    return named is not None


def _slips(session: Session, file: File) -> list[Found]:
    rows = session.scalars(select(Slip).where(Slip.case_id == file.case.id).order_by(Slip.id))
    return [
        Found(Kind.SLIP, one.id, one.number, one.issued_at, one.unit_key, one, {}) for one in rows
    ]


def _letters(session: Session, file: File) -> list[Found]:
    """Answers, and the refusal, which is an answer too: each with its number."""
    rows = session.scalars(select(Answer).where(Answer.case_id == file.case.id).order_by(Answer.id))
    found: list[Found] = []
    for one in rows:
        kind, series = _REFUSAL if one.outcome == "refused" else _ANSWER
        place = 1 + sum(other.kind == kind for other in found)
        number = f"{file.case.number}-{series}{place}"
        found.append(Found(kind, one.id, number, one.sent_at, one.unit_key, one, {}))
    return sorted(found, key=lambda one: one.kind)


_ANSWER, _REFUSAL = (Kind.ANSWER, "F"), (Kind.REFUSAL, "B")


def _orders(session: Session, file: File) -> list[Found]:
    rows = session.execute(
        select(SupervisionStep, Supervision)
        .join(Supervision, Supervision.id == SupervisionStep.supervision_id)
        .where(Supervision.case_id == file.case.id, SupervisionStep.rung == "order")
        .order_by(SupervisionStep.id)
    )
    return [
        Found(
            Kind.ORDER,
            row.SupervisionStep.id,
            str(row.SupervisionStep.details.get("order_number") or row.Supervision.number)[:64],
            row.SupervisionStep.done_at,
            row.Supervision.target,
            (row.Supervision, row.SupervisionStep),
            {},
        )
        for row in rows
    ]


def _notices(kept: Mapping[tuple[str, UUID], Sequence[Paper]]) -> list[Found]:
    """Notices of interviews: they are issued by hand, and what they say is in them alone."""
    return [
        Found(Kind.INTERVIEW, subject, papers[0].number, papers[0].made_at, None, None, {})
        for (kind, subject), papers in kept.items()
        if kind == Kind.INTERVIEW
    ]
