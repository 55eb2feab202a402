"""Who has a process or a pack open in the studio (在编辑): one row each, which counts a while."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import clock
from engine.db import table
from engine.models import DesignPresence

_FORGOTTEN = timedelta(days=1)
_presence = table(DesignPresence)


def seen(session: Session, kind: str, key: str, person_id: UUID) -> None:
    """Note that somebody has a draft of this open now."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    now = clock.now()
    statement = insert(_presence).values(kind=kind, key=key, person_id=person_id, seen_at=now)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "key", "person_id"],
            set_={"seen_at": statement.excluded.seen_at},
        )
    )
    session.execute(delete(_presence).where(_presence.c.seen_at < now - _FORGOTTEN))
