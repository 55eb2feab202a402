"""Merkle trees as RFC 6962 hashes them: one hash over many leaves, and paths that prove one leaf.

A leaf is hashed behind a zero byte and a node behind a one, so that neither is taken for the other.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAF, NODE = b"\x00", b"\x01"


@dataclass(frozen=True)
class Beside:
    """One step of a path: the hash beside the way up, and on which side it lies."""

    hash: bytes
    left: bool


def leaf(data: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(LEAF + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of what stands above two."""
    return hashlib.sha256(NODE + left + right).digest()


def root(hashes: Iterable[bytes]) -> bytes:
    """The root over hashes of leaves, read once; nothing but one hash a level is kept."""
    peaks: list[tuple[int, bytes]] = []  # (level, hash), each level lower than the one before
    for one in hashes:
        level, above = 0, one
        while peaks and peaks[-1][0] == level:
            above = node(peaks.pop()[1], above)
            level += 1
        peaks.append((level, above))
    if not peaks:
        return hashlib.sha256().digest()
    above = peaks.pop()[1]
    while peaks:
        above = node(peaks.pop()[1], above)
    return above


def path(hashes: Sequence[bytes], index: int) -> list[Beside]:
    """What stands beside the way from the leaf at `index` up to the root, lowest first."""
    if len(hashes) == 1:
        return []
    half = 1 << (len(hashes) - 1).bit_length() - 1  # the largest power of two below
    if index < half:
        return [*path(hashes[:half], index), Beside(root(hashes[half:]), left=False)]
    return [*path(hashes[half:], index - half), Beside(root(hashes[:half]), left=True)]


def climbed(start: bytes, steps: Iterable[Beside]) -> bytes:
    """The root that a leaf's hash and its path lead to."""
    for beside in steps:
        start = node(beside.hash, start) if beside.left else node(start, beside.hash)
    return start
