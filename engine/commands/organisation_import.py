"""Taking in an organisation from a sheet (导入组织): rows found, change, are known or refused.

All in one transaction; a refused row leaves nothing behind, nor keeps another one out.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import administering
from engine.commands import staffing, units
from engine.commands.staffing import Issued, PersonSaid, Post
from engine.commands.units import UnitSaid
from engine.db import Sessions, rehearsed, transaction
from engine.errors import HuiyinError, InvalidAnswers
from engine.importing.organisation_sheet import Entry, Sheet, entry
from engine.importing.reasons import Reason, RowRefused
from engine.importing.records import Row
from engine.models import Membership, Person, Unit
from engine.permissions import Actor

MOST_ROWS = 5000
# Whoever comes by a sheet gets a password from an administrator, one by one.
_NO_PASSWORD = Issued("", "")
_PARENT = Reason(
    "没有这个单位；新单位要写明上级单位。",
    "parent: there is no such unit; of a new one say which it belongs to",
)
_AMBIGUOUS = Reason(
    "有几个同名的单位，写明单位标识。", "unit: several have this name; give its unit_key"
)
_CLOSED = Reason("这个单位已经撤销。", "unit: it is closed")
_NO_UNIT = Reason("没有写单位。", "unit: none is named")
_LOGIN = Reason("新来的人要有登录名。", "login: needed of somebody new")
_SEVERAL = Reason("有几个同名的人，写明登录名。", "name: several have this name; give the login")
_ROLE = Reason("新来的人要有角色。", "role: needed of somebody new")
_NOT_OURS = Reason("这个人不全归您管。", "login: somebody who is not in your care alone")
_GONE = Reason("这个人已经离开。", "login: somebody who has left")


class Verdict(StrEnum):
    """What became, or would become, of a row."""

    CREATED = "created"
    CHANGED = "changed"
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True)
class Judged:
    """A row and what became of it. what: which unit, person and posts, as words for a list."""

    row: Row
    verdict: Verdict
    what: tuple[str, ...] = ()
    reason: Reason | None = None


@dataclass
class Done:
    """What became of every row of a sheet."""

    judged: list[Judged] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How many rows of each verdict."""
        return Counter(str(one.verdict) for one in self.judged)

    def __str__(self) -> str:
        counts = self.counts
        parts = " + ".join(
            f"{words} {counts[one]}"
            for one, words in (
                (Verdict.CREATED, "created"),
                (Verdict.CHANGED, "changed"),
                (Verdict.THERE, "already there"),
                (Verdict.REFUSED, "refused"),
            )
        )
        return f"read {len(self.judged)} = {parts}"


def take(sessions: Sessions, sheet: Sheet, *, by: Actor) -> Done:
    """Take every row of a sheet in."""
    with transaction(sessions) as session:
        return _judge(session, sheet, by)


def rehearse(sessions: Sessions, sheet: Sheet, *, by: Actor) -> Done:
    """What taking the sheet in would do; nothing is kept."""
    return rehearsed(sessions, lambda session: _judge(session, sheet, by))


def _judge(session: Session, sheet: Sheet, by: Actor) -> Done:
    done = Done()
    for row in sheet.rows:
        try:
            with session.begin_nested():
                done.judged.append(_one(session, row, entry(row, sheet), by))
        except RowRefused as refused:
            done.judged.append(Judged(row, Verdict.REFUSED, reason=refused.reason))
        except InvalidAnswers as error:
            done.judged.append(Judged(row, Verdict.REFUSED, reason=_said(error)))
        except HuiyinError as error:
            reason = Reason("这一行不能办：不归您管，或者已经变了。", error.message)
            done.judged.append(Judged(row, Verdict.REFUSED, reason=reason))
    return done


def _one(session: Session, row: Row, said: Entry, by: Actor) -> Judged:
    unit, of_unit = _unit(session, said, by)
    what = [unit.name_zh] if of_unit is not Verdict.THERE else []
    verdicts = [of_unit]
    if said.login or said.name:
        person, of_person = _person(session, said, unit, by)
        verdicts.append(of_person)
        if of_person is not Verdict.THERE:
            what.append(person.name_zh)
        for role in said.roles:
            if of_person is Verdict.CREATED and role is said.roles[0]:
                what.append(role)  # came with the person
                continue
            of_post = _post(
                session, person.id, Post(unit.key, role, said.from_on, said.until_on), by
            )
            verdicts.append(of_post)
            if of_post is not Verdict.THERE:
                what.append(role)
    for verdict in (Verdict.CREATED, Verdict.CHANGED):
        if verdict in verdicts:
            return Judged(row, verdict, tuple(map(str, what)))
    return Judged(row, Verdict.THERE)


