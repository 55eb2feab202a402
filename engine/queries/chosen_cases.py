"""Cases that were chosen in a list (选中的诉求), as far as the person may open them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import Case, Unit
from engine.permissions import Actor
from engine.queries import case_list
from engine.queries.open_clocks import Text, named

_case, _unit = table(Case), table(Unit)


@dataclass(frozen=True)
class Chosen:
    """One of them."""

    id: UUID
    number: str
    title: str
    confidential: bool
    unit: Text


@dataclass(frozen=True)
class Outcome:
    """What came of one. case: None for what is not the person's to know, or no longer."""

    case: Chosen | None
    item: Mapping[str, Any]


def chosen(session: Session, actor: Actor, numbers: Sequence[str]) -> list[Chosen]:
    """Those of these numbers that the person may open, in their order; one statement."""
    found = {one.number: one for one in _read(session, actor, _case.c.number.in_(numbers))}
    return [found[number] for number in numbers if number in found]


def outcomes(session: Session, actor: Actor, items: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """What came of each, in the order of the act; one statement."""
    keys = [UUID(hex=one["case"]) for one in items]
    found = {one.id: one for one in _read(session, actor, _case.c.id.in_(keys))}
    return [Outcome(found.get(key), item) for key, item in zip(keys, items, strict=True)]


def _read(session: Session, actor: Actor, which: ColumnElement[bool]) -> list[Chosen]:
    rows = session.execute(
        select(
            _case.c.id,
            _case.c.number,
            _case.c.title,
            _case.c.confidential,
            _case.c.unit_key,
            _unit.c.name_zh,
            _unit.c.name_en,
        )
        .outerjoin(_unit, _unit.c.key == _case.c.unit_key)
        .where(which, case_list.may_see(actor))
    )
    return [
        Chosen(
            row.id,
            row.number,
            row.title,
            row.confidential,
            named(row.name_zh, row.name_en, row.unit_key) if row.unit_key else {},
        )
        for row in rows
    ]
