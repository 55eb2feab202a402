"""What of a digest both its pages and its acts read: its numbers, and who may do what with it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.digests.drafting import Added
from engine.digests.kinds import Texts
from engine.digests.numbers import told
from engine.models import Digest, DigestNumber, RateDefinition, Snapshot
from engine.permissions import GRANTS, Actor

_number, _snapshot, _rate = table(DigestNumber), table(Snapshot), table(RateDefinition)


@dataclass(frozen=True)
class Value:
    """A number of a digest and the frozen figure behind it. told: as it is printed."""

    key: str
    name: Texts
    show: str
    snapshot_id: UUID
    numerator: int
    denominator: int
    told: str


def values(session: Session, digest_id: UUID) -> dict[str, Value]:
    """The numbers of a digest by key, in their order."""
    rows = session.execute(
        select(
            *(_number.c[name] for name in ("key", "name", "show", "snapshot_id")),
            _snapshot.c.numerator,
            _snapshot.c.denominator,
            _rate.c.content,
        )
        .join(_snapshot, _snapshot.c.id == _number.c.snapshot_id)
        .join(_rate, _rate.c.id == _snapshot.c.definition_id)
        .where(_number.c.digest_id == digest_id)
        .order_by(_number.c.position)
    )
    return {
        row.key: Value(
            row.key,
            row.name,
            row.show,
            row.snapshot_id,
            row.numerator,
            row.denominator,
            told(row.show, row.numerator, row.denominator, int(row.content.get("decimals", 1))),
        )
        for row in rows
    }


def by_hand(session: Session, digest_id: UUID) -> list[Added]:
    """The numbers that people added, as far as they can be counted again."""
    rows = session.execute(
        select(
            *(_number.c[name] for name in ("key", "name", "show")),
            _snapshot.c.scope,
            _rate.c.key.label("rate"),
        )
        .join(_snapshot, _snapshot.c.id == _number.c.snapshot_id)
        .join(_rate, _rate.c.id == _snapshot.c.definition_id)
        .where(_number.c.digest_id == digest_id, _number.c.added)
        .order_by(_number.c.position)
    )
    return [
        Added(
            row.key,
            row.name,
            row.rate,
            row.show,
            tuple(row.scope["units"]) if row.scope["units"] else None,
            row.scope["category"],
        )
        for row in rows
    ]


def next_number(session: Session, row: Digest) -> int:
    """The number that the next issue of this kind gets."""
    newest = session.scalar(
        select(func.max(Digest.number)).where(
            Digest.kind == row.kind, Digest.office_key == row.office_key
        )
    )
    return (newest or 0) + 1


def may(actor: Actor, grant: str, row: Digest) -> bool:
    """Whether one of the person's roles has this grant for the office of a digest."""
    return any(actor.acts_for(role, row.office_key) for role in GRANTS[grant])
