"""History (办理记录): append-only events, one hash chain per stream.

A case's head lies on its row, which every command writes anyway; other streams are read at
their end. The unique (stream, seq) refuses two writers.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine.db import new_key, table
from engine.models import HistoryEvent
from engine.prepared import Prepared, wire

START = bytes(32)
INSTEAD_OF = "instead_of"  # in a payload: the key of the person who was away
_history = table(HistoryEvent)
_INSERT = Prepared(insert(_history))


@dataclass(frozen=True)
class Entry:
    """One event to be written: `kind` such as "task.completed", payload of JSON values."""

    kind: str
    at: datetime
    by: UUID | None = None
    instance_id: UUID | None = None
    element: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


def in_place_of(away: UUID | None, entry: Entry) -> Entry:
    """The event as done in the place of somebody who is away; as it is with None."""
    if away is None:
        return entry
    return replace(entry, payload={**entry.payload, INSTEAD_OF: away.hex})


@dataclass(frozen=True)
class Head:
    """The end of a stream: its last number and hash."""

    seq: int = 0
    hash: bytes = START


def case_stream(case_id: UUID) -> str:
    """The name of a case's stream."""
    return f"case:{case_id.hex}"


def digest_of(payload: Mapping[str, Any], salt: bytes) -> bytes:
    """H(salt + payload), payload as JSON with sorted keys."""
    return hashlib.sha256(salt + orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).digest()


def link(
    prev: bytes,
    seq: int,
    kind: str,
    at: datetime,
    by: UUID | None,
    digest: bytes,
    where: tuple[UUID | None, str] = (None, ""),
) -> bytes:
    """The hash of one event behind `prev`; the instant counts in microseconds UTC.

    where: the instance and the element it happened in.
    """
    instance_id, element = where
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    told = f"{seq}|{kind}|{instant}|{instance_id.hex if instance_id else ''}|{element}|"
    return hashlib.sha256(prev + told.encode() + (by.bytes if by else b"") + b"|" + digest).digest()


def append(session: Session, stream: str, head: Head, entries: Iterable[Entry]) -> Head:
    """Write `entries` behind `head` in one statement and give the new head."""
    rows: list[dict[str, Any]] = []
    seq, last = head.seq, head.hash
    for entry in entries:
        seq += 1
        salt = os.urandom(16)
        payload = dict(entry.payload)
        digest = digest_of(payload, salt)
        where = (entry.instance_id, entry.element)
        last = link(last, seq, entry.kind, entry.at, entry.by, digest, where)
        rows.append(
            {
                "id": new_key(),
                "stream": stream,
                "seq": seq,
                "kind": entry.kind,
                "at": entry.at,
                "by": entry.by,
                "instance_id": entry.instance_id,
                "element": entry.element,
                "payload": payload,
                "salt": salt,
                "digest": digest,
                "hash": last,
            }
        )
    if rows:
        _INSERT.run_all(wire(session), rows)
    return Head(seq, last)


def head_of(session: Session, stream: str) -> Head:
    """The end of a stream that keeps no head of its own."""
    row = session.execute(
        select(_history.c.seq, _history.c.hash)
        .where(_history.c.stream == stream)
        .order_by(_history.c.seq.desc())
        .limit(1)
    ).first()
    return Head(row.seq, row.hash) if row else Head()


def record(session: Session, stream: str, entries: Iterable[Entry]) -> Head:
    """Append to a stream that keeps no head of its own ("system", "unit:<key>")."""
    return append(session, stream, head_of(session, stream), entries)


def _hash_of(head: Head, row: Any) -> bytes:
    where = (row.instance_id, row.element)
    return link(head.hash, row.seq, row.kind, row.at, row.by, row.digest, where)


def _follows(head: Head, row: Any) -> bool:
    """Whether an event is as it was written behind `head`."""
    try:
        # Only what is erased needs no proof: a payload without its salt is none of ours.
        said = row.payload is None or digest_of(row.payload, row.salt or b"") == row.digest
        return bool(said and _hash_of(head, row) == row.hash)
    except (TypeError, AttributeError):  # a value of another type
        return False


@dataclass(frozen=True)
class Fault:
    """Where a chain does not hold: at event `seq`, which is missing or not as it was written.

    before, after: when the event ahead of it happened and the one that stands there now.
    """

    seq: int
    missing: bool
    before: datetime | None
    after: datetime | None


def fault(events: Iterable[Any]) -> Fault | None:
    """The first fault in a stream's events, given in their order; None if all is whole.

    events: rows with the columns of `HistoryEvent`.
    """
    head, before = Head(), None
    for row in events:
        if row.seq != head.seq + 1 or not _follows(head, row):
            after = row.at if isinstance(row.at, datetime) else None
            return Fault(head.seq + 1, row.seq != head.seq + 1, before, after)
        head, before = Head(row.seq, row.hash), row.at
    return None


def broken(session: Session, stream: str) -> int | None:
    """The first number at which a stream's chain does not hold, or None if it is whole."""
    found = fault(
        session.execute(
            select(_history).where(_history.c.stream == stream).order_by(_history.c.seq)
        )
    )
    return found.seq if found else None
