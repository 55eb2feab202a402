"""Keeping the definitions of rates (指标定义): a new version when a place says something else."""

import hashlib

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.db import new_key, table
from engine.models import RateDefinition
from engine.rates import places

_definition = table(RateDefinition)


def keep(session: Session) -> int:
    """Write down what places say now, where it is not yet; how many versions are new."""
    there = {
        (row.place, row.key): row
        for row in session.execute(
            select(
                *(_definition.c[name] for name in ("id", "place", "key", "version", "sha256")),
                _definition.c.until,
            ).order_by(_definition.c.version)
        )
    }
    now, rows, seen = clock.now(), [], set()
    for place in places.places(session):
        for position, (key, content) in enumerate(place.rates.items()):
            inherited = key not in place.own
            told = [content, dict(place.name), inherited, position]
            digest = hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
            seen.add((place.key, key))
            known = there.get((place.key, key))
            if known is not None and known.sha256 == digest and known.until is None:
                continue
            if known is not None:
                _end(session, known)
            rows.append(
                {
                    "id": new_key(),
                    "place": place.key,
                    "key": key,
                    "version": (known.version if known else 0) + 1,
                    "name": dict(place.name),
                    "content": dict(content),
                    "inherited": inherited,
                    "position": position,
                    "sha256": digest,
                    "since": now,
                    "until": None,
                }
            )
    for name, known in there.items():
        if name not in seen and known.until is None:
            _end(session, known)
    if rows:
        session.execute(insert(_definition), rows)
    return len(rows)


def _end(session: Session, known: object) -> None:
    session.execute(
        update(_definition)
        .where(_definition.c.id == known.id, _definition.c.until.is_(None))  # type: ignore[attr-defined]
        .values(until=clock.now())
    )
