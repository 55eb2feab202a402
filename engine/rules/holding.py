"""Whether what a rule counted is still so (整改情况): what a ladder about a unit waits for."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.boards.sources import is_duty
from engine.db import table
from engine.models import Case, CaseFigure, CaseStatus, Deadline, Instance, Slip
from engine.rules.definition import Counts
from engine.rules.happenings import portions

_case, _slip, _figure = table(Case), table(Slip), table(CaseFigure)
_instance, _deadline = table(Instance), table(Deadline)
_BAD = 3


def still(
    session: Session, counts: Counts, cases: Collection[UUID], unit_key: str
) -> frozenset[UUID]:
    """Those of the cases of which it is still so today.

    Overdue: a clock of the unit's that has run out still runs on. Repeats: the later case is open.
    Poor: the citizen's last word is a bad mark. Returns: the case is open and nobody has signed
    for it since.
    """
    found: set[UUID] = set()
    for some in portions(cases):
        asked = _ASKED[counts](unit_key, clock.now())
        found.update(session.scalars(asked.where(_case.c.id.in_(some))))
    return frozenset(found)


def _overdue(unit_key: str, now: datetime) -> Select[UUID]:
    runs = exists().where(
        _deadline.c.case_id == _case.c.id,
        _deadline.c.due_at < now,
        is_duty(),
        or_(
            _deadline.c.unit_key == unit_key,
            and_(_deadline.c.unit_key.is_(None), _case.c.unit_key == unit_key),
        ),
        _instance.c.id == _deadline.c.instance_id,
    )
    return select(_case.c.id).where(runs)


def _repeats(_unit_key: str, _now: datetime) -> Select[UUID]:
    later = _case.alias("later")
    again: ColumnElement[bool] = exists().where(
        later.c.received_at == _figure.c.repeat_at,
        later.c.category == _case.c.category,
        later.c.status == CaseStatus.OPEN,
    )
    return select(_case.c.id).join(_figure, _figure.c.id == _case.c.id).where(again)


def _poor(_unit_key: str, _now: datetime) -> Select[UUID]:
    return (
        select(_case.c.id).join(_figure, _figure.c.id == _case.c.id).where(_figure.c.rating < _BAD)
    )


def _returns(unit_key: str, _now: datetime) -> Select[UUID]:
    mine, later = _slip.alias("mine"), _slip.alias("later")
    waits = exists().where(
        mine.c.case_id == _case.c.id,
        mine.c.unit_key == unit_key,
        mine.c.returned_at.is_not(None),
        ~exists().where(
            later.c.case_id == mine.c.case_id,
            later.c.issued_at >= mine.c.returned_at,
            later.c.signed_at.is_not(None),
            later.c.returned_at.is_(None),
        ),
    )
    return select(_case.c.id).where(_case.c.status == CaseStatus.OPEN, waits)


_ASKED = {
    Counts.OVERDUE: _overdue,
    Counts.REPEATS: _repeats,
    Counts.POOR: _poor,
    Counts.RETURNS: _returns,
}
