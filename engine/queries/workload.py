"""What waits for a person, kind by kind (待办分类): for the start of the day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.models import UserTask
from engine.permissions import Actor
from engine.queries import inbox

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Kind:
    """All open tasks of one kind that a person may do. first_due: the earliest of them."""

    element: str
    name: Texts
    open: int
    overdue: int
    first_due: datetime | None


def kinds(session: Session, actor: Actor) -> list[Kind]:
    """What the inbox holds, the kind with the earliest due time first; one statement."""
    rows = session.execute(
        select(
            UserTask.element,
            func.max(UserTask.name_zh).label("zh"),
            func.max(UserTask.name_en).label("en"),
            func.count().label("open"),
            func.count(case((UserTask.due_at < clock.now(), 1))).label("overdue"),
            func.min(UserTask.due_at).label("first_due"),
        )
        .where(inbox.may_do(actor))
        .group_by(UserTask.element)
        .order_by(func.min(UserTask.due_at).asc().nulls_last(), UserTask.element)
    )
    return [
        Kind(
            row.element,
            {"zh": row.zh, "en": row.en or row.zh},
            row.open,
            row.overdue,
            row.first_due,
        )
        for row in rows
    ]
