"""Tokens of the API (接口令牌): made, shown once, revoked."""

import secrets
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import administering, clock
from engine.cleaning import cleaned_line
from engine.commands import people
from engine.db import new_key
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import ApiToken, Person
from engine.permissions import Actor

LONGEST_NAME = 60
_NO_NAME = {
    "zh": f"写它给谁用、做什么，最多 {LONGEST_NAME} 个字。",
    "en": f"Write who uses it and for what, at most {LONGEST_NAME} characters.",
}
_NO_PERSON = {
    "zh": "选一个您管的、在职的人；令牌能做的就是这个人能做的。",
    "en": "Choose somebody in your care who is still here; the token may do what that person may.",
}


def make(session: Session, login: str, name: str, *, by: Actor) -> tuple[UUID, str]:
    """A token that acts as a person: its key, and itself, to be shown once.

    Raises `InvalidAnswers` by field.
    """
    name = cleaned_line(name)
    wrong = {}
    if not 1 <= len(name) <= LONGEST_NAME:
        wrong["name"] = _NO_NAME
    person_id = _person(session, login.strip(), by)
    if person_id is None:
        wrong["login"] = _NO_PERSON
    if wrong or person_id is None:
        raise InvalidAnswers(wrong)
    token, key = f"hy_{secrets.token_urlsafe(people.TOKEN_BYTES)}", new_key()
    session.add(
        ApiToken(
            id=key,
            person_id=person_id,
            name=name,
            token_hash=people.token_hash(token),
            created_at=clock.now(),
        )
    )
    session.flush()
    administering.note(session, "token.made", by, token=key.hex, person=person_id.hex)
    return key, token


def revoke(session: Session, token_id: UUID, *, by: Actor) -> None:
    """End a token at once. Raises `NotFound`, `Conflict` if it is revoked."""
    row = session.get(ApiToken, token_id, with_for_update=True)
    if row is None:
        raise NotFound("No such token.")
    administering.person(session, row.person_id, by)
    if row.revoked_at is not None:
        raise Conflict("The token is revoked already.")
    row.revoked_at = clock.now()
    session.flush()
    administering.note(session, "token.revoked", by, token=token_id.hex, person=row.person_id.hex)


def _person(session: Session, login: str, by: Actor) -> UUID | None:
    if not login.isprintable():
        return None
    found = session.scalar(select(Person.id).where(Person.login == login, Person.active))
    if found is None:
        return None
    try:
        return administering.person(session, found, by).id
    except NotFound:
        return None
