"""Work that nobody claimed (没人认领): told by looking now and then, as nothing happens to it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.commands.telling import Holders, Telling, tell_all
from engine.db import table
from engine.models import Case, TaskStatus, UserTask
from engine.notice_kinds import NoticeKind

UNCLAIMED_FOR = timedelta(hours=4)
_task, _case = table(UserTask), table(Case)


def tell(session: Session) -> int:
    """Tell each unit and role once a working day how much lies unclaimed with them.

    How many notices were written; again the same day does nothing.
    """
    return tell_all(session, _unclaimed(session))


def _unclaimed(session: Session) -> Sequence[Telling]:
    now, calendar = clock.now(), deployed.current_calendar(session)
    today = calendar.local(now).date()
    if not calendar.is_working(today.toordinal()):
        return []
    unit = func.coalesce(_task.c.unit_key, _case.c.office_key).label("unit")
    rows = session.execute(
        select(unit, _task.c.roles, func.count().label("number"))
        .join(_case, _case.c.id == _task.c.case_id)
        .where(
            _task.c.status == TaskStatus.OPEN,
            _task.c.assignee_id.is_(None),
            _task.c.opened_at <= now - UNCLAIMED_FOR,
            _case.c.sealed.is_(False),
        )
        .group_by(unit, _task.c.roles)
    )
    return [
        Telling(
            [Holders(row.unit, role) for role in row.roles.strip(",").split(",")],
            NoticeKind.UNCLAIMED,
            details={"count": row.number, "unit": row.unit},
            origin=f"unclaimed:{row.unit}:{row.roles.strip(',')[:30]}:{today:%Y%m%d}",
        )
        for row in rows
    ]
