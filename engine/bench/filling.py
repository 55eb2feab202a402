"""Many cases out of few: the rows of real runs, copied with keys of their own and on other days.

What was played is the pattern, and its distributions are those of the copies: how long texts are,
how often a slip comes back, how many cases are open. The database copies rows itself; histories
are chained anew, so that `huiyin verify` finds every chain whole. What a case's facts or an
event's payload say of other rows still names those of the pattern.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, LargeBinary, Table, column, event, func, select, text
from sqlalchemy.orm import Session

from engine import history
from engine.column_types import Instant, Key
from engine.db import Base, Sessions, changed, connect, reading, table, transaction
from engine.models import Case, HistoryEvent

_case, _history = table(Case), table(HistoryEvent)
# Something of a case, without a reference to it that the schema knows.
_BESIDE = frozenset({"identity", "matter", "history"})
_KEYS = {
    ("matter", "main_case_id"),
    ("message", "target_id"),
    ("incident", "source_id"),
    ("history", "instance_id"),
}
_ALONE = {
    ("deadline", "rungs"): "rungs",
    ("history", "stream"): "stream",
    ("history", "hash"): "hash",
    ("case", "chain_hash"): "head",
}
# What there may be once only, beside keys.
_ONCE = {
    ("case", "number"),
    ("slip", "number"),
    ("supervision", "number"),
    ("contact", "source_id"),
    ("contact", "code_hmac"),
    ("answer", "token_hmac"),
    ("evaluation", "token_hmac"),
}
# What a column's value in a copy is, by its kind.
_COPIED = {
    "sqlite": {
        "as it is": "{0}",
        "key": "CAST(:tag || substr({0}, 4) AS BLOB)",
        "digest": "CAST(:tag || substr({0}, 4) AS BLOB)",
        "number": ":name || {0}",
        "stream": "'case:' || :hex || substr({0}, 12)",
        "hash": "substr(:hashes, n * 32 + 1, 32)",
        "head": "substr(:heads, n * 32 + 1, 32)",
        "instant": "{0} - :days * 86400000000",
        "date": "date({0}, :shift)",
        "rungs": (
            "(SELECT json_group_array(json_object('name', value ->> 'name', 'at', "
            "date(substr(value ->> 'at', 1, 10), :shift) || substr(value ->> 'at', 11))) "
            "FROM json_each({0}))"
        ),
    },
    "postgresql": {
        "as it is": "{0}",
        "key": "CAST(:hex || substr(CAST({0} AS text), 7) AS uuid)",
        "digest": "CAST(:tag AS bytea) || substr({0}, 4)",
        "number": ":name || {0}",
        "stream": "'case:' || :hex || substr({0}, 12)",
        "hash": "substr(CAST(:hashes AS bytea), CAST(n AS integer) * 32 + 1, 32)",
        "head": "substr(CAST(:heads AS bytea), CAST(n AS integer) * 32 + 1, 32)",
        "instant": "{0} + CAST(:shift AS interval)",
        "date": "CAST({0} + CAST(:shift AS interval) AS date)",
        "rungs": (
            "(SELECT coalesce(json_agg(json_build_object('name', one ->> 'name', 'at', "
            "CAST(one ->> 'at' AS timestamptz) + CAST(:shift AS interval))), '[]') "
            "FROM json_array_elements({0}) AS one)"
        ),
    },
}
# The leading three bytes of a key say which copy it is; those of a real one are greater.
_TAG = 3
_AT_ONCE = 3_000  # cases in a transaction
_HASH = len(history.START)


@dataclass(frozen=True)
class Filled:
    """What a fill added, and how many cases there are now."""

    added: int
    cases: int
    rows: int
    seconds: float


@dataclass(frozen=True)
class _Copy:
    """One copy of the pattern. days: how much earlier than there it all happens."""

    number: int
    days: int

    @property
    def tag(self) -> bytes:
        """The leading bytes of its keys."""
        return self.number.to_bytes(_TAG)

    def key(self, original: UUID) -> UUID:
        """What a key of the pattern is in this copy; keys keep their order."""
        return UUID(bytes=self.tag + original.bytes[_TAG:])

    def params(self) -> dict[str, Any]:
        """For the statements that copy rows."""
        return {
            "tag": self.tag,
            "hex": self.tag.hex(),
            "name": f"{self.number:05d}-",
            "shift": f"-{self.days} days",
            "days": self.days,
        }


def fill(
    url: str, cases: int, *, days: int = 28, tell: Callable[[str], None] = lambda _text: None
) -> Filled:
    """Copy all that the database at `url` holds of cases until there are at least `cases`.

    days: over how many days before the pattern's own the copies are spread, whole days each.
    What an earlier fill added is no part of the pattern.
    """
    begun = time.perf_counter()
    with _hasty(url) as sessions:
        before, pattern = _count(sessions)
        there, rows = before, 0
        while there < cases:
            with transaction(sessions) as session:
                stencil = _Stencil(session)
                upto = min(cases, there + _AT_ONCE)
                while there < upto:
                    number = there // pattern
                    rows += stencil.lay(_Copy(number, number % (days + 1)))
                    there += pattern
                stencil.drop()
            tell(f"fill: {there} cases")
        if sessions.dialect == "postgresql":
            with transaction(sessions) as session:
                session.execute(text("ANALYZE"))  # as its own background process would
    return Filled(there - before, there, rows, time.perf_counter() - begun)


def tables() -> list[Table]:
    """The tables that hold something of a case, each behind those it refers to."""
    found = {_case.name}
    while True:
        more = {
            one.name
            for one in Base.metadata.sorted_tables
            if one.name in _BESIDE or any(k.column.table.name in found for k in one.foreign_keys)
        }
        if more <= found:
            return [one for one in Base.metadata.sorted_tables if one.name in found]
        found |= more


class _Stencil:
    """The pattern in temporary tables; of its histories what their hashes are made of, in memory.

    The hashes of a copy go to the database as one row of bytes, out of which each event takes its
    own and each case that of its last.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._dialect = session.get_bind().dialect.name
        self._first = "x'01'" if self._dialect == "sqlite" else f"'{UUID(int=1 << 120)}'"
        of_case = tables()
        names = frozenset(one.name for one in of_case)
        self._kept = [one for one in of_case if self._keep(one)]
        copying = [text(_copying(one, self._dialect, names)) for one in self._kept]
        self._copying = [(one, list(one.compile().params)) for one in copying]
        self._events = self._read_events()
        streams = session.scalars(
            text("SELECT id FROM pattern_case ORDER BY n").columns(_case.c.id)
        )
        self._cases = [history.case_stream(key) for key in streams]

    def lay(self, copy: _Copy) -> int:
        """Write one copy; how many rows."""
        params = {**copy.params(), **self._chained(copy)}
        rows = 0
        for statement, names in self._copying:
            asked = {name: params[name] for name in names}
            rows += changed(self._session.execute(statement, asked))
        return rows

    def drop(self) -> None:
        """Leave nothing behind in the connection."""
        for one in self._kept:
            self._session.execute(text(f"DROP TABLE pattern_{one.name}"))

    def _keep(self, one: Table) -> bool:
        """Put what there is of a table aside, numbered from 0; whether there is anything."""
        cases = "AND stream LIKE 'case:%'" if one is _history else ""
        played = (
            f"SELECT *, row_number() OVER (ORDER BY id) - 1 AS n "
            f'FROM "{one.name}" WHERE id >= {self._first} {cases} ORDER BY id'
        )
        self._session.execute(text(f"CREATE TEMPORARY TABLE pattern_{one.name} AS {played}"))
        if self._session.scalar(text(f"SELECT count(*) FROM pattern_{one.name}")):
            return True
        self._session.execute(text(f"DROP TABLE pattern_{one.name}"))
        return False

    def _read_events(self) -> list[Any]:
        """The events of the pattern, chain by chain."""
        names = ("stream", "seq", "kind", "at", "by", "instance_id", "element", "digest")
        asked = text(
            'SELECT n, stream, seq, kind, at, "by", instance_id, element, digest '
            "FROM pattern_history ORDER BY stream, seq"
        )
        found = asked.columns(column("n"), *(_history.c[name] for name in names))
        return list(self._session.execute(found))

    def _chained(self, copy: _Copy) -> dict[str, bytes]:
        """The hashes of all events of a copy and of the heads of its cases, in their order."""
        earlier = timedelta(days=copy.days)
        hashes = bytearray(_HASH * len(self._events))
        heads: dict[str, bytes] = {}
        instances: dict[UUID | None, UUID | None] = {None: None}
        last, before = history.START, ""
        for n, stream, seq, kind, at, by, instance_id, element, digest in self._events:
            if stream != before:
                last, before = history.START, stream
            if instance_id not in instances:
                instances[instance_id] = copy.key(instance_id)
            where = (instances[instance_id], element)
            last = history.link(last, seq, kind, at - earlier, by, digest, where)
            hashes[n * _HASH : (n + 1) * _HASH] = last
            heads[stream] = last
        return {
            "hashes": bytes(hashes),
            "heads": b"".join(heads[stream] for stream in self._cases),
        }


