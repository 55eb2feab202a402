"""What rules count, read from facts and histories: what was so then, not what is so today.

A clock that ran out is in the history, also when it was lengthened afterwards; whose case it was
then is told by its slips. Sealed and confidential cases and those about a unit are never counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal_column, select, union_all
from sqlalchemy.orm import Session

from engine import ledger
from engine.db import table
from engine.models import (
    Callback,
    Case,
    CaseFigure,
    Deadline,
    Evaluation,
    HistoryEvent,
    Instance,
    Slip,
)
from engine.rules.definition import Counts
from engine.rules.windows import Happening

_case, _slip, _figure = table(Case), table(Slip), table(CaseFigure)
_history, _instance, _deadline = table(HistoryEvent), table(Instance), table(Deadline)
_called, _rated = table(Callback), table(Evaluation)
# Below "basically satisfied". Written out, so that the index of those alone serves.
_BAD: ColumnElement[int] = literal_column("3")
_AT_ONCE = 500


def open_to_all() -> ColumnElement[bool]:
    """That a case may be counted and shown: it is kept from nobody."""
    return and_(
        _case.c.sealed.is_(False), _case.c.confidential.is_(False), _case.c.accused_key.is_(None)
    )


def portions(keys: Iterable[UUID]) -> Iterator[list[UUID]]:
    """The keys in their order, as many at a time as a statement takes."""
    ordered = sorted(keys)
    for place in range(0, len(ordered), _AT_ONCE):
        yield ordered[place : place + _AT_ONCE]


def happenings(
    session: Session, counts: Counts, office_key: str, since: datetime, until: datetime
) -> list[Happening]:
    """What happened to the units of an office's cases from `since` to `until`, in order."""
    of_office = and_(_case.c.office_key == office_key, open_to_all())
    found = _READERS[counts](session, of_office, since, until)
    return sorted(one for one in found if one.unit and one.unit != office_key)


def _overdue(
    session: Session, of_office: ColumnElement[bool], since: datetime, until: datetime
) -> list[Happening]:
    """Clocks that ran out, each when it did; those of the office itself are nobody's here."""
    rows = session.execute(
        select(
            _history.c.id,
            _history.c.payload,
            _case.c.id.label("case_id"),
            _deadline.c.limit,
            _deadline.c.unit_key,
            _deadline.c.started_at,
            _deadline.c.token,
            _deadline.c.host,
        )
        .select_from(_history)
        .join(_instance, _instance.c.id == _history.c.instance_id)
        .join(_case, _case.c.id == _instance.c.case_id)
        .join(
            _deadline,
            and_(
                _deadline.c.case_id == _case.c.id,
                _deadline.c.instance_id == _instance.c.id,
                _deadline.c.element == _history.c.element,
            ),
        )
        .where(
            _history.c.kind == literal_column("'deadline.overdue'"),
            _history.c.at >= since,
            _history.c.at <= until,
            _instance.c.part != "supervision",
            of_office,
        )
        .order_by(_history.c.id, _deadline.c.started_at)
    )
    # Of a clock that was opened again the one that ran then: the last that had begun.
    clocks: dict[UUID, tuple[datetime, Any]] = {}
    for row in rows:
        if row.payload is None or row.payload.get("limit") != row.limit:
            continue
        due = datetime.fromisoformat(row.payload["due"])
        if since <= due and row.started_at <= due and ledger.is_duty(row._asdict()):
            clocks[row.id] = due, row
    whose = _responsible(
        session, {(row.case_id, due) for due, row in clocks.values() if not row.unit_key}
    )
    return [
        Happening(due, row.case_id, row.unit_key or whose.get((row.case_id, due), ""))
        for due, row in clocks.values()
    ]


def _repeats(
    session: Session, of_office: ColumnElement[bool], since: datetime, until: datetime
) -> list[Happening]:
    """Cases that were closed, and whose citizen came again about the same."""
    rows = session.execute(
        select(_figure.c.repeat_at, _figure.c.id, _figure.c.unit_key)
        .join(_case, _case.c.id == _figure.c.id)
        .where(_figure.c.repeat_at >= since, _figure.c.repeat_at <= until, of_office)
    )
    return [Happening(row.repeat_at, row.id, row.unit_key) for row in rows]


def _poor(
    session: Session, of_office: ColumnElement[bool], since: datetime, until: datetime
) -> list[Happening]:
    """Bad marks, by call or by link; of the unit that had the case then."""
    both = union_all(
        *(
            select(words.c.case_id, at.label("at"))
            .join(_case, _case.c.id == words.c.case_id)
            .where(words.c.satisfaction < _BAD, at >= since, at <= until, of_office)
            for words, at in ((_called, _called.c.called_at), (_rated, _rated.c.rated_at))
        )
    ).subquery()
    marks = [(row.case_id, row.at) for row in session.execute(select(both))]
    whose = _responsible(session, marks)
    return [Happening(at, case_id, whose.get((case_id, at), "")) for case_id, at in marks]


def _returns(
    session: Session, of_office: ColumnElement[bool], since: datetime, until: datetime
) -> list[Happening]:
    """Slips that a unit sent back."""
    rows = session.execute(
        select(_slip.c.returned_at, _slip.c.case_id, _slip.c.unit_key)
        .join(_case, _case.c.id == _slip.c.case_id)
        .where(_slip.c.returned_at >= since, _slip.c.returned_at <= until, of_office)
    )
    return [Happening(row.returned_at, row.case_id, row.unit_key) for row in rows]


def _responsible(
    session: Session, moments: Iterable[tuple[UUID, datetime]]
) -> dict[tuple[UUID, datetime], str]:
    """Which unit had each case at each moment, by its slips; none where none had."""
    asked = list(moments)
    slips: dict[UUID, list[Any]] = defaultdict(list)
    for some in portions({case_id for case_id, _ in asked}):
        for row in session.execute(
            select(_slip.c.case_id, _slip.c.unit_key, _slip.c.issued_at, _slip.c.returned_at)
            .where(_slip.c.case_id.in_(some), _slip.c.host)
            .order_by(_slip.c.issued_at)
        ):
            slips[row.case_id].append(row)
    return {(case_id, at): _holder(slips[case_id], at) for case_id, at in asked}


def _holder(slips: Sequence[Any], at: datetime) -> str:
    issued = [row for row in slips if row.issued_at <= at]
    if not issued or (issued[-1].returned_at is not None and issued[-1].returned_at <= at):
        return ""
    return str(issued[-1].unit_key)


_READERS = {
    Counts.OVERDUE: _overdue,
    Counts.REPEATS: _repeats,
    Counts.POOR: _poor,
    Counts.RETURNS: _returns,
}
