"""Whether what was anchored is still there: the anchors themselves, and all that they hold."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import anchors, merkle, streams
from engine.anchors import COUNTERS, NOTHING, Blinding, Leaf
from engine.models import Anchor, AnchorChange, Case, Contact, HistoryEvent, Matter, Slip
from engine.queries import chains
from engine.queries.checks import MOST_TOLD, Check, Findings, Progress, quiet

_MOST_ANCHORS = 2**31  # of an integer column
_COUNTED = {"contacts": Contact, "cases": Case, "slips": Slip, "matters": Matter}


@dataclass
class _Broken:
    """A stream that does not hold: the first and the last anchor whose event is not there."""

    first: date
    leaf: Leaf
    last: date
    end: Leaf


def anchors_whole(session: Session, progress: Progress = quiet) -> Check:
    """No anchor was changed or removed, and the newest one's tree leads to its root."""
    findings = Findings()
    previous, number, last = NOTHING, 0, None
    numbers = session.scalars(select(Anchor.number).order_by(Anchor.number)).all()
    for count, at in enumerate(numbers, 1):
        anchor = session.get_one(Anchor, at)
        if at != number + 1:
            findings.add(f"anchors {number + 1} to {at - 1}, before {anchor.on}, are missing")
        elif anchor.previous != previous:
            findings.add(f"anchor {at} of {anchor.on} does not follow the one before it")
        for fault in _faults(session, anchor):
            findings.add(f"anchor {at} of {anchor.on}: {fault}")
        previous, number, last = anchor.hash, at, anchor
        session.expunge(anchor)
        progress("anchors", count)
    later = session.scalar(select(func.max(AnchorChange.anchor_number))) or 0
    if later > number:
        findings.add(f"anchors {number + 1} to {later}, the newest, are missing")
    if last is not None:
        for fault in (*_tree(session, last, progress), *_fewer(session, last)):
            findings.add(f"anchor {number} of {last.on}: {fault}")
    return findings.check("anchors", len(numbers))


def anchored(session: Session, progress: Progress = quiet) -> Check:
    """Every event that an anchor holds is there as it was."""
    broken: dict[str, _Broken] = {}
    missed: dict[str, date] = {}  # streams that a later anchor found gone
    count, all_broken = 0, set()
    days = session.execute(select(Anchor.number, Anchor.on).order_by(Anchor.number)).all()
    for number, on in days:
        for leaf, holds in _leaves(session, number):
            count += 1
            if count % streams.AT_ONCE == 0:
                progress("anchored", count)
            if leaf.lost:
                missed.setdefault(leaf.stream, on)
                continue
            missed.pop(leaf.stream, None)
            if holds:
                continue
            all_broken.add(leaf.stream)
            if known := broken.get(leaf.stream):
                known.last, known.end = on, leaf
            elif len(broken) < MOST_TOLD:
                broken[leaf.stream] = _Broken(on, leaf, on, leaf)
    told = []
    for stream, found in broken.items():
        since = missed.get(stream)
        gone = f"; the anchor of {since} already missed it" if since else ""
        told.append(_told(session, found) + gone)
    return Check("anchored", count, len(all_broken), tuple(told))


def receipts(session: Session, told: Iterable[Any]) -> Check:
    """What citizens' receipts hold is here: the anchor, the leaf and the event behind it.

    told: receipts as they were read, of whatever shape. Of a sealed case only the anchor's secret
    opens the leaf.
    """
    findings, count = Findings(), 0
    for receipt in told:
        count += 1
        fault = _differs(session, receipt)
        if fault:
            case = receipt.get("case") if isinstance(receipt, dict) else None
            findings.add(f"receipt {count}, case {case}: {fault}")
    return findings.check("receipts", count)


def _differs(session: Session, receipt: Any) -> str:
    """Why a receipt does not hold; nothing if it does."""
    try:
        printed, label = receipt["anchor"], receipt["case"]
        number, committed = int(printed["number"]), bytes.fromhex(receipt["commitment"])
        head = bytes.fromhex(receipt["head"]) if "head" in receipt else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return "it is none of ours"
    anchor = session.get(Anchor, number) if 0 < number < _MOST_ANCHORS else None
    if anchor is None or anchors.printed(anchor) != printed:
        return "its anchor is not here as it was printed"
    leaf = _leaf_of(session, label, number)
    if leaf is None:
        return f"the anchor of {anchor.on} has no such case"
    salt = Blinding(anchor.blinding).salt(number, leaf.stream)
    ours = anchors.commitment(salt, leaf.seq, leaf.hash)
    opened = head is None or (head, receipt.get("entries")) == (leaf.hash, leaf.seq)
    if ours != committed or not opened:
        return f"the anchor of {anchor.on} holds another history of it"
    if streams.hashes(session, [(leaf.stream, leaf.seq)]).get((leaf.stream, leaf.seq)) != leaf.hash:
        return f"event {leaf.seq}, anchored on {anchor.on}, is not here as it was"
    return ""


