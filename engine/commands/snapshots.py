"""Freezing a figure (定格): its numbers and the keys of its cases, chained to the one before.

A number that is published is bound to one of these: issued again, it says the same. Many figures
are taken while reading and kept afterwards together, so that nobody waits for the counting.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, history
from engine.db import new_key
from engine.history import Entry
from engine.models import Snapshot
from engine.permissions import Actor
from engine.rates import snapshots
from engine.rates.counting import Scope, Viewer
from engine.rates.definition import Definition
from engine.rates.taking import Taken, take


def freeze(
    session: Session, definition: Definition, scope: Scope, who: Viewer, *, by: Actor | None = None
) -> Snapshot:
    """Freeze a figure as it stands for somebody. Raises `InvalidInput` for what is no share."""
    return keep(session, [take(session, definition, scope, who)], by=by)[0]


def keep(session: Session, taken: Sequence[Taken], *, by: Actor | None = None) -> list[Snapshot]:
    """Keep figures that were taken, in their order."""
    # Locked by the key that may be there once: of two at the same moment one is refused.
    last = session.scalars(select(Snapshot).order_by(Snapshot.number.desc()).limit(1)).first()
    number, previous = (last.number, last.hash) if last else (0, bytes(32))
    now, rows, entries = clock.now(), list[Snapshot](), list[Entry]()
    for one in taken:
        number += 1
        row = Snapshot(
            number=number,
            id=new_key(),
            definition_id=one.definition.id,
            office_keys=list(one.offices),
            scope=dict(one.scope),
            numerator=one.figure.numerator,
            denominator=one.figure.denominator,
            excluded=dict(one.figure.excluded),
            cases=snapshots.packed(one.keys),
            made_at=now,
            made_by=by.id if by else None,
            previous=previous,
            hash=bytes(32),
        )
        row.hash = previous = snapshots.hash_of(row, one.definition.sha256)
        rows.append(row)
        payload = {
            "number": row.number,
            "rate": one.definition.key,
            "place": one.definition.place,
            "version": one.definition.version,
            "hash": row.hash.hex(),
        }
        entries.append(Entry("figure.frozen", now, row.made_by, payload=payload))
    session.add_all(rows)
    session.flush()
    history.record(session, "system", entries)
    return rows
