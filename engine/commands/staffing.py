"""People and their posts (人员、任职): taken on, changed, given, ended; a lost sign-in anew."""

import re
import secrets
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import administering
from engine.cleaning import cleaned_line
from engine.commands import people, units
from engine.errors import InvalidAnswers, NotFound
from engine.models import Membership, Person, Role, Unit
from engine.permissions import Actor

LONGEST_NAME = 60
LOGIN = re.compile(r"[a-z0-9][a-z0-9._\-]{0,63}", re.ASCII)
PASSWORD_BYTES = 9
Fault = dict[str, str]
_FAULTS: dict[str, Fault] = {
    "login": {
        "zh": "小写英文字母、数字、点、横线或下划线，最多 64 个。",
        "en": "Small letters, digits, dots, hyphens or underscores, at most 64.",
    },
    "taken": {"zh": "这个登录名已经有人用了。", "en": "Somebody has this login already."},
    "name_zh": {
        "zh": f"写姓名，最多 {LONGEST_NAME} 个字。",
        "en": f"Write the name, at most {LONGEST_NAME} characters.",
    },
    "name_en": {"zh": f"最多 {LONGEST_NAME} 个字。", "en": f"At most {LONGEST_NAME} characters."},
    "role": {"zh": "选一个角色。", "en": "Choose a role."},
    "unit": {"zh": "选一个您管的、没有撤销的单位。", "en": "Choose a unit in your care."},
    "until_on": {
        "zh": "最后一天不能在第一天前面。",
        "en": "The last day cannot be before the first.",
    },
    "last": {
        "zh": "这样就没有人能管了：先让另一个人做管理员。",
        "en": "Nobody would be left to administer; make somebody else an administrator first.",
    },
}


@dataclass(frozen=True)
class PersonSaid:
    """What is said about a person; see `engine.models.Person`."""

    name_zh: str
    name_en: str = ""
    email: str = ""
    mobile: str = ""
    capacity: int | None = None


@dataclass(frozen=True)
class Issued:
    """A password to be told once, and how it is kept."""

    password: str
    hashed: str


