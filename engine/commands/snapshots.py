"""Freezing a figure (定格): its numbers and the keys of its cases, chained to the one before.

A number that is published is bound to one of these: issued again, it says the same.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, history
from engine.db import new_key
from engine.errors import InvalidInput
from engine.history import Entry
from engine.models import Snapshot
from engine.permissions import Actor
from engine.rates import snapshots
from engine.rates.counting import Scope, Viewer, conditions, counted, table_of
from engine.rates.definition import COUNTED, EXCLUDED, MISSED, Definition


def freeze(
    session: Session, definition: Definition, scope: Scope, who: Viewer, *, by: Actor | None = None
) -> Snapshot:
    """Freeze a figure as it stands for somebody. Raises `InvalidInput` for what is no share."""
    if not definition.countable:
        raise InvalidInput("rate", "a share, which has cases", definition.key)
    scope = scope.under(definition)
    figure, _units = counted(session, definition, scope, who)
    keys: dict[str, Sequence[UUID]] = {
        COUNTED: _keys(session, definition, scope, who, COUNTED),
        MISSED: _keys(session, definition, scope, who, MISSED),
    }
    for one in definition.exclusions:
        keys[f"{EXCLUDED}:{one.key}"] = _keys(session, definition, scope, who, EXCLUDED, one.key)
    # Locked by the key that may be there once: of two at the same moment one is refused.
    last = session.scalars(select(Snapshot).order_by(Snapshot.number.desc()).limit(1)).first()
    row = Snapshot(
        number=last.number + 1 if last else 1,
        id=new_key(),
        definition_id=definition.id,
        office_keys=sorted(who.offices) if who.offices is not None else [],
        scope=snapshots.told(scope),
        numerator=figure.numerator,
        denominator=figure.denominator,
        excluded=dict(figure.excluded),
        cases=snapshots.packed(keys),
        made_at=clock.now(),
        made_by=by.id if by else None,
        previous=last.hash if last else bytes(32),
        hash=bytes(32),
    )
    row.hash = snapshots.hash_of(row, definition.sha256)
    session.add(row)
    session.flush()
    payload = {
        "number": row.number,
        "rate": definition.key,
        "place": definition.place,
        "version": definition.version,
        "hash": row.hash.hex(),
    }
    entry = Entry("figure.frozen", row.made_at, by.id if by else None, payload=payload)
    history.record(session, "system", [entry])
    return row


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