def _unit(session: Session, said: Entry, by: Actor) -> tuple[Unit, Verdict]:
    """The unit a row names, founded or changed as it says."""
    if not said.unit and not said.unit_key:
        raise RowRefused(_NO_UNIT)
    above = _find(session, "", said.parent, by) if said.parent else None
    if said.parent and above is None:
        raise RowRefused(_PARENT)
    found = _find(session, said.unit_key, said.unit, by, above)
    texts = {
        "name_zh": said.unit,
        "name_en": said.unit_en,
        "level": said.level,
        "kind": said.kind,
        "territory": said.territory,
        "phone": said.unit_phone,
        "hours": said.hours,
    }
    texts = {name: text for name, text in texts.items() if text}
    if found is None:
        if above is None or not said.unit:
            raise RowRefused(_PARENT)
        key = said.unit_key or _key_of(above.key, said.unit)
        fresh = UnitSaid(**{"level": above.level, **texts})  # type: ignore[arg-type]
        return units.found(session, key, above.key, fresh, by=by), Verdict.CREATED
    before = UnitSaid(**{name: getattr(found, name) for name in UnitSaid.__dataclass_fields__})
    after = units.tidied(replace(before, **texts))  # type: ignore[arg-type]
    verdict = Verdict.THERE
    if asdict(after) != asdict(before) and units.change(session, found.key, after, by=by):
        verdict = Verdict.CHANGED
    if above is not None and found.parent_key != above.key:
        units.move(session, found.key, above.key, by=by)
        verdict = Verdict.CHANGED
    return found, verdict


def _find(
    session: Session, key: str, name: str, by: Actor, above: Unit | None = None
) -> Unit | None:
    """A unit by its key, else by its name; of several of a name the one below `above`."""
    within = administering.reach(session, by)
    if key:
        found = session.get(Unit, key) if key.isprintable() else None
        if found is not None and found.key not in within:
            raise RowRefused(Reason("这个标识是别处的单位。", "unit_key: a unit of others"))
    else:
        named = session.scalars(
            select(Unit).where(Unit.key.in_(within), Unit.name_zh == name).order_by(Unit.path)
        ).all()
        named = [one for one in named if one.active] or named
        if len(named) > 1 and above is not None:
            named = [one for one in named if one.parent_key == above.key]
        if len(named) > 1:
            raise RowRefused(_AMBIGUOUS)
        found = named[0] if named else None
    if found is not None and not found.active:
        raise RowRefused(_CLOSED)
    return found


def _person(session: Session, said: Entry, unit: Unit, by: Actor) -> tuple[Person, Verdict]:
    """The person a row names, taken on or changed as it says."""
    found = _find_person(session, said, unit)
    texts = {
        "name_zh": said.name,
        "name_en": said.name_en,
        "mobile": said.mobile,
        "email": said.email,
        "capacity": said.capacity,
    }
    texts = {name: value for name, value in texts.items() if value not in {"", None}}
    if found is None:
        if not said.login:
            raise RowRefused(_LOGIN)
        if not said.roles:
            raise RowRefused(_ROLE)
        post = Post(unit.key, said.roles[0], said.from_on, said.until_on)
        fresh = PersonSaid(**{"name_zh": "", **texts})  # type: ignore[arg-type]
        login = said.login.lower()
        return staffing.take_on(session, login, fresh, post, _NO_PASSWORD, by=by), Verdict.CREATED
    if not found.active:
        raise RowRefused(_GONE)
    before = PersonSaid(**{name: getattr(found, name) for name in PersonSaid.__dataclass_fields__})
    after = staffing.tidied(replace(before, **texts))  # type: ignore[arg-type]
    if after == before:
        return found, Verdict.THERE
    if not administering.units_of(session, found.id) <= administering.reach(session, by):
        raise RowRefused(_NOT_OURS)
    staffing.change(session, found.id, after, by=by)
    return found, Verdict.CHANGED


def _find_person(session: Session, said: Entry, unit: Unit) -> Person | None:
    """By login; without one, the only one of this name in the unit."""
    if said.login:
        return session.scalar(select(Person).where(Person.login == said.login.lower()))
    named = session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.name_zh == said.name, Membership.unit_key == unit.key, Person.active)
        .distinct()
    ).all()
    if len(named) > 1:
        raise RowRefused(_SEVERAL)
    return named[0] if named else None


def _post(session: Session, person_id: UUID, post: Post, by: Actor) -> Verdict:
    there = session.scalar(
        select(Membership).where(
            Membership.person_id == person_id,
            Membership.unit_key == post.unit_key,
            Membership.role == post.role,
        )
    )
    if there is not None:
        post = replace(
            post,
            from_on=post.from_on or there.from_on,
            until_on=post.until_on or there.until_on,
        )
        if (there.from_on, there.until_on) == (post.from_on, post.until_on):
            return Verdict.THERE
    staffing.give(session, person_id, post, by=by)
    return Verdict.CREATED if there is None else Verdict.CHANGED


def _key_of(parent: str, name: str) -> str:
    """A key for a unit whose sheet has none: the same each time."""
    return f"u_{hashlib.sha256(f'{parent}|{name}'.encode()).hexdigest()[:10]}"


def _said(error: InvalidAnswers) -> Reason:
    """What is wrong with the fields of a row, in one sentence."""
    parts: Sequence[tuple[str, str, str]] = [
        (name, texts["zh"], texts["en"]) for name, texts in error.fields.items()
    ]
    return Reason(
        "；".join(f"{zh.rstrip('。')}" for _, zh, _ in parts) + "。",
        "; ".join(f"{name}: {en.rstrip('.')}" for name, _, en in parts),
    )
