"""Persons: adding them, signing in, tokens of the API."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock, history
from engine.db import new_key
from engine.errors import InvalidInput, NotFound, SignInRefused
from engine.history import Entry
from engine.models import ApiToken, City, Membership, Person, Role, Unit

ATTEMPTS = 5
LOCKED_FOR = timedelta(minutes=5)
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200
TOKEN_BYTES = 32
_hasher = PasswordHasher()


def add_unit(
    session: Session,
    key: str,
    name_zh: str,
    name_en: str,
    *,
    parent: str | None = None,
    level: str = "city",
    kind: str = "department",
) -> Unit:
    """Add a unit to the tree. Raises `NotFound` if its parent is not there."""
    path = "/"
    if parent is not None:
        above = session.get(Unit, parent)
        if above is None:
            raise NotFound(f"No unit {parent!r}.")
        path = above.path
    unit = Unit(
        key=key,
        parent_key=parent,
        path=f"{path}{key}/",
        name_zh=name_zh,
        name_en=name_en,
        level=level,
        kind=kind,
    )
    session.add(unit)
    session.flush()
    _organisation_changed(session)
    return unit


def add_person(
    session: Session,
    login: str,
    name_zh: str,
    *,
    name_en: str = "",
    password: str | None = None,
    memberships: Iterable[tuple[str, str]] = (),
) -> Person:
    """Add someone who may sign in. memberships: (unit key, role).

    Raises `InvalidInput` for a role that is none or a password that is too short.
    """
    person = Person(login=login, name_zh=name_zh, name_en=name_en)
    if password is not None:
        person.password_hash = hash_password(password)
    for unit_key, role in memberships:
        if role not in set(Role):
            raise InvalidInput("role", f"one of {', '.join(Role)}", role)
        person.memberships.append(Membership(unit_key=unit_key, role=role))
    session.add(person)
    session.flush()
    return person


def hash_password(password: str) -> str:
    """The argon2id hash of a password. Raises `InvalidInput` if it is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput("password", f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return _hasher.hash(password)


def set_password(session: Session, login: str, password: str) -> None:
    """Give a person a new password and lift a lock. Raises `NotFound`, `InvalidInput`."""
    person = session.scalar(select(Person).where(Person.login == login))
    if person is None:
        raise NotFound(f"No person {login!r}.")
    person.password_hash = hash_password(password)
    person.failed_sign_ins, person.locked_until = 0, None


def change_password(session: Session, person_id: UUID, hashed: str) -> None:
    """Keep a password that the person chose; every session there is ends."""
    person = session.get_one(Person, person_id)
    person.password_hash, person.password_issued = hashed, False
    person.sign_in_round += 1
    entry = Entry("password.changed", clock.now(), person_id)
    history.record(session, "system", [entry])


def is_issued(session: Session, person_id: UUID) -> bool:
    """Whether somebody else gave the person the password."""
    return bool(session.scalar(select(Person.password_issued).where(Person.id == person_id)))


def matches(session: Session, login: str, password: str) -> bool:
    """Whether the password is this person's; an unknown login takes as long to say no.

    It costs a tenth of a second of computing, so it is asked in a session that only reads.
    """
    found = select(Person.password_hash).where(Person.login == login, Person.active)
    # A login with unseen signs is nobody's, and no database could be asked for some of them.
    stored = session.scalar(found) if login.isprintable() else None
    try:
        _hasher.verify(stored or _nobody(), password[:LONGEST_PASSWORD])
    except VerificationError:
        return False
    return bool(stored) and len(password) <= LONGEST_PASSWORD


def signed_in(
    session: Session, login: str, matched: bool
) -> tuple[Person | None, SignInRefused | None]:
    """Count an attempt: the person if it `matched` and the login is not waiting, else why not.

    The refusal is given, not raised, so that the count is committed. After `ATTEMPTS` failures
    in a row the login waits `LOCKED_FOR`.
    """
    found = select(Person).where(Person.login == login, Person.active).with_for_update()
    person = session.scalar(found) if login.isprintable() else None
    if person is not None and person.locked_until and person.locked_until > clock.now():
        return None, SignInRefused(person.locked_until)
    if person is None or not matched:
        return None, _failed(person)
    person.failed_sign_ins, person.locked_until = 0, None
    return person, None


def new_token(session: Session, login: str, name: str) -> str:
    """A new token of the API for a person, shown once. Raises `NotFound`."""
    person_id = session.scalar(select(Person.id).where(Person.login == login, Person.active))
    if person_id is None:
        raise NotFound(f"No person {login!r}.")
    token = f"hy_{secrets.token_urlsafe(TOKEN_BYTES)}"
    session.execute(
        insert(ApiToken).values(
            id=new_key(),
            person_id=person_id,
            name=name,
            token_hash=token_hash(token),
            created_at=clock.now(),
        )
    )
    return token


def token_hash(token: str) -> bytes:
    """Under what a token is found; a token has 256 bits, so one round is enough."""
    return hashlib.sha256(token.encode()).digest()


def set_language(session: Session, person_id: UUID, language: str) -> None:
    """Remember the language a person reads."""
    session.execute(update(Person).where(Person.id == person_id).values(language=language))


@cache
def _nobody() -> str:
    """What an unknown login is verified against, so that both answers take the same time."""
    return _hasher.hash(secrets.token_hex(16))


def _failed(person: Person | None) -> SignInRefused:
    if person is None:
        return SignInRefused()
    person.failed_sign_ins += 1
    if person.failed_sign_ins >= ATTEMPTS:
        person.failed_sign_ins = 0
        person.locked_until = clock.now() + LOCKED_FOR
        return SignInRefused(person.locked_until)
    return SignInRefused()


def _organisation_changed(session: Session) -> None:
    session.execute(update(City).values(organisation_revision=City.organisation_revision + 1))
