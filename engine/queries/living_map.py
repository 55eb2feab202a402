"""The living map (运行地图): a deployed diagram with what the cases of a period did on it.

Few cases are read as they are; where there are many, what a worker counted within the minute is
taken, and the few that are kept from somebody are counted for whoever looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.boards import tally as units
from engine.boards.sources import apart
from engine.bpmn.specification import Element
from engine.db import table
from engine.deployed import Deployed
from engine.models import Case, CaseStatus, City, MapCase, MapCount, MapState
from engine.permissions import Actor, may
from engine.queries import open_clocks, packs_in_use
from engine.queries.compartments import hidden_from
from engine.queries.open_clocks import Text
from engine.traces import months, walks
from engine.traces.tally import PROCESS, Elements, Fold, Place, Tally, Trace, added
from engine.working_time import Calendar, OfficeHours

LIVE_MOST = 300
_TASKS = frozenset({"user", "manual"})
_case, _city = table(Case), table(City)
_kept, _count, _state = table(MapCase), table(MapCount), table(MapState)


@dataclass(frozen=True)
class Period:
    """Months, both included, in which cases were received."""

    first: str
    last: str


@dataclass(frozen=True)
class Asked:
    """What is looked at. unit: with all below it; category: "-" for those that have none."""

    process: str
    unit: str = ""
    category: str = ""


@dataclass(frozen=True)
class Step:
    """An element with its numbers. kind: as of `Element`; "stage" for a stage. name: or nothing."""

    element: str
    name: Text
    kind: str
    tally: Tally


@dataclass(frozen=True)
class Stage:
    """A stage with its tasks, in the order of the file; without an element: those of none."""

    step: Step | None
    tasks: tuple[Step, ...]


@dataclass(frozen=True)
class Drawing:
    """The version that is drawn, and its elements. gone: those of earlier versions by id."""

    definition_id: UUID
    key: str
    version: int
    name: Text
    stages: tuple[Stage, ...]
    others: tuple[Step, ...]
    gone: tuple[Step, ...]

    def steps(self) -> list[Step]:
        """Every element that is drawn."""
        own = [one.step for one in self.stages if one.step is not None]
        return [*own, *(task for one in self.stages for task in one.tasks), *self.others]


@dataclass(frozen=True)
class Numbers:
    """What the cases of a period did. counted_at: None if there are many and nobody has counted."""

    period: Period
    elements: Mapping[str, Tally]
    counted_at: datetime | None

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return self.of(PROCESS).cases

    def of(self, element: str) -> Tally:
        """The numbers of an element."""
        return self.elements.get(element) or Tally()


@dataclass(frozen=True)
class Ground:
    """What is asked once for all that is shown: the city's calendar and units, who looks.

    hours: of the nearest pack, to say times in days. offices: whose cases are counted; None for
    all.
    """

    calendar: Calendar
    hours: OfficeHours
    upwards: units.Above
    unit_names: Mapping[str, Text]
    categories: Mapping[str, Text]
    offices: frozenset[str] | None
    actor: Actor
    counted_at: datetime | None

    def conditions(self, of: Table = _case) -> list[ColumnElement[bool]]:
        """That a case, or what is kept of one, is what the person's numbers are about."""
        known = of.c.id.not_in(hidden_from(self.actor))
        own = [] if self.offices is None else [of.c.office_key.in_(sorted(self.offices))]
        return [known, *own]

    def bounds(self, period: Period) -> tuple[datetime, datetime]:
        """When a period begins, and when it is over."""
        after = months.later(period.last, 1)
        return months.begin(period.first, self.calendar), months.begin(after, self.calendar)

    def this_month(self) -> str:
        """The month of today."""
        return months.month_of(clock.now(), self.calendar)


def ground(session: Session, actor: Actor) -> Ground:
    """Whoever supervises sees the cases of the own offices; a designer the numbers of all."""
    head = session.execute(
        select(
            _city.c.calendar_revision,
            _city.c.organisation_revision,
            _city.c.timezone,
            packs_in_use.NEWEST.label("packs"),
            select(_state.c.refreshed_at).scalar_subquery().label("counted_at"),
        )
    ).one()
    packs = packs_in_use.nearest(packs_in_use.named(session, head.packs), actor)
    return Ground(
        calendar=deployed.calendar(session, head.calendar_revision, head.timezone),
        hours=packs[0].hours if packs else OfficeHours(),
        upwards=units.above(deployed.unit_paths(session, head.organisation_revision)),
        unit_names=deployed.unit_names(session, head.organisation_revision),
        categories={
            one["key"]: {"zh": one["zh"], "en": one["en"]}
            for pack in reversed(packs)
            for one in pack.items("categories")
        },
        offices=open_clocks.offices(actor) if may(actor, "supervision.read") else None,
        actor=actor,
        counted_at=head.counted_at,
    )