def _leaf_of(session: Session, label: Any, number: int) -> Leaf | None:
    """A case's leaf in the anchor of this number: the last that changed up to it."""
    found = None
    for at in range(1, number + 1):
        for content in streams.changes(session, at):
            found = next((one for one in anchors.legible(content) if one.label == label), found)
    return found


def _faults(session: Session, anchor: Anchor) -> Iterator[str]:
    """What of one anchor was changed."""
    if anchors.own_hash(anchor) != anchor.hash:
        yield "what is printed of it was changed"
    digest, counters = hashlib.sha256(), b""
    for content in streams.changes(session, anchor.number):
        digest.update(content)
        counters = next(
            (one.hash for one in anchors.legible(content) if one.stream == COUNTERS), counters
        )
    if digest.digest() != anchor.changes:
        yield "the list of what changed with it was changed"
    elif anchors.digest_of_tallies(anchor.tallies) != counters:
        yield "its counters were changed"


def _tree(session: Session, anchor: Anchor, progress: Progress) -> Iterator[str]:
    """What differs between the newest anchor's leaves and its root."""
    blinding = Blinding(anchor.blinding)
    nodes, count = [], 0
    for place, leaves in streams.leaves(session, anchors.legible):
        count += len(leaves)
        progress("leaves", count)
        hashes = anchors.bucket_hashes(leaves, blinding, anchor.number, place)
        nodes.append(merkle.root(hashes))
        called = chains.names(session, (leaf.stream for leaf in leaves))
        for leaf in leaves:
            if called.get(leaf.stream, f"case {leaf.label}") != f"case {leaf.label}":
                yield f"case {leaf.label} now bears another number"
    kept = (b"".join(nodes), len(nodes), merkle.root(nodes))
    if kept != (anchor.nodes, anchor.buckets, anchor.root):
        yield "its leaves do not lead to its root"


def _fewer(session: Session, anchor: Anchor) -> Iterator[str]:
    """What there is less of than was counted: nothing that is counted ever goes."""
    for name, model in _COUNTED.items():
        query = select(func.count()).select_from(model)
        if model is Contact:
            query = query.where(Contact.of_contact_id.is_(None))
        there = session.scalar(query) or 0
        counted = anchor.tallies.get(name)
        if isinstance(counted, int) and there < counted:
            yield f"{counted} {name} were counted, {there} are there"


def _leaves(session: Session, number: int) -> Iterator[tuple[Leaf, bool]]:
    """What changed with an anchor, each with whether its event is still there."""
    for content in streams.changes(session, number):
        leaves = (leaf for leaf in anchors.legible(content) if leaf.stream != COUNTERS)
        while some := list(islice(leaves, streams.AT_ONCE)):
            there = streams.hashes(
                session, ((leaf.stream, leaf.seq) for leaf in some if not leaf.lost)
            )
            for leaf in some:
                yield leaf, there.get((leaf.stream, leaf.seq)) == leaf.hash


def _told(session: Session, found: _Broken) -> str:
    """What has happened to a stream, in words."""
    stream, seq = found.leaf.stream, found.leaf.seq
    of_case = stream.startswith("case:")
    name = f"case {found.leaf.label}" if of_case else stream
    rows = session.execute(
        select(HistoryEvent.seq, streams.legible(HistoryEvent.at))
        .where(HistoryEvent.stream == stream, HistoryEvent.seq <= seq)
        .order_by(HistoryEvent.seq.desc())
        .limit(1)
    ).one_or_none()
    held = f"anchored on {found.first}"
    if found.last > found.first:
        held += f" and until {found.last}"
    if rows is None:
        row_there = bool(chains.names(session, [stream]))
        what = "its whole history is gone" if row_there or not of_case else "the whole case is gone"
        return f"{name}: {what}, {found.end.seq} events, {held}"
    zone = chains.day(session)
    if rows.seq == seq:
        return f"{name}: event {seq} of {chains.on(rows.at, zone)} is not the one {held}"
    further = session.scalar(
        select(func.count()).where(HistoryEvent.stream == stream, HistoryEvent.seq > seq)
    )
    gone = (
        f"event {seq} is missing"
        if further
        else f"events {rows.seq + 1} to {found.end.seq} are gone"
    )
    return f"{name}: {gone}, after one of {chains.on(rows.at, zone)}; {held}"
