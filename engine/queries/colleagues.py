"""To whom work can be given (转给谁): colleagues with the role, and how much each has in hand."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import UserTask
from engine.permissions import Actor
from engine.queries import capacity
from engine.queries.capacity import Load
from engine.queries.inbox import Entry

_task = table(UserTask)


def who_may_do(session: Session, actor: Actor, entries: Sequence[Entry], on: date) -> list[Load]:
    """Everybody of the tasks' units, or the person's own, with a role of each of them.

    Those with most room first. Whether they may do the very task is asked again at assigning.
    """
    rows = session.execute(
        select(_task.c.unit_key, _task.c.roles)
        .where(_task.c.id.in_([entry.id for entry in entries]))
        .distinct()
    )
    loads: dict[UUID, Load] = {}
    fitting: set[UUID] | None = None
    for row in rows:
        able: set[UUID] = set()
        for unit in sorted({row.unit_key, *actor.units} - {None}):
            for role in row.roles.strip(",").split(","):
                for load in capacity.of_unit(session, unit, on, role=role, seen_by=actor):
                    loads[load.person_id] = load
                    able.add(load.person_id)
        fitting = able if fitting is None else fitting & able
    found = [loads[key] for key in fitting or () if key != actor.id]
    return sorted(found, key=lambda one: (one.absent, one.overloaded, one.due, one.open, one.login))
