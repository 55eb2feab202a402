"""Frozen figures (定格数字), read again: the numbers as they were, the cases as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db import table
from engine.errors import InvalidInput, NotFound
from engine.models import Case, RateDefinition, SlipFigure, Snapshot
from engine.permissions import Actor
from engine.queries import case_list, rate_lists
from engine.queries.rate_lists import Line
from engine.queries.rates import PAGE
from engine.rate_schema import SLIP
from engine.rates import counting, snapshots
from engine.rates.definition import EXCLUDED, LISTS, Definition
from engine.rates.figures import Figure
from engine.rates.places import of_row

_case, _slip = table(Case), table(SlipFigure)


@dataclass(frozen=True)
class Frozen:
    """A figure as it was frozen. whole: it still has the hash that was written then."""

    row: Snapshot
    definition: Definition
    figure: Figure
    whole: bool


def figure(session: Session, actor: Actor, snapshot_id: UUID) -> Frozen:
    """A frozen figure, for those who may count all that it counts. Raises `NotFound`."""
    found = session.execute(
        select(Snapshot, RateDefinition)
        .join(RateDefinition, RateDefinition.id == Snapshot.definition_id)
        .where(Snapshot.id == snapshot_id)
    ).one_or_none()
    offices = counting.viewer(actor).offices or frozenset()
    if found is None or not offices.issuperset(found[0].office_keys):
        raise NotFound("No such figure.")
    row, definition = found[0], of_row(found[1])
    unreached = frozenset(one.key for one in definition.exclusions if one.unreached)
    return Frozen(
        row,
        definition,
        snapshots.figure_of(row, unreached),
        snapshots.hash_of(row, definition.sha256) == row.hash,
    )


def listed(
    session: Session, actor: Actor, told: Frozen, which: str, reason: str = "", page: int = 1
) -> tuple[Sequence[Line], int]:
    """A page of one of the lists as it was frozen; what may not be opened any more is counted.

    Raises `InvalidInput`.
    """
    if which not in LISTS:
        raise InvalidInput("list", ", ".join(LISTS), which[:40])
    lists = snapshots.unpacked(told.row.cases)
    if which == EXCLUDED:
        names = [f"{EXCLUDED}:{reason}"] if reason else [n for n in lists if n not in LISTS]
        keys = [key for name in names for key in lists.get(name, ())]
    else:
        keys = lists[which]
    some = keys[(page - 1) * PAGE : page * PAGE]
    if not some:
        return [], len(keys)
    asked = select(
        *(_case.c[name] for name in ("number", "title", "status", "confidential", "unit_key")),
        *(_case.c[name] for name in ("received_at", "closed_at")),
        _case.c.received_at.label("decides_at"),
    ).where(case_list.may_see(actor))
    if told.definition.of == SLIP:
        asked = asked.join(_slip, _slip.c.case_id == _case.c.id).where(_slip.c.id.in_(some))
    else:
        asked = asked.where(_case.c.id.in_(some))
    return rate_lists.lines(session, asked.order_by(_case.c.id)), len(keys)
