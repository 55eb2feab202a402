"""What designers say about an element of a process (批注), and that it is dealt with."""

import re
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.db import new_key, table
from engine.errors import Conflict, InvalidInput, NotFound
from engine.models import DesignComment
from engine.permissions import Actor

LONGEST = 2_000
MOST_OPEN = 300  # of a process
_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_comment = table(DesignComment)


def say(session: Session, key: str, element: str, text: str, *, by: Actor) -> UUID:
    """Write a comment on an element; its id. Raises `InvalidInput`, `Conflict` at so many."""
    text = text.strip()
    if not _ELEMENT.fullmatch(element):
        raise InvalidInput("element", "the id of an element")
    if not 0 < len(text) <= LONGEST:
        raise InvalidInput("text", f"1 to {LONGEST} characters")
    count = session.scalar(
        select(func.count()).where(_comment.c.key == key, _comment.c.settled_at.is_(None))
    )
    if (count or 0) >= MOST_OPEN:
        raise Conflict("So many comments are open; settle some of them first.", comments=MOST_OPEN)
    comment_id = new_key()
    session.execute(
        insert(_comment).values(
            id=comment_id,
            key=key,
            element=element,
            text=text,
            person_id=by.id,
            said_at=clock.now(),
        )
    )
    return comment_id


def settle(session: Session, key: str, comment_id: UUID, *, by: Actor) -> None:
    """Say that a comment is dealt with; one that already is stays as it is. Raises `NotFound`."""
    known = session.scalar(
        select(_comment.c.id).where(_comment.c.id == comment_id, _comment.c.key == key)
    )
    if known is None:
        raise NotFound("No such comment.")
    session.execute(
        update(_comment)
        .where(_comment.c.id == comment_id, _comment.c.settled_at.is_(None))
        .values(settled_at=clock.now(), settled_by=by.id)
    )
