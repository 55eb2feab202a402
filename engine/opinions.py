"""Opinions of other units (征求意见): whom an instance asks, what it answers, its withdrawal.

The row is the truth about what was asked and said; the process beside the case keeps its time.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from engine.db import changed, table
from engine.errors import Conflict
from engine.models import Opinion
from engine.work import Work

WITHDRAWN = "opinion_withdrawn"  # the message that ends the process
LIMIT = "opinion"
_opinion = table(Opinion)
_WAITS = (_opinion.c.answered_at.is_(None), _opinion.c.withdrawn_at.is_(None))


def unit_asked(work: Work) -> str | None:
    """The unit whose opinion the instance of `work` is to get; None if it is no opinion."""
    key: str | None = work.session.scalar(
        select(_opinion.c.unit_key).where(_opinion.c.id == work.instance_id)
    )
    return key


def answer(work: Work, answers: Mapping[str, Any]) -> None:
    """Keep what the unit says. Raises `Conflict` if the question was taken back meanwhile."""
    written = work.session.execute(
        update(_opinion)
        .where(_opinion.c.id == work.instance_id, *_WAITS)
        .values(
            position=answers["position"],
            answer=answers["answer"],
            answered_at=work.now,
            answered_by=work.by,
        )
    )
    if changed(written) != 1:
        raise Conflict("The question was taken back.")
    _forget(work, work.instance_id)


def tell(work: Work, kind: str) -> None:
    """Tell the side that asked that the opinion is there, or late; if late, the unit too."""
    row = work.session.execute(
        select(_opinion.c.unit_key, _opinion.c.asked_for, _opinion.c.asked_by).where(
            _opinion.c.id == work.instance_id
        )
    ).one()
    told = {"opinion": work.instance_id.hex, "unit": row.unit_key, "limit": LIMIT}
    work.notify(kind, f"unit:{row.asked_for}", told)
    work.notify(kind, f"person:{row.asked_by.hex}", told)
    if kind == "opinion_late":
        work.notify(kind, f"unit:{row.unit_key}", told)


def withdraw(work: Work, opinion_id: UUID) -> None:
    """Take one question back; its task vanishes when the message is delivered."""
    written = work.session.execute(
        update(_opinion)
        .where(_opinion.c.id == opinion_id, *_WAITS)
        .values(withdrawn_at=work.now)
        .returning(_opinion.c.unit_key)
    ).one_or_none()
    if written is None:
        return
    work.tell(opinion_id, WITHDRAWN)
    work.notify(WITHDRAWN, f"unit:{written.unit_key}", {"opinion": opinion_id.hex})
    work.note("opinion.withdrawn", unit=written.unit_key, opinion=opinion_id.hex)
    _forget(work, opinion_id)


def withdraw_all(work: Work) -> None:
    """Take every question of the case back: it is over. No statement where none waits."""
    for key in list(work.facts.get("opinions", ())):
        withdraw(work, UUID(hex=key))


def _forget(work: Work, opinion_id: UUID) -> None:
    left = [key for key in work.facts.get("opinions", ()) if key != opinion_id.hex]
    if left:
        work.facts["opinions"] = left
    else:
        work.facts.pop("opinions", None)
