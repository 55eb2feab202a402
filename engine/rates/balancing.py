"""The balance (总账): received = refused + merged + open + closed, and which case breaks it.

Each case is one of the four, came with a contact, and has every event that it says it has; its row
to count says the same of it. Read once a night, and by whoever asks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, literal, not_, or_, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import Case, CaseFigure, CaseStatus, Contact, HistoryEvent

MOST_NAMED = 200
_case, _contact, _figure = table(Case), table(Contact), table(CaseFigure)
_history = table(HistoryEvent)
_STATUSES = [str(status) for status in CaseStatus]
_FIRST, _LAST = "case:", "case:g"
_AT_ONCE = 5000

NO_CONTACT = "no_contact"
NO_STATUS = "no_status"
NOT_ENDED = "not_ended"
STILL_OPEN = "still_open"
EVENTS_GONE = "events_gone"
NOT_COUNTED = "not_counted"
COUNTED_OTHERWISE = "counted_otherwise"


@dataclass(frozen=True)
class Gap:
    """A case that does not balance: its number and what is wrong, one of the words above."""

    number: str
    fault: str


@dataclass(frozen=True)
class Balanced:
    """The sums, and what breaks them: all gaps counted, the first of them named."""

    contacts: int
    received: int
    refused: int
    merged: int
    open: int
    closed: int
    gap_count: int
    gaps: tuple[Gap, ...]

    @property
    def holds(self) -> bool:
        """Whether the two sides are equal and nothing is missing."""
        parts = self.refused + self.merged + self.open + self.closed
        return not self.gap_count and self.received == parts


def balance(session: Session) -> Balanced:
    """The balance of all cases as they stand; sealed ones are looked at, and in no sum."""
    by_status: Counter[str] = Counter(
        dict(
            session.execute(
                select(_case.c.status, func.count())
                .where(not_(_case.c.sealed))
                .group_by(_case.c.status)
            ).all()
        )
    )
    contacts = session.scalar(
        select(func.count())
        .select_from(_contact.join(_case, _case.c.id == _contact.c.case_id))
        .where(_contact.c.of_contact_id.is_(None), not_(_case.c.sealed))
    )
    found, count = list[Gap](), 0
    for gap in gaps(session):
        count += 1
        if len(found) < MOST_NAMED:
            found.append(gap)
    return Balanced(
        contacts=contacts or 0,
        received=by_status.total(),
        refused=by_status[str(CaseStatus.REFUSED)],
        merged=by_status[str(CaseStatus.MERGED)],
        open=by_status[str(CaseStatus.OPEN)],
        closed=by_status[str(CaseStatus.CLOSED)],
        gap_count=count,
        gaps=tuple(found),
    )


def gaps(session: Session) -> Iterator[Gap]:
    """Every case that does not balance, and why."""
    ended = _case.c.status.in_([str(CaseStatus.CLOSED), str(CaseStatus.REFUSED)])
    running = _case.c.status == str(CaseStatus.OPEN)
    has_contact = select(literal(1)).where(_contact.c.case_id == _case.c.id).exists()
    laws: tuple[tuple[str, Any], ...] = (
        (NO_STATUS, _case.c.status.not_in(_STATUSES)),
        (NO_CONTACT, not_(has_contact)),
        (NOT_ENDED, and_(ended, _case.c.closed_at.is_(None))),
        (STILL_OPEN, and_(running, _case.c.closed_at.is_not(None))),
    )
    for fault, broken in laws:
        for number in session.scalars(
            select(_case.c.number).where(broken).order_by(_case.c.number)
        ):
            yield Gap(number, fault)
    yield from _not_counted(session)
    yield from _gone(session)


def _not_counted(session: Session) -> Iterator[Gap]:
    """Cases whose row to count is missing, or speaks of the same history and says otherwise."""
    otherwise = or_(
        _figure.c.status != _case.c.status,
        _figure.c.closed_at.is_distinct_from(_case.c.closed_at),
    )
    rows = session.execute(
        select(_case.c.number, _figure.c.id)
        .select_from(_case.outerjoin(_figure, _figure.c.id == _case.c.id))
        .where(or_(_figure.c.id.is_(None), and_(_figure.c.seq == _case.c.chain_seq, otherwise)))
        .order_by(_case.c.number)
    )
    for row in rows:
        yield Gap(row.number, NOT_COUNTED if row.id is None else COUNTED_OTHERWISE)


def _gone(session: Session) -> Iterator[Gap]:
    """Cases of whose history an event is gone: fewer, or others, than the case itself counts."""
    heads = session.execute(
        select(
            _history.c.stream,
            func.count().label("number"),
            func.max(_history.c.seq).label("last"),
        )
        .where(_history.c.stream >= _FIRST, _history.c.stream < _LAST)
        .group_by(_history.c.stream)
        .order_by(_history.c.stream)
        .execution_options(yield_per=_AT_ONCE)
    )
    cases = session.execute(
        select(_case.c.id, _case.c.number, _case.c.chain_seq)
        .order_by(_case.c.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    with closing(heads), closing(cases):
        yield from _without(iter(heads), cases)


def _without(streams: Iterator[Any], cases: Iterable[Any]) -> Iterator[Gap]:
    """Both in the order of their keys, side by side."""
    at = next(streams, None)
    for case in cases:
        name = f"case:{case.id.hex}"
        while at is not None and at.stream < name:
            at = next(streams, None)
        there = (at.number, at.last) if at is not None and at.stream == name else (0, 0)
        if there != (case.chain_seq, case.chain_seq):
            yield Gap(case.number, EVENTS_GONE)
