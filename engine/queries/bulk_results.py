"""What came of an act on many tasks (批量结果), with the names of cases, steps and colleagues."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import Case, Person, UserTask
from engine.permissions import Actor
from engine.queries import compartments, inbox_views

Texts = Mapping[str, str]
_task, _case, _person = table(UserTask), table(Case), table(Person)


@dataclass(frozen=True)
class Outcome:
    """What came of one task. item: as `engine.commands.bulk` wrote it.

    number, title and step are empty for what is not the person's to know, or no longer. who: the
    colleague who has it, or who got it. open: whether it still waits.
    """

    task_id: UUID
    item: Mapping[str, Any]
    number: str
    title: str
    step: Texts
    who: Texts
    open: bool


def outcomes(session: Session, actor: Actor, items: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """The results in the order of the act; two statements."""
    keys = [UUID(hex=one["task"]) for one in items]
    told = compartments.known(_task.c.case_id, actor)
    mine = and_(told, inbox_views.may_have_done(actor))
    rows = {
        row.id: row
        for row in session.execute(
            select(
                _task.c.id,
                _task.c.status,
                _task.c.name_zh,
                _task.c.name_en,
                _case.c.number,
                _case.c.title,
            )
            .join(_case, _case.c.id == _task.c.case_id)
            .where(_task.c.id.in_(keys), mine)
        )
    }
    named = names(session, (one.get("who") or one.get("to") for one in items))
    found = []
    for key, item in zip(keys, items, strict=True):
        row = rows.get(key)
        found.append(
            Outcome(
                task_id=key,
                item=item,
                number=row.number if row else "",
                title=row.title if row else "",
                step={"zh": row.name_zh, "en": row.name_en or row.name_zh} if row else {},
                who=named.get(item.get("who") or item.get("to") or "", {}),
                open=bool(row and row.status == "open"),
            )
        )
    return found


def names(session: Session, people: Iterable[str | None]) -> dict[str, Texts]:
    """What people are called, by the hex of their keys."""
    keys = {UUID(hex=one) for one in people if one}
    if not keys:
        return {}
    rows = session.execute(
        select(_person.c.id, _person.c.name_zh, _person.c.name_en).where(_person.c.id.in_(keys))
    )
    return {row.id.hex: {"zh": row.name_zh, "en": row.name_en or row.name_zh} for row in rows}
