"""Drafts (草稿): what is typed into a task's form is kept before it is handed in.

A window goes on with the draft it was opened with. If another window saved meanwhile, what this
one has becomes a draft of its own: neither is written over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from engine import clock, permissions
from engine.db import changed, new_key, table
from engine.errors import Conflict, InvalidInput, NotFound
from engine.models import Case, Draft, TaskStatus, UserTask
from engine.permissions import Actor

LARGEST = 200_000  # bytes of JSON
MOST = 5  # of one person for one task
KEPT_FOR = timedelta(days=7)  # after the task was closed by somebody else
_SWEPT_AT_ONCE = 1000
_draft, _task, _case = table(Draft), table(UserTask), table(Case)
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Window:
    """The window that saves: which draft it goes on with, and which save of its own this is.

    turn: None where nothing counts the window's saves; then this is its last.
    """

    draft_id: UUID
    revision: int
    tab: str
    turn: int | None = None

    def is_before(self, turn: int) -> bool:
        """Whether this save was sent before the one of that turn, and came late."""
        return self.turn is not None and self.turn <= turn


@dataclass(frozen=True)
class Saved:
    """A draft as it now is. apart: it was laid beside one that another window saved."""

    id: UUID
    revision: int
    saved_at: datetime
    apart: bool


def save(
    session: Session, task_id: UUID, window: Window, fields: Fields, characters: int, *, by: Actor
) -> Saved:
    """Keep what the window has typed, also when the task was closed meanwhile.

    fields: posted strings by control. characters: how many of them are somebody's own words.
    Raises `NotFound`, `NotAllowed`, `InvalidInput` (field `draft`) for too much, `Conflict` if
    `MOST` drafts of the task are kept.
    """
    _require(session, task_id, by)
    told = {name: [text.replace("\0", "") for text in texts] for name, texts in fields.items()}
    if len(orjson.dumps(told)) > LARGEST:
        raise InvalidInput("draft", f"at most {LARGEST} bytes")
    there = session.execute(
        select(_draft)
        .where(_draft.c.task_id == task_id, _draft.c.person_id == by.id)
        .order_by(_draft.c.saved_at)
        .with_for_update()
    ).all()
    own = next((one for one in there if one.id == window.draft_id), None)
    same = next((one for one in there if one.fields == told), None)
    if own is not None and own.tab == window.tab and window.is_before(own.turn):
        return Saved(own.id, own.revision, own.saved_at, apart=False)  # came late, a newer is there
    if own is not None and (own.revision == window.revision or own.tab == window.tab):
        return _update(session, own, window, told, characters)
    if same is not None:
        return Saved(same.id, same.revision, same.saved_at, apart=False)
    if len(there) >= MOST:
        raise Conflict("So many drafts of the task are kept already.", drafts=MOST)
    key = window.draft_id if own is None else new_key()
    now = clock.now()
    session.execute(
        insert(_draft).values(
            id=key,
            task_id=task_id,
            person_id=by.id,
            revision=1,
            tab=window.tab,
            turn=window.turn or 0,
            fields=told,
            characters=characters,
            begun_at=now,
            saved_at=now,
        )
    )
    return Saved(key, 1, now, apart=bool(there))


def discard(session: Session, task_id: UUID, draft_id: UUID, *, by: Actor) -> None:
    """Drop one of the person's own drafts; one that is gone already is no fault.

    Raises `NotFound`, `NotAllowed` if the task is not one of the person's.
    """
    _require(session, task_id, by)
    session.execute(
        delete(_draft).where(
            _draft.c.id == draft_id, _draft.c.task_id == task_id, _draft.c.person_id == by.id
        )
    )


def finished(session: Session, task_id: UUID, person_id: UUID | None = None) -> None:
    """Drop the drafts of a task that is done: one person's, or everybody's."""
    whose = [_draft.c.person_id == person_id] if person_id else []
    session.execute(delete(_draft).where(_draft.c.task_id == task_id, *whose))


def sweep(session: Session) -> int:
    """Drop drafts whose task was closed a while ago, by whomever; gives how many."""
    old = (
        select(_draft.c.id)
        .join(_task, _task.c.id == _draft.c.task_id)
        .where(
            _task.c.status != TaskStatus.OPEN,
            _task.c.closed_at < clock.now() - KEPT_FOR,
            _draft.c.saved_at < clock.now() - KEPT_FOR,
        )
        .limit(_SWEPT_AT_ONCE)
    )
    return changed(session.execute(delete(_draft).where(_draft.c.id.in_(old))))


def _update(session: Session, own: Any, window: Window, fields: Fields, characters: int) -> Saved:
    now, revision = clock.now(), own.revision + 1
    session.execute(
        update(_draft)
        .where(_draft.c.id == own.id)
        .values(
            revision=revision,
            tab=window.tab,
            turn=own.turn + 1 if window.turn is None else window.turn,
            fields=fields,
            characters=characters,
            saved_at=now,
        )
    )
    return Saved(own.id, revision, now, apart=False)


def _require(session: Session, task_id: UUID, by: Actor) -> None:
    """Raise unless the task is one the person may do, open or not."""
    row = session.execute(
        select(
            _task.c.roles,
            _task.c.unit_key,
            _task.c.candidates,
            _task.c.assignee_id,
            *(_case.c[name].label(f"c_{name}") for name in permissions.RIGHTS),
        )
        .join(_case, _case.c.id == _task.c.case_id)
        .where(_task.c.id == task_id)
    ).one_or_none()
    if row is None:
        raise NotFound("No such task.")
    rights = {name: getattr(row, f"c_{name}") for name in permissions.RIGHTS}
    permissions.require_known(by, permissions.CaseRights.of(rights), "No such task.")
    permissions.require(permissions.may_do(by, row), "The task belongs to another office or role.")
