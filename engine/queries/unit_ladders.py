"""Ladders about a unit (对单位的督办): what they rest on, and whom one may start one about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.db import table
from engine.models import Case, CaseStatus, City, Scope, Supervision
from engine.permissions import Actor
from engine.queries import open_clocks
from engine.queries.rule_windows import CaseRef, cases_of
from engine.rules import holding
from engine.rules.definition import Counts, Rule
from engine.rules.happenings import open_to_all

Text = Mapping[str, str]
MOST_LISTED = 200
_case = table(Case)


@dataclass(frozen=True)
class Grounds:
    """What a ladder about a unit rests on.

    key: of the rule that began it, "" for somebody's word. cases: those behind it that may be
    shown; still: the numbers of those that are not put right.
    """

    key: str
    name: Text
    rule: Rule | None
    from_on: date | None
    until_on: date | None
    cases: tuple[CaseRef, ...]
    still: frozenset[str]


def grounds(session: Session, actor: Actor, number: str) -> Grounds | None:
    """What the ladder of this number rests on; None for one that is about its case alone."""
    one = session.execute(
        select(Supervision.evidence, Supervision.target).where(
            Supervision.number == number, Supervision.scope == Scope.UNIT
        )
    ).one_or_none()
    if one is None:
        return None
    evidence = one.evidence
    refs = cases_of(session, actor, evidence.get("cases", []))
    shown = [key for key in evidence.get("cases", []) if key in refs]
    rule = Rule.of(evidence) if "rule" in evidence else None
    counts = rule.counts if rule else Counts.OVERDUE
    still = holding.still(session, counts, [UUID(hex=key) for key in shown], one.target)
    return Grounds(
        key=evidence.get("rule", ""),
        name=evidence.get("name", {}),
        rule=rule,
        from_on=date.fromisoformat(evidence["from_on"]) if rule else None,
        until_on=date.fromisoformat(evidence["until_on"]) if rule else None,
        cases=tuple(refs[key] for key in shown[:MOST_LISTED]),
        still=frozenset(refs[key.hex].number for key in still),
    )


def units(session: Session, actor: Actor) -> dict[str, tuple[Text, int]]:
    """The units with open cases of the offices one supervises: name and how many, by key."""
    rows = session.execute(
        select(_case.c.unit_key, func.count().label("number"))
        .where(
            _case.c.status == CaseStatus.OPEN,
            _case.c.office_key.in_(sorted(open_clocks.offices(actor))),
            _case.c.unit_key.is_not(None),
            open_to_all(),
        )
        .group_by(_case.c.unit_key)
    )
    counts = {row.unit_key: row.number for row in rows}
    names = deployed.unit_names(session, session.scalar(select(City.organisation_revision)) or 0)
    return {key: (name, counts[key]) for key, name in names.items() if key in counts}


def overdue(session: Session, actor: Actor, unit_key: str) -> tuple[CaseRef, ...]:
    """The unit's cases that are overdue now, and may be shown."""
    open_ones = session.scalars(
        select(_case.c.id)
        .where(
            _case.c.unit_key == unit_key,
            _case.c.status == CaseStatus.OPEN,
            _case.c.office_key.in_(sorted(open_clocks.offices(actor))),
            open_to_all(),
        )
        .order_by(_case.c.received_at)
        .limit(10 * MOST_LISTED)
    ).all()
    late = holding.still(session, Counts.OVERDUE, open_ones, unit_key)
    keys = [key.hex for key in open_ones if key in late]
    refs = cases_of(session, actor, keys)
    return tuple(refs[key] for key in keys if key in refs)