def _copying(one: Table, dialect: str, of_case: frozenset[str]) -> str:
    """The statement that writes one copy of a table's pattern."""
    names = ", ".join(f'"{column.name}"' for column in one.c)
    values = ", ".join(
        _COPIED[dialect][_kind(column, of_case)].format(f'"{column.name}"') for column in one.c
    )
    return f'INSERT INTO "{one.name}" ({names}) SELECT {values} FROM pattern_{one.name}'


def _kind(column: Column[Any], of_case: frozenset[str]) -> str:
    """What is done with a column's value in a copy."""
    here = (column.table.name, column.name)
    if here in _ALONE:
        return _ALONE[here]
    if here in _ONCE:
        return "digest" if isinstance(column.type, LargeBinary) else "number"
    if isinstance(column.type, Key):
        refers = {key.column.table.name for key in column.foreign_keys}
        own = column.primary_key or refers & of_case or here in _KEYS
        return "key" if own else "as it is"
    if isinstance(column.type, Instant):
        return "instant"
    return "date" if isinstance(column.type, Date) else "as it is"


def _count(sessions: Sessions) -> tuple[int, int]:
    """How many cases there are, and how many of them are the pattern."""
    played = _case.c.id >= UUID(int=1 << 120)
    with reading(sessions) as session:
        row = session.execute(select(func.count(), func.count().filter(played))).one()
    return row[0], row[1]


@contextmanager
def _hasty(url: str) -> Iterator[Sessions]:
    """Sessions that do not wait for the disk, nor look whether what is referred to is there."""
    sessions = connect(url)

    def hurry(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -200000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if sessions.dialect == "sqlite":
        event.listen(sessions.kw["bind"], "connect", hurry)
    try:
        yield sessions
    finally:
        sessions.kw["bind"].dispose()
