"""Who is affected by another version of a pack: its cases, limits, and the seats that see them.

Running cases stay on their version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.db import table
from engine.models import Case, CaseStatus, Membership, Pack, Person, Unit, UnitKind
from engine.packs import Pack as PackContent
from engine.permissions import OFFICE_ROLES, Actor
from engine.queries import compartments
from engine.queries.affected_limits import LimitChange, limits

Text = Mapping[str, str]
_OPEN = (CaseStatus.OPEN, CaseStatus.MERGED)
_case, _pack = table(Case), table(Pack)


@dataclass(frozen=True)
class Sight:
    """A role, or what comes by a channel, that goes to another unit; for what comes from now on.

    kind: role or channel. losing, gaining: people who see such cases no more, or newly.
    """

    kind: str
    key: str
    text: Text
    old: Text | None
    new: Text | None
    losing: int
    gaining: int


@dataclass(frozen=True)
class Gone:
    """A category or channel that is not there any more. open: running cases that have it."""

    section: str
    key: str
    text: Text
    open: int


@dataclass(frozen=True)
class AffectedByPack:
    """Who is affected. versions: (version, running cases on it), those without any left out."""

    versions: tuple[tuple[int, int], ...]
    limits: tuple[LimitChange, ...]
    sight: tuple[Sight, ...]
    gone: tuple[Gone, ...]

    @property
    def running(self) -> int:
        """All running cases of the pack; none of them is changed."""
        return sum(number for _, number in self.versions)


def of_pack(session: Session, actor: Actor, new: PackContent) -> AffectedByPack:
    """What putting `new` into use means for whom, against the newest version there is."""
    newest = {one.key: one for one in deployed.newest_packs(session)}
    old = newest.get(new.key)
    if old is None:
        return AffectedByPack((), (), (), ())
    return AffectedByPack(
        _versions(session, actor, new.key),
        limits(session, actor, old, new),
        tuple(_sight(session, old, new)),
        tuple(_gone(session, actor, old, new)),
    )


def _versions(session: Session, actor: Actor, key: str) -> tuple[tuple[int, int], ...]:
    rows = session.execute(
        select(_pack.c.version, func.count())
        .join(_case, _case.c.pack_id == _pack.c.id)
        .where(
            _pack.c.key == key,
            _case.c.status.in_(_OPEN),
            compartments.known(_case.c.id, actor),
        )
        .group_by(_pack.c.version)
        .order_by(_pack.c.version.desc())
    ).all()
    return tuple((version, number) for version, number in rows)


def _sight(session: Session, old: PackContent, new: PackContent) -> list[Sight]:
    moved: list[tuple[str, str, Text, str | None, str | None, frozenset[str]]] = []
    for kind, section, office in (
        ("role", "roles", PackContent.office),
        ("channel", "channels", PackContent.reception),
    ):
        for key, text in {**old.names(section), **new.names(section)}.items():
            was = office(old, key) if old.item(section, key) else None
            becomes = office(new, key) if new.item(section, key) else None
            if was != becomes:
                roles = frozenset({key}) if kind == "role" else frozenset(map(str, OFFICE_ROLES))
                moved.append((kind, key, text, was, becomes, roles))
    if not moved:
        return []
    seats = _Seats(session)
    return [
        Sight(
            kind,
            key,
            text,
            seats.name(was),
            seats.name(becomes),
            len(seats.people(roles, was) - seats.people(roles, becomes)),
            len(seats.people(roles, becomes) - seats.people(roles, was)),
        )
        for kind, key, text, was, becomes, roles in moved
    ]


class _Seats:
    """Who acts for which unit in which role: for their own and all below, but compartments."""

    def __init__(self, session: Session) -> None:
        units = session.execute(select(Unit.key, Unit.path, Unit.kind, Unit.name_zh, Unit.name_en))
        self._units = {row.key: row for row in units}
        self._closed = [
            row.path for row in self._units.values() if row.kind == UnitKind.COMPARTMENT
        ]
        self._posts = session.execute(
            select(Membership.role, Membership.unit_key, Membership.person_id).join(
                Person, and_(Person.id == Membership.person_id, Person.active)
            )
        ).all()

    def name(self, key: str | None) -> Text | None:
        if key is None:
            return None
        unit = self._units.get(key)
        return {"zh": unit.name_zh, "en": unit.name_en or unit.name_zh} if unit else {"zh": key}

    def people(self, roles: frozenset[str], key: str | None) -> set[UUID]:
        unit = self._units.get(key) if key else None
        if unit is None:
            return set()
        return {
            post.person_id
            for post in self._posts
            if post.role in roles and self._reaches(self._units[post.unit_key].path, unit.path)
        }

    def _reaches(self, above: str, path: str) -> bool:
        within = [one for one in self._closed if path.startswith(one)]
        return path.startswith(above) and all(above.startswith(one) for one in within)


def _gone(session: Session, actor: Actor, old: PackContent, new: PackContent) -> list[Gone]:
    found = []
    for section, column in (("categories", _case.c.category), ("channels", _case.c.channel)):
        names = old.names(section)
        away = [key for key in names if new.item(section, key) is None]
        if not away:
            continue
        rows = session.execute(
            select(column, func.count())
            .join(_pack, _pack.c.id == _case.c.pack_id)
            .where(
                _pack.c.key == old.key,
                column.in_(away),
                _case.c.status.in_(_OPEN),
                compartments.known(_case.c.id, actor),
            )
            .group_by(column)
        ).all()
        running = {key: number for key, number in rows}  # noqa: C416 rows are tuples of their own
        found += [Gone(section, key, names[key], running.get(key, 0)) for key in away]
    return found
