"""The streams of history as anchors see them: their heads now, and those of the newest anchor."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    LargeBinary,
    TypeDecorator,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeEngine

from engine import anchors, history
from engine.anchors import Leaf
from engine.models import (
    Anchor,
    AnchorBucket,
    AnchorChange,
    Case,
    CaseStatus,
    Contact,
    HistoryEvent,
    Matter,
    Slip,
)

AT_ONCE = 500
# What arrived, without the parts it was split into.
_WHOLE = Contact.of_contact_id.is_(None)
# Stands for a value that is none of its column's type; only SQLite lets one in.
SPOILT = "spoilt"


class _Legible(TypeDecorator[Any]):
    """A column as its own type reads it; `SPOILT` for a value that somebody spoilt."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, inner: TypeEngine[Any]) -> None:
        super().__init__()
        self.inner = inner

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The column's own."""
        return self.inner.dialect_impl(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """From the database."""
        own = self.inner.dialect_impl(dialect).result_processor(dialect, coltype)
        return _forgiving(own) if own else None


def _forgiving(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def forgive(value: Any) -> Any:
        try:
            return read(value)
        except (TypeError, ValueError, OverflowError):
            return SPOILT

    return forgive


def legible(column: InstrumentedAttribute[Any]) -> Any:
    """A column read so that a spoilt value is told, not stumbled over: it is `SPOILT`."""
    return type_coerce(column, _Legible(column.type)).label(column.key)


_HASHES = select(HistoryEvent.stream, HistoryEvent.seq, legible(HistoryEvent.hash)).where(
    HistoryEvent.stream.in_(bindparam("streams", expanding=True)),
    HistoryEvent.seq.in_(bindparam("seqs", expanding=True)),
)
# Every name of a case's stream lies between these, in the order of any language.
_FIRST, _LAST = "case:", "case:g"


@dataclass
class Counted:
    """How many there are of what is counted: all of them, and those that are not sealed."""

    tallies: dict[str, int]
    told: dict[str, int]


def newest(session: Session) -> Anchor | None:
    """The newest anchor."""
    return session.scalars(select(Anchor).order_by(Anchor.number.desc()).limit(1)).first()


def heads(session: Session, cases: Counter[tuple[str, bool]]) -> Iterator[Leaf]:
    """The head of every stream, in no order; counts cases by status and whether sealed.

    A case's head is read from its row: `huiyin verify` holds it against its history.
    """
    rows = session.execute(
        select(
            Case.id, Case.number, Case.chain_seq, Case.chain_hash, Case.status, Case.sealed
        ).execution_options(yield_per=AT_ONCE)
    )
    for row in rows:
        cases[row.status, row.sealed] += 1
        if row.chain_seq:
            yield Leaf(history.case_stream(row.id), row.number, row.chain_seq, row.chain_hash, 0)
    for stream in others(session):
        head = history.head_of(session, stream)
        yield Leaf(stream, stream, head.seq, head.hash, 0)


def others(session: Session) -> Iterator[str]:
    """The streams that are no case's, each found by the index behind the one before."""
    for above, below in (("", _FIRST), (_LAST, "")):
        last: str | None = above
        while last is not None:
            query = select(func.min(HistoryEvent.stream)).where(HistoryEvent.stream > last)
            if below:
                query = query.where(HistoryEvent.stream < below)
            last = session.scalar(query)
            if last is not None:
                yield last


def counted(session: Session, cases: Counter[tuple[str, bool]]) -> Counted:
    """The counters of now, of cases counted by status and whether sealed."""
    every = {
        "contacts": session.scalar(select(func.count()).select_from(Contact).where(_WHOLE)) or 0,
        "cases": sum(cases.values()),
        "slips": session.scalar(select(func.count()).select_from(Slip)) or 0,
        "matters": session.scalar(select(func.count()).select_from(Matter)) or 0,
    }
    sealed = {
        "contacts": _of_sealed(session, Contact.case_id, _WHOLE),
        "cases": sum(count for (_, is_sealed), count in cases.items() if is_sealed),
        "slips": _of_sealed(session, Slip.case_id),
        "matters": _of_sealed(session, Matter.main_case_id),
    }
    by_status = {
        str(status): sum(cases[status, is_sealed] for is_sealed in (False, True))
        for status in CaseStatus
    }
    return Counted(every | by_status, {name: every[name] - sealed[name] for name in every})


def _of_sealed(session: Session, column: object, *such: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Case).join(column.class_, column == Case.id)  # type: ignore[attr-defined]
    return session.scalar(query.where(Case.sealed, *such)) or 0


def leaves(
    session: Session, read: Callable[[bytes], list[Leaf]] = anchors.unpacked
) -> Iterator[tuple[int, list[Leaf]]]:
    """The newest anchor's leaves bucket by bucket, in the order of their places."""
    for place, content in session.execute(
        select(AnchorBucket.place, AnchorBucket.content)
        .order_by(AnchorBucket.place)
        .execution_options(yield_per=20)
    ):
        yield place, read(content)


def changes(session: Session, number: int) -> Iterator[bytes]:
    """What changed with the anchor of this number, part by part."""
    for (content,) in session.execute(
        select(AnchorChange.content)
        .where(AnchorChange.anchor_number == number)
        .order_by(AnchorChange.part)
        .execution_options(yield_per=20)
    ):
        yield content


def hashes(session: Session, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
    """The hashes of these events (stream and number), of those that are there."""
    keys = set(wanted)
    if not keys:
        return {}
    # Two short lists, as neither database looks up a long list of pairs in the index; numbers of
    # one stream that were asked of another come along and are dropped.
    rows = session.execute(
        _HASHES, {"streams": [*{stream for stream, _ in keys}], "seqs": [*{seq for _, seq in keys}]}
    )
    return {(row.stream, row.seq): row.hash for row in rows if (row.stream, row.seq) in keys}
