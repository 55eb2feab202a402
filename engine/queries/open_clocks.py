"""Open clocks (在走的时限): ledgers that are somebody's duty, with the words around them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.boards.sources import is_duty, unit_of_clock
from engine.boards.states import Moment
from engine.db import table
from engine.indexes import aside
from engine.models import Case, City, Deadline, Instance, Pack, Unit
from engine.packs import Limit
from engine.packs import Pack as PackContent
from engine.permissions import GRANTS, Actor
from engine.queries.compartments import not_about
from engine.working_time import Calendar

Text = Mapping[str, str]


@dataclass(frozen=True)
class Terms:
    """How the city counts time, and the versions of its packs by id."""

    calendar: Calendar
    packs: Mapping[UUID, PackContent]

    def using(self, process: str) -> "Terms":
        """With those packs alone that use a process, where any does."""
        return self._only(
            lambda pack: (
                process
                in {*pack.parts.values(), *(route["process"] for route in pack.items("routes"))}
            )
        )

    def serving(self, units: Collection[str]) -> "Terms":
        """With those packs alone that have an office among these units, where any has."""
        return self._only(lambda pack: not set(units).isdisjoint(pack.content["offices"].values()))

    def _only(self, wanted: Callable[[PackContent], bool]) -> "Terms":
        some = {key: pack for key, pack in self.packs.items() if wanted(pack)}
        return Terms(self.calendar, some or self.packs)

    def stated(self, name: str) -> Limit | None:
        """A limit as the newest pack that has it states it."""
        has = (pack for pack in reversed(list(self.packs.values())) if name in pack.limits)
        newest = next(has, None)
        return newest.limits[name] if newest else None

    def limit(self, name: str) -> Text:
        """What a limit is called; a budget written in the diagram is its own name."""
        known = self.stated(name)
        return {"zh": known.zh, "en": known.en} if known else {"zh": name, "en": name}

    def rung(self, key: str) -> Text:
        """What a rung of the ladder is called."""
        for pack in reversed(list(self.packs.values())):
            entry = pack.item("ladder", key)
            if entry:
                return {"zh": entry["zh"], "en": entry["en"]}
        return {"zh": key, "en": key}


@dataclass(frozen=True)
class Clock:
    """An open ledger of a case, with what a badge and an explanation need.

    budget: the ledger's own copy. source: who says so, empty for a budget of the diagram.
    """

    id: UUID
    limit: str
    name: Text
    source: Text
    budget: str
    extended: str
    started_at: datetime
    due_at: datetime | None
    provisional: bool
    unit_key: str
    unit: Text
    settled_at: datetime | None
    settled_as: str


def terms(session: Session) -> Terms:
    """Calendar and packs, in one statement once they are known to the process."""
    rows = session.execute(
        select(City.calendar_revision, City.timezone, Pack.id)
        .select_from(City)
        .outerjoin(Pack, true())
        .order_by(Pack.key, Pack.version)
    ).all()
    calendar = deployed.calendar(session, rows[0].calendar_revision, rows[0].timezone)
    keys = [row.id for row in rows if row.id is not None]
    return Terms(calendar, {key: deployed.pack(session, key) for key in keys})


def offices(actor: Actor) -> frozenset[str]:
    """The offices whose cases the person supervises."""
    keys: set[str] = set()
    for role in GRANTS["supervision.read"]:
        keys |= actor.scope.get(role, frozenset())
    return frozenset(keys)


def cases_of(actor: Actor, *, by_office: bool = True) -> tuple[ColumnElement[bool], ...]:
    """The conditions on a case of the offices the person supervises.

    by_office: whether it is by its office that a case is found.
    """
    office: ColumnElement[str] = table(Case).c.office_key
    office = office if by_office else aside(office)
    return office.in_(sorted(offices(actor))), not_about(actor)


def moment(known: Terms) -> Moment:
    """Now, as the city counts time."""
    return Moment(clock.now(), known.calendar, known.packs)


def of_case(session: Session, case_id: UUID, pack: PackContent) -> list[Clock]:
    """The open clocks of one case, the most urgent first, in one statement."""
    found = (
        named_clocks()
        .where(Deadline.case_id == case_id, is_duty())
        .order_by(Deadline.due_at.is_(None), Deadline.due_at, Deadline.id)
    )
    return [clock_of(row, pack) for row in session.execute(found)]


def named_clocks() -> Select[Any]:
    """Ledgers with the columns `clock_of` reads; say which."""
    return (
        select(Deadline.instance_id, Deadline.case_id, *columns(), Unit.name_zh, Unit.name_en)
        .join(Case, Case.id == Deadline.case_id)
        .join(Instance, Instance.id == Deadline.instance_id)
        .outerjoin(Unit, Unit.key == unit_of_clock())
    )


def columns() -> list[ColumnElement[Any]]:
    """A ledger's own columns of a clock."""
    names = ("id", "limit", "budget", "extended", "started_at", "due_at", "provisional")
    own = [table(Deadline).c[name] for name in (*names, "settled_at", "settled_as")]
    return [*own, unit_of_clock().label("unit_key")]


def clock_of(row: Any, pack: PackContent) -> Clock:
    """A clock from its columns, named by the pack its case began with."""
    limit = pack.limits.get(row.limit)
    return Clock(
        id=row.id,
        limit=row.limit,
        name={"zh": limit.zh, "en": limit.en} if limit else {"zh": row.limit, "en": row.limit},
        source=limit.source if limit else {},
        budget=row.budget,
        extended=row.extended,
        started_at=row.started_at,
        due_at=row.due_at,
        provisional=row.provisional,
        unit_key=row.unit_key,
        unit=named(row.name_zh, row.name_en, row.unit_key),
        settled_at=row.settled_at,
        settled_as=row.settled_as,
    )


def named(zh: str | None, en: str | None, key: str | None = "") -> Text:
    """The names of a unit or a person; the key where there is none."""
    return {"zh": zh or key or "", "en": en or zh or key or ""}


def names(known: Terms, limits: Iterable[str]) -> dict[str, Text]:
    """The names of these limits, in the order the packs list them."""
    order: dict[str, None] = {}
    for pack in known.packs.values():
        order |= dict.fromkeys(pack.limits)
    wanted = set(limits)
    listed = [name for name in order if name in wanted]
    return {name: known.limit(name) for name in [*listed, *sorted(wanted - set(listed))]}
