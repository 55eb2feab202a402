"""Taking a figure: its numbers and the keys of its cases, only reading; kept afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from engine.rates import snapshots
from engine.rates.counting import Scope, Viewer, conditions, counted, table_of
from engine.rates.definition import COUNTED, EXCLUDED, MISSED, Definition
from engine.rates.figures import Figure


@dataclass(frozen=True)
class Taken:
    """A figure as it stands, not kept yet. keys: of its cases, by the name of their list."""

    definition: Definition
    scope: Mapping[str, Any]
    offices: Sequence[str]
    figure: Figure
    keys: Mapping[str, Sequence[UUID]]


def take(session: Session, definition: Definition, scope: Scope, who: Viewer) -> Taken:
    """Count a figure and its lists, only reading. Raises `InvalidInput` for what is no share."""
    if not definition.freezable:
        raise InvalidInput("rate", "a share, which has cases", definition.key)
    scope = scope.under(definition)
    figure, _units = counted(session, definition, scope, who)
    keys: dict[str, Sequence[UUID]] = {
        COUNTED: _keys(session, definition, scope, who, COUNTED),
        MISSED: _keys(session, definition, scope, who, MISSED),
    }
    for one in definition.exclusions:
        keys[f"{EXCLUDED}:{one.key}"] = _keys(session, definition, scope, who, EXCLUDED, one.key)
    return Taken(definition, snapshots.told(scope), _offices(who), figure, keys)


def picked(
    definition: Definition, scope: Scope, who: Viewer, keys: Sequence[UUID], **more: str
) -> Taken:
    """A list of cases that were picked one by one. more: by what, for whoever reads the scope."""
    told = {**snapshots.told(scope.under(definition)), **more}
    figure = Figure(len(keys), len(keys))
    return Taken(definition, told, _offices(who), figure, {COUNTED: keys, MISSED: []})


def _offices(who: Viewer) -> list[str]:
    return sorted(who.offices) if who.offices is not None else []


def _keys(
    session: Session,
    definition: Definition,
    scope: Scope,
    who: Viewer,
    which: str,
    reason: str = "",
) -> Sequence[UUID]:
    rows = table_of(definition)
    where = conditions(definition, scope, who, which, reason)
    return session.scalars(select(rows.c.id).where(*where).order_by(rows.c.id)).all()
