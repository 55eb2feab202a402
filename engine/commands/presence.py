"""Who has a case open (在看): one row for each person and case, which counts for some minutes."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import clock
from engine.db import table
from engine.models import PRESENT, Presence

_presence = table(Presence)


def seen(session: Session, case_id: UUID, person_id: UUID) -> None:
    """Note that somebody has a page of the case open now, in one statement."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(_presence).values(case_id=case_id, person_id=person_id, seen_at=clock.now())
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["case_id", "person_id"], set_={"seen_at": statement.excluded.seen_at}
        )
    )


def forget_old(session: Session) -> None:
    """Drop what counts no more."""
    session.execute(delete(_presence).where(_presence.c.seen_at < clock.now() - PRESENT))
