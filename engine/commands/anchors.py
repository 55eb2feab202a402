"""Making anchors (存证): one a day, over the heads of all streams, whoever asks first.

Heads are read in one snapshot, sorted by their places in files, and merged with the newest
anchor's leaves bucket by bucket: a million streams take no more memory than a few thousand. What
has gone or was rewritten since keeps its old leaf and is marked, so that an anchor never forgets.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, islice
from operator import itemgetter
from secrets import token_bytes
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from engine import anchors, clock, merkle, spool, streams
from engine.anchors import COUNTERS, LEAST_BUCKETS, NOTHING, Blinding, Leaf
from engine.db import Sessions, reading, transaction
from engine.errors import Conflict
from engine.models import Anchor, AnchorBucket, AnchorChange, City
from engine.spool import Pieces

_PART = 5000  # leaves in one row of changes


@dataclass(frozen=True)
class Made:
    """The anchor of a day; fresh: made by this call. lost: leaves that no longer hold."""

    anchor: Anchor
    fresh: bool
    streams: int = 0
    lost: int = 0

    @property
    def on(self) -> date:
        """Its day."""
        return self.anchor.on


def is_due(sessions: Sessions) -> bool:
    """Whether today's anchor should be made now: the night is there and it is not."""
    with reading(sessions) as session:
        zone = session.scalar(select(City.timezone))
        last = streams.newest(session)
    if zone is None:
        return False
    return anchors.is_due(last.on if last else None, clock.now(), ZoneInfo(zone))


def make(sessions: Sessions) -> Made:
    """Today's anchor; the one that is there if somebody has made it.

    Read in one snapshot, written in one transaction.
    """
    with ExitStack() as files:
        with reading(sessions) as session:
            zone = ZoneInfo(session.scalars(select(City.timezone)).one())
            today = clock.now().astimezone(zone).date()
            last = streams.newest(session)
            if last is not None and last.on >= today:
                return Made(last, fresh=False)
            making = _Making(last, today, files)
            making.read(session)
        try:
            with transaction(sessions) as session:
                making.write(session)
        except Conflict:
            with reading(sessions) as session:
                there = streams.newest(session)
            if there is None or there.on < today:
                raise
            return Made(there, fresh=False)
    return Made(making.anchor, fresh=True, streams=making.streams, lost=making.lost)


