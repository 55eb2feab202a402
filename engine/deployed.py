"""What is deployed, read once per process: definitions, packs, the calendar.

Definitions and packs never change once written, so they are kept by id. The calendar is kept
by its revision, which every command reads along with its rows.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from engine import succession, unit_hours
from engine.bpmn.parser import parse
from engine.bpmn.specification import Element, Specification
from engine.errors import NotFound
from engine.models import CalendarDay, City, Definition, Pack, Unit, UnitKind
from engine.packs import Pack as PackContent
from engine.packs import from_content
from engine.working_time import Calendar, Day, OfficeHours


@dataclass(frozen=True)
class Deployed:
    """One version of a process with the decisions and forms it was deployed with."""

    id: UUID
    key: str
    version: int
    specification: Specification
    forms: Mapping[str, dict[str, Any]]

    def form(self, name: str) -> dict[str, Any]:
        """The JSON Schema of a user task's form. Raises `NotFound`."""
        try:
            return self.forms[name]
        except KeyError:
            raise NotFound(f"The process has no form {name!r}.") from None

    def asking_for(self, record: str) -> Element | None:
        """The first user task whose form is kept as this kind of record, or None."""
        for element in self.specification.elements.values():
            if element.form and self.forms.get(element.form, {}).get("x-record") == record:
                return element
        return None


NEWEST_PACKS = (
    select(Pack.key, func.max(Pack.version).label("version")).group_by(Pack.key).subquery()
)
# In the order of the fields of `Day`.
_DAYS = select(
    CalendarDay.on,
    CalendarDay.working,
    CalendarDay.source,
    CalendarDay.provisional,
    CalendarDay.name_zh,
    CalendarDay.name_en,
)


class _Kept:
    """A small table of values by key, the longest unused dropped first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Any, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Any) -> Any:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        return None

    def put(self, key: Any, value: Any) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)


_definitions = _Kept(200)
_packs = _Kept(200)
_calendars = _Kept(8)
_organisations = _Kept(8)
_unit_names = _Kept(8)
_compartments = _Kept(8)
_cities = _Kept(200)
_successors = _Kept(8)
_unit_hours = _Kept(8)


def definition(session: Session, definition_id: UUID) -> Deployed:
    """The deployed process of this id. Raises `NotFound`."""
    known = _definitions.get(definition_id)
    if known is None:
        known = _read_definition(session, definition_id)
        _definitions.put(definition_id, known)
    return known  # type: ignore[no-any-return]


def latest(session: Session, key: str) -> Deployed:
    """The version of process `key` that new instances take. Raises `NotFound`."""
    newest = session.scalar(
        select(Definition.id)
        .where(Definition.kind == "bpmn", Definition.key == key)
        .order_by(Definition.version.desc())
        .limit(1)
    )
    if newest is None:
        raise NotFound(f"No process {key!r} is deployed.")
    return definition(session, newest)


def pack(session: Session, pack_id: UUID) -> PackContent:
    """The pack version of this id. Raises `NotFound`."""
    known = _packs.get(pack_id)
    if known is None:
        row = session.get(Pack, pack_id)
        if row is None:
            raise NotFound("No such pack.")
        known = from_content(row.content)
        _packs.put(pack_id, known)
    return known  # type: ignore[no-any-return]


def pack_of(session: Session, content: Mapping[str, Any], *, fits: bool = False) -> PackContent:
    """A content as a pack, joined with the newest version of what it extends if it is a file's.

    fits: as `from_content` takes it. Raises `InvalidPack`.
    """
    extends = content.get("extends")
    if "stated" in content or not isinstance(extends, str):
        return from_content(content, fits=fits)
    base = session.scalar(
        select(Pack.id).where(Pack.key == extends).order_by(Pack.version.desc()).limit(1)
    )
    return from_content(content, pack(session, base) if base else None, fits=fits)


def newest_packs(session: Session) -> list[PackContent]:
    """The newest version of each pack, by key."""
    ids = session.scalars(
        select(Pack.id)
        .join(
            NEWEST_PACKS,
            and_(Pack.key == NEWEST_PACKS.c.key, Pack.version == NEWEST_PACKS.c.version),
        )
        .order_by(Pack.key)
    ).all()
    return [pack(session, key) for key in ids]


def calendar(session: Session, revision: int, timezone: str) -> Calendar:
    """The working-day calendar as of `revision`."""
    key = (session.get_bind().engine, revision)
    known = _calendars.get(key)
    if known is None:
        days = {row.on: Day(*row[1:]) for row in session.execute(_DAYS)}
        known = Calendar(days, ZoneInfo(timezone))
        _calendars.put(key, known)
    return known  # type: ignore[no-any-return]


def unit_paths(session: Session, revision: int) -> Mapping[str, str]:
    """The path of each active unit by its key, as of the organisation's `revision`."""
    key = (session.get_bind().engine, revision)
    known = _organisations.get(key)
    if known is None:
        rows = session.execute(select(Unit.key, Unit.path).where(Unit.active))
        known = {row.key: row.path for row in rows}
        _organisations.put(key, known)
    return known  # type: ignore[no-any-return]


