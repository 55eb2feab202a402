"""Versions of everything that runs, for clients of the API: diagrams, decisions, forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, and_, func, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.errors import NotFound
from engine.models import Definition, DefinitionKind, Deployment

_definition, _deployment = table(Definition), table(Deployment)
_KINDS = tuple(DefinitionKind)
_DIAGRAMS = (DefinitionKind.PROCESS, DefinitionKind.DECISION, DefinitionKind.DRAWING)


@dataclass(frozen=True)
class Version:
    """One version of a diagram, decision or form."""

    key: str
    version: int
    kind: str
    name: Mapping[str, str]
    sha256: str
    deployed_at: datetime
    deployed_by: str


_DEFINITIONS = select(
    _definition.c.key,
    _definition.c.version,
    _definition.c.kind,
    _definition.c.name_zh,
    _definition.c.name_en,
    _definition.c.sha256,
    _deployment.c.deployed_at,
    _deployment.c.deployed_by,
).join(_deployment, _deployment.c.id == _definition.c.deployment_id)
_DEFINITIONS = _DEFINITIONS.where(_definition.c.kind != DefinitionKind.TESTS)


def newest(session: Session) -> list[Version]:
    """The newest version of everything deployed, in one statement."""
    newest = (
        select(
            _definition.c.kind, _definition.c.key, func.max(_definition.c.version).label("version")
        )
        .group_by(_definition.c.kind, _definition.c.key)
        .subquery()
    )
    rows = session.execute(
        _DEFINITIONS.join(
            newest,
            and_(
                newest.c.kind == _definition.c.kind,
                newest.c.key == _definition.c.key,
                newest.c.version == _definition.c.version,
            ),
        ).order_by(_definition.c.kind, _definition.c.key)
    )
    return [_version(row) for row in rows.mappings()]


def newest_of(session: Session, key: str) -> Version:
    """The newest version under a key; a process before a decision, a form, a drawing.

    Raises `NotFound`.
    """
    rows = session.execute(
        _DEFINITIONS.where(_definition.c.key == key).order_by(_definition.c.version.desc())
    ).mappings()
    found = sorted(rows, key=lambda row: _KINDS.index(DefinitionKind(row["kind"])))
    if not found:
        raise NotFound("No such definition.")
    return _version(found[0])


def xml(session: Session, key: str, version: int) -> bytes:
    """The XML of a process, a drawing or a decision, as it was deployed. Raises `NotFound`."""
    rows = session.execute(
        select(_definition.c.kind, _definition.c.content).where(
            _definition.c.key == key,
            _definition.c.version == version,
            _definition.c.kind.in_(_DIAGRAMS),
        )
    ).all()
    found = sorted(rows, key=lambda row: _KINDS.index(DefinitionKind(row.kind)))
    if not found:
        raise NotFound("No diagram or decision of this key and version.")
    content: bytes = found[0].content
    return content


def _version(row: RowMapping) -> Version:
    return Version(
        key=row["key"],
        version=row["version"],
        kind=row["kind"],
        name={"zh": row["name_zh"], "en": row["name_en"]},
        sha256=row["sha256"],
        deployed_at=row["deployed_at"],
        deployed_by=row["deployed_by"],
    )
