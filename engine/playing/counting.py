"""Counting what a demo left, by city and whatever else is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.models import (
    Case,
    Commitment,
    Deadline,
    Interview,
    Matter,
    Pack,
    Supervision,
    SupervisionStep,
    Suspension,
)

# How a table hangs on a case, where that is not by a `case_id` of its own.
_PATHS: Mapping[Any, tuple[tuple[Any, Any], ...]] = {
    Case: (),
    Matter: ((Matter, Matter.main_case_id == Case.id),),
    SupervisionStep: (
        (Supervision, Supervision.case_id == Case.id),
        (SupervisionStep, SupervisionStep.supervision_id == Supervision.id),
    ),
    Interview: (
        (Supervision, Supervision.case_id == Case.id),
        (Interview, Interview.supervision_id == Supervision.id),
    ),
    Commitment: (
        (Supervision, Supervision.case_id == Case.id),
        (Commitment, Commitment.supervision_id == Supervision.id),
    ),
    Suspension: (
        (Deadline, Deadline.case_id == Case.id),
        (Suspension, Suspension.deadline_id == Deadline.id),
    ),
}


@dataclass(frozen=True)
class Counts:
    """Numbers by (city, key, …)."""

    found: Mapping[tuple[str, ...], int]

    def of(self, *keys: object) -> dict[str, int]:
        """By city, where the first keys are these."""
        wanted = tuple(map(str, keys))
        told: dict[str, int] = {}
        for (city, *rest), number in self.found.items():
            if tuple(rest[: len(wanted)]) == wanted:
                told[city] = told.get(city, 0) + number
        return told

    def total(self, *keys: object) -> int:
        """In all cities, where the first keys are these."""
        return sum(self.of(*keys).values())

    @property
    def names(self) -> set[str]:
        """The first keys that there are."""
        return {rest[0] for _, *rest in self.found if rest}


def count(session: Session, what: Any, *by: Any, where: tuple[Any, ...] = ()) -> Counts:
    """How many rows of a table hang on cases, by city and by these columns."""
    query = (
        select(Pack.key, *by, func.count(what.id))
        .select_from(Case)
        .join(Pack, Pack.id == Case.pack_id)
    )
    path = _PATHS.get(what)
    for table, hangs in ((what, what.case_id == Case.id),) if path is None else path:
        query = query.join(table, hangs)
    rows = session.execute(query.where(*where).group_by(Pack.key, *by)).all()
    return Counts({tuple(map(str, row[:-1])): row[-1] for row in rows})


def distinct_cases(session: Session, what: Any, *by: Any) -> Counts:
    """How many cases have such a row, by city and by these columns."""
    query = (
        select(Pack.key, *by, func.count(Case.id.distinct()))
        .select_from(Case)
        .join(Pack, Pack.id == Case.pack_id)
        .join(what, what.case_id == Case.id)
        .group_by(Pack.key, *by)
    )
    return Counts({tuple(map(str, row[:-1])): row[-1] for row in session.execute(query)})
