"""Who stands to be drawn for a callback (抽样名单), and who was drawn before and still waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from engine import calling, deployed
from engine.commands.callback_capacity import ROLE, Desk
from engine.db import table
from engine.models import (
    CallbackDraw,
    CallbackLot,
    CallbackStratum,
    Case,
    Deadline,
    Instance,
    Pack,
    TaskStatus,
    UserTask,
)
from engine.sampling import Waiting
from engine.work import restored

_task, _case, _lot = table(UserTask), table(Case), table(CallbackLot)
_draw, _stratum, _deadline = table(CallbackDraw), table(CallbackStratum), table(Deadline)


@dataclass(frozen=True)
class Asked:
    """A case that waits for a call about an answer."""

    waiting: Waiting
    case_id: UUID
    answer_id: UUID
    instance_id: UUID


def frame(session: Session, desk: Desk) -> list[Asked]:
    """Who waits for a call and did not stand to be drawn about this answer yet.

    What is kept from somebody is in no draw, whose numbers all may see: it is always called.
    """
    rows = session.execute(
        select(
            _case.c.id,
            _case.c.number,
            _case.c.unit_key,
            _case.c.category,
            _case.c.facts,
            Instance.id.label("instance_id"),
            Instance.definition_id,
            _task.c.element,
            _task.c.assignee_id,
        )
        .select_from(_task.join(_case, _case.c.id == _task.c.case_id))
        .join(Instance, Instance.id == _task.c.instance_id)
        .join(Pack, Pack.id == _case.c.pack_id)
        .where(
            _task.c.status == str(TaskStatus.OPEN),
            _task.c.unit_key == desk.office,
            _task.c.roles.contains(f",{ROLE},"),
            Pack.key == desk.pack.key,
            _case.c.sealed.is_(False),
            _case.c.accused_key.is_(None),
        )
        .order_by(_case.c.id)
    ).all()
    stood = {
        (lot.case_id, lot.answer_id)
        for lot in session.execute(
            select(_lot.c.case_id, _lot.c.answer_id).where(
                _lot.c.case_id.in_([row.id for row in rows])
            )
        )
    }
    found = []
    for row in rows:
        if not _may_be_spared(session, row):
            continue
        facts = restored(row.facts)
        answer = UUID(hex=facts["answer"])
        if (row.id, answer) not in stood:
            waiting = Waiting(
                row.number,
                row.unit_key or "",
                row.category,
                facts["class_key"],
                certain=_certain(facts) or row.assignee_id is not None,
            )
            found.append(Asked(waiting, row.id, answer, row.instance_id))
    return found


def carried(session: Session, desk: Desk) -> int:
    """How many that were drawn before still wait for their call, or for the next attempt."""
    waits = exists().where(
        _task.c.case_id == _lot.c.case_id,
        _task.c.status == str(TaskStatus.OPEN),
        _task.c.unit_key == desk.office,
        _task.c.roles.contains(f",{ROLE},"),
    )
    later = exists().where(
        _deadline.c.case_id == _lot.c.case_id,
        _deadline.c.limit == calling.RETRY,
        _deadline.c.settled_at.is_(None),
    )
    asked = (
        select(func.count(_lot.c.case_id.distinct()))
        .select_from(_lot.join(_stratum, _stratum.c.id == _lot.c.stratum_id))
        .join(_draw, _draw.c.id == _stratum.c.draw_id)
        .where(
            _draw.c.office_key == desk.office,
            _draw.c.pack_key == desk.pack.key,
            _lot.c.drawn,
            or_(waits, later),
        )
    )
    return session.scalar(asked) or 0


def _may_be_spared(session: Session, row: Any) -> bool:
    """Whether its diagram, perhaps of an older version, says how it goes on without a call."""
    elements = deployed.definition(session, row.definition_id).specification.elements
    return any(one.host == row.element and one.id == calling.NOT_DRAWN for one in elements.values())


def _certain(facts: Mapping[str, Any]) -> bool:
    """Whether it is called whatever the others: begun, came back, or was under supervision."""
    return bool(
        facts["callback_attempts"]
        or facts["unsolved_times"]
        or facts["supervisions_before"]
        or facts["open_supervisions"]
    )
