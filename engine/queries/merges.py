"""A matter (问题) as a page shows it: the case that leads it and those that joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.models import Case, CaseStatus, Matter
from engine.permissions import GRANTS, Actor
from engine.queries.case_list import may_see


@dataclass(frozen=True)
class Part:
    """One case of a matter. may_undo: it is joined, not answered, and the reader may free it."""

    number: str
    title: str
    status: str
    stage: str
    received_at: datetime
    may_undo: bool


@dataclass(frozen=True)
class Merged:
    """The case that is handled, None where the reader may not see it, and those joined to it."""

    main: Part | None
    joined: Sequence[Part]


def matter(session: Session, number: str, actor: Actor) -> Merged | None:
    """The matter of a case, oldest first; None if it belongs to none.

    What the person may not see stays out.
    """
    own = select(Case.matter_id).where(Case.number == number).scalar_subquery()
    rows = session.execute(
        select(Case, Matter.main_case_id)
        .join(Matter, Matter.id == Case.matter_id)
        .where(Case.matter_id == own, may_see(actor))
        .order_by(Case.id)
    ).all()
    if not rows:
        return None
    main = [row.Case for row in rows if row.Case.id == row.main_case_id]
    return Merged(
        _part(main[0], actor) if main else None,
        [_part(row.Case, actor) for row in rows if row.Case.id != row.main_case_id],
    )


def _part(case: Case, actor: Actor) -> Part:
    waits = case.status == CaseStatus.MERGED and "answer" not in case.facts
    may = any(actor.acts_for(role, case.office_key) for role in GRANTS["merge.undo"])
    return Part(
        number=case.number,
        title=case.title,
        status=case.status,
        stage=case.stage,
        received_at=case.received_at,
        may_undo=waits and may and case.closed_at is None,
    )