def numbers(session: Session, over: Ground, asked: Asked, period: Period) -> Numbers:
    """What the cases of a period did; at most five statements."""
    keys = few_cases(session, over, period)
    if keys is not None:
        live = walks.read(session, keys, over.calendar)
        return Numbers(period, _of(over, asked, live), clock.now())
    rows = session.scalars(
        select(_count.c.elements).where(
            _count.c.process == asked.process,
            _count.c.unit_key == asked.unit,
            _count.c.category == asked.category,
            _count.c.month.between(period.first, period.last),
            *([] if over.offices is None else [_count.c.office_key.in_(sorted(over.offices))]),
        )
    )
    found = added(rows)
    few = session.execute(
        select(_kept)
        .join(_case, _case.c.id == _kept.c.id)
        .where(apart(), _kept.c.apart, *_within(over, period), *over.conditions())
    ).all()
    for element, tally in _of(over, asked, few).items():
        found.setdefault(element, Tally()).join(tally)
    return Numbers(period, found, over.counted_at)


def few_cases(session: Session, over: Ground, period: Period) -> Sequence[UUID] | None:
    """The cases of a period, if they are few enough to be read as they are."""
    # All states are named, so that an index serves.
    of_any = _case.c.status.in_([str(one) for one in CaseStatus])
    keys = session.scalars(
        select(_case.c.id)
        .where(of_any, *_within(over, period), *over.conditions())
        .limit(LIVE_MOST + 1)
    ).all()
    return keys if len(keys) <= LIVE_MOST else None


def _within(over: Ground, period: Period) -> list[ColumnElement[bool]]:
    """That a case was received in a period."""
    begin, end = over.bounds(period)
    return [_case.c.received_at >= begin, _case.c.received_at < end]


def _of(over: Ground, asked: Asked, rows: Sequence[Any]) -> Elements:
    """What some cases add up to for what is asked."""
    fold = Fold(over.upwards)
    for row in rows:
        walk = walks.told(row.walk) if isinstance(row.walk, str) else row.walk
        only = {asked.process: walk[asked.process]} if asked.process in walk else {}
        fold.add(Trace("", row.unit_key, row.category, "", only))
    wanted = Place(asked.process, "", asked.unit, asked.category, "")
    return dict(fold.rows()).get(wanted, {})


def drawing(session: Session, key: str, told: Sequence[Numbers]) -> Drawing:
    """The newest version of a process with the first of these numbers. Raises `NotFound`."""
    process = deployed.latest(session, key)
    first, elements = told[0], process.specification.elements
    counted = {name for one in told for name in one.elements} - {PROCESS}

    def step(element: Element, kind: str = "") -> Step:
        name = {
            "zh": " ".join(element.name.split()),
            "en": " ".join(element.name_en.split()) or " ".join(element.name.split()),
        }
        return Step(element.id, name, kind or element.kind, first.of(element.id))

    tasks: dict[str, list[Step]] = {}
    for element in elements.values():
        if element.kind in _TASKS:
            tasks.setdefault(element.stage or "", []).append(step(element))
    stages = [
        Stage(step(stage, "stage"), tuple(tasks.pop(stage.id, ())))
        for stage in process.specification.stages
    ]
    rest = tuple(task for some in tasks.values() for task in some)
    shown = {one.id for one in process.specification.stages}
    return Drawing(
        definition_id=process.id,
        key=process.key,
        version=process.version,
        name=_name(process),
        stages=(*stages, Stage(None, rest)) if rest else tuple(stages),
        others=tuple(
            step(one)
            for one in elements.values()
            if one.id in counted and one.kind not in _TASKS and one.id not in shown
        ),
        gone=tuple(
            Step(name, {"zh": "", "en": ""}, "", first.of(name))
            for name in sorted(counted - set(elements))
        ),
    )


def _name(process: Deployed) -> Text:
    name = process.specification.name or process.key
    return {"zh": name, "en": process.specification.name_en or name}
