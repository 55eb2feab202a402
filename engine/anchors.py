"""What an anchor is made of: blinded leaves in buckets, the text that is hashed and printed.

Every stream of history has a leaf: its label (of a case its number) and a commitment to the number
and hash of its last event. Places and salts come from a secret, so that a tree tells nothing about
a stream whose salt one does not hold; each bucket is filled up with leaves of nothing and its order
is that of the hashes, so that neither its size nor a place in it counts anything.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine import merkle
from engine.models import Anchor

# When the office sleeps: from this hour on a day's anchor is made.
NIGHT = time(2)
# The pseudo-stream whose head is the digest of all counters.
COUNTERS = "counters"
NOTHING = bytes(32)
FORMAT = "huiyin-anchor-1"
# Leaves of a bucket, those of nothing included. Full by 100 to 150 each: 256 is never reached.
SLOTS = 256
LEAST_BUCKETS = 4
_COMMITMENT = b"\x02"


@dataclass(frozen=True)
class Leaf:
    """The head of a stream as an anchor keeps it.

    since: number of the anchor that took it in; lost: of the first one that found it gone or
    rewritten, 0 while it holds. What is lost is kept as it was.
    """

    stream: str
    label: str
    seq: int
    hash: bytes
    since: int
    lost: int = 0


@dataclass(frozen=True)
class Blinding:
    """The secret behind the places and salts of an installation's leaves."""

    secret: bytes

    def place(self, stream: str) -> bytes:
        """Where a stream's leaf lies, always the same."""
        return self._of(b"place", stream.encode())

    def salt(self, number: int, stream: str) -> bytes:
        """What covers a stream's head in one anchor; another in each."""
        return self._of(b"salt", number.to_bytes(8), stream.encode())

    def filling(self, number: int, bucket: int, slot: int) -> bytes:
        """A leaf's hash that stands for nothing."""
        told = (number.to_bytes(8), bucket.to_bytes(8), slot.to_bytes(8))
        return merkle.leaf(self._of(b"nothing", *told, size=32))

    def buckets(self, streams: int, at_least: int = LEAST_BUCKETS) -> int:
        """How many buckets so many streams take: a power of two, doubled at a secret filling."""
        count = at_least
        while streams > count * (100 + self._of(b"fill", count.to_bytes(8))[0] % 50):
            count *= 2
        return count

    def _of(self, *parts: bytes, size: int = 16) -> bytes:
        return hashlib.blake2b(b"|".join(parts), key=self.secret[:64], digest_size=size).digest()


def bucket_of(place: bytes, buckets: int) -> int:
    """The bucket of a place: its first bits."""
    return int.from_bytes(place[:4]) * buckets >> 32


def commitment(salt: bytes, seq: int, head: bytes) -> bytes:
    """What binds a leaf to the head of its stream and tells nothing without the salt."""
    return hashlib.sha256(_COMMITMENT + salt + seq.to_bytes(8) + head).digest()


def leaf_hash(label: str, committed: bytes) -> bytes:
    """The hash of a stream's leaf."""
    return merkle.leaf(label.encode() + b"\n" + committed)


def hash_of(leaf: Leaf, blinding: Blinding, number: int) -> bytes:
    """The hash of a leaf in the anchor of this number."""
    salt = blinding.salt(number, leaf.stream)
    return leaf_hash(leaf.label, commitment(salt, leaf.seq, leaf.hash))


def bucket_hashes(
    leaves: Sequence[Leaf], blinding: Blinding, number: int, bucket: int
) -> list[bytes]:
    """All hashes of a bucket as they stand in the tree, filled up to a power of two."""
    slots = SLOTS
    while len(leaves) > slots:
        slots *= 2
    hashes = [hash_of(leaf, blinding, number) for leaf in leaves]
    hashes += [blinding.filling(number, bucket, slot) for slot in range(slots - len(leaves))]
    return sorted(hashes)


def packed(leaves: Iterable[Leaf]) -> bytes:
    """Leaves as bytes: a line of JSON each, zlib."""
    lines = (
        orjson.dumps([one.stream, one.label, one.seq, one.hash.hex(), one.since, one.lost])
        for one in leaves
    )
    return zlib.compress(b"\n".join(lines), 1)


def unpacked(content: bytes) -> list[Leaf]:
    """What `packed` made into bytes."""
    found = []
    for line in zlib.decompress(content).splitlines():
        stream, label, seq, head, since, lost = orjson.loads(line)
        found.append(Leaf(stream, label, seq, bytes.fromhex(head), since, lost))
    return found


def legible(content: bytes) -> list[Leaf]:
    """The same of bytes that somebody may have spoilt: nothing where they cannot be read."""
    try:
        return unpacked(content)
    except (zlib.error, ValueError, TypeError):
        return []


def digest_of_tallies(tallies: Mapping[str, Any]) -> bytes:
    """The head of the counters' leaf."""
    return hashlib.sha256(orjson.dumps(tallies, option=orjson.OPT_SORT_KEYS)).digest()


def printed(anchor: Anchor) -> dict[str, Any]:
    """What is printed of an anchor, in the order in which it is hashed; `hash` comes last."""
    return {
        "number": anchor.number,
        "date": anchor.on.isoformat(),
        "made_at": f"{anchor.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "missed": anchor.missed,
        "root": anchor.root.hex(),
        "changes": anchor.changes.hex(),
        "contacts": anchor.contacts,
        "cases": anchor.cases,
        "slips": anchor.slips,
        "matters": anchor.matters,
        "previous": anchor.previous.hex(),
        "hash": anchor.hash.hex(),
    }


def own_hash(anchor: Anchor) -> bytes:
    """The hash of what is printed of an anchor: the format and each value on a line of its own."""
    values = [str(value) for name, value in printed(anchor).items() if name != "hash"]
    return hashlib.sha256("\n".join([FORMAT, *values, ""]).encode()).digest()


def is_due(last: date | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the day's anchor should be made now; last: the day of the newest one."""
    local = now.astimezone(zone)
    return local.time() >= NIGHT and (last is None or last < local.date())


def next_at(last: date | None, now: datetime, zone: ZoneInfo) -> datetime:
    """When the next anchor is made; not later than `now` if it is due."""
    today = now.astimezone(zone).date()
    on = today if last is None or last < today else today + timedelta(days=1)
    return datetime.combine(on, NIGHT, zone).astimezone(UTC)
