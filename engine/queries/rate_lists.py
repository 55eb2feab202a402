"""The lists of a rate (清单): its cases, as far as the person may open them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.errors import InvalidInput
from engine.models import Case
from engine.permissions import Actor
from engine.queries import case_list
from engine.queries.rates import PAGE, Frame, names_of_units
from engine.rates import counting
from engine.rates.definition import COUNTED, EXCLUDED, LISTS, Definition, Texts

_case = table(Case)


@dataclass(frozen=True)
class Line:
    """A case, or a slip of it, in one of the lists."""

    number: str
    title: str
    status: str
    confidential: bool
    unit: Texts
    received_at: datetime
    decides_at: datetime
    closed_at: datetime | None


def listed(
    session: Session,
    actor: Actor,
    view: Frame,
    one: Definition,
    which: str,
    reason: str = "",
    page: int = 1,
) -> tuple[Sequence[Line], int]:
    """A page of one of the lists, newest first, and how many there are in all.

    Raises `InvalidInput` for a list there is not.
    """
    if which not in LISTS:
        raise InvalidInput("list", ", ".join(LISTS), which[:40])
    if not one.countable and which == EXCLUDED:
        return [], 0
    rows, decides = counting.table_of(one), counting.clock_of(one, view.scope)
    where = counting.conditions(one, view.scope, view.who, which or COUNTED, reason)
    total = session.scalar(select(func.count()).select_from(rows).where(*where)) or 0
    some = (
        select(rows.c.id, decides.label("decides_at"))
        .where(*where)
        .order_by(rows.c.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .subquery()
    )
    case_id = rows.c.case_id if "case_id" in rows.c else rows.c.id
    found = (
        select(
            *(_case.c[name] for name in ("number", "title", "status", "confidential")),
            *(_case.c[name] for name in ("received_at", "closed_at")),
            rows.c.unit_key,
            some.c.decides_at,
        )
        .select_from(some.join(rows, rows.c.id == some.c.id).join(_case, _case.c.id == case_id))
        .where(case_list.may_see(actor))
        .order_by(rows.c.id.desc())
    )
    return lines(session, found), total


def lines(session: Session, asked: Select[Any]) -> list[Line]:
    """The cases of a statement that reads what a line shows."""
    names = names_of_units(session)
    return [_line(row, names) for row in session.execute(asked)]


def _line(row: Any, names: Mapping[str, Texts]) -> Line:
    return Line(
        number=row.number,
        title=row.title,
        status=row.status,
        confidential=row.confidential,
        unit=names.get(row.unit_key or "", {}),
        received_at=row.received_at,
        decides_at=row.decides_at,
        closed_at=row.closed_at,
    )
