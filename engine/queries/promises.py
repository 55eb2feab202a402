"""The dates promised to a citizen, each with its count day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, deployed, working_time
from engine.models import Deadline, Instance, Suspension
from engine.packs import Pack
from engine.queries.told import Texts, is_promised
from engine.working_time import Budget, Calendar, Explanation


@dataclass(frozen=True)
class Promise:
    """A limit that is promised to the citizen, with its count day by day.

    first_due_at: before it was extended. settled_as: met or late, empty while it runs.
    """

    limit: str
    name: Texts
    budget: str
    due_at: datetime | None
    first_due_at: datetime | None
    provisional: bool
    settled_at: datetime | None
    settled_as: str
    explanation: Explanation

    @property
    def overdue(self) -> bool:
        """Whether it is broken and not made good yet."""
        return self.settled_at is None and self.due_at is not None and self.due_at < clock.now()


def of_case(session: Session, case_id: UUID, pack: Pack, calendar: Calendar) -> tuple[Promise, ...]:
    """The citizen's limits, and those drawn on a stage: by them the citizen hears.

    What only binds one desk (signing, co-handling, a rung's term) is not promised to anybody.
    """
    rows = session.execute(
        select(Deadline, Instance.definition_id, Suspension.from_at, Suspension.until_at)
        .join(Instance, Instance.id == Deadline.instance_id)
        .outerjoin(Suspension, Suspension.deadline_id == Deadline.id)
        .where(Deadline.case_id == case_id, Deadline.settled_as != "cancelled")
        .order_by(Deadline.id, Suspension.from_at)
    ).all()
    ledgers: dict[UUID, Deadline] = {}
    pauses: dict[UUID, list[working_time.Suspension]] = {}
    for row in rows:
        specification = deployed.definition(session, row.definition_id).specification
        if is_promised(specification, row.Deadline.element, row.Deadline.clock):
            ledgers[row.Deadline.id] = row.Deadline
            if row.from_at is not None:
                pauses.setdefault(row.Deadline.id, []).append((row.from_at, row.until_at))
    made = [_promise(one, pauses.get(key, ()), pack, calendar) for key, one in ledgers.items()]
    return tuple(made)


def _promise(
    row: Deadline, pauses: Sequence[working_time.Suspension], pack: Pack, calendar: Calendar
) -> Promise:
    budget = Budget.parse(row.budget)
    extended = Budget.parse(row.extended) if row.extended else None
    limit = pack.limits.get(row.limit)
    first = working_time.due(row.started_at, budget, calendar, pack.hours, suspensions=pauses)
    return Promise(
        limit=row.limit,
        name={"zh": limit.zh, "en": limit.en} if limit else {"zh": row.limit, "en": row.limit},
        budget=row.budget,
        due_at=row.due_at,
        first_due_at=first.at if extended else None,
        provisional=row.provisional,
        settled_at=row.settled_at,
        settled_as=row.settled_as,
        explanation=working_time.explain(
            row.started_at,
            budget,
            calendar,
            pack.hours,
            suspensions=pauses,
            extended=extended,
        ),
    )
