"""Drafts of the studio (草稿): what a designer changes is kept before it is in use.

A draft is one person's and holds all files of a process, or the content of a pack; faults never
keep it from being saved. A window goes on with the revision of a file it was opened with. If
another window saved meanwhile, what this one has becomes a draft of its own: neither is written
over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands.design_contents import (
    KEY,
    LARGEST_FILE,
    MOST_FILES,
    PACK,
    PACK_KEY,
    PROCESS,
    Base,
    as_files,
    deployed,
    files_of,
    pack,
    require_path,
    require_size,
)
from engine.db import new_key, table
from engine.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from engine.models import DesignDraft, DesignFile, DesignKind, DesignStatus
from engine.permissions import Actor

__all__ = [
    "KEY", "LARGEST_FILE", "MOST_FILES", "PACK", "PACK_KEY", "PROCESS", "Base", "Saved", "Window",
    "as_files", "begin", "copy", "drop", "files_of", "lay", "remove", "rename", "save", "take_up",
]  # fmt: skip

MOST_DRAFTS = 50  # open ones of a person
LONGEST_TITLE = 100
_draft, _file = table(DesignDraft), table(DesignFile)


@dataclass(frozen=True)
class Window:
    """The window that saves: the revision it goes on with, and which save of its own this is.

    revision: of the file as the window knows it, 0 for one that was not there.
    """

    revision: int
    tab: str
    turn: int


@dataclass(frozen=True)
class Saved:
    """A file as it now is. apart: it was laid into another draft, `draft_id`, beside the first."""

    draft_id: UUID
    revision: int
    saved_at: datetime
    apart: bool


def begin(
    session: Session, kind: DesignKind, key: str, *, by: Actor, version: int | None = None
) -> UUID:
    """A draft of a deployed process or pack, of its newest version unless one is named; its id.

    Raises `NotFound`, `Conflict` if so many drafts are open already.
    """
    read = deployed if kind is DesignKind.PROCESS else pack
    base, files = read(session, key, version)
    return lay(session, kind, key, files, by=by, base=base)


def lay(
    session: Session,
    kind: DesignKind,
    key: str,
    files: Mapping[str, bytes],
    *,
    by: Actor,
    base: Base | None = None,
    title: str = "",
    apart_of: UUID | None = None,
) -> UUID:
    """A draft with these files by path; its id. base: id and version of what it began from.

    Raises `InvalidInput` naming key or path, `TooLarge`, `Conflict` if so many are open already.
    """
    if not (KEY if kind is DesignKind.PROCESS else PACK_KEY).fullmatch(key):
        raise InvalidInput("key", "a key of lower case letters, digits and _ or -", key[:40])
    for path, content in files.items():
        require_path(kind, path)
        require_size(path, content)
    if len(files) > MOST_FILES:
        raise TooLarge(f"A draft has {MOST_FILES} files at most.")
    open_ones = session.execute(
        select(_draft.c.id).where(
            _draft.c.person_id == by.id,
            _draft.c.status.in_([DesignStatus.OPEN, DesignStatus.PROPOSED]),
        )
    ).all()
    # What a window could not save is laid beside a draft even then, though not without end.
    if len(open_ones) >= (MOST_DRAFTS if apart_of is None else 4 * MOST_DRAFTS):
        raise Conflict("So many drafts are open already.", drafts=MOST_DRAFTS)
    draft_id, now = new_key(), clock.now()
    session.execute(
        insert(_draft).values(
            id=draft_id,
            kind=kind,
            key=key,
            person_id=by.id,
            title=title[:LONGEST_TITLE],
            base_id=base[0] if base else None,
            base_version=base[1] if base else None,
            apart_of=apart_of,
            status=DesignStatus.OPEN,
            note="",
            begun_at=now,
            saved_at=now,
        )
    )
    rows = [_row(draft_id, path, content, Window(0, "", 0), now) for path, content in files.items()]
    if rows:
        session.execute(insert(_file), rows)
    return draft_id


def save(
    session: Session, draft_id: UUID, path: str, content: bytes, window: Window, *, by: Actor
) -> Saved:
    """Keep a file as the window has it now, whatever its faults.

    A draft that is closed is left as it is: what comes late is laid beside it. Raises `NotFound`,
    `NotAllowed` for somebody else's draft, `InvalidInput` (field `path`), `TooLarge`.
    """
    draft = _mine(session, draft_id, by)
    require_path(draft.kind, path)
    require_size(path, content)
    there = session.execute(
        select(_file).where(_file.c.draft_id == draft_id, _file.c.path == path).with_for_update()
    ).one_or_none()
    if there is not None and _has(there, content, window):
        return Saved(draft_id, there.revision, there.saved_at, apart=False)
    crossed = there is not None and not _next(there, window)
    if crossed or draft.status != DesignStatus.OPEN:
        return _apart(session, draft, path, content, window, by=by)
    now = clock.now()
    if there is None:
        if len(_files(session, draft_id)) >= MOST_FILES:
            raise TooLarge(f"A draft has {MOST_FILES} files at most.")
        session.execute(insert(_file).values(_row(draft_id, path, content, window, now)))
        return _touched(session, draft_id, Saved(draft_id, 1, now, apart=False))
    session.execute(
        update(_file)
        .where(_file.c.id == there.id)
        .values(
            content=content,
            revision=there.revision + 1,
            tab=window.tab,
            turn=window.turn,
            gone=False,
            saved_at=now,
        )
    )
    return _touched(session, draft_id, Saved(draft_id, there.revision + 1, now, apart=False))


def _has(there: Any, content: bytes, window: Window) -> bool:
    """Whether the file is already as this window has it, or as it had it later."""
    later = _of(there, window) and window.turn <= there.turn
    return bool(later or (there.content == content and not there.gone))


def _next(there: Any, window: Window) -> bool:
    """Whether nobody else saved the file since this window read it."""
    return bool(_of(there, window) or there.revision == window.revision)


def _of(there: Any, window: Window) -> bool:
    return bool(window.tab) and there.tab == window.tab


def remove(session: Session, draft_id: UUID, path: str, *, by: Actor) -> None:
    """Take a decision, its tests or a form out of a draft. Raises as `save`."""
    draft = _own(session, draft_id, by)
    require_path(draft.kind, path)
    if path in {PROCESS, PACK}:
        raise InvalidInput("path", "a decision, its tests or a form", path)
    session.execute(
        update(_file)
        .where(_file.c.draft_id == draft_id, _file.c.path == path)
        .values(gone=True, revision=_file.c.revision + 1, saved_at=clock.now())
    )
    session.execute(update(_draft).where(_draft.c.id == draft_id).values(saved_at=clock.now()))


def rename(session: Session, draft_id: UUID, title: str, *, by: Actor) -> None:
    """Give one's draft a title. Raises as `save`."""
    _own(session, draft_id, by)
    if len(title) > LONGEST_TITLE:
        raise InvalidInput("title", f"at most {LONGEST_TITLE} characters")
    session.execute(update(_draft).where(_draft.c.id == draft_id).values(title=title.strip()))


