"""Open ladders (开着的督办) and the rung each stands on."""

from sqlalchemy import CTE, ColumnElement, func, literal_column, select

from engine.db import table
from engine.indexes import aside
from engine.models import Instance, Supervision, SupervisionStatus, UserTask

RUNGS = ("phone", "order", "interview", "commitment", "criticism", "referral")


def open_ladders(*, of_some: bool = False) -> CTE:
    """The open ladders with the rung they stand on: its task's, else the last one done.

    of_some: they are asked of some cases, and not of all there are.
    """
    status: ColumnElement[str] = table(Supervision).c.status
    standing = func.coalesce(
        UserTask.element,
        func.nullif(Supervision.rung, ""),
        func.nullif(Supervision.first_rung, ""),
        RUNGS[0],
    )
    return (
        select(
            Supervision.id,
            Supervision.case_id,
            Supervision.number,
            Supervision.cause,
            Supervision.target,
            standing.label("standing"),
        )
        .outerjoin(Instance, Instance.supervision_id == Supervision.id)
        .outerjoin(
            UserTask,
            (UserTask.instance_id == Instance.id) & (UserTask.status == literal_column("'open'")),
        )
        .where((aside(status) if of_some else status) == SupervisionStatus.OPEN)
        .cte("ladder")
    )
