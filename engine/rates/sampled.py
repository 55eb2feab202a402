"""A rate told from a sample (抽样推算): what those who were drawn said, each for so many.

Cases that never stood to be drawn, and of which there is a word all the same, stand for themselves.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import sampling
from engine.db import table
from engine.models import CallbackStratum
from engine.rates.counting import HIT, Scope, Viewer, conditions, mark, table_of
from engine.rates.definition import Definition
from engine.sampling import Cell, Estimate

_stratum = table(CallbackStratum)
_AT_ONCE = 500
_GOOD, _BAD, _SILENT = "good", "bad", "silent"


def estimate(
    session: Session, definition: Definition, scope: Scope, who: Viewer
) -> Estimate | None:
    """What the share comes to for all; None where nobody said anything."""
    rows = table_of(definition)
    some = (
        select(
            rows.c.stratum_id.label("stratum"),
            rows.c.drawn.label("drawn"),
            mark(definition).label("mark"),
        )
        .where(*conditions(definition, scope, who))
        .subquery()
    )
    told: dict[UUID | None, Counter[str]] = {}
    for row in session.execute(
        select(some, func.count().label("number")).group_by(
            some.c.stratum, some.c.drawn, some.c.mark
        )
    ):
        said = _said(definition, row.mark)
        if said and (row.stratum is None or row.drawn):
            told.setdefault(row.stratum, Counter())[said] += row.number
    known = told.pop(None, Counter())
    return sampling.estimate(
        _cells(session, told), known[_GOOD], known[_BAD], known_silent=known[_SILENT]
    )


def _said(definition: Definition, marked: int) -> str:
    if marked <= HIT:
        return _GOOD if marked == HIT else _BAD
    return _SILENT if definition.exclusions[marked - 1].unreached else ""


def _cells(session: Session, told: Mapping[UUID | None, Counter[str]]) -> list[Cell]:
    keys = [key for key in told if key is not None]
    sizes: dict[UUID, Any] = {}
    for place in range(0, len(keys), _AT_ONCE):
        sizes |= _sizes(session, keys[place : place + _AT_ONCE])
    return [
        Cell(
            sizes[key].waiting,
            sizes[key].drawn,
            told[key][_GOOD],
            told[key][_BAD],
            told[key][_SILENT],
        )
        for key in keys
        if key in sizes
    ]


def _sizes(session: Session, keys: Sequence[UUID]) -> dict[UUID, Any]:
    asked = select(_stratum.c.id, _stratum.c.waiting, _stratum.c.drawn).where(
        _stratum.c.id.in_(keys)
    )
    return {row.id: row for row in session.execute(asked)}
