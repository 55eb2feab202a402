"""Many cases out of few: the rows of real runs, copied with keys of their own and on other days.

What was played is the pattern, and its distributions are those of the copies: how long texts are,
how often a slip comes back, how many cases are open. The database copies rows itself; histories
are chained anew, so that `huiyin verify` finds every chain whole. What a case's facts or an
event's payload say of other rows still names those of the pattern.
"""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, column, event, func, select, text
from sqlalchemy.orm import Session

from engine import bigrams, history, text_index
from engine.bench.copying import COPIED, copying, tables
from engine.db import Sessions, changed, connect, reading, table, transaction
from engine.models import Case, CaseStatus, CaseWords, HistoryEvent, Person

_case, _history, _words = table(Case), table(HistoryEvent), table(CaseWords)
# The leading three bytes of a key say which copy it is; those of a real one are greater.
_TAG = 3
_HASH = len(history.START)
_FIRST = UUID(int=1 << 120)
_INDEX = text(
    "INSERT INTO case_index (rowid, words) "
    "SELECT :place + n, words || ' ' || :more FROM pattern_index ORDER BY n"
)


@dataclass(frozen=True)
class Filled:
    """What a fill added, and how many cases there are now."""

    added: int
    cases: int
    rows: int
    seconds: float


@dataclass(frozen=True)
class _Copy:
    """One copy of the pattern.

    days: how much earlier than there it all happens. street: what its places and texts say besides.
    team: whose people did it, 0 for those of the pattern.
    """

    number: int
    days: int
    street: str = ""
    team: int = 0

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
            "street": self.street,
            "team": self.team.to_bytes(_TAG),
            "team_hex": self.team.to_bytes(_TAG).hex() if self.team else "",
            "tokens": bigrams.tokens(f"{self.number:05d} {self.street}"),
            "shift": f"-{self.days} days",
            "days": self.days,
        }


def hire(session: Session, teams: int) -> None:
    """Add the people of further teams, by copying all there are; none of them may do anything."""
    person, dialect = table(Person), session.get_bind().dialect.name
    names = ", ".join(f'"{column.name}"' for column in person.c)
    values = ", ".join(
        COPIED[dialect][{"id": "key", "login": "number"}.get(column.name, "as it is")].format(
            f'"{column.name}"'
        )
        for column in person.c
    )
    copying = f"INSERT INTO person ({names}) SELECT {values} FROM person WHERE id >= "
    for team in range(1, teams):
        params = _Copy(team, 0).params()
        asked = {name: params[name] for name in ("tag", "hex", "name") if f":{name}" in values}
        session.execute(text(f"{copying}{first_key(dialect)}"), asked)


@dataclass(frozen=True)
class Share:
    """What part of the pattern is copied.

    only: names of the tables, else all. ended: only what belongs to cases that are over.
    days: over how many days before the pattern's own the copies are spread, whole days each.
    street: what a copy's places and texts say besides, by its number. teams: among how many teams
    the work of the copies is spread, of which all but one are only names (`hire`). at_once: cases
    in a transaction.
    """

    only: Collection[str] | None = None
    ended: bool = False
    days: int = 28
    street: Callable[[int], str] = lambda _number: ""
    teams: int = 1
    at_once: int = 3_000


def fill(
    url: str,
    cases: int,
    share: Share = Share(),
    *,
    tell: Callable[[str], None] = lambda _text: None,
) -> Filled:
    """Copy all that the database at `url` holds of cases until there are at least `cases`.

    What an earlier fill added is no part of the pattern.
    """
    begun = time.perf_counter()
    with _hasty(url) as sessions:
        before, number = _count(sessions)
        there, rows = before, 0
        while there < cases:
            with transaction(sessions) as session:
                _spare_checks(session)
                stencil = _Stencil(session, share)
                upto = min(cases, there + share.at_once)
                while there < upto:
                    days, team = number % (share.days + 1), number % share.teams
                    copy = _Copy(number, days, share.street(number), team)
                    rows += stencil.lay(copy)
                    there += stencil.cases
                    number += 1
                stencil.drop()
            tell(f"fill: {there} cases")
        if sessions.dialect == "postgresql":
            with transaction(sessions) as session:
                last = select(func.max(_words.c.id)).scalar_subquery()
                session.execute(select(func.setval("case_words_id_seq", last)))
                session.execute(text("ANALYZE"))  # as its own background process would
    return Filled(there - before, there, rows, time.perf_counter() - begun)


def first_key(dialect: str) -> str:
    """The least key that is none of a copy, as SQL."""
    return "x'01'" if dialect == "sqlite" else f"'{_FIRST}'"


