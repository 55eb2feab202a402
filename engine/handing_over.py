"""What would become of what a person has (交接), thing by thing: for the preview and for the act.

Whoever takes over gets what the rules let them have; a task they may not do goes back to its unit,
and a case they may not see is watched no more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import permissions
from engine.db import table
from engine.models import Absence, Case, Draft, Phrase, SavedView, TaskStatus, UserTask, Watch
from engine.permissions import RIGHTS, Actor, CaseRights, TaskRights

_task, _case = table(UserTask), table(Case)


@dataclass(frozen=True)
class HandedTask:
    """A claimed task. fits: whether the receiver may do it; case_id: None of a unit's own."""

    id: UUID
    case_id: UUID | None
    element: str
    instance_id: UUID
    fits: bool


@dataclass(frozen=True)
class Plan:
    """What goes where.

    watches: cases the receiver may see and does not watch yet; dropped: the others. drafts: of
    tasks that are handed on. stood: absences in which the person stands in.
    """

    tasks: tuple[HandedTask, ...]
    drafts: tuple[UUID, ...]
    watches: tuple[UUID, ...]
    dropped: tuple[UUID, ...]
    views: tuple[UUID, ...]
    phrases: tuple[UUID, ...]
    stood: tuple[UUID, ...]

    @property
    def handed(self) -> int:
        """How many tasks the receiver gets."""
        return sum(one.fits for one in self.tasks)

    @property
    def released(self) -> int:
        """How many go back to their unit."""
        return len(self.tasks) - self.handed


def plan(session: Session, person_id: UUID, receiver: Actor | None) -> Plan:
    """What handing everything of a person to a receiver (or to nobody) would do."""
    tasks = _tasks(session, person_id, receiver)
    handed = [one.id for one in tasks if one.fits]
    watched = set(session.scalars(select(Watch.case_id).where(Watch.person_id == person_id)))
    kept = _visible(session, watched, receiver) if receiver and watched else frozenset()
    if receiver:
        own = select(Watch.case_id).where(Watch.person_id == receiver.id, Watch.case_id.in_(kept))
        fresh = kept - set(session.scalars(own))
    else:
        fresh = frozenset()
    drafts = select(Draft.id).where(Draft.person_id == person_id, Draft.task_id.in_(handed))
    views = select(SavedView.id).where(SavedView.person_id == person_id)
    phrases = select(Phrase.id).where(Phrase.person_id == person_id)
    stood = select(Absence.id).where(Absence.substitute_id == person_id, Absence.ended_at.is_(None))
    return Plan(
        tasks=tuple(tasks),
        drafts=tuple(session.scalars(drafts)) if handed else (),
        watches=tuple(sorted(fresh)),
        dropped=tuple(sorted(watched - fresh)),
        views=tuple(session.scalars(views)),
        phrases=tuple(session.scalars(phrases)),
        stood=tuple(session.scalars(stood)),
    )


def _tasks(session: Session, person_id: UUID, receiver: Actor | None) -> list[HandedTask]:
    rows = session.execute(
        select(
            *(_task.c[name] for name in ("id", "case_id", "element", "instance_id")),
            *(_task.c[name] for name in ("roles", "unit_key", "candidates", "assignee_id")),
            *(_case.c[name].label(f"c_{name}") for name in RIGHTS),
        )
        .outerjoin(_case, _case.c.id == _task.c.case_id)
        .where(_task.c.assignee_id == person_id, _task.c.status == TaskStatus.OPEN)
        .order_by(_task.c.case_id, _task.c.id)
    ).mappings()
    return [
        HandedTask(
            row["id"], row["case_id"], row["element"], row["instance_id"], _fits(row, receiver)
        )
        for row in rows
    ]


def _fits(row: Mapping[Any, Any], receiver: Actor | None) -> bool:
    if receiver is None or not permissions.may_do(receiver, TaskRights.of(row)):
        return False
    if row["case_id"] is None:
        return True
    return permissions.knows_of(receiver, CaseRights(*(row[f"c_{name}"] for name in RIGHTS)))


def _visible(session: Session, case_ids: Collection[UUID], actor: Actor) -> frozenset[UUID]:
    """Those of the cases that a person may open."""
    units: dict[UUID, set[str]] = {key: set() for key in case_ids}
    for case_id, unit in session.execute(
        select(_task.c.case_id, _task.c.unit_key).where(
            _task.c.case_id.in_(case_ids), _task.c.unit_key.is_not(None)
        )
    ):
        units[case_id].add(unit)
    rows = session.execute(
        select(_case.c.id, *(_case.c[name] for name in RIGHTS)).where(_case.c.id.in_(case_ids))
    ).mappings()
    return frozenset(
        row["id"]
        for row in rows
        if permissions.may_see_case(
            actor, CaseRights.of({n: row[n] for n in RIGHTS}), units[row["id"]]
        )
    )
