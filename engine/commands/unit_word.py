"""A word about a unit (领导指示): a leader or supervisor starts a ladder about it, at any rung.

It stands at the unit's worst case, as every ladder about a unit, and ends by hand or at its top.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import effects, history, projection
from engine.commands import hot
from engine.db import table
from engine.errors import Conflict, InvalidInput
from engine.history import Entry
from engine.models import Case, CaseStatus, Role
from engine.permissions import GRANTS, Actor, may, require
from engine.rules import holding
from engine.rules.definition import RUNGS, Counts
from engine.rules.happenings import open_to_all
from engine.standing_in import in_whose_place_for

GRANT = "supervision.start"
LONGEST_REASON = 2000
MOST_CASES = 200
_case = table(Case)


def ask(session: Session, unit_key: str, rung: str, reason: str, *, by: Actor) -> UUID:
    """Start a ladder about a unit at one rung; the supervision's id.

    Its overdue cases are its evidence. Raises `NotAllowed`, `InvalidInput`, `Conflict` if the unit
    has no case, or the same is open already (`open`).
    """
    require(may(by, GRANT))
    if rung not in RUNGS:
        raise InvalidInput("rung", f"one of {', '.join(RUNGS)}", rung[:40])
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput("reason", f"1 to {LONGEST_REASON} characters")
    place, overdue = _cases(session, unit_key, by)
    work = hot.of_case(session, place, by.id, "supervision")
    office = work.case["office_key"]
    by_leader = by.acts_for(Role.LEADER, office)
    require(by_leader or by.acts_for(Role.SUPERVISOR, office), "The cases are another office's.")
    work.instead_of = in_whose_place_for(by, GRANT, office)
    key = effects.start_about_unit(
        work,
        f"{'leader' if by_leader else 'asked'}_{rung}",
        unit_key,
        rung=rung,
        reason=reason,
        evidence={"cases": [one.hex for one in overdue]},
    )
    if key is None:
        raise Conflict("The same supervision of this unit is open already.", open=True)
    projection.write_case(session, work)
    entry = Entry(
        "unit.supervised",
        work.now,
        by.id,
        payload={"supervision": key.hex, "rung": rung, "reason": reason},
    )
    told = history.in_place_of(work.instead_of, entry)
    history.record(session, f"unit:{unit_key}", [told])
    return key


def _cases(session: Session, unit_key: str, by: Actor) -> tuple[UUID, list[UUID]]:
    """The case at which a ladder about the unit stands, and those of its cases that are overdue."""
    offices = {key for role in GRANTS[GRANT] for key in by.scope.get(role, frozenset())}
    rows = session.execute(
        select(_case.c.id, _case.c.status)
        .where(_case.c.unit_key == unit_key, _case.c.office_key.in_(sorted(offices)), open_to_all())
        .order_by((_case.c.status == CaseStatus.OPEN).desc(), _case.c.received_at)
        .limit(10 * MOST_CASES)
    ).all()
    if not rows:
        raise Conflict("The unit has no case at which a ladder could stand.")
    runs = [row.id for row in rows if row.status == CaseStatus.OPEN]
    late = holding.still(session, Counts.OVERDUE, runs, unit_key)
    overdue = [key for key in runs if key in late][:MOST_CASES]
    return (overdue or [rows[0].id])[0], overdue
