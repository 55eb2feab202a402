"""Where the board reads from: cases in progress and their open clocks, as they are or as kept.

A clock here is an open ledger of a case in progress: not a wait drawn as an event, not a right
that ends by itself, and not a ladder's own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Exists,
    Select,
    Subquery,
    Table,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
)

from engine.boards.states import OFTEN_REPEATED, OFTEN_RETURNED
from engine.db import table
from engine.indexes import aside
from engine.ledger import NO_DUTY
from engine.models import (
    BoardCase,
    BoardClock,
    Case,
    CaseStatus,
    Deadline,
    Instance,
    Supervision,
    SupervisionStatus,
)

IN_PROGRESS = (CaseStatus.OPEN, CaseStatus.MERGED)
_case, _deadline, _instance = table(Case), table(Deadline), table(Instance)
_supervision = table(Supervision)
_kept_case, _kept_clock = table(BoardCase), table(BoardClock)


@dataclass(frozen=True)
class Source:
    """Rows to count: columns as those of `BoardCase` and `BoardClock`, but for `seq`."""

    cases: Subquery
    clocks: Subquery

    def about_others(self) -> ColumnElement[bool]:
        """That a ladder of a case is about another unit than the responsible one."""
        of = self.cases.c
        other = _open_ladder(of.id).where(_supervision.c.target != of.unit_key)
        return and_(of.supervised, other.correlate(self.cases))

    def about(self, units: Collection[str]) -> ColumnElement[bool]:
        """That a ladder of a case is about one of these units."""
        of = self.cases.c
        such = _open_ladder(of.id).where(_supervision.c.target.in_(units))
        return and_(of.supervised, such.correlate(self.cases))


def live(*which: ColumnElement[bool]) -> Source:
    """As it is at this moment, of the cases for which this holds."""
    return Source(cases(*which).subquery("k"), clocks(*which).subquery("c"))


def kept(offices: Collection[str] | None = None) -> Source:
    """As a worker kept it; of these offices."""
    some_cases, some_clocks = select(_kept_case), select(_kept_clock)
    if offices is not None:
        some_cases = some_cases.where(_kept_case.c.office_key.in_(sorted(offices)))
        some_clocks = some_clocks.where(_kept_clock.c.office_key.in_(sorted(offices)))
    return Source(some_cases.subquery("k"), some_clocks.subquery("c"))


def cases(*which: ColumnElement[bool]) -> Select[Any]:
    """The cases in progress for which this holds, with the columns of `BoardCase`."""
    facts = _case.c.facts
    most_urgent = (
        select(func.min(_deadline.c.due_at))
        .join(_instance, _instance.c.id == _deadline.c.instance_id)
        .where(_deadline.c.case_id == _case.c.id, is_duty())
        .correlate(_case)
    )
    return select(
        _case.c.id,
        _case.c.chain_seq.label("seq"),
        _case.c.office_key,
        _responsible().label("unit_key"),
        _case.c.category,
        _case.c.received_at,
        most_urgent.scalar_subquery().label("due_at"),
        (func.coalesce(facts["bounces"].as_integer(), 0) >= OFTEN_RETURNED).label("returned"),
        (func.coalesce(facts["unsolved_times"].as_integer(), 0) > 0).label("reopened"),
        (func.coalesce(facts["repeats"].as_integer(), 0) >= OFTEN_REPEATED).label("repeated"),
        _case.c.confidential,
        _open_ladder(_case.c.id).label("supervised"),
    ).where(in_progress(), *which)


def _open_ladder(case_id: ColumnElement[Any]) -> Exists:
    still_open = aside(_supervision.c.status) == SupervisionStatus.OPEN
    return exists().where(_supervision.c.case_id == case_id, still_open)


def clocks(*which: ColumnElement[bool]) -> Select[Any]:
    """The open clocks of such cases, with the columns of `BoardClock`."""
    return (
        select(
            _deadline.c.id,
            _deadline.c.case_id,
            _case.c.office_key,
            unit_of_clock().label("unit_key"),
            (unit_of_clock() == _responsible()).label("own"),
            _case.c.category,
            _case.c.pack_id,
            _deadline.c.limit,
            _deadline.c.budget,
            (_deadline.c.extended != "").label("extended"),
            _deadline.c.due_at,
        )
        .join(_case, _case.c.id == _deadline.c.case_id)
        .join(_instance, _instance.c.id == _deadline.c.instance_id)
        .where(in_progress(), is_duty(), *which)
    )


def in_progress() -> ColumnElement[bool]:
    """That a case is in progress; one merged into another as long as a limit of it runs.

    Asked of cases that were found otherwise.
    """
    status = aside(_case.c.status)
    running = exists().where(_deadline.c.case_id == _case.c.id, _deadline.c.settled_at.is_(None))
    return and_(status.in_(IN_PROGRESS), or_(status == CaseStatus.OPEN, running.correlate(_case)))


def apart() -> ColumnElement[bool]:
    """That a case is kept from somebody, as the index of those few is written."""
    return or_(_case.c.sealed, _case.c.accused_key.is_not(None))


def is_duty() -> ColumnElement[bool]:
    """Whether a ledger is a clock as this module means it."""
    of = _deadline.c
    return and_(
        of.settled_at.is_(None),
        of.limit.not_in(NO_DUTY),
        _instance.c.part != "supervision",
        # An event that waits is its own host.
        or_(of.token.is_(None), of.host.is_(None), of.token != of.host),
    )


def unit_of_clock() -> ColumnElement[str]:
    """Whose clock it is: a unit's, else the responsible unit's, else the office's."""
    return func.coalesce(_deadline.c.unit_key, _case.c.unit_key, _case.c.office_key)


def _responsible() -> ColumnElement[str]:
    return func.coalesce(_case.c.unit_key, _case.c.office_key)


def kept_still(offices: Collection[str]) -> Source:
    """As a worker kept it, without what has ended since; for lists."""
    still = _kept_rows(_kept_case, _case, in_progress(), not_(apart()))
    running = _kept_rows(_kept_clock, _deadline, _deadline.c.settled_at.is_(None))
    own = sorted(offices)
    return Source(
        still.where(_kept_case.c.office_key.in_(own)).subquery("k"),
        running.where(_kept_clock.c.office_key.in_(own)).subquery("c"),
    )


def _kept_rows(of: Table, as_is: Table, *which: ColumnElement[bool]) -> Select[Any]:
    """Kept rows of which what they were read from is still so."""
    return select(of).join(as_is, as_is.c.id == of.c.id).where(*which)
