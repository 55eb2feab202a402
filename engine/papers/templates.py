"""The templates in use: the shipped ones, or those that an office put in their place (模板).

Each upload is a version; going back to the shipped one is a version too, without content.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.db import new_key
from engine.errors import NotFound
from engine.models import PaperTemplate, Person
from engine.papers import shipped
from engine.papers.kinds import Kind, Texts
from engine.permissions import Actor, may, require

GRANT = "papers.design"


@dataclass(frozen=True)
class Version:
    """One version of a kind's template; shipped: back to the one that ships."""

    kind: str
    version: int
    shipped: bool
    sha256: str
    uploaded_at: datetime
    by: Texts


def current(session: Session, kind: Kind) -> bytes:
    """The template papers of this kind are made with now."""
    content = session.scalar(
        select(PaperTemplate.content)
        .where(PaperTemplate.kind == kind)
        .order_by(PaperTemplate.version.desc())
        .limit(1)
    )
    return content or shipped.path(kind).read_bytes()


def of_version(session: Session, kind: Kind, version: int) -> bytes:
    """A version as it was uploaded; version 0 is the shipped one. Raises `NotFound`."""
    if version == 0:
        return shipped.path(kind).read_bytes()
    content = session.scalar(
        select(PaperTemplate.content).where(
            PaperTemplate.kind == kind, PaperTemplate.version == version
        )
    )
    if not content:
        raise NotFound("No such version.")
    return content


def versions(session: Session) -> Sequence[Version]:
    """All versions of all kinds, the newest first."""
    rows = session.execute(
        select(
            PaperTemplate.kind,
            PaperTemplate.version,
            PaperTemplate.sha256,
            PaperTemplate.uploaded_at,
            Person.name_zh,
            Person.name_en,
        )
        .outerjoin(Person, Person.id == PaperTemplate.uploaded_by)
        .order_by(PaperTemplate.kind, PaperTemplate.version.desc())
    )
    return [
        Version(
            row.kind,
            row.version,
            not row.sha256,
            row.sha256,
            row.uploaded_at,
            {"zh": row.name_zh or "", "en": row.name_en or row.name_zh or ""},
        )
        for row in rows
    ]


def replace(session: Session, kind: Kind, content: bytes, *, by: Actor) -> int:
    """Put a template that passed `checking.check` into use; its version. Raises `NotAllowed`."""
    return _add(session, kind, content, hashlib.sha256(content).hexdigest(), by)


def go_back(session: Session, kind: Kind, *, by: Actor) -> int:
    """Use the shipped template again; the version that says so. Raises `NotAllowed`."""
    return _add(session, kind, b"", "", by)


def _add(session: Session, kind: Kind, content: bytes, sha256: str, by: Actor) -> int:
    require(may(by, GRANT))
    newest = session.scalar(
        select(func.max(PaperTemplate.version)).where(PaperTemplate.kind == kind)
    )
    version = (newest or 0) + 1
    key: UUID = new_key()
    session.add(
        PaperTemplate(
            id=key,
            kind=str(kind),
            version=version,
            content=content,
            sha256=sha256,
            uploaded_at=clock.now(),
            uploaded_by=by.id,
        )
    )
    session.flush()
    return version
