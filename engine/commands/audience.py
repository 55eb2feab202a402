"""Who is told (收件人): the people of a role, those who stand in for them, those who may know."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.db import table
from engine.models import Absence, City, Membership, Person, Unit
from engine.permissions import OFFICE_ROLES

_membership, _person, _unit = table(Membership), table(Person), table(Unit)
_absence = table(Absence)


@dataclass(frozen=True)
class Holders:
    """Those who hold a role in a unit; where nobody does, the nearest unit above whose people do.

    A compartment asks nobody above it.
    """

    unit: str
    role: str


@dataclass(frozen=True)
class Organisation:
    """The tree as of now, and what day it is in it."""

    paths: Mapping[str, str]
    compartments: Sequence[str]
    today: date

    @classmethod
    def read(cls, session: Session) -> "Organisation":
        """As it stands; one statement where nothing changed since the last look."""
        city = session.execute(select(City.organisation_revision, City.timezone)).one()
        return cls(
            deployed.unit_paths(session, city.organisation_revision),
            deployed.compartments(session, city.organisation_revision),
            clock.now().astimezone(ZoneInfo(city.timezone)).date(),
        )

    def upwards(self, path: str) -> list[str]:
        """The units on a path from its own upwards, no further than the compartment it lies in."""
        start = self.compartment_of(path).rstrip("/").rfind("/") + 1
        return [key for key in reversed(path[start:].split("/")) if key]

    def compartment_of(self, path: str) -> str:
        """The innermost compartment that a path lies in, "/" if it lies in none."""
        return max((one for one in self.compartments if path.startswith(one)), key=len, default="/")


def holders(
    session: Session, wanted: Set[Holders], tree: Organisation
) -> Mapping[Holders, frozenset[UUID]]:
    """The persons behind each of these today, in one statement; stand-ins are not among them."""
    if not wanted:
        return {}
    ladders = {one: tree.upwards(tree.paths.get(one.unit, "")) for one in wanted}
    rows = session.execute(
        select(_membership.c.unit_key, _membership.c.role, _membership.c.person_id)
        .join(_person, _person.c.id == _membership.c.person_id)
        .where(
            _membership.c.unit_key.in_({unit for ladder in ladders.values() for unit in ladder}),
            _membership.c.role.in_({one.role for one in ladders}),
            _person.c.active,
            *_on(tree.today),
        )
    )
    at: dict[tuple[str, str], set[UUID]] = {}
    for row in rows:
        at.setdefault((row.unit_key, row.role), set()).add(row.person_id)
    return {
        one: frozenset(next((at[u, one.role] for u in ladder if (u, one.role) in at), ()))
        for one, ladder in ladders.items()
    }


def of_roles(session: Session, roles: Set[str]) -> frozenset[UUID]:
    """Everybody who has one of these roles today, in whatever unit."""
    today = Organisation.read(session).today
    return frozenset(
        session.scalars(
            select(_membership.c.person_id)
            .join(_person, _person.c.id == _membership.c.person_id)
            .where(_membership.c.role.in_(roles), _person.c.active, *_on(today))
        )
    )


def _on(day: date) -> tuple[ColumnElement[bool], ...]:
    """That a post is held on a day."""
    of = _membership.c
    return (
        or_(of.from_on.is_(None), of.from_on <= day),
        or_(of.until_on.is_(None), of.until_on >= day),
    )


def substitutes(
    session: Session, persons: Set[UUID], tree: Organisation
) -> Mapping[UUID, frozenset[UUID]]:
    """Who stands in today for each of these that is away."""
    if not persons:
        return {}
    found: dict[UUID, set[UUID]] = {}
    rows = session.execute(
        select(_absence.c.person_id, _absence.c.substitute_id)
        .join(_person, _person.c.id == _absence.c.substitute_id)
        .where(
            _absence.c.person_id.in_(persons),
            _absence.c.ended_at.is_(None),
            _absence.c.from_on <= tree.today,
            _absence.c.until_on >= tree.today,
            _person.c.active,
        )
    )
    for row in rows:
        found.setdefault(row.person_id, set()).add(row.substitute_id)
    return {away: frozenset(others) for away, others in found.items()}


def knowing(
    session: Session,
    case: Mapping[Any, Any],
    persons: Set[UUID],
    tree: Organisation | None = None,
) -> set[UUID]:
    """Those for whom the case exists (see `permissions.knows_of`); no statement for most cases.

    case: its columns `sealed`, `accused_key` and `office_key`, by name. tree: read if not given.
    """
    if not persons or not (case["sealed"] or case["accused_key"]):
        return set(persons)
    tree = tree or Organisation.read(session)
    office = tree.paths.get(case["office_key"], "")
    inner = tree.compartment_of(office)
    rows = session.execute(
        select(_membership.c.person_id, _membership.c.role, _unit.c.path)
        .join(_unit, _unit.c.key == _membership.c.unit_key)
        .where(_membership.c.person_id.in_(persons))
    ).all()
    accused = {row.person_id for row in rows if case["accused_key"] in tree.upwards(row.path)}
    inside = {
        row.person_id
        for row in rows
        if row.role in OFFICE_ROLES and office.startswith(row.path) and row.path.startswith(inner)
    }
    return (set(persons) & inside if case["sealed"] else set(persons)) - accused


def named(to: Iterable[UUID | Holders]) -> tuple[frozenset[UUID], frozenset[Holders]]:
    """The persons and the roles among those who are to be told."""
    both = list(to)
    return (
        frozenset(one for one in both if isinstance(one, UUID)),
        frozenset(one for one in both if isinstance(one, Holders)),
    )
