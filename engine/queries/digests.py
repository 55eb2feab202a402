"""Digests (专报、摘报) to read: the list, and one with its numbers and what was written on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed
from engine.db import table
from engine.digests import kinds
from engine.digests.kinds import Texts
from engine.digests.reading import Value, values
from engine.errors import NotFound
from engine.models import City, Digest, Person
from engine.permissions import Actor
from engine.rates.counting import viewer

MOST = 100


@dataclass(frozen=True)
class Listed:
    """A digest in the list."""

    id: UUID
    name: Texts
    office: Texts
    number: int | None
    status: str
    since: datetime
    until: datetime
    made_at: datetime
    issued_at: datetime | None

    @property
    def last(self) -> datetime:
        """An instant of its last day."""
        return self.until - timedelta(hours=1)


@dataclass(frozen=True)
class Opened:
    """A digest with everything its page shows. people: names of who did its steps, by hex id."""

    row: Digest
    name: Texts
    office: Texts
    values: Mapping[str, Value]
    people: Mapping[str, Texts]


def offices_of(actor: Actor) -> frozenset[str]:
    """The offices whose digests a person may read."""
    return viewer(actor).offices or frozenset()


def listed(session: Session, actor: Actor) -> Sequence[Listed]:
    """The newest digests, those being written first."""
    names = _units(session)
    rows = session.execute(
        select(
            *(table(Digest).c[name] for name in ("id", "kind", "office_key", "offices", "number")),
            *(table(Digest).c[name] for name in ("status", "since", "until", "made_at")),
            table(Digest).c.issued_at,
        )
        .where(table(Digest).c.office_key.in_(sorted(offices_of(actor))))
        .order_by(table(Digest).c.issued_at.is_not(None), table(Digest).c.made_at.desc())
        .limit(MOST)
    )
    return [
        Listed(
            row.id,
            _kind_name(row.kind),
            names.get(row.office_key, {"zh": row.office_key, "en": row.office_key}),
            row.number,
            row.status,
            row.since,
            row.until,
            row.made_at,
            row.issued_at,
        )
        for row in rows
        if offices_of(actor).issuperset(row.offices)
    ]


def opened(session: Session, actor: Actor, digest_id: UUID) -> Opened:
    """One digest. Raises `NotFound` where the person may not count what it counts."""
    row = session.get(Digest, digest_id)
    if row is None:
        raise NotFound("No such digest.")
    require_readable(actor, row)
    return of_row(session, row)


def require_readable(actor: Actor, row: Digest) -> None:
    """Raise `NotFound` where the person may not count what it counts."""
    if not offices_of(actor).issuperset([row.office_key, *row.offices]):
        raise NotFound("No such digest.")


def periods_there(session: Session, kind: str, office: str) -> frozenset[str]:
    """The periods that have a digest of this kind."""
    rows = session.scalars(
        select(Digest.period).where(Digest.kind == kind, Digest.office_key == office)
    )
    return frozenset(rows)


def of_row(session: Session, row: Digest) -> Opened:
    """The same for one that was read already."""
    names = _units(session)
    return Opened(
        row=row,
        name=_kind_name(row.kind),
        office=names.get(row.office_key, {"zh": row.office_key, "en": row.office_key}),
        values=values(session, row.id),
        people=_people(session, {step["by"] for step in row.steps if step["by"]}),
    )


def _kind_name(key: str) -> Texts:
    found = kinds.kinds().get(key)
    return found.name if found else {"zh": key, "en": key}


def _units(session: Session) -> Mapping[str, Texts]:
    revision = session.scalars(select(City.organisation_revision)).one()
    return deployed.unit_names(session, revision)


def _people(session: Session, ids: set[str]) -> dict[str, Any]:
    if not ids:
        return {}
    rows = session.execute(
        select(Person.id, Person.name_zh, Person.name_en).where(
            Person.id.in_([UUID(one) for one in ids])
        )
    )
    return {row.id.hex: {"zh": row.name_zh, "en": row.name_en or row.name_zh} for row in rows}
