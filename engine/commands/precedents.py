"""Withdrawing a precedent (撤回先例): from then on it sends no case anywhere."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import projection
from engine.commands import hot
from engine.db import changed
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import Case, Precedent
from engine.permissions import GRANTS, RIGHTS, Actor, knows_of, may, require
from engine.standing_in import in_whose_place_for

LONGEST_REASON = 1000
_NO_REASON = {
    "zh": "写明为什么撤回，最多 1000 个字。",
    "en": "Say why it is withdrawn, in 1000 characters at most.",
}


def withdraw(session: Session, precedent_id: UUID, reason: str, *, by: Actor) -> None:
    """Let a precedent hold no more; cases that it has sent on stay where they are.

    Raises `NotFound`, `NotAllowed`, `InvalidAnswers` without a reason, `Conflict` if it is
    withdrawn.
    """
    require(may(by, "precedent.withdraw"))
    row = session.execute(
        select(
            Precedent.office_key.label("of_office"),
            Precedent.case_id,
            *(getattr(Case, name) for name in RIGHTS),
        )
        .join(Case, Case.id == Precedent.case_id)
        .where(Precedent.id == precedent_id)
    ).one_or_none()
    if row is None or not knows_of(by, row):
        raise NotFound("No such precedent.")
    require(
        any(by.acts_for(role, row.of_office) for role in GRANTS["precedent.withdraw"]),
        "The precedent belongs to another office.",
    )
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidAnswers({"reason": _NO_REASON})
    work = hot.of_case(session, row.case_id, by.id, "appeal")
    work.instead_of = in_whose_place_for(by, "precedent.withdraw", row.of_office)
    done = session.execute(
        update(Precedent)
        .where(Precedent.id == precedent_id, Precedent.withdrawn_at.is_(None))
        .values(withdrawn_at=work.now)
    )
    if not changed(done):
        raise Conflict("The precedent is withdrawn already.")
    work.note("precedent.withdrawn", precedent=precedent_id.hex, reason=reason)
    projection.write_case(session, work)
