"""The people as an administrator sees them (人员): who they are, their posts, absences, tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine import administering
from engine.errors import NotFound
from engine.models import Absence, ApiToken, Membership, Person, Unit
from engine.permissions import Actor
from engine.queries.organisation import texts

PAGE = 50
Texts = Mapping[str, str]


@dataclass(frozen=True)
class PostLine:
    """A role of somebody in a unit, with the days it holds."""

    id: UUID
    person_id: UUID
    login: str
    person: Texts
    active: bool
    unit_key: str
    unit: Texts
    role: str
    from_on: date | None
    until_on: date | None

    def holds(self, on: date) -> bool:
        """Whether it holds on a day."""
        begun = self.from_on is None or self.from_on <= on
        return begun and (self.until_on is None or self.until_on >= on)


@dataclass(frozen=True)
class PersonLine:
    """Somebody in a list, with the posts the administrator may see."""

    id: UUID
    login: str
    name: Texts
    active: bool
    mobile: str
    email: str
    posts: Sequence[PostLine]


@dataclass(frozen=True)
class AbsenceLine:
    """Days on which somebody is away."""

    id: UUID
    person_id: UUID
    person: Texts
    substitute_id: UUID | None
    substitute: Texts | None
    from_on: date
    until_on: date
    reason: str
    ended_at: datetime | None


@dataclass(frozen=True)
class TokenLine:
    """A token, but for the token itself."""

    id: UUID
    name: str
    person_id: UUID
    login: str
    person: Texts
    created_at: datetime
    revoked_at: datetime | None


def posts_of_unit(session: Session, key: str) -> list[PostLine]:
    """Who has, had or will have a role in a unit, by role and name."""
    return _posts(session, Membership.unit_key == key)


def people(
    session: Session,
    actor: Actor,
    *,
    text: str = "",
    unit_key: str = "",
    role: str = "",
    left: bool = False,
    page: int = 1,
) -> tuple[list[PersonLine], int]:
    """A page of those the person administers, and how many there are; three statements.

    text: of a name, login, number or address. left: those who are no longer here.
    """
    conditions = [_in_care(session, actor), Person.active.is_(not left)]
    if text:
        conditions.append(
            or_(
                *(
                    column.contains(text, autoescape=True)
                    for column in (
                        Person.name_zh,
                        Person.name_en,
                        Person.login,
                        Person.mobile,
                        Person.email,
                    )
                )
            )
        )
    post = [Membership.person_id == Person.id]
    if unit_key:
        post.append(Membership.unit_key == unit_key)
    if role:
        post.append(Membership.role == role)
    if len(post) > 1:
        conditions.append(exists().where(*post))
    total = session.scalar(select(func.count()).select_from(Person).where(*conditions)) or 0
    rows = session.scalars(
        select(Person)
        .where(*conditions)
        .order_by(Person.login)
        .limit(PAGE)
        .offset((max(1, page) - 1) * PAGE)
    ).all()
    posts = _posts(session, Membership.person_id.in_([row.id for row in rows])) if rows else []
    within = administering.reach(session, actor)
    return [
        PersonLine(
            row.id,
            row.login,
            texts(row.name_zh, row.name_en),
            row.active,
            row.mobile,
            row.email,
            [one for one in posts if one.person_id == row.id and one.unit_key in within],
        )
        for row in rows
    ], total


def person(session: Session, actor: Actor, person_id: UUID) -> tuple[Person, bool]:
    """Somebody the administrator may see, and whether all of the person is in their care.

    Raises `NotFound`.
    """
    found = administering.known_person(session, person_id, actor)
    within = administering.reach(session, actor)
    return found, administering.units_of(session, person_id) <= within


def posts_of(session: Session, actor: Actor, person_id: UUID) -> list[PostLine]:
    """The posts of a person in units the administrator may see."""
    within = administering.reach(session, actor)
    return [
        one for one in _posts(session, Membership.person_id == person_id) if one.unit_key in within
    ]


def person_of_post(session: Session, membership_id: UUID) -> UUID:
    """Whose post it is. Raises `NotFound`."""
    found = session.scalar(select(Membership.person_id).where(Membership.id == membership_id))
    if found is None:
        raise NotFound("No such post.")
    return found


def colleagues(session: Session, actor: Actor) -> list[tuple[str, Texts]]:
    """Logins and names of everybody in the administrator's care who is here."""
    rows = session.execute(
        select(Person.login, Person.name_zh, Person.name_en)
        .where(_in_care(session, actor), Person.active)
        .order_by(Person.login)
    )
    return [(row.login, texts(row.name_zh, row.name_en)) for row in rows]


def absences(
    session: Session, actor: Actor, today: date, *, of: UUID | None = None
) -> list[AbsenceLine]:
    """Who is or will be away, soonest first; of one person all there is, newest first."""
    substitute = aliased(Person)
    query = (
        select(Absence, Person, substitute)
        .join(Person, Person.id == Absence.person_id)
        .outerjoin(substitute, substitute.id == Absence.substitute_id)
        .where(_in_care(session, actor))
    )
    if of is not None:
        query = query.where(or_(Absence.person_id == of, Absence.substitute_id == of))
        query = query.order_by(Absence.from_on.desc(), Absence.id)
    else:
        query = query.where(Absence.ended_at.is_(None), Absence.until_on >= today)
        query = query.order_by(Absence.from_on, Absence.id)
    return [
        AbsenceLine(
            row.id,
            row.person_id,
            texts(who.name_zh, who.name_en),
            row.substitute_id,
            texts(instead.name_zh, instead.name_en) if instead is not None else None,
            row.from_on,
            row.until_on,
            row.reason,
            row.ended_at,
        )
        for row, who, instead in session.execute(query)
    ]


def tokens(session: Session, actor: Actor, *, of: UUID | None = None) -> list[TokenLine]:
    """The tokens of those in the administrator's care, newest first."""
    query = (
        select(ApiToken, Person)
        .join(Person, Person.id == ApiToken.person_id)
        .where(_in_care(session, actor))
        .order_by(ApiToken.id.desc())
    )
    if of is not None:
        query = query.where(ApiToken.person_id == of)
    return [
        TokenLine(
            row.id,
            row.name,
            who.id,
            who.login,
            texts(who.name_zh, who.name_en),
            row.created_at,
            row.revoked_at,
        )
        for row, who in session.execute(query)
    ]


def _in_care(session: Session, actor: Actor) -> ColumnElement[bool]:
    """That a person has a post in a unit the administrator administers, or none at all."""
    within = sorted(administering.reach(session, actor))
    own = Membership.person_id == Person.id
    return or_(exists().where(own, Membership.unit_key.in_(within)), ~exists().where(own))


def _posts(session: Session, *conditions: ColumnElement[bool]) -> list[PostLine]:
    rows = session.execute(
        select(Membership, Person, Unit)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.key == Membership.unit_key)
        .where(and_(*conditions))
        .order_by(Unit.path, Membership.role, Person.login)
    )
    return [
        PostLine(
            post.id,
            who.id,
            who.login,
            texts(who.name_zh, who.name_en),
            who.active,
            where.key,
            texts(where.name_zh, where.name_en),
            post.role,
            post.from_on,
            post.until_on,
        )
        for post, who, where in rows
    ]
