"""Satisfaction (满意度) as it may be counted: who gave a mark, and who could not be asked.

Whoever was not reached stands outside, with a number of their own, and never as satisfied. A
citizen who rated by the link counts like one who was called; the last word of a case holds. What
was said to somebody who handled the case is no word of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Subquery,
    and_,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import (
    Answer,
    Callback,
    Case,
    CaseStatus,
    CitizenContact,
    Evaluation,
    Membership,
    Role,
    Slip,
)
from engine.permissions import Actor
from engine.queries.case_list import TOPIC, may_see

GOOD = 3  # basically satisfied and better; 2 and 1 are bad marks
_case, _called, _rated = table(Case), table(Callback), table(Evaluation)
_answer, _contact, _slip = table(Answer), table(CitizenContact), table(Slip)
_membership = table(Membership)
_GROUPS: dict[str, ColumnElement[Any]] = {
    "unit": _case.c.unit_key,
    "channel": _case.c.channel,
    "topic": TOPIC,
}
# A fact that is its default is not kept.
_MAY_CALL = func.coalesce(_case.c.facts["may_call_back"].as_boolean(), True)
_ATTEMPTS = func.coalesce(_case.c.facts["callback_attempts"].as_integer(), 0)


@dataclass(frozen=True)
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
    by: str = "",
) -> dict[str, Counted]:
    """The counts of the cases closed from `since` to `until`, both included, by group.

    actor: only what this person may see; without one, everything that is not sealed. by: "unit",
    "channel" or "topic"; without it, all are one group with the key "".
    """
    closed = (
        # Merged cases are called back like any other.
        _case.c.status.in_([str(CaseStatus.CLOSED), str(CaseStatus.MERGED)]),
        _case.c.closed_at >= since,
        _case.c.closed_at <= until,
        may_see(actor) if actor is not None else _case.c.sealed.is_(False),
    )
    last = last_words(*closed)
    silent = last.c.case_id.is_(None)
    sums = {
        "valid": last.c.satisfaction.is_not(None),
        "good": last.c.satisfaction >= GOOD,
        "asked": last.c.result != "",
        "solved": last.c.result == "solved",
        "not_reached": and_(silent, _MAY_CALL, _ATTEMPTS > 0),
        "no_callback": and_(silent, ~_MAY_CALL),
    }
    asked = (
        select(
            func.coalesce(_GROUPS[by], "").label("key") if by else literal("").label("key"),
            *(func.count(sql_case((holds, 1))).label(name) for name, holds in sums.items()),
        )
        .select_from(_case.outerjoin(last, last.c.case_id == _case.c.id))
        .where(*closed)
        .group_by("key")
    )
    rows = session.execute(asked).mappings()
    return {row["key"]: Counted(**{name: row[name] for name in sums}) for row in rows}


def last_words(*cases: ColumnElement[bool]) -> Subquery:
    """What the citizen of each case said last, by call or by link: case_id, result, satisfaction.

    cases: which, as conditions on `Case`.
    """
    called = (
        select(_called.c.called_at.label("at"), literal(0).label("link"), *_said(_called))
        .join(_case, _case.c.id == _called.c.case_id)
        .where(*cases, _called.c.reached, not_(_own_call()))
    )
    rated = (
        select(_rated.c.rated_at.label("at"), literal(1).label("link"), *_said(_rated))
        .join(_case, _case.c.id == _rated.c.case_id)
        .where(*cases, _rated.c.rated_at.is_not(None))
    )
    both = union_all(called, rated).subquery()
    # A rating stands beside the call that it answered: of two at one instant, the later key.
    order = both.c.at.desc(), both.c.link.desc(), both.c.id.desc()
    newest = func.row_number().over(partition_by=both.c.case_id, order_by=order)
    ranked = select(both, newest.label("newest")).subquery()
    return select(ranked).where(ranked.c.newest == 1).subquery()


def _own_call() -> ColumnElement[bool]:
    """Whether who called had a hand in handling the case, or belongs to a unit that did."""
    wrote = exists().where(
        _answer.c.case_id == _called.c.case_id, _answer.c.written_by == _called.c.called_by
    )
    spoke = exists().where(
        _contact.c.case_id == _called.c.case_id, _contact.c.recorded_by == _called.c.called_by
    )
    belongs = (
        select(literal(1))
        .select_from(_slip.join(_membership, _membership.c.unit_key == _slip.c.unit_key))
        .where(
            _slip.c.case_id == _called.c.case_id,
            _membership.c.person_id == _called.c.called_by,
            _membership.c.role == str(Role.HANDLER),
        )
        .exists()
    )
    return or_(wrote, spoke, belongs)


def _said(words: Any) -> tuple[ColumnElement[Any], ...]:
    return words.c.id, words.c.case_id, words.c.result, words.c.satisfaction
