"""The running process instances of a case, for whoever moves their tokens."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.models import Case, Definition, Instance, InstanceStatus
from engine.permissions import Actor
from engine.queries.compartments import known
from engine.queries.open_clocks import Text


@dataclass(frozen=True)
class Run:
    """A process instance of a case, for whoever moves its tokens."""

    id: UUID
    part: str
    process: str
    version: int
    name: Text
    started_at: datetime


def running(session: Session, actor: Actor, number: str) -> tuple[Run, ...]:
    """The running instances of the case of this number; none for a case kept from the person."""
    rows = session.execute(
        select(Instance, Definition.key, Definition.version, Definition.name_zh, Definition.name_en)
        .join(Case, Case.id == Instance.case_id)
        .join(Definition, Definition.id == Instance.definition_id)
        .where(
            Case.number == number,
            known(Instance.case_id, actor),
            Instance.status == InstanceStatus.RUNNING,
        )
        .order_by(Instance.started_at, Instance.id)
    )
    return tuple(
        Run(
            row.Instance.id,
            row.Instance.part,
            row.key,
            row.version,
            {"zh": row.name_zh, "en": row.name_en},
            row.Instance.started_at,
        )
        for row in rows
    )


def number_of(session: Session, instance_id: UUID) -> str:
    """The number of the case an instance belongs to; "" for none."""
    found: str | None = session.scalar(
        select(Case.number)
        .join(Instance, Instance.case_id == Case.id)
        .where(Instance.id == instance_id)
    )
    return found or ""
