"""The ledgers of a case (时限台账), each open one counted day by day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import ledger, working_time
from engine.models import Deadline, Suspension
from engine.queries.case_file import File, Texts
from engine.working_time import Budget, Explanation


@dataclass(frozen=True)
class Pause:
    """An interval in which a ledger did not run, and why."""

    from_at: datetime
    until_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Ledger:
    """A ledger of the case; a limit that is only a budget in the diagram has no name.

    days: the count, for open ledgers. first_due_at: before an extension.
    """

    deadline: Deadline
    name: Texts | None
    source: Texts | None
    pauses: Sequence[Pause]
    days: Explanation | None
    first_due_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it still runs or is paused."""
        return self.deadline.settled_at is None


def of_case(session: Session, file: File) -> list[Ledger]:
    """The ledgers of a case, open ones first and due first among them; two statements."""
    rows = session.scalars(select(Deadline).where(Deadline.case_id == file.case.id)).all()
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    if rows:
        for row in session.scalars(
            select(Suspension)
            .join(Deadline, Deadline.id == Suspension.deadline_id)
            .where(Deadline.case_id == file.case.id)
            .order_by(Suspension.from_at)
        ):
            pauses[row.deadline_id].append(Pause(row.from_at, row.until_at, row.reason))
    return sorted((_ledger(file, row, pauses[row.id]) for row in rows), key=_place)


def of_row(session: Session, file: File, row: Deadline, *, paused: bool) -> Ledger:
    """One ledger of the case; one statement if it ever paused, else none."""
    pauses = []
    if paused:
        rows = session.scalars(
            select(Suspension).where(Suspension.deadline_id == row.id).order_by(Suspension.from_at)
        )
        pauses = [Pause(one.from_at, one.until_at, one.reason) for one in rows]
    return _ledger(file, row, pauses)


def _place(one: Ledger) -> tuple[bool, bool, float]:
    row = one.deadline
    return not one.open, row.due_at is None, (row.due_at or row.started_at).timestamp()


def _ledger(file: File, row: Deadline, pauses: list[Pause]) -> Ledger:
    limit = ledger.limit_of(file.pack, row.limit)
    suspensions = [(pause.from_at, pause.until_at) for pause in pauses]
    budget, hours = Budget.parse(row.budget), file.pack.hours
    days = first = None
    if row.settled_at is None:
        days = working_time.explain(
            row.started_at,
            budget,
            file.calendar,
            hours,
            suspensions=suspensions,
            extended=Budget.parse(row.extended) if row.extended else None,
        )
    if row.extended:
        first = working_time.due(
            row.started_at, budget, file.calendar, hours, suspensions=suspensions
        ).at
    return Ledger(
        deadline=row,
        name={"zh": limit.zh, "en": limit.en} if limit else None,
        source=limit.source if limit else None,
        pauses=pauses,
        days=days,
        first_due_at=first,
    )
