"""A task looked into from a list (预览): what is asked, where the case stands, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import involved
from engine.errors import NotFound
from engine.models import Case, City
from engine.permissions import Actor
from engine.queries import case_file, case_history, inbox
from engine.queries.case_file import File, OpenTask
from engine.queries.case_history import Event
from engine.queries.inbox import Entry


@dataclass(frozen=True)
class Peek:
    """What a peek shows. events: oldest first; waiting: all open tasks of the case."""

    entry: Entry
    file: File
    events: Sequence[Event]
    waiting: Sequence[OpenTask]


def seen(session: Session, actor: Actor, task_id: UUID) -> Peek:
    """An open task of a list of the person's. Raises `NotFound`, also if it is none of theirs."""
    found = inbox.chosen(session, actor, [task_id])
    if not found:
        raise NotFound("No such task.")
    row = session.execute(
        select(Case, *case_file.CITY).join(City, City.id == 1).where(Case.id == found[0].case_id)
    ).one()
    file = case_file.of_row(session, row, actor)
    units = involved.units_of(session, file.case.id, file.facts)
    file = replace(file, only_asked=not involved.takes_part(actor, file.case, units))
    return Peek(
        entry=found[0],
        file=file,
        events=case_history.events(session, file.case),
        waiting=case_file.open_tasks(session, file.case.id, actor),
    )
