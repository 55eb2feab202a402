"""The versions of a process or a pack as the studio lists them: who, when, why, what runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from engine.errors import NotFound
from engine.models import (
    Case,
    CaseStatus,
    Definition,
    DefinitionKind,
    Deployment,
    DesignKind,
    Instance,
    InstanceStatus,
    Pack,
    Person,
)
from engine.permissions import Actor
from engine.queries import compartments
from engine.queries.open_clocks import named

Text = Mapping[str, str]
_PROCESS = (DefinitionKind.PROCESS, DefinitionKind.DRAWING)
_By, _Drawer = aliased(Person), aliased(Person)


@dataclass(frozen=True)
class Version:
    """One version. by: who put it into use; drawn_by: whose draft it was, if somebody else's.

    back_to: the older version whose content it is. running: processes, or cases, on it.
    """

    version: int
    at: datetime
    by: Text
    drawn_by: Text | None
    note: str
    back_to: int | None
    running: int


@dataclass(frozen=True)
class Versions:
    """Everything of one key, the newest first."""

    kind: DesignKind
    key: str
    name: Text
    all: tuple[Version, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The versions there are, the newest first."""
        return tuple(one.version for one in self.all)


def versions(session: Session, actor: Actor, kind: DesignKind, key: str) -> Versions:
    """All versions of a process or a pack. Raises `NotFound`."""
    process = kind is DesignKind.PROCESS
    rows = session.execute(_processes(key) if process else _packs(key)).all()
    if not rows:
        raise NotFound("No such process or pack.")
    counted = session.execute(_running(key, actor) if process else _open(key, actor))
    running = {row.version: row.number for row in counted}
    newest = rows[0]
    name = named(newest.name_zh, newest.name_en, key) if process else newest.content.get("name", {})
    return Versions(kind, key, name, tuple(_version(row, running) for row in rows))


_WHO = (
    Deployment.deployed_by,
    Deployment.drawn_by,
    Deployment.note,
    Deployment.back_to,
    _By.name_zh.label("by_zh"),
    _By.name_en.label("by_en"),
    _Drawer.name_zh.label("drawer_zh"),
    _Drawer.name_en.label("drawer_en"),
)


def _processes(key: str) -> Any:
    return (
        select(
            Definition.version,
            Definition.name_zh,
            Definition.name_en,
            Deployment.deployed_at.label("at"),
            *_WHO,
        )
        .join(Deployment, Deployment.id == Definition.deployment_id)
        .outerjoin(_By, _By.login == Deployment.deployed_by)
        .outerjoin(_Drawer, _Drawer.login == Deployment.drawn_by)
        .where(Definition.kind.in_(_PROCESS), Definition.key == key)
        .order_by(Definition.version.desc())
    )


def _packs(key: str) -> Any:
    return (
        select(Pack.version, Pack.content, Pack.deployed_at.label("at"), *_WHO)
        .outerjoin(Deployment, Deployment.id == Pack.deployment_id)
        .outerjoin(_By, _By.login == Deployment.deployed_by)
        .outerjoin(_Drawer, _Drawer.login == Deployment.drawn_by)
        .where(Pack.key == key)
        .order_by(Pack.version.desc())
    )


def _running(key: str, actor: Actor) -> Select[int, int]:
    return (
        select(Definition.version, func.count().label("number"))
        .join(Instance, Instance.definition_id == Definition.id)
        .where(
            Definition.key == key,
            Definition.kind == DefinitionKind.PROCESS,
            Instance.status == InstanceStatus.RUNNING,
            compartments.known(Instance.case_id, actor),
        )
        .group_by(Definition.version)
    )


def _open(key: str, actor: Actor) -> Select[int, int]:
    return (
        select(Pack.version, func.count().label("number"))
        .join(Case, Case.pack_id == Pack.id)
        .where(
            Pack.key == key,
            Case.status.in_((CaseStatus.OPEN, CaseStatus.MERGED)),
            compartments.known(Case.id, actor),
        )
        .group_by(Pack.version)
    )


def _version(row: Any, running: Mapping[int, int]) -> Version:
    other = row.drawn_by and row.drawn_by != row.deployed_by
    return Version(
        row.version,
        row.at,
        named(row.by_zh, row.by_en, row.deployed_by or "shipped"),
        named(row.drawer_zh, row.drawer_en, row.drawn_by) if other else None,
        row.note or "",
        row.back_to,
        running.get(row.version, 0),
    )