def successors(session: Session, revision: int) -> Mapping[str, str]:
    """The active unit that took over from each closed one that has such, by the closed key."""
    key = (session.get_bind().engine, revision)
    known = _successors.get(key)
    if known is None:
        rows = session.execute(
            select(Unit.key, Unit.successor_key).where(
                Unit.active.is_(False), Unit.successor_key.is_not(None)
            )
        )
        said = {row.key: row.successor_key for row in rows}
        known = succession.final(said, unit_keys(session, revision))
        _successors.put(key, known)
    return known  # type: ignore[no-any-return]


def hours_of_units(session: Session, revision: int) -> Mapping[str, OfficeHours]:
    """The working hours of each active unit that has some, its own or of one above it."""
    key = (session.get_bind().engine, revision)
    known = _unit_hours.get(key)
    if known is None:
        rows = session.execute(select(Unit.key, Unit.hours).where(Unit.active, Unit.hours != ""))
        said = {row.key: row.hours for row in rows}
        known = unit_hours.inherited(said, unit_paths(session, revision))
        _unit_hours.put(key, known)
    return known  # type: ignore[no-any-return]


def compartments(session: Session, revision: int) -> Sequence[str]:
    """The paths of all compartments as of the organisation's `revision`."""
    key = (session.get_bind().engine, revision)
    known = _compartments.get(key)
    if known is None:
        found = session.scalars(select(Unit.path).where(Unit.kind == UnitKind.COMPARTMENT))
        known = tuple(sorted(found))
        _compartments.put(key, known)
    return known  # type: ignore[no-any-return]


def unit_keys(session: Session, revision: int) -> frozenset[str]:
    """The keys of all active units as of the organisation's `revision`."""
    return frozenset(unit_paths(session, revision))


def city_units(session: Session, revision: int, office: str) -> frozenset[str]:
    """Keys of the active units of the city that `office` belongs to.

    An office with nothing above it serves them all. Without the compartments the office is not
    in: nothing is sent to them by hand.
    """
    key = (session.get_bind().engine, revision, office)
    known = _cities.get(key)
    if known is None:
        paths = unit_paths(session, revision)
        own = paths.get(office, "/")
        above = own.strip("/").split("/")[:-1]
        city = f"/{above[0]}/" if above else "/"
        closed = tuple(one for one in compartments(session, revision) if not own.startswith(one))
        known = frozenset(
            unit
            for unit, path in paths.items()
            if path.startswith(city) and not path.startswith(closed)
        )
        _cities.put(key, known)
    return known  # type: ignore[no-any-return]


def unit_names(session: Session, revision: int) -> Mapping[str, Mapping[str, str]]:
    """What every unit is called, `{"zh", "en"}` by key in the tree's order; closed ones too."""
    key = (session.get_bind().engine, revision)
    known = _unit_names.get(key)
    if known is None:
        rows = session.execute(select(Unit.key, Unit.name_zh, Unit.name_en).order_by(Unit.path))
        known = {row.key: {"zh": row.name_zh, "en": row.name_en or row.name_zh} for row in rows}
        _unit_names.put(key, known)
    return known  # type: ignore[no-any-return]


def current_calendar(session: Session) -> Calendar:
    """The calendar as it stands, for callers that have not read the city's row."""
    city = session.execute(select(City.calendar_revision, City.timezone)).one()
    return calendar(session, city.calendar_revision, city.timezone)


def _read_definition(session: Session, definition_id: UUID) -> Deployed:
    row = session.get(Definition, definition_id)
    if row is None:
        raise NotFound("No such process definition.")
    used = {
        UUID(hex=used_id)
        for part in ("decisions", "forms")
        for used_id in row.uses.get(part, {}).values()
    }
    contents = {
        found.id: found.content
        for found in session.scalars(select(Definition).where(Definition.id.in_(used)))
    }
    decisions = {
        key: contents[UUID(hex=used_id)] for key, used_id in row.uses.get("decisions", {}).items()
    }
    forms = {
        key: orjson.loads(contents[UUID(hex=used_id)])
        for key, used_id in row.uses.get("forms", {}).items()
    }
    return Deployed(
        row.id, row.key, row.version, parse(row.key, row.content, decisions, deployed=True), forms
    )
