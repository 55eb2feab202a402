"""What the players read from the database: what opened, what is due, how far a demo had come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import (
    Answer,
    Case,
    Contact,
    Deadline,
    HistoryEvent,
    Instance,
    Message,
    OutboxNotice,
    Supervision,
    SupervisionStep,
    TaskStatus,
    UserTask,
)
from engine.playing.course import Opened
from engine.prepared import Prepared, wire

_task, _instance, _deadline = table(UserTask), table(Instance), table(Deadline)
_message, _outbox = table(Message), table(OutboxNotice)
FIRST = UUID(int=0)
SOURCE = "demo"
AGAIN = ":again"  # behind the number of a contact that adds to a case
_PULSE = Prepared(
    select(
        select(func.min(_deadline.c.next_at))
        .where(_deadline.c.next_at.is_not(None), _deadline.c.incident_id.is_(None))
        .scalar_subquery(),
        select(func.count())
        .select_from(_message)
        .where(_message.c.delivered_at.is_(None), _message.c.incident_id.is_(None))
        .scalar_subquery(),
        select(func.count())
        .select_from(_outbox)
        .where(_outbox.c.next_at.is_not(None))
        .scalar_subquery(),
    )
)
_TASKS = Prepared(
    select(
        _task.c.id,
        _task.c.case_id,
        _instance.c.definition_id,
        _task.c.element,
        _task.c.form,
        _task.c.roles,
        _task.c.unit_key,
        _task.c.candidates,
        _task.c.item,
        _task.c.opened_at,
        _task.c.due_at,
        _task.c.status,
    )
    .select_from(_task.join(_instance, _instance.c.id == _task.c.instance_id))
    .where(_task.c.id > bindparam("after"))
    .order_by(_task.c.id)
)


@dataclass(frozen=True)
class Pulse:
    """What waits: the next due instant, messages to deliver, notices to send."""

    due: datetime | None
    messages: int
    notices: int


def pulse(session: Session) -> Pulse:
    """What waits now."""
    row = _PULSE.row(wire(session), {})
    assert row is not None
    return Pulse(*row)


def tasks_after(session: Session, last: UUID) -> list[tuple[Opened, bool]]:
    """The tasks that came after `last`, oldest first, each with whether it is open."""
    return [
        (Opened(*row[:-1]), row[-1] == TaskStatus.OPEN)
        for row in _TASKS.rows(wire(session), {"after": last})
    ]


def taken_in(session: Session) -> Iterator[tuple[int, UUID, str]]:
    """The demo's cases that are there: number in the cast, key, number of the case."""
    rows = session.execute(
        select(Contact.source_id, Case.id, Case.number)
        .join(Case, Case.id == Contact.case_id)
        .where(Contact.source == SOURCE)
    )
    for source_id, key, number in rows:
        if source_id is not None and not source_id.endswith(AGAIN):
            yield int(source_id), key, number


def strangers(session: Session) -> int:
    """How many contacts are none of a demo's, nor said in a callback of one."""
    others = select(func.count()).where(
        Contact.source.is_distinct_from(SOURCE), Contact.origin_case_id.is_(None)
    )
    return session.scalar(others) or 0


def has_cases(session: Session) -> bool:
    """Whether a demo's case is there."""
    found = select(Contact.id).where(Contact.source == SOURCE).limit(1)
    return session.scalar(found) is not None


def last_instant(session: Session) -> datetime | None:
    """When the last thing happened to a case."""
    return session.scalar(
        select(func.max(HistoryEvent.at)).where(HistoryEvent.stream.like("case:%"))
    )


def rungs_done(session: Session) -> dict[UUID | None, list[tuple[str, datetime]]]:
    """The rungs that were done in each case, with their instants, oldest first."""
    rows = session.execute(
        select(Supervision.case_id, SupervisionStep.rung, SupervisionStep.done_at)
        .join(Supervision, Supervision.id == SupervisionStep.supervision_id)
        .order_by(SupervisionStep.done_at)
    )
    found: dict[UUID | None, list[tuple[str, datetime]]] = {}
    for case_id, rung, at in rows:
        found.setdefault(case_id, []).append((rung, at))
    return found


def newest_answers(session: Session) -> dict[UUID, str]:
    """The newest answer of each case."""
    rows = session.execute(select(Answer.case_id, Answer.text).order_by(Answer.id))
    return {row.case_id: row.text for row in rows}


def open_task(session: Session, case_id: UUID, elements: Sequence[str]) -> Opened | None:
    """The first open task of one of these elements in a case."""
    row = session.execute(
        select(*_TASKS.statement.selected_columns)  # type: ignore[union-attr]
        .select_from(_task.join(_instance, _instance.c.id == _task.c.instance_id))
        .where(
            _task.c.case_id == case_id,
            _task.c.element.in_(elements),
            _task.c.status == TaskStatus.OPEN,
        )
        .order_by(_task.c.id)
        .limit(1)
    ).first()
    return None if row is None else Opened(*row[:-1])


def brought_cases(session: Session) -> Sequence[UUID]:
    """The cases that were brought up in callbacks, oldest first."""
    return session.scalars(
        select(Contact.case_id).where(Contact.origin_case_id.is_not(None)).order_by(Contact.id)
    ).all()


def brought_by(session: Session, case_id: UUID) -> tuple[UUID | None, str, str]:
    """The case in whose callback a case was brought up, its text, and its own number."""
    row = session.execute(
        select(Contact.origin_case_id, Case.body, Case.number)
        .join(Case, Case.id == Contact.case_id)
        .where(Contact.case_id == case_id)
        .order_by(Contact.id)
        .limit(1)
    ).one()
    return row.origin_case_id, row.body, row.number


def link(session: Session, case_id: UUID) -> str:
    """The secret of the newest link by which the case's citizen may rate; empty without one."""
    rows = session.scalars(
        select(OutboxNotice.payload)
        .where(OutboxNotice.case_id == case_id, OutboxNotice.kind == "case.answered")
        .order_by(OutboxNotice.id.desc())
    )
    return next((payload["rate"] for payload in rows if "rate" in payload), "")
