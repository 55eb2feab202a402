"""Persons as the rules see them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed
from engine.errors import NotFound
from engine.models import ApiToken, City, Membership, Person, Unit
from engine.permissions import Actor


def actor(session: Session, person_id: UUID) -> Actor:
    """The person with roles and scope, in one statement. Raises `NotFound`."""
    rows = session.execute(
        select(
            Person.login,
            Person.name_zh,
            Person.name_en,
            Person.language,
            Membership.unit_key,
            Membership.role,
            Unit.path,
            City.organisation_revision,
        )
        .select_from(Person)
        .join(City, City.id == 1)
        .outerjoin(Membership, Membership.person_id == Person.id)
        .outerjoin(Unit, Unit.key == Membership.unit_key)
        .where(Person.id == person_id, Person.active)
    ).all()
    if not rows:
        raise NotFound("No such person.")
    tree = deployed.unit_paths(session, rows[0].organisation_revision)
    sealed = deployed.compartments(session, rows[0].organisation_revision)
    scope: dict[str, set[str]] = {}
    lineage: set[str] = set()
    for row in rows:
        if row.role is not None:
            others = tuple(path for path in sealed if not row.path.startswith(path))
            below = {
                key
                for key, path in tree.items()
                if path.startswith(row.path) and not path.startswith(others)
            }
            scope.setdefault(row.role, set()).update(below)
            lineage |= _above(row.path, sealed)
    first = rows[0]
    return Actor(
        id=person_id,
        login=first.login,
        name_zh=first.name_zh,
        name_en=first.name_en,
        language=first.language,
        units=tuple(sorted({row.unit_key for row in rows if row.unit_key})),
        lineage=frozenset(lineage),
        scope={role: frozenset(keys) for role, keys in scope.items()},
    )


def _above(path: str, compartments: Sequence[str]) -> set[str]:
    """The units on a path; of one that leads into a compartment, those from there on."""
    inside = max((one for one in compartments if path.startswith(one)), key=len, default="/")
    start = inside.rstrip("/").rfind("/") + 1
    return {key for key in path[start:].split("/") if key}


def by_login(session: Session, login: str) -> Actor:
    """The person of this login. Raises `NotFound`."""
    person_id = session.scalar(select(Person.id).where(Person.login == login, Person.active))
    if person_id is None:
        raise NotFound(f"No person {login!r}.")
    return actor(session, person_id)


def by_token(session: Session, token_hash: bytes) -> Actor:
    """The person a token of the API belongs to. Raises `NotFound`."""
    person_id = session.scalar(
        select(ApiToken.person_id).where(
            ApiToken.token_hash == token_hash, ApiToken.revoked_at.is_(None)
        )
    )
    if person_id is None:
        raise NotFound("No such token.")
    return actor(session, person_id)
