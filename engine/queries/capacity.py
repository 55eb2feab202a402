"""What lies with whom against what can be done in a day (工作量): for assigning, and for My day.

Capacity is a count of tasks in a working day: the person's own, else what the unit says of each
of its people; where nobody said, it is not known and nothing is judged.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.models import (
    Absence,
    City,
    Membership,
    Person,
    Role,
    TaskStatus,
    Unit,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import compartments

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Load:
    """What one person has in hand on a day.

    open: claimed tasks not yet done; due: those of them due by the end of the day, overdue ones
    among them. absent: away that day, substitute: who acts.
    """

    person_id: UUID
    login: str
    name: Texts
    roles: tuple[str, ...]
    open: int
    due: int
    capacity: int | None
    absent: bool = False
    substitute: Texts | None = None

    @property
    def free(self) -> int | None:
        """How many more the day would take; never below 0, None where nobody said."""
        if self.absent:
            return 0
        return None if self.capacity is None else max(0, self.capacity - self.due)

    @property
    def overloaded(self) -> bool:
        """Whether more is due this day than the person can do in it."""
        if self.absent:
            return self.due > 0 and self.substitute is None
        return self.capacity is not None and self.due > self.capacity

    @property
    def days(self) -> float | None:
        """How many working days all of it takes."""
        return self.open / self.capacity if self.capacity else None


@dataclass(frozen=True)
class UnitLoad:
    """What lies with a unit: open tasks, those due by the end of the day, those nobody claimed.

    people: who is there that day. capacity: of them together, None where nobody said.
    """

    unit_key: str
    open: int
    due: int
    unclaimed: int
    people: int
    capacity: int | None

    @property
    def overloaded(self) -> bool:
        """Whether more is due this day than those who are there can do."""
        return self.capacity is not None and self.due > self.capacity


def of_unit(
    session: Session,
    unit_key: str,
    on: date,
    *,
    role: str | None = None,
    seen_by: Actor | None = None,
) -> Sequence[Load]:
    """The load of everybody who has a role in the unit on a day, those with most room first.

    role: only people with this one. seen_by: tasks of cases that do not exist for this person
    are not counted. Two statements.
    """
    people = _people(session, (unit_key,), on, role)
    counted = _counted(session, [one.id for one in people], on, seen_by)
    loads = [_load(one, counted.get(one.id, (0, 0))) for one in people]
    return sorted(loads, key=lambda one: (one.absent, one.overloaded, one.due, one.open, one.login))


def of_units(
    session: Session,
    unit_keys: Collection[str],
    on: date,
    *,
    role: str = Role.HANDLER,
    seen_by: Actor | None = None,
    zone: ZoneInfo | None = None,
) -> Mapping[str, UnitLoad]:
    """The load of each of these units, counting those of its people who have `role` and are there.

    zone: where the office is, if that is known. Two statements, however many units.
    """
    if not unit_keys:
        return {}
    there: dict[str, list[_Someone]] = {key: [] for key in unit_keys}
    for one in _people(session, unit_keys, on, role):
        for key in one.units:
            if not one.absent:
                there[key].append(one)
    rows = session.execute(
        select(
            UserTask.unit_key,
            func.count().label("open"),
            func.count(case((_due(_end_of(session, on, zone)), 1))).label("due"),
            func.count(case((UserTask.assignee_id.is_(None), 1))).label("unclaimed"),
        )
        .where(
            UserTask.status == TaskStatus.OPEN,
            UserTask.unit_key.in_(sorted(unit_keys)),
            *_seen(seen_by),
        )
        .group_by(UserTask.unit_key)
    )
    found = {row.unit_key: (row.open, row.due, row.unclaimed) for row in rows}
    loads = {}
    for key, people in there.items():
        said = [one.capacity for one in people if one.capacity is not None]
        loads[key] = UnitLoad(
            key, *found.get(key, (0, 0, 0)), len(people), sum(said) if said else None
        )
    return loads


def told(name: Texts, load: UnitLoad) -> Texts:
    """A unit's name with what it has in hand, for a list to choose from; alone if that is nothing.

    Whether it is too much is said only where somebody said how much a day takes.
    """
    if not load.open:
        return name
    zh, en = f"在办 {load.open}、今天到期 {load.due}", f"{load.open} open, {load.due} due today"
    if load.overloaded:
        zh, en = f"{zh}，今天办不完", f"{en}, too much for today"
    return {"zh": f"{name['zh']}（{zh}）", "en": f"{name['en']} ({en})"}


@dataclass
class _Someone:
    id: UUID
    login: str
    name: Texts
    capacity: int | None
    units: set[str]
    roles: set[str]
    absent: bool
    substitute: Texts | None


def _people(
    session: Session, unit_keys: Collection[str], on: date, role: str | None
) -> list[_Someone]:
    substitute = aliased(Person)
    query = (
        select(
            Person.id,
            Person.login,
            Person.name_zh,
            Person.name_en,
            Person.capacity,
            Unit.capacity.label("of_unit"),
            Membership.unit_key,
            Membership.role,
            Absence.id.label("absence"),
            substitute.name_zh.label("instead_zh"),
            substitute.name_en.label("instead_en"),
        )
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.key == Membership.unit_key)
        .outerjoin(
            Absence,
            and_(
                Absence.person_id == Person.id,
                Absence.ended_at.is_(None),
                Absence.from_on <= on,
                Absence.until_on >= on,
            ),
        )
        .outerjoin(substitute, and_(substitute.id == Absence.substitute_id, substitute.active))
        .where(Person.active, Membership.unit_key.in_(sorted(unit_keys)), in_force(on))
        .order_by(Person.login)
    )
    if role is not None:
        query = query.where(Membership.role == role)
    people: dict[UUID, _Someone] = {}
    for row in session.execute(query):
        one = people.get(row.id)
        if one is None:
            one = people[row.id] = _Someone(
                row.id, row.login, _names(row.name_zh, row.name_en), None, set(), set(), False, None
            )
        one.units.add(row.unit_key)
        one.roles.add(row.role)
        one.capacity = row.capacity if row.capacity is not None else row.of_unit
        if row.absence is not None:
            one.absent = True
            if row.instead_zh:
                one.substitute = _names(row.instead_zh, row.instead_en)
    return list(people.values())


def in_force(on: date) -> ColumnElement[bool]:
    """That a membership holds on a day."""
    return and_(
        or_(Membership.from_on.is_(None), Membership.from_on <= on),
        or_(Membership.until_on.is_(None), Membership.until_on >= on),
    )


def _counted(
    session: Session, person_ids: Collection[UUID], on: date, seen_by: Actor | None
) -> Mapping[UUID, tuple[int, int]]:
    if not person_ids:
        return {}
    rows = session.execute(
        select(
            UserTask.assignee_id,
            func.count().label("open"),
            func.count(case((_due(_end_of(session, on)), 1))).label("due"),
        )
        .where(
            UserTask.assignee_id.in_(person_ids),
            UserTask.status == TaskStatus.OPEN,
            *_seen(seen_by),
        )
        .group_by(UserTask.assignee_id)
    )
    return {row.assignee_id: (row.open, row.due) for row in rows}


def _load(one: _Someone, counted: tuple[int, int]) -> Load:
    return Load(
        one.id,
        one.login,
        one.name,
        tuple(sorted(one.roles)),
        *counted,
        one.capacity,
        one.absent,
        one.substitute,
    )


def _due(end: datetime) -> ColumnElement[bool]:
    return UserTask.due_at <= end


def _seen(by: Actor | None) -> list[ColumnElement[bool]]:
    return [] if by is None else [compartments.known(UserTask.case_id, by)]


def _end_of(session: Session, on: date, zone: ZoneInfo | None = None) -> datetime:
    """The midnight behind a day, where the office is."""
    zone = zone or ZoneInfo(session.scalar(select(City.timezone)) or "UTC")
    return datetime.combine(on + timedelta(1), time(), tzinfo=zone).astimezone(UTC)


def _names(zh: str, en: str) -> Texts:
    return {"zh": zh, "en": en or zh}
