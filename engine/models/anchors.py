"""Anchors: what of all histories was fixed and printed, night by night."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base


class Anchor(Base):
    """One night's Merkle root over the heads of all streams, chained to the last (存证).

    Printed are number to hash. missed: days before it that have none. changes: digest of what
    changed since the last one. The four counters leave sealed cases out and never fall. Not
    printed are tallies (all cases counted, their digest is a leaf), blinding (the secret behind
    places and salts) and nodes (the hash of each bucket, of the newest anchor only).
    """

    __tablename__ = "anchor"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    on: Mapped[date] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    missed: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    changes: Mapped[bytes] = mapped_column(LargeBinary(32))
    contacts: Mapped[int]
    cases: Mapped[int]
    slips: Mapped[int]
    matters: Mapped[int]
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    tallies: Mapped[dict[str, Any]]
    blinding: Mapped[bytes] = mapped_column(LargeBinary(32))
    buckets: Mapped[int]
    nodes: Mapped[bytes | None] = mapped_column(LargeBinary)


class AnchorBucket(Base):
    """A part of the newest anchor's leaves (存证分组), by the first bits of their places.

    content: as `engine.anchors.packed` writes it.
    """

    __tablename__ = "anchor_bucket"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class AnchorChange(Base):
    """Leaves that changed with an anchor (存证变动); never changed again themselves."""

    __tablename__ = "anchor_change"

    anchor_number: Mapped[int] = mapped_column(ForeignKey("anchor.number"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
