"""What an administrator administers: the units below, and the people who are nowhere else.

A unit of somebody else's does not exist for an administrator, nor does a compartment the
administrator is no member of.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock, history
from engine.errors import NotAllowed, NotFound
from engine.history import Entry
from engine.models import City, Membership, Person, Role, Unit, UnitKind
from engine.permissions import Actor

# Rows that refer to it may still be written: whoever holds a case does not wait for us.
_LOCK = {"key_share": True}
NO_UNIT, NO_PERSON = "No such unit.", "No such person."


def reach(session: Session, actor: Actor) -> frozenset[str]:
    """Keys of the units the person administers, closed ones and newly founded ones too."""
    active = actor.scope.get(Role.ADMINISTRATOR, frozenset())
    if not active:
        return frozenset()
    found = set(active)
    # Not from what is deployed: that may only be read of what is committed.
    for row in session.execute(select(Unit.key, Unit.parent_key, Unit.kind).order_by(Unit.path)):
        if row.parent_key in found and row.kind != UnitKind.COMPARTMENT:
            found.add(row.key)
    return frozenset(found)


def unit(session: Session, key: str, by: Actor) -> Unit:
    """A unit the person administers, locked until the commit. Raises `NotAllowed`, `NotFound`."""
    _require_role(by)
    found = session.get(Unit, key, with_for_update=_LOCK) if key.isprintable() else None
    if found is None or key not in reach(session, by):
        raise NotFound(NO_UNIT)
    return found


def active_unit(session: Session, key: str, by: Actor) -> Unit:
    """The same of one that is not closed."""
    found = unit(session, key, by)
    if not found.active:
        raise NotFound(NO_UNIT)
    return found


def person(session: Session, person_id: UUID, by: Actor) -> Person:
    """A person who is a member of nothing the administrator does not administer.

    Else the administrator of a district could take the sign-in of somebody of the city. Locked
    until the commit. Raises `NotAllowed`, `NotFound`.
    """
    _require_role(by)
    found = session.get(Person, person_id, with_for_update=_LOCK)
    if found is None or not _inside(units_of(session, person_id), reach(session, by)):
        raise NotFound(NO_PERSON)
    return found


def known_person(session: Session, person_id: UUID, by: Actor) -> Person:
    """A person who is a member of something the administrator administers, and maybe of more."""
    _require_role(by)
    found = session.get(Person, person_id)
    held = units_of(session, person_id)
    if found is None or (held and held.isdisjoint(reach(session, by))):
        raise NotFound(NO_PERSON)
    return found


def units_of(session: Session, person_id: UUID) -> frozenset[str]:
    """Keys of the units of which the person is, was or will be a member."""
    return frozenset(
        session.scalars(select(Membership.unit_key).where(Membership.person_id == person_id))
    )


def changed(session: Session) -> None:
    """Let every process read the organisation anew."""
    session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))


def note(session: Session, kind: str, by: Actor | None, *, unit: str = "", **payload: Any) -> None:
    """Write an act of administration into the stream of the unit, else of the system."""
    told: Mapping[str, Any] = {"unit": unit, **payload} if unit else payload
    entry = Entry(kind, clock.now(), by.id if by else None, payload=told)
    history.record(session, f"unit:{unit}" if unit else "system", [entry])


def compartment_of(session: Session, path: str) -> str:
    """The path of the innermost compartment a path lies in; empty outside of all."""
    sealed = session.scalars(select(Unit.path).where(Unit.kind == UnitKind.COMPARTMENT)).all()
    return max((one for one in sealed if path.startswith(one)), key=len, default="")


def _require_role(by: Actor) -> None:
    if Role.ADMINISTRATOR not in by.scope:
        raise NotAllowed


def _inside(units: frozenset[str], within: frozenset[str]) -> bool:
    return units <= within
