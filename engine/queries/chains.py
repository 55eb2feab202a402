"""Whether the chains of history are whole, from the first event to the head on the case's row."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import anchors, history, streams
from engine.models import Anchor, Case, City, HistoryEvent
from engine.queries.checks import MOST_TOLD, Check, Findings, Progress, quiet

_OF_CASE = re.compile(r"case:([0-9a-f]{32})")
_EVENTS = select(
    HistoryEvent.stream,
    HistoryEvent.seq,
    HistoryEvent.kind,
    streams.legible(HistoryEvent.at),
    streams.legible(HistoryEvent.by),
    streams.legible(HistoryEvent.instance_id),
    HistoryEvent.element,
    streams.legible(HistoryEvent.payload),
    streams.legible(HistoryEvent.salt),
    streams.legible(HistoryEvent.digest),
    streams.legible(HistoryEvent.hash),
).order_by(HistoryEvent.stream, HistoryEvent.seq)


@dataclass(frozen=True)
class Anchored:
    """The first anchor that held an event: its day, and what the stream was called in it."""

    on: date
    label: str


def chains(session: Session, progress: Progress = quiet) -> Check:
    """Every stream's chain of hashes is whole, and a case's stream has its case."""
    count, broken = 0, 0
    faults: dict[str, history.Fault] = {}
    alone: dict[str, int] = {}
    for some in _in_batches(_streams(session, progress)):
        count += len(some)
        there = _numbers(session, (stream for stream, _ in some))
        for stream, fault in some:
            without = stream.startswith("case:") and stream not in there
            broken += bool(fault) + without
            if fault and len(faults) < MOST_TOLD:
                faults[stream] = fault
            if without and len(alone) < MOST_TOLD:
                alone[stream] = 1
    found = [*_faulty(session, faults), *_without_case(session, alone)]
    return Check("chains", count, broken, tuple(found[:MOST_TOLD]))


def heads(session: Session, progress: Progress = quiet) -> Check:
    """Each case's row knows the end of its stream, so that no event was cut off its end."""
    count, findings = 0, Findings()
    rows = session.execute(
        select(
            Case.id, Case.number, Case.chain_seq, streams.legible(Case.chain_hash)
        ).execution_options(yield_per=streams.AT_ONCE)
    )
    while some := list(islice(rows, streams.AT_ONCE)):
        count += len(some)
        progress("heads", count)
        ends = {history.case_stream(row.id): row for row in some}
        there = streams.hashes(
            session,
            (
                (stream, row.chain_seq + more)
                for stream, row in ends.items()
                for more in (0, 1)
                if row.chain_seq + more
            ),
        )
        for stream, row in ends.items():
            known = row.chain_hash if row.chain_seq else None
            well = there.get((stream, row.chain_seq)) == known
            if not well or (stream, row.chain_seq + 1) in there:
                findings.add(_head_told(session, stream, row))
    return findings.check("heads", count)


def day(session: Session) -> ZoneInfo:
    """The zone in which days are told."""
    return ZoneInfo(session.scalar(select(City.timezone)) or "UTC")


def on(at: datetime | str | None, zone: ZoneInfo) -> str:
    """The day of an instant; also of one that was spoilt."""
    return at.astimezone(zone).date().isoformat() if isinstance(at, datetime) else "no day"


def names(session: Session, wanted: Iterable[str]) -> dict[str, str]:
    """What streams are called in words: a case by its number where its row is there."""
    return {stream: f"case {number}" for stream, number in _numbers(session, wanted).items()}


def first_anchored(session: Session, wanted: Mapping[str, int]) -> dict[str, Anchored]:
    """For each stream, the first anchor that held its event of this number."""
    found: dict[str, Anchored] = {}
    if not wanted:
        return found
    for number, on in session.execute(
        select(Anchor.number, Anchor.on).order_by(Anchor.number)
    ).all():
        for content in streams.changes(session, number):
            for leaf in anchors.legible(content):
                if leaf.seq >= wanted.get(leaf.stream, leaf.seq + 1) and not leaf.lost:
                    found.setdefault(leaf.stream, Anchored(on, leaf.label))
    return found


def _streams(session: Session, progress: Progress) -> Iterator[tuple[str, history.Fault | None]]:
    """Each stream with its first fault; read once, one event after the other."""
    done = 0

    def counted() -> Iterator[Any]:
        nonlocal done
        for row in session.execute(_EVENTS.execution_options(yield_per=streams.AT_ONCE)):
            done += 1
            if done % streams.AT_ONCE == 0:
                progress("chains", done)
            yield row

    for stream, events in groupby(counted(), lambda row: str(row.stream)):
        yield stream, history.fault(events)


def _faulty(session: Session, faults: Mapping[str, history.Fault]) -> Iterator[str]:
    zone = day(session)
    called = names(session, faults)
    anchored = first_anchored(session, {stream: one.seq for stream, one in faults.items()})
    for stream, fault in faults.items():
        known = anchored.get(stream)
        name = called.get(stream) or (f"case {known.label}" if known else stream)
        around = [on(at, zone) for at in (fault.before, fault.after) if at]
        what = (
            f"is missing, beside events of {' and '.join(around)}"
            if fault.missing
            else f"of {on(fault.after, zone)} is not as it was written"
        )
        told = f"; anchored on {known.on}" if known else ""
        yield f"{name}: event {fault.seq} {what}{told}"


def _without_case(session: Session, alone: Mapping[str, int]) -> Iterator[str]:
    anchored = first_anchored(session, alone)
    for stream in alone:
        known = anchored.get(stream)
        told = f"case {known.label}, anchored on {known.on}" if known else stream
        yield f"{told}: its history is there, the case is not"


def _head_told(session: Session, stream: str, row: Any) -> str:
    last = session.execute(
        select(HistoryEvent.seq, streams.legible(HistoryEvent.at))
        .where(HistoryEvent.stream == stream)
        .order_by(HistoryEvent.seq.desc())
        .limit(1)
    ).one_or_none()
    ends = last.seq if last else 0
    told = f"case {row.number}: the row knows event {row.chain_seq}, the stream ends at {ends}"
    if ends < row.chain_seq:
        anchored = first_anchored(session, {stream: ends + 1}).get(stream)
        told += f"; event {ends + 1} and what follows is gone"
        told += f", after one of {on(last.at, day(session))}" if last else ""
        told += f"; anchored on {anchored.on}" if anchored else ""
    return told


def _numbers(session: Session, wanted: Iterable[str]) -> dict[str, str]:
    """The numbers of the cases of these streams, of those that are there."""
    ids = {}
    for stream in wanted:
        if of_case := _OF_CASE.fullmatch(stream):
            ids[UUID(hex=of_case[1])] = stream
    rows = session.execute(select(Case.id, Case.number).where(Case.id.in_(ids))) if ids else ()
    return {ids[row.id]: row.number for row in rows}


def _in_batches(
    found: Iterator[tuple[str, history.Fault | None]],
) -> Iterator[list[tuple[str, history.Fault | None]]]:
    while some := list(islice(found, streams.AT_ONCE)):
        yield some
