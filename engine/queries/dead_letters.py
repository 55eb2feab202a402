"""Dead letters (死信): messages that reached nobody."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.models import Case, Instance, InstanceStatus, Message
from engine.permissions import Actor
from engine.queries.compartments import known

MOST = 100


@dataclass(frozen=True)
class Letter:
    """A message that reached nobody. over: its target has ended, or never was.

    attempts: deliveries that failed; incident_id: what holds it, None if nobody waited for it.
    """

    id: UUID
    name: str
    case_number: str
    part: str
    sent_at: datetime
    attempts: int
    incident_id: UUID | None
    over: bool


def dead_letters(session: Session, actor: Actor) -> tuple[Letter, ...]:
    """Messages that failed and are held, and those for which nobody waited, newest first."""
    rows = session.execute(
        select(Message, Case.number, Instance.part, Instance.status)
        .outerjoin(Case, Case.id == Message.case_id)
        .outerjoin(Instance, Instance.id == Message.target_id)
        .where(
            or_(Message.incident_id.is_not(None), Message.result == "nobody-waits"),
            known(Message.case_id, actor),
        )
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(MOST)
    )
    return tuple(
        Letter(
            id=row.Message.id,
            name=row.Message.name,
            case_number=row.number or "",
            part=row.part or str(row.Message.payload.get("part", "")),
            sent_at=row.Message.sent_at,
            attempts=row.Message.attempts,
            incident_id=row.Message.incident_id,
            over=row.Message.name != "start" and row.status != InstanceStatus.RUNNING,
        )
        for row in rows
    )