def drop(session: Session, draft_id: UUID, *, by: Actor) -> None:
    """Put one's draft away; its files stay and `take_up` brings it back. Raises as `save`."""
    _own(session, draft_id, by)
    session.execute(
        update(_draft)
        .where(_draft.c.id == draft_id)
        .values(status=DesignStatus.DROPPED, ended_at=clock.now(), ended_by=by.id)
    )


def take_up(session: Session, draft_id: UUID, *, by: Actor) -> None:
    """Go on with one's draft that was put away. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    draft = _known(session, draft_id)
    if draft.person_id != by.id:
        raise NotAllowed("The draft is somebody else's.")
    if draft.status != DesignStatus.DROPPED:
        raise Conflict("The draft was not put away.")
    session.execute(
        update(_draft)
        .where(_draft.c.id == draft_id)
        .values(status=DesignStatus.OPEN, ended_at=None, ended_by=None)
    )


def copy(session: Session, draft_id: UUID, *, by: Actor) -> UUID:
    """A draft of one's own with the files of any draft; its id. Raises as `lay`."""
    draft = _known(session, draft_id)
    base = (draft.base_id, draft.base_version) if draft.base_id else None
    return lay(
        session,
        DesignKind(draft.kind),
        draft.key,
        _files(session, draft_id),
        by=by,
        base=base,
        title=draft.title,
    )


def _apart(
    session: Session, draft: Any, path: str, content: bytes, window: Window, *, by: Actor
) -> Saved:
    """Lay what a window has beside what another saved: in the draft laid for it before, if any."""
    for beside in session.scalars(
        select(_draft.c.id).where(
            _draft.c.apart_of == draft.id, _draft.c.status == DesignStatus.OPEN
        )
    ).all():
        of_window = session.scalar(
            select(_file.c.tab).where(_file.c.draft_id == beside, _file.c.path == path)
        )
        if window.tab and of_window == window.tab:
            saved = save(session, beside, path, content, window, by=by)
            return Saved(saved.draft_id, saved.revision, saved.saved_at, apart=True)
    files = {**_files(session, draft.id), path: content}
    base = (draft.base_id, draft.base_version) if draft.base_id else None
    made = lay(
        session,
        DesignKind(draft.kind),
        draft.key,
        files,
        by=by,
        base=base,
        title=draft.title,
        apart_of=draft.id,
    )
    session.execute(
        update(_file)
        .where(_file.c.draft_id == made, _file.c.path == path)
        .values(tab=window.tab, turn=window.turn)
    )
    return Saved(made, 1, clock.now(), apart=True)


def _touched(session: Session, draft_id: UUID, saved: Saved) -> Saved:
    session.execute(update(_draft).where(_draft.c.id == draft_id).values(saved_at=saved.saved_at))
    return saved


def _row(
    draft_id: UUID, path: str, content: bytes, window: Window, now: datetime
) -> dict[str, Any]:
    return {
        "id": new_key(),
        "draft_id": draft_id,
        "path": path,
        "content": content,
        "revision": 1,
        "tab": window.tab[:40],
        "turn": window.turn,
        "gone": False,
        "saved_at": now,
    }


def _files(session: Session, draft_id: UUID) -> dict[str, bytes]:
    rows = session.execute(
        select(_file.c.path, _file.c.content)
        .where(_file.c.draft_id == draft_id, _file.c.gone.is_(False))
        .order_by(_file.c.path)
    )
    return {row.path: row.content for row in rows}


def _known(session: Session, draft_id: UUID) -> Any:
    row = session.execute(
        select(_draft).where(_draft.c.id == draft_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("No such draft.")
    return row


def _mine(session: Session, draft_id: UUID, by: Actor) -> Any:
    draft = _known(session, draft_id)
    if draft.person_id != by.id:
        raise NotAllowed("The draft is somebody else's; go on with a copy of it.")
    return draft


def _own(session: Session, draft_id: UUID, by: Actor) -> Any:
    draft = _mine(session, draft_id, by)
    if draft.status != DesignStatus.OPEN:
        raise Conflict("The draft is not open any more; go on with a copy of it.")
    return draft
