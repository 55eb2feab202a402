"""Colleagues who may see a case (同事): whom a note may mention."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.commands import audience
from engine.db import table
from engine.involved import Units
from engine.models import City, Membership, Person, Role
from engine.permissions import OFFICE_ROLES

# What stands in a text for a colleague: the login, as `people.add_person` takes it.
LOGIN = re.compile(r"(?<![\w.@-])[@＠]([A-Za-z0-9][A-Za-z0-9._-]{0,63})")
LISTED = 200
_person, _membership = table(Person), table(Membership)


@dataclass(frozen=True)
class Colleague:
    """Somebody who may be mentioned, with one of the units that makes it so."""

    id: UUID
    login: str
    name_zh: str
    name_en: str
    unit_key: str


def named(text: str) -> list[str]:
    """The logins a text mentions, each once, as they come; not the stop after one."""
    found = (one.group(1).rstrip(".-_") for one in LOGIN.finditer(text))
    return list(dict.fromkeys(found))


def of_case(
    session: Session, case: Any, units: Units, logins: Collection[str] | None = None
) -> list[Colleague]:
    """Who works on a case: its office, and the handlers of its units; by login.

    case: its columns `office_key`, `unit_key`, `sealed`, `accused_key` as attributes. logins: only
    these; without them at most `LISTED`. Whoever may not know of the case is none of them.
    """
    city = session.execute(select(City.organisation_revision)).one()
    paths = deployed.unit_paths(session, city.organisation_revision)
    closed = deployed.compartments(session, city.organisation_revision)
    handling = {case.unit_key, *units.own} - {None} if not case.sealed else set()
    office = _above([case.office_key], paths, closed)
    others = _above(handling, paths, closed)
    today = deployed.current_calendar(session).local(clock.now()).date()
    query = (
        select(
            _person.c.id,
            _person.c.login,
            _person.c.name_zh,
            _person.c.name_en,
            _membership.c.unit_key,
        )
        .join(_membership, _membership.c.person_id == _person.c.id)
        .where(
            _person.c.active,
            or_(
                _membership.c.unit_key.in_(office)
                & _membership.c.role.in_([str(role) for role in OFFICE_ROLES]),
                _membership.c.unit_key.in_(others) & (_membership.c.role == Role.HANDLER),
            ),
            or_(_membership.c.from_on.is_(None), _membership.c.from_on <= today),
            or_(_membership.c.until_on.is_(None), _membership.c.until_on >= today),
        )
        .order_by(_person.c.login)
    )
    if logins is not None:
        query = query.where(_person.c.login.in_(list(logins)))
    people: dict[UUID, Colleague] = {}
    for row in session.execute(query.limit(LISTED * 4)):
        people.setdefault(row.id, Colleague(*row))
    rights = {name: getattr(case, name) for name in ("sealed", "accused_key", "office_key")}
    known = audience.knowing(session, rights, set(people))
    return [one for key, one in people.items() if key in known][:LISTED]


def _above(units: Collection[str], paths: Any, closed: Collection[str]) -> list[str]:
    """These units and those above them whose people act for them: none beyond a compartment."""
    found: set[str] = set()
    for unit in units:
        path = paths.get(unit, "")
        inner = max((one for one in closed if path.startswith(one)), key=len, default="/")
        start = inner.rstrip("/").rfind("/") + 1
        found |= {key for key in path[start:].split("/") if key}
    return sorted(found)
