"""The packs (制度包) that are deployed: which version runs where, and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.errors import NotFound
from engine.models import Case, CaseStatus, Pack
from engine.packs import Pack as PackContent

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Version:
    """One version. open: cases that go by it and are not over."""

    version: int
    deployed_at: datetime
    open: int


@dataclass(frozen=True)
class PackLine:
    """The newest version of a pack. base: another pack extends it."""

    pack: PackContent
    version: int
    deployed_at: datetime
    open: int
    base: bool


def newest(session: Session) -> list[PackLine]:
    """Every pack's newest version, those that are extended by others last; three statements."""
    open_cases = _open(session)
    rows = session.execute(
        select(Pack.id, Pack.key, Pack.version, Pack.deployed_at).order_by(Pack.key, Pack.version)
    ).all()
    last = {row.key: row for row in rows}
    packs = {key: deployed.pack(session, row.id) for key, row in last.items()}
    bases = {pack.extends for pack in packs.values()}
    lines = [
        PackLine(
            packs[key],
            row.version,
            row.deployed_at,
            sum(count for (of, _), count in open_cases.items() if of == key),
            key in bases,
        )
        for key, row in last.items()
    ]
    return sorted(lines, key=lambda line: (line.base, line.pack.key))


def versions(session: Session, key: str) -> tuple[PackContent, Sequence[Version]]:
    """The newest version of a pack, and all there are, newest first. Raises `NotFound`."""
    rows = (
        session.execute(
            select(Pack.id, Pack.version, Pack.deployed_at)
            .where(Pack.key == key)
            .order_by(Pack.version.desc())
        ).all()
        if key.isprintable()
        else []
    )
    if not rows:
        raise NotFound("No such pack.")
    open_cases = _open(session)
    return deployed.pack(session, rows[0].id), [
        Version(row.version, row.deployed_at, open_cases.get((key, row.version), 0)) for row in rows
    ]


def _open(session: Session) -> Mapping[tuple[str, int], int]:
    rows = session.execute(
        select(Pack.key, Pack.version, func.count())
        .join(Case, Case.pack_id == Pack.id)
        .where(Case.status.in_((CaseStatus.OPEN, CaseStatus.MERGED)), ~Case.sealed)
        .group_by(Pack.key, Pack.version)
    )
    return {(key, version): count for key, version, count in rows}
