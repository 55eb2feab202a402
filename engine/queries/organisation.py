"""The organisation as an administrator sees it (单位): the tree, a unit, what was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import administering, deployed
from engine.errors import NotFound
from engine.models import (
    City,
    HistoryEvent,
    Membership,
    Person,
    TaskStatus,
    Unit,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import compartments

LAST = 20
Texts = Mapping[str, str]


@dataclass(frozen=True)
class UnitLine:
    """A unit in the tree. depth: below the topmost one shown; open: tasks of its own."""

    key: str
    name: Texts
    depth: int
    level: str
    kind: str
    active: bool
    territory: str
    people: int
    open: int
    successor: Texts | None


@dataclass(frozen=True)
class Act:
    """One act of administration as its stream tells it."""

    kind: str
    at: datetime
    by: Texts | None
    payload: Mapping[str, Any]


def tree(session: Session, actor: Actor) -> list[UnitLine]:
    """Every unit the person administers, each below the one it belongs to; four statements."""
    within = administering.reach(session, actor)
    rows = session.scalars(select(Unit).where(Unit.key.in_(within)).order_by(Unit.path)).all()
    people = dict(
        session.execute(
            select(Membership.unit_key, func.count(Membership.person_id.distinct()))
            .join(Person, Person.id == Membership.person_id)
            .where(Person.active)
            .group_by(Membership.unit_key)
        ).all()
    )
    tasks = dict(
        session.execute(
            select(UserTask.unit_key, func.count())
            .where(UserTask.status == TaskStatus.OPEN, compartments.known(UserTask.case_id, actor))
            .group_by(UserTask.unit_key)
        ).all()
    )
    names = unit_names(session)
    depths: dict[str, int] = {}
    lines = []
    for row in rows:
        depths[row.key] = depths.get(row.parent_key or "", -1) + 1
        lines.append(
            UnitLine(
                row.key,
                texts(row.name_zh, row.name_en),
                depths[row.key],
                row.level,
                row.kind,
                row.active,
                row.territory,
                people.get(row.key, 0),
                tasks.get(row.key, 0),
                names.get(row.successor_key or ""),
            )
        )
    return lines


def unit(session: Session, actor: Actor, key: str) -> Unit:
    """A unit the person administers. Raises `NotFound`."""
    found = session.get(Unit, key) if key.isprintable() else None
    if found is None or key not in administering.reach(session, actor):
        raise NotFound(administering.NO_UNIT)
    return found


def choices(session: Session, actor: Actor, *, without: str = "") -> list[tuple[str, Texts]]:
    """The open units the person administers, in the order of the tree, each with where it stands.

    without: the path of a unit that is left out with all below it.
    """
    within = administering.reach(session, actor)
    rows = session.execute(
        select(Unit.key, Unit.path, Unit.name_zh, Unit.name_en)
        .where(Unit.key.in_(within), Unit.active)
        .order_by(Unit.path)
    )
    return [
        (row.key, texts(row.name_zh, row.name_en))
        for row in rows
        if not (without and row.path.startswith(without))
    ]


def acts(session: Session, stream: str) -> list[Act]:
    """The last acts of a stream, newest first."""
    rows = session.execute(
        select(HistoryEvent, Person.name_zh, Person.name_en)
        .outerjoin(Person, Person.id == HistoryEvent.by)
        .where(HistoryEvent.stream == stream)
        .order_by(HistoryEvent.seq.desc())
        .limit(LAST)
    )
    return [
        Act(
            row.HistoryEvent.kind,
            row.HistoryEvent.at,
            texts(row.name_zh, row.name_en) if row.name_zh else None,
            row.HistoryEvent.payload or {},
        )
        for row in rows
    ]


def unit_names(session: Session) -> Mapping[str, Texts]:
    """What every unit is called, by key."""
    revision = session.scalars(select(City.organisation_revision)).one()
    return deployed.unit_names(session, revision)


def active_units(session: Session) -> frozenset[str]:
    """The keys of the units that are not closed."""
    revision = session.scalars(select(City.organisation_revision)).one()
    return deployed.unit_keys(session, revision)


def texts(zh: str, en: str) -> Texts:
    """A name in both languages."""
    return {"zh": zh, "en": en or zh}
