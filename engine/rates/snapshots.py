"""Frozen figures (定格数字): how their cases are packed, and what their hash is over."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.models import RateDefinition, Snapshot
from engine.rates.counting import Scope
from engine.rates.figures import Figure
from engine.rates.places import of_row

START = bytes(32)


def told(scope: Scope) -> dict[str, Any]:
    """A scope as JSON."""
    return {
        "since": scope.since.isoformat(),
        "until": scope.until.isoformat(),
        "units": None if scope.units is None else list(scope.units),
        "pack": scope.pack,
        "category": scope.category,
        "by": scope.by,
    }


def scope_of(row: Snapshot) -> Scope:
    """What a figure was asked for."""
    said = row.scope
    return Scope(
        datetime.fromisoformat(said["since"]),
        datetime.fromisoformat(said["until"]),
        None if said["units"] is None else tuple(said["units"]),
        said["pack"],
        said["category"],
        said["by"],
    )


def packed(keys: Mapping[str, Sequence[UUID]]) -> bytes:
    """Lists of keys by name as bytes."""
    head = orjson.dumps({name: len(some) for name, some in keys.items()})
    body = b"".join(key.bytes for some in keys.values() for key in some)
    return zlib.compress(len(head).to_bytes(4) + head + body, 1)


def unpacked(content: bytes) -> dict[str, list[UUID]]:
    """The lists again."""
    plain = zlib.decompress(content)
    size = int.from_bytes(plain[:4])
    sizes: dict[str, int] = orjson.loads(plain[4 : 4 + size])
    at, found = 4 + size, {}
    for name, number in sizes.items():
        body = plain[at : at + 16 * number]
        found[name] = [UUID(bytes=body[n : n + 16]) for n in range(0, len(body), 16)]
        at += 16 * number
    return found


def figure_of(row: Snapshot, unreached: frozenset[str]) -> Figure:
    """The numbers as they were. unreached: keys of the reasons that bounds need."""
    excluded = {str(key): int(number) for key, number in row.excluded.items()}
    lost = sum(number for key, number in excluded.items() if key in unreached)
    return Figure(row.numerator, row.denominator, excluded, lost)


def hash_of(row: Snapshot, definition_sha256: str) -> bytes:
    """H over the one before, the definition, and all that the figure says."""
    said = {
        "number": row.number,
        "definition": definition_sha256,
        "offices": row.office_keys,
        "scope": row.scope,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "excluded": row.excluded,
        "cases": hashlib.sha256(zlib.decompress(row.cases)).hexdigest(),
        "made_at": row.made_at.isoformat(),
    }
    told_as = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(row.previous + told_as).digest()


def broken(session: Session) -> Iterator[int]:
    """Numbers of frozen figures that are not as they were frozen, or not behind the one before."""
    last, expected = START, 1
    rows = session.execute(
        select(Snapshot, RateDefinition)
        .join(RateDefinition, RateDefinition.id == Snapshot.definition_id)
        .order_by(Snapshot.number)
        .execution_options(yield_per=50)
    )
    for row, definition in rows:
        whole = row.number == expected and row.previous == last
        if not whole or hash_of(row, of_row(definition).sha256) != row.hash:
            yield row.number
        last, expected = row.hash, row.number + 1
