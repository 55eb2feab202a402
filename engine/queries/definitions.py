"""What is deployed (流程定义): processes with their versions, and one of them in full."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.bpmn.specification import Element
from engine.errors import NotFound
from engine.models import (
    Definition,
    DefinitionKind,
    Deployment,
    Instance,
    InstanceStatus,
    Person,
    TaskStatus,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import compartments, open_clocks
from engine.queries.open_clocks import Text, named


@dataclass(frozen=True)
class Version:
    """One version of a process. by: who deployed it, a person's name or a login.

    running, ended: its instances.
    """

    id: UUID
    key: str
    version: int
    name: Text
    deployed_at: datetime
    by: Text
    note: str
    running: int
    ended: int


@dataclass(frozen=True)
class Process:
    """A process with its versions, the newest first."""

    key: str
    name: Text
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Limit:
    """A limit as the newest pack states it: its name and budget; a budget drawn is its own."""

    name: Text
    budget: str


@dataclass(frozen=True)
class TaskOf:
    """A user task of a diagram. open: how many of them wait in this version's instances."""

    element: str
    name: Text
    roles: tuple[str, ...]
    form: str
    form_name: Text
    limit: Limit | None
    open: int


@dataclass(frozen=True)
class Stage:
    """A stage of a diagram with its user tasks; without a key: those of no stage."""

    key: str
    name: Text
    tasks: tuple[TaskOf, ...]


@dataclass(frozen=True)
class Timer:
    """A timer drawn on an activity, or waited for."""

    element: str
    name: Text
    host: Text
    limit: Limit


@dataclass(frozen=True)
class Drawn:
    """One version with what its diagram says. open: open tasks by element."""

    version: Version
    others: tuple[Version, ...]
    stages: tuple[Stage, ...]
    timers: tuple[Timer, ...]
    decisions: tuple[str, ...]
    open: Mapping[str, int] = field(default_factory=dict)


def processes(session: Session, actor: Actor) -> tuple[Process, ...]:
    """Every deployed process with its versions and their instances, in one statement.

    Like every count here: of the cases the person knows of.
    """
    found: dict[str, list[Version]] = {}
    for version in _versions(session, actor, None):
        found.setdefault(version.key, []).append(version)
    return tuple(Process(key, found[key][0].name, tuple(found[key])) for key in sorted(found))


def drawn(session: Session, actor: Actor, key: str, version: int) -> Drawn:
    """One version in full. Raises `NotFound`."""
    versions = _versions(session, actor, key)
    one = next((row for row in versions if row.version == version), None)
    if one is None:
        raise NotFound("No such version of this process.")
    known = open_clocks.terms(session).using(key)
    process = deployed.definition(session, one.id)
    waiting = {row.element: row.number for row in session.execute(_open_tasks(one.id, actor))}
    elements = process.specification.elements
    tasks: dict[str, list[TaskOf]] = {}
    for element in elements.values():
        if element.kind in {"user", "manual"}:
            title = process.forms.get(element.form or "", {}).get("x-title", {})
            tasks.setdefault(element.stage or "", []).append(
                TaskOf(
                    element=element.id,
                    name=_name(element),
                    roles=element.roles,
                    form=element.form or "",
                    form_name=named(title.get("zh"), title.get("en"), element.form),
                    limit=_limit(known, element.limit) if element.limit else None,
                    open=waiting.get(element.id, 0),
                )
            )
    stages = [
        Stage(stage.id, _name(stage), tuple(tasks.pop(stage.id, ())))
        for stage in process.specification.stages
    ]
    if tasks:
        rest = tuple(task for some in tasks.values() for task in some)
        stages.append(Stage("", {}, rest))
    return Drawn(
        version=one,
        others=tuple(versions),
        stages=tuple(stages),
        timers=tuple(
            Timer(
                element.id,
                _name(element),
                _name(elements[element.host]) if element.host else {},
                _limit(known, element.limit),
            )
            for element in elements.values()
            if element.limit and element.kind in {"boundary", "catch"}
        ),
        decisions=tuple(sorted(process.specification.decisions)),
        open=waiting,
    )


