"""Drafts of the studio as pages show them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.errors import NotFound
from engine.models import Definition, DesignDraft, DesignFile, DesignKind, DesignStatus, Person
from engine.permissions import Actor
from engine.queries.open_clocks import Text, named

_draft, _file, _person = table(DesignDraft), table(DesignFile), table(Person)
_base = table(Definition)


@dataclass(frozen=True)
class Line:
    """One draft in a list.

    mine: whether it is the reader's own. process: what the one it began from is called, empty
    where it is a pack or new.
    """

    id: UUID
    kind: DesignKind
    key: str
    title: str
    who: Text
    person_id: UUID
    mine: bool
    base_version: int | None
    apart_of: UUID | None
    status: DesignStatus
    begun_at: datetime
    saved_at: datetime
    deployed_version: int | None
    process: Text

    @property
    def editable(self) -> bool:
        """Whether the reader may change it."""
        return self.mine and self.status is DesignStatus.OPEN


@dataclass(frozen=True)
class File:
    """A file of a draft as it was saved last."""

    content: bytes
    revision: int
    saved_at: datetime


@dataclass(frozen=True)
class Opened:
    """A draft with its files by path, in the order of the paths."""

    line: Line
    base_id: UUID | None
    note: str
    files: Mapping[str, File]

    @property
    def contents(self) -> dict[str, bytes]:
        """The files' contents by path."""
        return {path: file.content for path, file in self.files.items()}


def lines(
    session: Session, actor: Actor, *, status: tuple[DesignStatus, ...] = (DesignStatus.OPEN,)
) -> tuple[Line, ...]:
    """Every draft in one of these states, the reader's own first, then the newest saved."""
    rows = session.execute(_LINES.where(_draft.c.status.in_(status)).limit(500)).all()
    found = [_line(row, actor) for row in rows]
    return tuple(sorted(found, key=lambda one: (not one.mine, -one.saved_at.timestamp())))


def opened(session: Session, actor: Actor, draft_id: UUID) -> Opened:
    """One draft with all its files. Raises `NotFound`."""
    row = session.execute(_LINES.where(_draft.c.id == draft_id)).one_or_none()
    if row is None:
        raise NotFound("No such draft.")
    files = session.execute(
        select(_file.c.path, _file.c.content, _file.c.revision, _file.c.saved_at)
        .where(_file.c.draft_id == draft_id, _file.c.gone.is_(False))
        .order_by(_file.c.path)
    )
    return Opened(
        _line(row, actor),
        row.base_id,
        row.note,
        {one.path: File(one.content, one.revision, one.saved_at) for one in files},
    )


def names(session: Session, keys: Collection[str]) -> dict[str, Text]:
    """What each of these drafts, by its id as hex, is called: its title, else its process."""
    if not keys:
        return {}
    rows = session.execute(_LINES.where(_draft.c.id.in_({UUID(hex=key) for key in keys})))
    return {
        row.id.hex: named(
            row.title or row.process_zh, row.title or row.process_en, row.title or row.key
        )
        for row in rows
    }


_LINES: Select[Any] = select(
    _draft.c.id,
    _draft.c.kind,
    _draft.c.key,
    _draft.c.title,
    _draft.c.person_id,
    _draft.c.base_id,
    _draft.c.base_version,
    _draft.c.apart_of,
    _draft.c.status,
    _draft.c.note,
    _draft.c.begun_at,
    _draft.c.saved_at,
    _draft.c.deployed_version,
    _person.c.name_zh,
    _person.c.name_en,
    _person.c.login,
    _base.c.name_zh.label("process_zh"),
    _base.c.name_en.label("process_en"),
).select_from(
    _draft.join(_person, _person.c.id == _draft.c.person_id).outerjoin(
        _base, _base.c.id == _draft.c.base_id
    )
)


def _line(row: Row[Any], actor: Actor) -> Line:
    found = row._mapping
    return Line(
        found["id"],
        DesignKind(found["kind"]),
        found["key"],
        found["title"],
        named(found["name_zh"], found["name_en"], found["login"]),
        found["person_id"],
        found["person_id"] == actor.id,
        found["base_version"],
        found["apart_of"],
        DesignStatus(found["status"]),
        found["begun_at"],
        found["saved_at"],
        found["deployed_version"],
        named(found["process_zh"], found["process_en"]),
    )
