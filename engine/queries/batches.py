"""Batches (批处理): what an operator did with several incidents, and what came of each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.models import Batch, BatchItem, Incident, Person
from engine.permissions import Actor
from engine.queries.incidents import Failure, failures, told
from engine.queries.open_clocks import Text, named


@dataclass(frozen=True)
class Chosen:
    """One incident of a batch. result: as `commands.batches` gives them, nothing before its turn.

    since: what came of it later: "" while it waits or went well, "again" if it failed anew.
    """

    failure: Failure
    result: str
    since: str


@dataclass(frozen=True)
class Done:
    """A batch as it stands."""

    id: UUID
    act: str
    remark: str
    asked_at: datetime
    asked_by: Text
    items: tuple[Chosen, ...]

    @property
    def left(self) -> int:
        """How many have had no turn yet."""
        return sum(not item.result for item in self.items)


def batch(session: Session, actor: Actor, batch_id: UUID) -> Done:
    """A batch with the result of each of its incidents. Raises `NotFound`."""
    head = session.execute(
        select(Batch, Person.name_zh, Person.name_en)
        .join(Person, Person.id == Batch.asked_by)
        .where(Batch.id == batch_id, Batch.asked_by == actor.id)
    ).one_or_none()
    if head is None:
        raise NotFound("No such batch.")
    rows = session.execute(
        failures(actor)
        .add_columns(BatchItem.result)
        .join(BatchItem, BatchItem.incident_id == Incident.id)
        .where(BatchItem.batch_id == batch_id)
        .order_by(BatchItem.id)
    ).all()
    again = _failed_anew(session, [row.Incident for row in rows])
    return Done(
        id=head.Batch.id,
        act=head.Batch.act,
        remark=head.Batch.remark,
        asked_at=head.Batch.asked_at,
        asked_by=named(head.name_zh, head.name_en),
        items=tuple(
            Chosen(
                told(session, row, actor), row.result, "again" if row.Incident.id in again else ""
            )
            for row in rows
        ),
    )


def _failed_anew(session: Session, settled: list[Incident]) -> frozenset[UUID]:
    """Those of which the same thing has failed again since."""
    sources = {one.source_id: one for one in settled if one.source_id and one.resolved_at}
    later = session.execute(
        select(Incident.source_id, Incident.occurred_at).where(Incident.source_id.in_(sources))
    )
    return frozenset(
        sources[row.source_id].id
        for row in later
        if row.occurred_at >= sources[row.source_id].resolved_at
    )
