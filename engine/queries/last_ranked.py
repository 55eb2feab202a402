"""Who comes last by a rate (排名末位), for a group interview: only of units with enough cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import Case, CaseStatus
from engine.permissions import Actor
from engine.queries import case_list, rates
from engine.queries.rates import Frame, OfUnit
from engine.rates import counting, places
from engine.rates.definition import COUNTED, MISSED, Definition
from engine.rules.happenings import open_to_all

# How many of the last are offered, and how many cases of each are attached.
LAST, MOST_CASES = 10, 100
_case = table(Case)


@dataclass(frozen=True)
class Place:
    """A unit at the end of a ranking. of: how many units are ranked."""

    unit: OfUnit
    of: int

    @property
    def ground(self) -> Mapping[str, Any]:
        """As it is kept with the interview."""
        figure = self.unit.figure
        return {
            "unit": self.unit.key,
            "place": self.unit.rank,
            "of": self.of,
            "met": figure.numerator,
            "total": figure.denominator,
        }


def shares(session: Session, view: Frame) -> Sequence[Definition]:
    """The rates by which units are ranked."""
    found = places.definitions(session, view.asked.place).values()
    return [one for one in found if one.kind == "share"]


def last(session: Session, view: Frame, one: Definition) -> Sequence[Place]:
    """The units at the end of the ranking, the last first; none where nobody is ranked."""
    ranked = [unit for unit in rates.of_units(session, view, one)[1] if unit.rank is not None]
    ranked.sort(key=lambda unit: unit.rank or 0, reverse=True)
    return [Place(unit, len(ranked)) for unit in ranked[:LAST]]


def cases(
    session: Session, actor: Actor, view: Frame, one: Definition, unit_key: str
) -> list[UUID]:
    """The cases by which a unit came last, the open ones first; none that is kept from others."""
    bad = COUNTED if one.less_is_better else MISSED
    rows = counting.table_of(one)
    case_id = rows.c.case_id if "case_id" in rows.c else rows.c.id
    found = session.execute(
        select(_case.c.id)
        .select_from(rows.join(_case, _case.c.id == case_id))
        .where(
            *counting.conditions(one, view.scope, view.who, bad, ""),
            rows.c.unit_key == unit_key,
            open_to_all(),
            case_list.may_see(actor),
        )
        .order_by(_case.c.status != CaseStatus.OPEN, _case.c.id)
        .limit(MOST_CASES)
    )
    return list(dict.fromkeys(found.scalars()))
