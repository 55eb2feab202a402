"""Taking in a diagram drawn elsewhere: as a draft of its own, or in place of a draft's drawing."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import design_drafts
from engine.commands.design_contents import KEY, PROCESS
from engine.commands.design_drafts import LONGEST_TITLE, Window
from engine.db import table
from engine.designing.importing import LARGEST, Imported, taken
from engine.errors import Conflict, InvalidInput
from engine.models import DesignDraft, DesignFile, DesignKind, DesignStatus
from engine.permissions import Actor

__all__ = ["LARGEST", "Imported", "as_new", "in_place", "taken"]
_draft, _file = table(DesignDraft), table(DesignFile)


def as_new(session: Session, read: Imported, *, by: Actor, title: str = "") -> UUID:
    """A draft with the diagram, under the key of its process; its id.

    Raises `InvalidInput` (field `key`), `Conflict` if so many drafts are open already.
    """
    if not KEY.fullmatch(read.key):
        raise InvalidInput("key", "lower case letters, digits and _", read.key[:40])
    files = {PROCESS: read.content}
    return design_drafts.lay(session, DesignKind.PROCESS, read.key, files, by=by, title=title)


def in_place(session: Session, draft_id: UUID, read: Imported, *, by: Actor, before: str) -> UUID:
    """Put the diagram in the place of the one a draft has; the id of a draft with what it had.

    That draft is put away under the title `before` and can be taken up. Raises as `save`.
    """
    kept = design_drafts.copy(session, draft_id, by=by)
    revision = session.scalar(
        select(_file.c.revision).where(_file.c.draft_id == draft_id, _file.c.path == PROCESS)
    )
    saved = design_drafts.save(
        session, draft_id, PROCESS, read.content, Window(revision or 0, "", 0), by=by
    )
    if saved.apart:
        raise Conflict("The draft is not open any more; go on with a copy of it.")
    session.execute(
        update(_draft)
        .where(_draft.c.id == kept)
        .values(
            title=before[:LONGEST_TITLE],
            status=DesignStatus.DROPPED,
            ended_at=clock.now(),
            ended_by=by.id,
        )
    )
    return kept