def diagram(session: Session, key: str, version: int) -> bytes:
    """The XML of one version, as it was deployed. Raises `NotFound`."""
    content = session.scalar(
        select(Definition.content).where(
            Definition.kind == DefinitionKind.PROCESS,
            Definition.key == key,
            Definition.version == version,
        )
    )
    if content is None:
        raise NotFound("No such version of this process.")
    return content


def waiting_in(session: Session, actor: Actor, key: str, version: int) -> dict[str, int]:
    """How many user tasks of one version are open, by element and by stage.

    Raises `NotFound`.
    """
    found = session.scalar(
        select(Definition.id).where(
            Definition.kind == DefinitionKind.PROCESS,
            Definition.key == key,
            Definition.version == version,
        )
    )
    if found is None:
        raise NotFound("No such version of this process.")
    rows = session.execute(_open_tasks(found, actor)).all()
    waiting: dict[str, int] = {}
    for row in rows:
        for element in {row.element, row.stage} - {""}:
            waiting[element] = waiting.get(element, 0) + row.number
    return waiting


def _open_tasks(definition_id: UUID, actor: Actor) -> Select[str, str, int]:
    return (
        select(UserTask.element, UserTask.stage, func.count().label("number"))
        .join(Instance, Instance.id == UserTask.instance_id)
        .where(
            UserTask.status == TaskStatus.OPEN,
            Instance.definition_id == definition_id,
            compartments.known(Instance.case_id, actor),
        )
        .group_by(UserTask.element, UserTask.stage)
    )


def _versions(session: Session, actor: Actor, key: str | None) -> list[Version]:
    counted = (
        select(
            Instance.definition_id,
            Instance.status,
            func.count().label("number"),
        )
        .where(compartments.known(Instance.case_id, actor))
        .group_by(Instance.definition_id, Instance.status)
        .subquery()
    )
    running, ended = counted.alias(), counted.alias()
    found = (
        select(
            Definition.id,
            Definition.key,
            Definition.version,
            Definition.name_zh,
            Definition.name_en,
            Deployment.deployed_at,
            Deployment.deployed_by,
            Deployment.note,
            Person.name_zh.label("person_zh"),
            Person.name_en.label("person_en"),
            func.coalesce(func.max(running.c.number), 0).label("running"),
            func.coalesce(func.sum(ended.c.number), 0).label("ended"),
        )
        .join(Deployment, Deployment.id == Definition.deployment_id)
        .outerjoin(Person, Person.login == Deployment.deployed_by)
        .outerjoin(
            running,
            (running.c.definition_id == Definition.id)
            & (running.c.status == InstanceStatus.RUNNING),
        )
        .outerjoin(
            ended,
            (ended.c.definition_id == Definition.id) & (ended.c.status != InstanceStatus.RUNNING),
        )
        .where(Definition.kind == DefinitionKind.PROCESS)
        .group_by(Definition.id, Deployment.id, Person.id)
        .order_by(Definition.key, Definition.version.desc())
    )
    if key is not None:
        found = found.where(Definition.key == key)
    return [_version(row) for row in session.execute(found)]


def _version(row: Any) -> Version:
    return Version(
        id=row.id,
        key=row.key,
        version=row.version,
        name=named(row.name_zh, row.name_en, row.key),
        deployed_at=row.deployed_at,
        by=named(row.person_zh, row.person_en, row.deployed_by),
        note=row.note,
        running=row.running,
        ended=int(row.ended),
    )


def _name(element: Element) -> Text:
    return {
        "zh": " ".join(element.name.split()) or element.id,
        "en": " ".join(element.name_en.split()) or element.name or element.id,
    }


def _limit(known: open_clocks.Terms, name: str | None) -> Limit:
    stated = known.stated(name or "")
    return Limit(known.limit(name or ""), stated.budget if stated else name or "")
