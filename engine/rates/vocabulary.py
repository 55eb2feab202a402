"""What the conditions of a rate mean: each word as SQL over the rows that are counted.

The words are those of `engine.rate_schema`; whatever is not among them is refused before it comes
here. Nothing is evaluated but these functions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, false, literal, not_, or_, true

from engine.column_types import Instant
from engine.db import table
from engine.models import CaseFigure, CaseStatus, SlipFigure
from engine.rate_schema import CASE, SLIP
from engine.rates.definition import Condition
from engine.rates.instants import Later

Holds = ColumnElement[bool]
_case, _slip = table(CaseFigure), table(SlipFigure)
TABLES: Mapping[str, Table] = {CASE: _case, SLIP: _slip}


@dataclass(frozen=True)
class Said:
    """A condition's parameters, and the instant as of which it is asked."""

    params: Mapping[str, Any]
    now: datetime

    @property
    def at(self) -> ColumnElement[datetime]:
        """The instant, with its type, so that it is bound as instants are kept."""
        return literal(self.now, Instant)

    def among(self, column: ColumnElement[Any]) -> Holds:
        """That a column has one of the values."""
        return column.in_(self.params["one_of"])

    @property
    def due(self) -> ColumnElement[datetime]:
        """The due date of the limit."""
        return _case.c.contact_due_at if self.contact else _case.c.due_at

    @property
    def done(self) -> ColumnElement[datetime]:
        """When what the limit asks for was done."""
        return _case.c.contacted_at if self.contact else _case.c.done_at

    @property
    def late(self) -> ColumnElement[bool]:
        """Whether the limit was broken in any round."""
        return _case.c.contact_late if self.contact else _case.c.was_late

    @property
    def contact(self) -> bool:
        """Whether it is about the limit to contact the citizen."""
        return bool(self.params["limit"] == "contact")


def _kept(said: Said) -> Holds:
    if said.params.get("plain") and not said.contact:
        # As if no extension had been given.
        in_time = and_(_case.c.done_at <= _case.c.plain_due_at, not_(_case.c.was_late))
        return and_(_case.c.done_at.is_not(None), _case.c.plain_due_at.is_not(None), in_time)
    return and_(said.done.is_not(None), said.due.is_not(None), not_(said.late))


def _broken(said: Said) -> Holds:
    passed = and_(said.done.is_(None), said.due < said.at)
    return and_(said.due.is_not(None), or_(said.late, passed))


def _running(said: Said) -> Holds:
    """Not done, and there is still time, or the clock stands still."""
    waits = or_(said.due.is_(None), said.due >= said.at)
    return and_(said.done.is_(None), not_(said.late), waits)


def _mark(said: Said) -> Holds:
    bounds: list[Holds] = [_case.c.rating.is_not(None)]
    if "at_least" in said.params:
        bounds.append(_case.c.rating >= said.params["at_least"])
    if "at_most" in said.params:
        bounds.append(_case.c.rating <= said.params["at_most"])
    return and_(*bounds)


def _within(later: Any, earlier: Any, most: timedelta) -> Holds:
    """That one instant is at most so much behind another."""
    return and_(later >= earlier, Later(earlier, most) >= later)


def _case_words() -> Mapping[str, Callable[[Said], Holds]]:
    c = _case.c
    return {
        "status": lambda said: said.among(c.status),
        "outcome": lambda said: said.among(c.outcome),
        "category": lambda said: said.among(c.category),
        "channel": lambda said: said.among(c.channel),
        "kind": lambda said: said.among(c.kind),
        "level": lambda said: said.among(c.level),
        "said": lambda said: said.among(c.said),
        "slipped": lambda _: c.slip_at.is_not(None),
        "closed": lambda _: and_(c.status == str(CaseStatus.CLOSED), c.closed_at.is_not(None)),
        "handled": lambda _: c.done_at.is_not(None),
        "answered": lambda _: c.answered_at.is_not(None),
        "contacted": lambda _: c.contacted_at.is_not(None),
        "limited": lambda said: or_(said.due.is_not(None), said.late),
        "kept": _kept,
        "broken": _broken,
        "running": _running,
        "paused": lambda _: c.paused,
        "extended": lambda _: c.extended,
        "extended_last_day": lambda _: c.extended_last_day,
        "may_call": lambda _: c.may_call,
        "called": lambda _: c.attempts > 0,
        "reached": lambda _: c.reached_at.is_not(None),
        "asked": lambda _: c.said != "",
        "rated": lambda _: c.rating.is_not(None),
        "mark": _mark,
        "sent_back": lambda _: c.rounds > 0,
        "returned": lambda _: c.returns > 0,
        "repeated": lambda said: _within(
            c.repeat_at, c.closed_at, timedelta(days=said.params["within_days"])
        ),
        "reviewed": lambda _: c.reviews > 0,
        "failed_review": lambda _: c.reviews_failed > 0,
        "coached": lambda _: c.coached,
        "own_call": lambda _: c.own_call,
        "drawn": lambda _: c.drawn,
        "spared": lambda _: and_(c.stratum_id.is_not(None), not_(c.drawn)),
        "handled_within": lambda said: _within(
            c.done_at, c.slip_at, timedelta(minutes=said.params["minutes"])
        ),
        "handled_before_due": lambda said: _within(
            c.due_at, c.done_at, timedelta(minutes=said.params["minutes"])
        ),
    }


def _slip_words() -> Mapping[str, Callable[[Said], Holds]]:
    c = _slip.c
    return {
        "category": lambda said: said.among(c.category),
        "channel": lambda said: said.among(c.channel),
        "signed": lambda _: c.signed_at.is_not(None),
        "signed_in_time": lambda _: and_(c.signed_at.is_not(None), c.signed_at <= c.due_at),
        "limited": lambda _: c.due_at.is_not(None),
        "running": lambda said: and_(
            c.signed_at.is_(None), c.returned_at.is_(None), c.due_at >= said.at
        ),
        "returned": lambda _: c.returned_at.is_not(None),
        "return_accepted": lambda _: c.return_accepted,
    }


MEANINGS: Mapping[str, Mapping[str, Callable[[Said], Holds]]] = {
    CASE: _case_words(),
    SLIP: _slip_words(),
}


def all_hold(of: str, conditions: Sequence[Condition], now: datetime) -> Holds:
    """That all conditions hold; of none, it is true."""
    return and_(true(), *(_holds(of, one, now) for one in conditions))


def _holds(of: str, condition: Condition, now: datetime) -> Holds:
    if "any" in condition:
        return or_(false(), *(_holds(of, one, now) for one in condition["any"]))
    if "not" in condition:
        # What is not known does not hold, so its contrary does.
        return not_(known(_holds(of, condition["not"], now)))
    return MEANINGS[of][condition["is"]](Said(condition, now))


def known(holds: Holds) -> Holds:
    """The same, false where the database would say it does not know."""
    return holds.is_(true())
