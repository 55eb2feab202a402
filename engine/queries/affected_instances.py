"""Who is affected by another version of a process: what runs, who waits where, whose work it is.

Running instances stay on their version. Counts are of the cases the person knows of.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.bpmn.linting.documents import Unreadable, read
from engine.bpmn.parser import elements
from engine.bpmn.specification import Element
from engine.db import table
from engine.models import (
    Definition,
    DefinitionKind,
    Instance,
    InstanceStatus,
    Membership,
    Person,
    TaskStatus,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import compartments

Text = Mapping[str, str]
_definition, _instance, _task = table(Definition), table(Instance), table(UserTask)
_post, _person = table(Membership), table(Person)


@dataclass(frozen=True)
class Standing:
    """Running instances with an open task at one element. gone: the new version has it no more."""

    element: str
    name: Text
    instances: int
    gone: bool


@dataclass(frozen=True)
class RoleChange:
    """A role that is given tasks or loses some. people: who have it today."""

    role: str
    gains: tuple[Text, ...]
    loses: tuple[Text, ...]
    people: int


@dataclass(frozen=True)
class UnitChange:
    """A task that goes to other units than before; None: to whichever unit has the role."""

    name: Text
    old: str | None
    new: str | None


@dataclass(frozen=True)
class AffectedByProcess:
    """Who is affected. versions: (version, running instances); between: those with no open task.

    packs: the packs whose new cases take this process.
    """

    versions: tuple[tuple[int, int], ...]
    standing: tuple[Standing, ...]
    between: int
    roles: tuple[RoleChange, ...]
    units: tuple[UnitChange, ...]
    packs: tuple[Text, ...]

    @property
    def running(self) -> int:
        """All running instances; none of them is changed."""
        return sum(number for _, number in self.versions)


def of_process(
    session: Session, actor: Actor, key: str, old: bytes | None, new: bytes
) -> AffectedByProcess:
    """What putting the diagram `new` into use in the place of `old` means for whom."""
    before, after = _tasks(old), _tasks(new)
    versions = _versions(session, actor, key)
    standing, with_task = _standing(session, actor, key, before, after)
    return AffectedByProcess(
        versions,
        standing,
        sum(number for _, number in versions) - with_task,
        _roles(session, before, after),
        tuple(
            UnitChange(_name(after[one]), before[one].unit, after[one].unit)
            for one in after
            if one in before and before[one].unit != after[one].unit
        ),
        tuple(
            pack.name
            for pack in deployed.newest_packs(session)
            if key in {*pack.parts.values(), *(one["process"] for one in pack.items("routes"))}
        ),
    )


def _tasks(content: bytes | None) -> dict[str, Element]:
    """The user tasks of a diagram; none if it cannot be read."""
    if content is None:
        return {}
    try:
        found = elements(read(content))
    except Unreadable:
        return {}
    return {key: one for key, one in found.items() if one.kind in {"user", "manual"}}


def _versions(session: Session, actor: Actor, key: str) -> tuple[tuple[int, int], ...]:
    rows = session.execute(
        select(_definition.c.version, func.count())
        .join(_instance, _instance.c.definition_id == _definition.c.id)
        .where(*_running(actor, key))
        .group_by(_definition.c.version)
        .order_by(_definition.c.version.desc())
    ).all()
    return tuple((version, number) for version, number in rows)


def _standing(
    session: Session,
    actor: Actor,
    key: str,
    before: Mapping[str, Element],
    after: Mapping[str, Element],
) -> tuple[tuple[Standing, ...], int]:
    """Where they stand, in the order of the diagram, and how many stand at a task at all."""
    open_tasks = (
        select(_task.c.element, _task.c.name_zh, _task.c.name_en, _task.c.instance_id)
        .join(_instance, _instance.c.id == _task.c.instance_id)
        .join(_definition, _definition.c.id == _instance.c.definition_id)
        .where(_task.c.status == TaskStatus.OPEN, *_running(actor, key))
        .subquery()
    )
    rows = session.execute(
        select(
            open_tasks.c.element,
            func.max(open_tasks.c.name_zh).label("zh"),
            func.max(open_tasks.c.name_en).label("en"),
            func.count(open_tasks.c.instance_id.distinct()).label("number"),
        ).group_by(open_tasks.c.element)
    ).all()
    with_task = session.scalar(select(func.count(open_tasks.c.instance_id.distinct()))) or 0
    place = {element: at for at, element in enumerate([*before, *after])}
    found = [
        Standing(
            row.element,
            _name(before[row.element])
            if row.element in before
            else {"zh": row.zh, "en": row.en or row.zh},
            row.number,
            row.element not in after,
        )
        for row in sorted(rows, key=lambda row: place.get(row.element, len(place)))
    ]
    return tuple(found), with_task


def _running(actor: Actor, key: str) -> tuple[ColumnElement[bool], ...]:
    return (
        _definition.c.key == key,
        _definition.c.kind == DefinitionKind.PROCESS,
        _instance.c.status == InstanceStatus.RUNNING,
        compartments.known(_instance.c.case_id, actor),
    )


def _roles(
    session: Session, before: Mapping[str, Element], after: Mapping[str, Element]
) -> tuple[RoleChange, ...]:
    was, now = (
        {(role, key) for key, one in tasks.items() for role in one.roles}
        for tasks in (before, after)
    )
    roles = sorted({role for role, _ in was ^ now})
    if not roles:
        return ()
    today = deployed.current_calendar(session).local(clock.now()).date()
    people = {
        row.role: row.people
        for row in session.execute(
            select(_post.c.role, func.count(_post.c.person_id.distinct()).label("people"))
            .join(_person, _person.c.id == _post.c.person_id)
            .where(
                _person.c.active,
                _post.c.role.in_(roles),
                (_post.c.from_on.is_(None)) | (_post.c.from_on <= today),
                (_post.c.until_on.is_(None)) | (_post.c.until_on >= today),
            )
            .group_by(_post.c.role)
        )
    }
    return tuple(
        RoleChange(
            role,
            tuple(_name(after[key]) for one, key in sorted(now - was) if one == role),
            tuple(_name(before[key]) for one, key in sorted(was - now) if one == role),
            people.get(role, 0),
        )
        for role in roles
    )


def _name(element: Element) -> Text:
    shown = " ".join(element.name.split()) or element.id
    return {"zh": shown, "en": " ".join(element.name_en.split()) or shown}
