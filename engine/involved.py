"""Whose case it is besides its office's (相关单位): the units that have or had a part in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, literal, or_, select, union
from sqlalchemy.orm import Session

from engine.models import Instance, Slip, TaskStatus, UserTask
from engine.permissions import Actor, CaseLike, may_see_case

OPINION = "opinion"  # the part of an instance that asks another unit


@dataclass(frozen=True)
class Units:
    """Keys of units. own: those that handle it or did; asked: those whose opinion is waited for."""

    own: frozenset[str]
    asked: frozenset[str]


def units_of(session: Session, case_id: UUID, facts: Mapping[str, Any]) -> Units:
    """The units of a case, in one statement.

    A unit that was asked for its opinion has a part only as long as its answer is waited for.
    """
    asked = case((Instance.part == OPINION, 1), else_=0)
    rows = session.execute(
        union(
            select(Slip.unit_key, literal(0).label("asked")).where(Slip.case_id == case_id),
            select(UserTask.unit_key, asked.label("asked"))
            .join(Instance, Instance.id == UserTask.instance_id)
            .where(
                UserTask.case_id == case_id,
                UserTask.unit_key.is_not(None),
                or_(Instance.part != OPINION, UserTask.status == TaskStatus.OPEN),
            ),
        )
    ).all()
    own = {row.unit_key for row in rows if not row.asked}
    named = {*facts.get("candidate_units", ()), *facts.get("co_units", ())}
    return Units(frozenset(own | named), frozenset(row.unit_key for row in rows if row.asked))


def takes_part(actor: Actor, case_row: CaseLike, units: Units) -> bool:
    """Whether the person is of those who work on the case, not only of those who are asked."""
    return may_see_case(actor, case_row, units.own)
