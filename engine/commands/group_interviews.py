"""One interview for the units that come last by a rate (集体约谈)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import effects, projection
from engine.commands import hot, interviews
from engine.commands.interviews import Meeting
from engine.db import table
from engine.errors import InvalidInput
from engine.models import Scope, Supervision, SupervisionStatus
from engine.numbers import allocate
from engine.permissions import Actor, may, require
from engine.standing_in import in_whose_place_for

CAUSE = "ranked_last"
LEAST, MOST = 2, 10
_SERIES = "JT-"
_supervision = table(Supervision)


@dataclass(frozen=True)
class Summoned:
    """A unit that is called, with the cases by which it came last; its ladder stands at the first.

    ground: its place in the ranking.
    """

    unit: str
    cases: Sequence[UUID]
    ground: Mapping[str, Any]


def call(
    session: Session, units: Sequence[Summoned], meeting: Meeting, *, by: Actor
) -> tuple[UUID, str]:
    """Call units together: a ladder about each, at the interview, and one interview for all.

    Its key and number. Raises `NotFound`, `NotAllowed`, `InvalidInput` for too few or too many
    units, or one without a case that may be shown.
    """
    require(may(by, "supervision.start"))
    if not LEAST <= len(units) <= MOST:
        raise InvalidInput("unit", f"{LEAST} to {MOST} units", str(len(units)))
    if any(not one.cases for one in units):
        raise InvalidInput("unit", "units with cases that may be shown")
    ladders = []
    for one in sorted(units, key=lambda each: each.cases[0]):
        work = hot.of_case(session, one.cases[0], by.id, "supervision")
        office = work.case["office_key"]
        require(
            any(by.acts_for(role, office) for role in ("supervisor", "leader")),
            "The case belongs to another office.",
        )
        work.instead_of = in_whose_place_for(by, "supervision.start", office)
        evidence = {**meeting.ground, **one.ground, "cases": [key.hex for key in one.cases]}
        key = effects.start_about_unit(
            work, CAUSE, one.unit, rung="interview", reason=meeting.reason, evidence=evidence
        )
        projection.write_case(session, work)
        ladders.append(key or _standing(session, one.unit))
    number = allocate(session, f"{_SERIES}{meeting.held_at:%Y}-")
    return interviews.call_together(session, ladders, number, meeting, by=by), number


def _standing(session: Session, unit: str) -> UUID:
    """The ladder that is open about this unit already."""
    key: UUID = session.execute(
        select(_supervision.c.id).where(
            _supervision.c.cause == CAUSE,
            _supervision.c.target == unit,
            _supervision.c.scope == Scope.UNIT,
            _supervision.c.status == SupervisionStatus.OPEN,
        )
    ).scalar_one()
    return key
