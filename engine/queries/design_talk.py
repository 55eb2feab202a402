"""What designers see of each other: who has the same open, what is said about elements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine import clock
from engine.bpmn.linting.documents import Unreadable, local, one_line, read
from engine.bpmn.linting.scopes import NODES
from engine.db import table
from engine.models import DesignComment, DesignPresence, Person
from engine.models.designs import WITHIN
from engine.permissions import Actor
from engine.queries.open_clocks import Text, named

MOST = 500
_comment, _presence, _person = table(DesignComment), table(DesignPresence), table(Person)


@dataclass(frozen=True)
class Comment:
    """Something said about an element (批注). settled_by: who dealt with it, if anybody."""

    id: UUID
    element: str
    text: str
    who: Text
    said_at: datetime
    settled_at: datetime | None
    settled_by: Text | None


def others(session: Session, kind: str, key: str, actor: Actor) -> list[Text]:
    """Who else has a draft of this open, by name."""
    rows = session.execute(
        select(_person.c.name_zh, _person.c.name_en, _person.c.login)
        .join(_presence, _presence.c.person_id == _person.c.id)
        .where(
            _presence.c.kind == kind,
            _presence.c.key == key,
            _presence.c.person_id != actor.id,
            _presence.c.seen_at > clock.now() - WITHIN,
        )
        .order_by(_person.c.login)
        .limit(20)
    )
    return [named(row.name_zh, row.name_en, row.login) for row in rows]


def comments(session: Session, key: str) -> list[Comment]:
    """What is said about a process, what is open first, then the newest."""
    settler = aliased(_person)
    rows = session.execute(
        select(
            _comment,
            _person.c.name_zh,
            _person.c.name_en,
            _person.c.login,
            settler.c.name_zh.label("settler_zh"),
            settler.c.name_en.label("settler_en"),
            settler.c.login.label("settler"),
        )
        .join(_person, _person.c.id == _comment.c.person_id)
        .outerjoin(settler, settler.c.id == _comment.c.settled_by)
        .where(_comment.c.key == key)
        .order_by(_comment.c.settled_at.is_not(None), _comment.c.said_at.desc())
        .limit(MOST)
    )
    return [
        Comment(
            row.id,
            row.element,
            row.text,
            named(row.name_zh, row.name_en, row.login),
            row.said_at,
            row.settled_at,
            named(row.settler_zh, row.settler_en, row.settler) if row.settled_at else None,
        )
        for row in rows
    ]


def elements(process: bytes) -> Mapping[str, str]:
    """The named elements of a diagram by id, in the order of the file; none if it is unreadable."""
    try:
        document = read(process)
    except Unreadable:
        return {}
    return {
        node.get("id"): one_line(node.get("name"))[:200]
        for node in document.root.iter()
        if local(node) in NODES and node.get("id") and node.get("name")
    }
