"""What the page behind a rating link shows (评价页): which case, which answer, rated or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import answering, deployed
from engine.errors import NotFound
from engine.models import Answer, Case, Evaluation

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """A case whose citizen is asked what they say of the answer. rated_at: None before."""

    number: str
    title: str
    outcome: Texts
    answer: str
    answered_at: datetime
    rated_at: datetime | None


def asked(session: Session, token: str) -> Asked:
    """The case of a rating link. Raises `NotFound` for one that was never given."""
    row = session.execute(
        select(
            Case.number,
            Case.title,
            Case.pack_id,
            Answer.outcome,
            Answer.text,
            Answer.sent_at,
            Evaluation.rated_at,
        )
        .join(Case, Case.id == Answer.case_id)
        .outerjoin(Evaluation, Evaluation.token_hmac == Answer.token_hmac)
        # Of a sealed case nothing is told, not even to whom holds an older link.
        .where(Answer.token_hmac == answering.digest(token), Case.sealed.is_(False))
    ).one_or_none()
    if row is None:
        raise NotFound("No such link.")
    named = deployed.pack(session, row.pack_id).item("outcomes", row.outcome)
    return Asked(
        number=row.number,
        title=row.title,
        outcome=named or {"zh": row.outcome, "en": row.outcome},
        answer=row.text,
        answered_at=row.sent_at,
        rated_at=row.rated_at,
    )
