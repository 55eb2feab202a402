"""Persons as the rules see them."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Date,
    String,
    bindparam,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from engine import clock, deployed
from engine.column_types import Key
from engine.errors import NotFound
from engine.models import Absence, ApiToken, City, Membership, Notice, Person, Unit
from engine.permissions import PERSONAL_ROLES, Actor, StandIn

_ABOUT = (
    Person.login,
    Person.name_zh,
    Person.name_en,
    Person.language,
    Person.sign_in_round,
)
_POST = (Membership.unit_key, Membership.role, Membership.from_on, Membership.until_on, Unit.path)
_CITY = (City.organisation_revision, City.timezone)
MOST_UNREAD = 100  # more is said as this many
_UNREAD = (
    select(func.count())
    .select_from(
        select(Notice.id)
        .where(Notice.person_id == bindparam("key"), Notice.read_at.is_(None))
        .limit(MOST_UNREAD)
        .subquery()
    )
    .scalar_subquery()
)
_Away = aliased(Person)
# The person's own memberships, and those of whoever the person stands in for about this day.
_MEMBERSHIPS = union_all(
    select(
        *_ABOUT,
        *_POST,
        *_CITY,
        type_coerce(null(), Key()).label("away_id"),
        type_coerce(null(), String()).label("away_zh"),
        type_coerce(null(), String()).label("away_en"),
        type_coerce(null(), Date()).label("away_from"),
        type_coerce(null(), Date()).label("away_until"),
        _UNREAD.label("unread"),
    )
    .select_from(Person)
    .join(City, City.id == 1)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .outerjoin(Unit, Unit.key == Membership.unit_key)
    .where(Person.id == bindparam("key"), Person.active),
    select(
        *_ABOUT,
        *_POST,
        *_CITY,
        _Away.id,
        _Away.name_zh,
        _Away.name_en,
        Absence.from_on,
        Absence.until_on,
        literal(0),
    )
    .select_from(Absence)
    .join(Person, Person.id == Absence.substitute_id)
    .join(_Away, _Away.id == Absence.person_id)
    .join(City, City.id == 1)
    .join(Membership, Membership.person_id == _Away.id)
    .join(Unit, Unit.key == Membership.unit_key)
    .where(
        Absence.substitute_id == bindparam("key"),
        Absence.ended_at.is_(None),
        Absence.from_on <= bindparam("tomorrow"),
        Absence.until_on >= bindparam("yesterday"),
        Person.active,
        _Away.active,
    ),
)
Scope = dict[str, set[str]]


def actor(session: Session, person_id: UUID) -> Actor:
    """The person with roles and scope as of today, in one statement. Raises `NotFound`."""
    now = clock.now()
    rows = session.execute(
        _MEMBERSHIPS,
        {
            "key": person_id,
            "yesterday": (now - timedelta(1)).date(),
            "tomorrow": (now + timedelta(1)).date(),
        },
    ).all()
    if not rows:
        raise NotFound("No such person.")
    first = rows[0]
    today = now.astimezone(ZoneInfo(first.timezone)).date()
    held = [row for row in rows if row.role is not None and _holds(row, today)]
    own = [row for row in held if row.away_id is None]
    tree = deployed.unit_paths(session, first.organisation_revision)
    sealed = deployed.compartments(session, first.organisation_revision)
    theirs = _scope(own, tree, sealed)
    stood = _stood_for(held, own, tree, sealed)
    scope = {role: set(keys) for role, keys in theirs.items()}
    lineage: set[str] = set().union(*(_above(row.path, sealed) for row in own))
    for one, rows_of in stood:
        for role, keys in one.scope.items():
            scope.setdefault(role, set()).update(keys)
        lineage = lineage.union(*(_above(row.path, sealed) for row in rows_of))
    return Actor(
        id=person_id,
        login=first.login,
        name_zh=first.name_zh,
        name_en=first.name_en,
        language=first.language,
        units=tuple(sorted({row.unit_key for row in own})),
        lineage=frozenset(lineage),
        scope=_frozen(scope),
        own=_frozen(theirs) if stood else None,
        stands_in=tuple(one for one, _ in stood),
        sign_in_round=first.sign_in_round,
        unread=max(row.unread for row in rows),
    )


def _holds(row: Any, today: date) -> bool:
    """Whether a membership holds today, and the absence it comes by."""
    return all(
        (since is None or since <= today) and (until is None or until >= today)
        for since, until in ((row.from_on, row.until_on), (row.away_from, row.away_until))
    )


def _scope(rows: Iterable[Any], tree: Any, sealed: Sequence[str]) -> Scope:
    """Role -> units: the subtree of each membership, without compartments it is outside of."""
    scope: Scope = {}
    for row in rows:
        others = tuple(path for path in sealed if not row.path.startswith(path))
        below = {
            key
            for key, path in tree.items()
            if path.startswith(row.path) and not path.startswith(others)
        }
        scope.setdefault(row.role, set()).update(below)
    return scope


def _stood_for(
    held: Sequence[Any], own: Sequence[Any], tree: Any, sealed: Sequence[str]
) -> list[tuple[StandIn, list[Any]]]:
    """Whom the person stands in for, with the memberships that count.

    Nobody enters a compartment in another's place (docs/decisions/0024).
    """
    inside = [path for path in sealed if any(row.path.startswith(path) for row in own)]
    shut = tuple(path for path in sealed if path not in inside)
    found: dict[UUID, list[Any]] = {}
    for row in held:
        if row.away_id is not None:
            rows = found.setdefault(row.away_id, [])
            if row.role not in PERSONAL_ROLES and not row.path.startswith(shut):
                rows.append(row)
    return [
        (
            StandIn(key, rows[0].away_zh, rows[0].away_en, _frozen(_scope(rows, tree, sealed))),
            rows,
        )
        for key, rows in found.items()
        if rows
    ]


def _frozen(scope: Scope) -> dict[str, frozenset[str]]:
    return {role: frozenset(keys) for role, keys in scope.items()}


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
