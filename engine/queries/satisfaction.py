"""Satisfaction (满意度) as it may be counted: who gave a mark, and who could not be asked.

Whoever was not reached stands outside, with a number of their own, and never as satisfied. A
citizen who rated by the link counts like one who was called; the last word of a case holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from engine.models import Callback, Case, CaseStatus, Evaluation
from engine.permissions import Actor
from engine.queries.case_list import may_see
from engine.work import restored

GOOD = 3  # basically satisfied and better; 2 and 1 are bad marks
GROUPS = ("all", "unit", "channel", "topic")


@dataclass
class Counted:
    """About the cases closed in a period.

    valid: those whose citizen gave a mark; good: of them, those with a good one. asked: those who
    said whether it is solved; solved: of them, those who said it is. not_reached: given up after
    all attempts, outside both. no_callback: nobody to be called: anonymous, no phone, not wanted.
    """

    valid: int = 0
    good: int = 0
    asked: int = 0
    solved: int = 0
    not_reached: int = 0
    no_callback: int = 0


def counted(
    session: Session,
    since: datetime,
    until: datetime,
    *,
    actor: Actor | None = None,
    by: str = "all",
) -> dict[str, Counted]:
    """The counts of the cases closed from `since` to `until`, both included, by group.

    actor: only what this person may see; without one, everything that is not sealed. by: one of
    `GROUPS`; the key of "all" is "".
    """
    seen = may_see(actor) if actor is not None else Case.sealed.is_(False)
    closed = (
        # Merged cases are called back like any other.
        Case.status.in_([CaseStatus.CLOSED, CaseStatus.MERGED]),
        Case.closed_at >= since,
        Case.closed_at <= until,
        seen,
    )
    last = _last_words(session, closed)
    found: dict[str, Counted] = {}
    for row in session.execute(
        select(Case.id, Case.unit_key, Case.channel, Case.facts).where(*closed)
    ):
        said = last.get(row.id)
        _count(found.setdefault(_group(row, by), Counted()), said, restored(row.facts))
    return found


def _last_words(session: Session, closed: Iterable[Any]) -> Mapping[Any, Any]:
    """What the citizen of each case said last, by call or by link."""
    called = (
        select(
            Callback.case_id,
            Callback.called_at.label("at"),
            Callback.result,
            Callback.satisfaction,
        )
        .join(Case, Case.id == Callback.case_id)
        .where(*closed, Callback.reached)
    )
    rated = (
        select(
            Evaluation.case_id,
            Evaluation.rated_at.label("at"),
            Evaluation.result,
            Evaluation.satisfaction,
        )
        .join(Case, Case.id == Evaluation.case_id)
        .where(*closed, Evaluation.rated_at.is_not(None))
    )
    both = union_all(called, rated).subquery()
    return {row.case_id: row for row in session.execute(select(both).order_by(both.c.at))}


def _count(into: Counted, said: Any, facts: Mapping[str, Any]) -> None:
    if said is None:
        if not facts["may_call_back"]:
            into.no_callback += 1
        elif facts["callback_attempts"]:
            into.not_reached += 1
        return
    if said.satisfaction is not None:
        into.valid += 1
        into.good += said.satisfaction >= GOOD
    if said.result:
        into.asked += 1
        into.solved += said.result == "solved"


def _group(row: Any, by: str) -> str:
    if by == "topic":
        return str(row.facts.get("topic", ""))
    return str({"unit": row.unit_key, "channel": row.channel}.get(by) or "")
