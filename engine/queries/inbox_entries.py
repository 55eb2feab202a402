"""A task with everything a list shows of it (待办的一行), read in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed
from engine.db import table
from engine.models import Case, Deadline, Person, Supervision, UserTask
from engine.packs import Pack
from engine.queries import inbox_conditions as conditions
from engine.queries.dues import Due
from engine.queries.inbox_conditions import Filter

Texts = Mapping[str, str]
_task, _case, _deadline = table(UserTask), table(Case), table(Deadline)
_person, _supervision = table(Person), table(Supervision)


@dataclass(frozen=True)
class Entry:
    """One open task as the list shows it.

    rung: the highest rung of an open ladder about the case, "" if it has only been asked for or
    a colleague urged the task, None without one.
    """

    id: UUID
    case_id: UUID
    element: str
    name: Texts
    stage: str
    unit_key: str | None
    unit: Texts
    assignee_id: UUID | None
    assignee: Texts | None
    due: Due | None
    number: str
    title: str
    category: str
    channel: str
    received_at: datetime
    opened_at: datetime
    rung: str | None
    pack: Pack


def read(session: Session, found: Any, wanted: Filter, names: Mapping[str, Texts]) -> list[Entry]:
    """The tasks of these keys with everything the list shows."""
    chosen = found.subquery()
    rung = (
        select(_supervision.c.rung)
        .where(_supervision.c.case_id == _task.c.case_id, _supervision.c.status == "open")
        .order_by(_supervision.c.asked_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            _task,
            _case.c.number,
            _case.c.title,
            _case.c.category,
            _case.c.channel,
            _case.c.received_at,
            _case.c.pack_id,
            _deadline.c.due_at.label("d_due_at"),
            _deadline.c.budget,
            _deadline.c.provisional,
            _deadline.c.limit,
            _deadline.c.started_at.label("d_started_at"),
            _deadline.c.extended,
            _person.c.name_zh.label("p_zh"),
            _person.c.name_en.label("p_en"),
            rung.label("rung"),
        )
        .select_from(
            chosen.join(_task, _task.c.id == chosen.c.id)
            .join(_case, _case.c.id == _task.c.case_id)
            .outerjoin(_deadline, _deadline.c.id == _task.c.deadline_id)
            .outerjoin(_person, _person.c.id == _task.c.assignee_id)
        )
        .order_by(*conditions.order(wanted))
    )
    return [_entry(session, row, names) for row in rows]


def _entry(session: Session, row: Any, names: Mapping[str, Texts]) -> Entry:
    due = Due(
        row.d_due_at,
        row.budget,
        row.provisional,
        limit=row.limit or "",
        started_at=row.d_started_at,
        extended=row.extended or "",
    )
    return Entry(
        id=row.id,
        case_id=row.case_id,
        element=row.element,
        name={"zh": row.name_zh, "en": row.name_en or row.name_zh},
        stage=row.stage,
        unit_key=row.unit_key,
        unit=names.get(row.unit_key or "", {}),
        assignee_id=row.assignee_id,
        assignee={"zh": row.p_zh, "en": row.p_en or row.p_zh} if row.assignee_id else None,
        due=due if row.budget else None,
        number=row.number,
        title=row.title,
        category=row.category,
        channel=row.channel,
        received_at=row.received_at,
        opened_at=row.opened_at,
        rung="" if row.rung is None and row.urged_at is not None else row.rung,
        pack=deployed.pack(session, row.pack_id),
    )
