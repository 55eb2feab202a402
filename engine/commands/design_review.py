"""A draft beside what is in use, as one looks at both before anything is put into use."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands import design_contents
from engine.db import table
from engine.errors import NotFound
from engine.models import DesignDraft, DesignFile, DesignKind, DesignStatus, Person

_draft, _file, _person = table(DesignDraft), table(DesignFile), table(Person)


@dataclass(frozen=True)
class Ready:
    """A draft beside what is in use, as somebody looks at both.

    newest: the version in use, None for something new. deployed: its files by path. note: with
    which it was proposed, or why it was sent back by refused_by. seen: names these very files on
    both sides.
    """

    draft_id: UUID
    kind: DesignKind
    key: str
    person_id: UUID
    drawn_by: str
    status: DesignStatus
    base_version: int | None
    newest: int | None
    files: Mapping[str, bytes]
    deployed: Mapping[str, bytes]
    note: str = ""
    refused_by: Mapping[str, str] | None = None

    @property
    def seen(self) -> str:
        """A digest of both sides."""
        digest = hashlib.sha256(f"{self.newest}".encode())
        for path, content in sorted(self.files.items()):
            digest.update(f"\n{path}\n".encode() + hashlib.sha256(content).digest())
        return digest.hexdigest()


def look(session: Session, draft_id: UUID, *, lock: bool = False) -> Ready:
    """A draft beside what is in use. Raises `NotFound`."""
    wanted = select(_draft).where(_draft.c.id == draft_id)
    row = session.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound("No such draft.")
    files = session.execute(
        select(_file.c.path, _file.c.content)
        .where(_file.c.draft_id == draft_id, _file.c.gone.is_(False))
        .order_by(_file.c.path)
    )
    kind = DesignKind(row.kind)
    newest, present = in_use(session, kind, row.key)
    return Ready(
        draft_id,
        kind,
        row.key,
        row.person_id,
        session.scalar(select(_person.c.login).where(_person.c.id == row.person_id)) or "",
        DesignStatus(row.status),
        row.base_version,
        newest,
        {one.path: one.content for one in files},
        present,
        row.note,
        _name(session, row.refused_by),
    )


def _name(session: Session, person_id: UUID | None) -> Mapping[str, str] | None:
    if person_id is None:
        return None
    row = session.execute(
        select(_person.c.name_zh, _person.c.name_en, _person.c.login).where(
            _person.c.id == person_id
        )
    ).one()
    return {"zh": row.name_zh or row.login, "en": row.name_en or row.name_zh or row.login}


def in_use(session: Session, kind: DesignKind, key: str) -> tuple[int | None, Mapping[str, bytes]]:
    """The version in use with its files by path; None and none for something new."""
    try:
        base, files = version_of(session, kind, key, None)
    except NotFound:
        return None, {}
    return base[1], files


def version_of(
    session: Session, kind: DesignKind, key: str, version: int | None
) -> tuple[design_contents.Base, dict[str, bytes]]:
    """A version, the newest unless one is named: id and number, files. Raises `NotFound`."""
    read = design_contents.deployed if kind is DesignKind.PROCESS else design_contents.pack
    return read(session, key, version)