def issue() -> Issued:
    """A fresh password. Hashing takes a tenth of a second: do it before the transaction."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    return Issued(password, people.hash_password(password))


@dataclass(frozen=True)
class Post:
    """A role in a unit, from a day until a day; None is open."""

    unit_key: str
    role: str
    from_on: date | None = None
    until_on: date | None = None


def take_on(
    session: Session, login: str, said: PersonSaid, post: Post, first: Issued, *, by: Actor
) -> Person:
    """Add a person with a first post and a first password.

    Raises `InvalidAnswers` by field, `NotAllowed`.
    """
    kept = tidied(said)
    wrong = {**faults(kept), **_post_faults(session, post, by)}
    if LOGIN.fullmatch(login) is None:
        wrong["login"] = _FAULTS["login"]
    elif session.scalar(select(Person.id).where(Person.login == login)) is not None:
        wrong["login"] = _FAULTS["taken"]
    if wrong:
        raise InvalidAnswers(wrong)
    person = Person(
        login=login,
        password_hash=first.hashed,
        password_issued=True,
        **asdict(kept),
    )
    person.memberships.append(Membership(**asdict(post)))
    session.add(person)
    session.flush()
    administering.changed(session)
    administering.note(session, "person.added", by, person=person.id.hex, login=login)
    _note_post(session, "post.given", by, person.id, post)
    return person


def change(session: Session, person_id: UUID, said: PersonSaid, *, by: Actor) -> list[str]:
    """Say anew what is said about a person; the fields that changed.

    History names the fields, not what stood there. Raises `InvalidAnswers`, `NotFound`.
    """
    person = administering.person(session, person_id, by)
    kept = tidied(said)
    if wrong := faults(kept):
        raise InvalidAnswers(wrong)
    new = asdict(kept)
    names = [name for name in new if getattr(person, name) != new[name]]
    for name in names:
        setattr(person, name, new[name])
    if names:
        session.flush()
        administering.note(session, "person.changed", by, person=person_id.hex, fields=names)
    return names


def give(session: Session, person_id: UUID, post: Post, *, by: Actor) -> None:
    """Give a person a post; one that is there gets these days. Raises `InvalidAnswers`."""
    person = administering.known_person(session, person_id, by)
    if not person.active:
        raise NotFound(administering.NO_PERSON)
    if wrong := _post_faults(session, post, by):
        raise InvalidAnswers(wrong)
    there = session.scalar(
        select(Membership).where(
            Membership.person_id == person_id,
            Membership.unit_key == post.unit_key,
            Membership.role == post.role,
        )
    )
    if there is None:
        session.add(Membership(person_id=person_id, **asdict(post)))
    else:
        there.from_on, there.until_on = post.from_on, post.until_on
    session.flush()
    administering.changed(session)
    _note_post(session, "post.given", by, person_id, post)


def end(session: Session, membership_id: UUID, *, by: Actor) -> UUID:
    """Take a post away, at once; the person's key.

    Raises `NotFound`, `InvalidAnswers` if nobody would be left to administer the unit.
    """
    post = session.get(Membership, membership_id)
    if post is None or post.unit_key not in administering.reach(session, by):
        raise NotFound("No such post.")
    if post.role == Role.ADMINISTRATOR:
        require_another(session, post.person_id, post.unit_key)
    session.delete(post)
    session.flush()
    administering.changed(session)
    _note_post(session, "post.ended", by, post.person_id, Post(post.unit_key, post.role))
    return post.person_id


def reset_sign_in(session: Session, person_id: UUID, new: Issued, *, by: Actor) -> None:
    """End every session of a person, lift a lock, and give a new password."""
    person = administering.person(session, person_id, by)
    if not person.active:
        raise NotFound(administering.NO_PERSON)
    person.password_hash = new.hashed
    person.password_issued = True
    person.failed_sign_ins, person.locked_until = 0, None
    person.sign_in_round += 1
    session.flush()
    administering.note(session, "sign_in.reset", by, person=person_id.hex)


def require_another(session: Session, person_id: UUID, unit_key: str) -> None:
    """Raise `InvalidAnswers` if nobody else administers the unit or one above it."""
    path = session.scalar(select(Unit.path).where(Unit.key == unit_key)) or ""
    other = session.scalar(
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.role == Role.ADMINISTRATOR,
            Membership.person_id != person_id,
            Membership.unit_key.in_([key for key in path.split("/") if key]),
            Membership.until_on.is_(None),
            Person.active,
        )
        .limit(1)
    )
    if other is None:
        raise InvalidAnswers({"role": _FAULTS["last"]})


def tidied(said: PersonSaid) -> PersonSaid:
    """What was said with its white space in order."""
    return PersonSaid(
        cleaned_line(said.name_zh),
        cleaned_line(said.name_en),
        cleaned_line(said.email),
        cleaned_line(said.mobile),
        said.capacity,
    )


def faults(said: PersonSaid) -> dict[str, Fault]:
    """What is wrong with what was said, by field."""
    wrong: dict[str, Fault] = {}
    if not 1 <= len(said.name_zh) <= LONGEST_NAME:
        wrong["name_zh"] = _FAULTS["name_zh"]
    if len(said.name_en) > LONGEST_NAME:
        wrong["name_en"] = _FAULTS["name_en"]
    return (
        wrong
        | units.reachable(said.mobile, said.email, "mobile")
        | units.fitting_capacity(said.capacity)
    )


def _post_faults(session: Session, post: Post, by: Actor) -> dict[str, Fault]:
    wrong = {}
    unit = session.get(Unit, post.unit_key) if post.unit_key.isprintable() else None
    if unit is None or not unit.active or unit.key not in administering.reach(session, by):
        wrong["unit"] = _FAULTS["unit"]
    if post.role not in set(Role):
        wrong["role"] = _FAULTS["role"]
    if post.from_on and post.until_on and post.until_on < post.from_on:
        wrong["until_on"] = _FAULTS["until_on"]
    return wrong


def _note_post(session: Session, kind: str, by: Actor, person_id: UUID, post: Post) -> None:
    days = {
        name: getattr(post, name).isoformat()
        for name in ("from_on", "until_on")
        if getattr(post, name)
    }
    administering.note(
        session, kind, by, unit=post.unit_key, person=person_id.hex, role=post.role, **days
    )
