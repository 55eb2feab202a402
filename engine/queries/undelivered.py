"""Notices that did not get out (没发出的通知): those tried again, and those given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.models import Case, City, OutboxNotice, Person
from engine.permissions import Actor
from engine.queries.compartments import known

MOST = 100
Texts = Mapping[str, str]
_GIVEN_UP = and_(OutboxNotice.sent_at.is_(None), OutboxNotice.next_at.is_(None))


@dataclass(frozen=True)
class Unsent:
    """A notice that did not get out. to: whom it is for, None for the citizen of the case.

    error: the kind of failure; next_at: when it is tried again, None once it is given up.
    """

    id: UUID
    kind: str
    to: Texts | None
    case_number: str
    written_at: datetime
    attempts: int
    error: str
    next_at: datetime | None


def given_up(session: Session, actor: Actor) -> int:
    """How many are not sent any more."""
    found = select(func.count()).where(_GIVEN_UP, known(OutboxNotice.case_id, actor))
    return session.scalar(found) or 0


def unsent(session: Session, actor: Actor) -> tuple[Unsent, ...]:
    """Those given up, then those that failed and are tried again, newest first."""
    rows = session.execute(
        select(OutboxNotice, Case.number)
        .outerjoin(Case, Case.id == OutboxNotice.case_id)
        .where(
            or_(
                _GIVEN_UP,
                and_(OutboxNotice.next_at.is_not(None), OutboxNotice.attempts > 0),
            ),
            known(OutboxNotice.case_id, actor),
        )
        .order_by(OutboxNotice.next_at.is_not(None), OutboxNotice.id.desc())
        .limit(MOST)
    ).all()
    names = _names(session, {row.OutboxNotice.recipient for row in rows})
    return tuple(
        Unsent(
            id=row.OutboxNotice.id,
            kind=row.OutboxNotice.kind,
            to=names.get(row.OutboxNotice.recipient),
            case_number=row.number or "",
            written_at=row.OutboxNotice.written_at,
            attempts=row.OutboxNotice.attempts,
            error=row.OutboxNotice.last_error,
            next_at=row.OutboxNotice.next_at,
        )
        for row in rows
    )


def _names(session: Session, recipients: set[str]) -> Mapping[str, Texts]:
    """What the recipients are called."""
    revision = session.scalars(select(City.organisation_revision)).one()
    units = deployed.unit_names(session, revision)
    names: dict[str, Texts] = {f"unit:{key}": name for key, name in units.items()}
    people = {
        UUID(hex=one.removeprefix("person:")) for one in recipients if one.startswith("person:")
    }
    rows = session.execute(
        select(Person.id, Person.name_zh, Person.name_en).where(Person.id.in_(people))
    )
    for row in rows:
        names[f"person:{row.id.hex}"] = {"zh": row.name_zh, "en": row.name_en or row.name_zh}
    return names