class _Stencil:
    """The pattern in temporary tables; of its histories what their hashes are made of, in memory.

    The hashes of a copy go to the database as one row of bytes, out of which each event takes its
    own and each case that of its last.
    """

    def __init__(self, session: Session, share: Share) -> None:
        self._session, self._share = session, share
        self._dialect = session.get_bind().dialect.name
        self._first = first_key(self._dialect)
        of_case = tables()
        names = frozenset(one.name for one in of_case)
        wanted = of_case if share.only is None else [t for t in of_case if t.name in share.only]
        self._kept = [one for one in wanted if self._keep(one)]
        statements = [text(copying(one, self._dialect, names)) for one in self._kept]
        self._copying = [(one, list(one.compile().params)) for one in statements]
        self._events = self._read_events() if _history in self._kept else []
        self._place = (session.scalar(select(func.max(_words.c.id))) or 0) + 1
        if self._dialect == "sqlite":
            self._index()
        streams = session.scalars(
            text("SELECT id FROM pattern_case ORDER BY n").columns(_case.c.id)
        )
        self._cases = [history.case_stream(key) for key in streams]

    def lay(self, copy: _Copy) -> int:
        """Write one copy; how many rows."""
        params = {**copy.params(), **self._chained(copy), "place": self._place}
        rows = 0
        for statement, names in self._copying:
            asked = {name: params[name] for name in names}
            rows += changed(self._session.execute(statement, asked))
        if self._dialect == "sqlite":
            more = " ".join(params["tokens"])
            self._session.execute(_INDEX, {"place": self._place, "more": more})
        self._place += self.cases
        return rows

    @property
    def cases(self) -> int:
        """How many cases a copy has."""
        return len(self._cases)

    def drop(self) -> None:
        """Leave nothing behind in the connection."""
        for one in self._kept:
            self._session.execute(text(f"DROP TABLE pattern_{one.name}"))
        if self._dialect == "sqlite":
            self._session.execute(text("DROP TABLE pattern_index"))

    def _index(self) -> None:
        """Put aside what each case is found by."""
        names = ("number", *text_index.HIDING, *text_index.TEXTS)
        rows = self._session.execute(
            text(
                f"SELECT w.n, {', '.join(f'c.{name}' for name in names)} "
                "FROM pattern_case_words w JOIN pattern_case c ON c.id = w.case_id"
            )
        ).mappings()
        found = [{"n": row["n"], "words": " ".join(text_index.tokens({**row}))} for row in rows]
        self._session.execute(text("CREATE TEMPORARY TABLE pattern_index (n INTEGER, words TEXT)"))
        self._session.execute(text("INSERT INTO pattern_index VALUES (:n, :words)"), found)

    def _keep(self, one: Table) -> bool:
        """Put what there is of a table aside, numbered from 0; whether there is anything."""
        cases = "AND stream LIKE 'case:%'" if one is _history else ""
        # Places in the index are counted, all others have keys.
        own, by = ("case_id", "case_id") if one is _words else ("id", "id")
        if self._share.ended:
            cases += _of_ended(one)
        played = (
            f"SELECT *, row_number() OVER (ORDER BY {by}) - 1 AS n "
            f'FROM "{one.name}" WHERE {own} >= {self._first} {cases} ORDER BY {by}'
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
            "heads": b"".join(heads.get(stream, history.START) for stream in self._cases),
        }


def _of_ended(one: Table) -> str:
    """The condition that a row belongs to a case which is over."""
    ended = f"""(SELECT id FROM "case" WHERE status <> '{CaseStatus.OPEN}')"""
    if one is _case:
        return f" AND id IN {ended}"
    if one.name == "matter":
        return f" AND main_case_id IN {ended}"
    if "case_id" in one.c:
        return f" AND case_id IN {ended}"
    assert one.name == "identity", f"{one.name} says of no case that it belongs to it"
    return f" AND id IN (SELECT identity_id FROM contact WHERE case_id IN {ended})"


def _spare_checks(session: Session) -> None:
    """Do not look whether what is referred to is there, where the database lets this user."""
    if session.get_bind().dialect.name == "postgresql" and session.scalar(
        text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    ):
        session.execute(text("SET LOCAL session_replication_role = replica"))


def _count(sessions: Sessions) -> tuple[int, int]:
    """How many cases there are, and the number of the next copy; the pattern has the number 0."""
    with reading(sessions) as session:
        cases = session.scalar(select(func.count()).select_from(_case)) or 0
        copied = select(_case.c.id).where(_case.c.id < _FIRST)
        last = session.scalar(copied.order_by(_case.c.id.desc()).limit(1))
    return cases, int.from_bytes(last.bytes[:_TAG]) + 1 if last else 1


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
