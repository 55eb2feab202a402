"""What happened, told to those it concerns (通告): out of what the engine has written anyway.

The hot path writes nothing more for it: notices to units stand in the outbox, and the worker
turns each into notices to the people who do that work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import permissions
from engine.commands.notices import Notice
from engine.commands.telling import Holders, Telling, tell_all
from engine.db import table
from engine.models import Deadline, Role, TaskStatus, UserTask
from engine.notice_kinds import NoticeKind

TO_UNIT, TO_PERSON = "unit:", "person:"
_task, _deadline = table(UserTask), table(Deadline)


@dataclass(frozen=True)
class _Meaning:
    """What a notice to a unit says to its people. role: whose work it is where nobody claimed it.

    facts: what of the notice's payload is handed on.
    """

    kind: NoticeKind
    role: str = Role.HANDLER
    facts: tuple[str, ...] = ()


_MEANINGS: Mapping[str, _Meaning] = {
    "slip.issued": _Meaning(NoticeKind.ARRIVED, facts=("slip",)),
    "slip.returned": _Meaning(NoticeKind.RETURNED, Role.DISPATCHER, ("slip",)),
    "answer.sent_back": _Meaning(NoticeKind.RETURNED),
    "callback.unsolved": _Meaning(NoticeKind.REOPENED),
    "deadline.warned": _Meaning(NoticeKind.SOON_DUE, facts=("limit", "due")),
    "deadline.overdue": _Meaning(NoticeKind.OVERDUE, facts=("limit", "due")),
    "extension_refused": _Meaning(NoticeKind.REFUSED),
    "supervision.phone": _Meaning(NoticeKind.URGED),
    "supervision.order": _Meaning(NoticeKind.URGED),
    "supervision.interview": _Meaning(NoticeKind.INTERVIEW),
    "supervision.on_site": _Meaning(NoticeKind.URGED),
    "supervision.meeting": _Meaning(NoticeKind.URGED),
    "supervision.commitment": _Meaning(NoticeKind.URGED),
    "supervision.criticism": _Meaning(NoticeKind.URGED),
    "supervision.referral": _Meaning(NoticeKind.URGED),
    "interview.called": _Meaning(NoticeKind.INTERVIEW, facts=("due",)),
    "promise.due": _Meaning(NoticeKind.SOON_DUE, Role.SUPERVISOR),
    "promise.broken": _Meaning(NoticeKind.URGED),
}


# What is told to one person, by the kind of the outbox's notice.
_PERSONAL: Mapping[str, _Meaning] = {
    "opinion_given": _Meaning(NoticeKind.OPINION_ANSWERED, facts=("opinion", "unit")),
    "opinion_late": _Meaning(NoticeKind.OVERDUE, facts=("opinion", "unit", "limit")),
}


def of_outbox(session: Session, sent: Sequence[Notice]) -> int:
    """Tell the people of each unit that these notices went to; how many notices were written.

    A notice that comes again, after a crash, tells nobody twice.
    """
    meant = [one for one in sent if one.recipient.startswith(TO_UNIT) and one.kind in _MEANINGS]
    tellings = [_personal(one) for one in sent if _is_personal(one)]
    if not meant and not tellings:
        return 0
    tasks = _open_tasks(session, {one.case_id for one in meant if one.case_id is not None})
    return tell_all(
        session, [*(_telling(one, tasks.get(one.case_id, [])) for one in meant), *tellings]
    )


def _is_personal(notice: Notice) -> bool:
    return notice.recipient.startswith(TO_PERSON) and notice.kind in _PERSONAL


def _personal(notice: Notice) -> Telling:
    meaning = _PERSONAL[notice.kind]
    return Telling(
        to=[UUID(hex=notice.recipient.removeprefix(TO_PERSON))],
        kind=meaning.kind,
        case_id=notice.case_id,
        details={name: notice.payload[name] for name in meaning.facts if name in notice.payload},
        origin=notice.id.hex,
    )


def _telling(notice: Notice, tasks: Sequence[Any]) -> Telling:
    meaning, unit = _MEANINGS[notice.kind], notice.recipient.removeprefix(TO_UNIT)
    facts = {name: notice.payload[name] for name in meaning.facts if name in notice.payload}
    if notice.kind.startswith("supervision."):
        facts["rung"] = notice.kind.partition(".")[2]
    concerned = [one for one in tasks if _concerns(one, unit, meaning.role, facts.get("limit", ""))]
    assignees = {one.assignee_id for one in concerned if one.assignee_id is not None}
    task = concerned[0] if concerned else None
    roles = permissions.roles_of(task) if task is not None else (meaning.role,)
    return Telling(
        to=assignees or [Holders(unit, role) for role in roles],
        kind=meaning.kind,
        case_id=notice.case_id,
        task_id=task.id if task is not None else None,
        details={**facts, "unit": unit},
        origin=notice.id.hex,
    )


def _concerns(task: Any, unit: str, role: str, limit: str) -> bool:
    """Whether it is about this task: the one under the limit, else one of the role."""
    if task.unit_key not in {unit, None}:
        return False
    return bool(task.limit == limit) if limit else f",{role}," in task.roles


def _open_tasks(session: Session, cases: set[UUID]) -> Mapping[UUID | None, list[Any]]:
    """The open tasks of these cases with the limit each is under, oldest first."""
    found: dict[UUID | None, list[Any]] = {}
    rows = session.execute(
        select(
            _task.c.id,
            _task.c.case_id,
            _task.c.unit_key,
            _task.c.roles,
            _task.c.assignee_id,
            _deadline.c.limit,
        )
        .outerjoin(_deadline, _deadline.c.id == _task.c.deadline_id)
        .where(_task.c.case_id.in_(cases), _task.c.status == TaskStatus.OPEN)
        .order_by(_task.c.id)
    )
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found
