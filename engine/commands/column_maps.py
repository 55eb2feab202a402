"""What the columns of a source's files hold (列对照), remembered from import to import."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine import clock
from engine.db import changed
from engine.models import ColumnMap


def remembered(session: Session, source: str) -> Mapping[str, str]:
    """Field -> heading as of the last import; empty for a field to be left out."""
    kept = session.get(ColumnMap, source)
    return {} if kept is None else kept.headings


def remember(
    session: Session, source: str, headings: Mapping[str, str], *, by: UUID | None
) -> None:
    """Keep the map for the next import of this source."""
    session.merge(
        ColumnMap(source=source, headings=dict(headings), used_at=clock.now(), used_by=by)
    )


def forget(session: Session, source: str) -> bool:
    """Drop what is remembered; False if nothing was."""
    return bool(changed(session.execute(delete(ColumnMap).where(ColumnMap.source == source))))