class _Making:
    """One anchor on its way."""

    def __init__(self, last: Anchor | None, today: date, files: ExitStack) -> None:
        self.last = last
        self.number = last.number + 1 if last else 1
        self.today = today
        self.blinding = Blinding(last.blinding if last else token_bytes(32))
        self.streams = self.lost = 0
        self._files = files
        self._buckets = files.enter_context(spool.pieces())
        self._changes = _Changes(files.enter_context(spool.pieces()))

    def read(self, session: Session) -> None:
        """Everything that is written later."""
        cases: Counter[tuple[str, bool]] = Counter()
        lines = self._files.enter_context(
            spool.sorted_lines(self._line(leaf) for leaf in self._heads(session, cases))
        )
        counted = streams.counted(session, cases)
        digest = anchors.digest_of_tallies(counted.tallies)
        counters = self._line(Leaf(COUNTERS, COUNTERS, self.number, digest, 0))
        before = len(self.last.nodes or b"") // 32 if self.last else 0
        self._of_them = self.blinding.buckets(self.streams, before or LEAST_BUCKETS)
        now = (self._placed(line) for line in heapq.merge(lines, [counters]))
        leaves = self._kept(session, _beside(self._before(session), now))
        nodes = list(self._nodes(leaves, every=self._of_them != before))
        self.anchor = self._made(nodes, counted)

    def write(self, session: Session) -> None:
        """The anchor, its changes and its buckets."""
        session.add(self.anchor)
        session.flush()  # a second worker fails here, before it does any harm
        if self.last is not None:
            session.execute(
                update(Anchor).where(Anchor.number == self.last.number).values(nodes=None)
            )
        for part, content in self._changes.pieces:
            row = {"anchor_number": self.number, "part": part, "content": content}
            session.execute(insert(AnchorChange), [row])
        for place, content in self._buckets:
            session.execute(delete(AnchorBucket).where(AnchorBucket.place == place))
            session.execute(insert(AnchorBucket), [{"place": place, "content": content}])

    def _heads(self, session: Session, cases: Counter[tuple[str, bool]]) -> Iterator[Leaf]:
        for leaf in streams.heads(session, cases):
            self.streams += 1
            yield leaf

    def _line(self, leaf: Leaf) -> bytes:
        told = [leaf.stream, leaf.label, leaf.seq, leaf.hash.hex()]
        return self.blinding.place(leaf.stream).hex().encode() + orjson.dumps(told)

    def _placed(self, line: bytes) -> tuple[bytes, Leaf]:
        stream, label, seq, head = orjson.loads(line[32:])
        return bytes.fromhex(line[:32].decode()), Leaf(
            stream, label, seq, bytes.fromhex(head), self.number
        )

    def _before(self, session: Session) -> Iterator[tuple[bytes, Leaf]]:
        """The leaves of the newest anchor, in the order of their places."""
        for _, leaves in streams.leaves(session):
            for leaf in leaves:
                yield self.blinding.place(leaf.stream), leaf

    def _kept(
        self, session: Session, pairs: Iterator[tuple[bytes, Leaf | None, Leaf | None]]
    ) -> Iterator[tuple[bytes, Leaf, bool]]:
        """Each place with the leaf that stands there from now on, and whether it is another."""
        while some := list(islice(pairs, streams.AT_ONCE)):
            moved = [
                (old.stream, old.seq)
                for _, old, new in some
                if old and new and new.seq > old.seq and new.stream != COUNTERS
            ]
            held = streams.hashes(session, moved)
            for place, old, new in some:
                leaf = self._leaf(old, new, held)
                self.lost += bool(leaf.lost)
                if leaf != old:
                    self._changes.add(leaf)
                yield place, leaf, leaf != old

    def _leaf(
        self, old: Leaf | None, new: Leaf | None, held: Mapping[tuple[str, int], bytes]
    ) -> Leaf:
        if old is None or (new is not None and new.stream == COUNTERS):
            assert new is not None
            return new
        if new is not None and new.label == old.label:
            if (new.seq, new.hash) == (old.seq, old.hash):
                return replace(old, lost=0) if old.lost else old
            if held.get((old.stream, old.seq)) == old.hash and new.seq > old.seq:
                return new
        return replace(old, lost=old.lost or self.number)

    def _nodes(self, leaves: Iterator[tuple[bytes, Leaf, bool]], *, every: bool) -> Iterator[bytes]:
        """The hash of each bucket; what changed of them is written down on the way."""
        groups = groupby(leaves, lambda one: anchors.bucket_of(one[0], self._of_them))
        place, group = next(groups, (self._of_them, ()))
        for bucket in range(self._of_them):
            found = list(group) if bucket == place else []
            if bucket == place:
                place, group = next(groups, (self._of_them, ()))
            inside = [leaf for _, leaf, _ in found]
            if every or any(changed for _, _, changed in found):
                self._buckets.add(bucket, anchors.packed(inside))
            yield merkle.root(anchors.bucket_hashes(inside, self.blinding, self.number, bucket))

    def _made(self, nodes: list[bytes], counted: streams.Counted) -> Anchor:
        last = self.last
        anchor = Anchor(
            number=self.number,
            on=self.today,
            made_at=clock.now().replace(microsecond=0),
            missed=(self.today - last.on).days - 1 if last else 0,
            root=merkle.root(nodes),
            changes=self._changes.end(),
            previous=last.hash if last else NOTHING,
            hash=NOTHING,
            tallies=counted.tallies,
            blinding=self.blinding.secret,
            buckets=self._of_them,
            nodes=b"".join(nodes),
            # A figure that fell would tell how many were sealed since.
            **{
                name: max(count, getattr(last, name) if last else 0)
                for name, count in counted.told.items()
            },
        )
        anchor.hash = anchors.own_hash(anchor)
        return anchor


class _Changes:
    """The leaves that changed, in parts that fit into a row."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces
        self._digest = hashlib.sha256()
        self._waiting: list[Leaf] = []
        self._parts = 0

    def add(self, leaf: Leaf) -> None:
        """One more."""
        self._waiting.append(leaf)
        if len(self._waiting) == _PART:
            self._flush()

    def end(self) -> bytes:
        """The digest of all; there are no more."""
        if self._waiting:
            self._flush()
        return self._digest.digest()

    def _flush(self) -> None:
        content = anchors.packed(self._waiting)
        self._digest.update(content)
        self.pieces.add(self._parts, content)
        self._parts += 1
        self._waiting.clear()


def _beside(
    old: Iterable[tuple[bytes, Leaf]], new: Iterable[tuple[bytes, Leaf]]
) -> Iterator[tuple[bytes, Leaf | None, Leaf | None]]:
    """What stood and what stands at each place; both come in the order of places."""
    both = heapq.merge(
        ((place, 0, leaf) for place, leaf in old),
        ((place, 1, leaf) for place, leaf in new),
        key=itemgetter(0, 1),
    )
    for place, found in groupby(both, itemgetter(0)):
        there = {which: leaf for _, which, leaf in found}
        yield place, there.get(0), there.get(1)
