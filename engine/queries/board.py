"""The supervision board (监督): which cases slip, whose they are, how far their ladders are.

Everything is counted by SQL over open clocks and ladders; no instance is loaded.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    and_,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from engine import clock
from engine.models import (
    Case,
    Instance,
    Supervision,
    SupervisionStatus,
    SupervisionStep,
    TaskStatus,
    Unit,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import open_clocks
from engine.queries.open_clocks import CLOCK_STATES, Clock, State, Terms, Text
from engine.working_time import Calendar, OfficeHours

PAGE = 50
RUNGS = ("phone", "order", "interview", "commitment", "referral")
OFTEN_RETURNED = 2


@dataclass(frozen=True)
class Filters:
    """What the list shows; empty: every case that needs attention.

    unit: whose clock runs, or whom a ladder is about. limit: a limit's name. rung: where a
    ladder stands. page: from 1.
    """

    unit: str = ""
    limit: str = ""
    state: str = ""
    rung: str = ""
    page: int = 1


@dataclass(frozen=True)
class Counts:
    """Cases, each counted once: with any clock running, and by state."""

    running: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)

    def of(self, state: str) -> int:
        """How many are in this state."""
        return self.by_state.get(state, 0)

    @property
    def overdue(self) -> int:
        """Cases with a clock that has run out."""
        return self.of(State.OVERDUE)


@dataclass(frozen=True)
class UnitCounts:
    """One unit's row of the matrix; limits: its counts by limit."""

    key: str
    name: Text
    all: Counts
    limits: Mapping[str, Counts]


@dataclass(frozen=True)
class Ladder:
    """An open ladder as a row shows it.

    standing: the rung it is on. done: the rungs done. said: what was promised or demanded last.
    """

    number: str
    cause: str
    target: str
    standing: str
    done: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True)
class Attention:
    """One case of the list with the most urgent of its clocks that were asked for."""

    number: str
    title: str
    confidential: bool
    stage: Text
    unit: Text
    unit_key: str
    bounces: int
    clock: Clock | None
    hours: OfficeHours
    ladders: tuple[Ladder, ...]

    def asked(self, rung: str) -> bool:
        """Whether somebody has asked for this rung about this unit, and it is open."""
        return any(
            (ladder.cause, ladder.target) == (f"asked_{rung}", self.unit_key)
            for ladder in self.ladders
        )


@dataclass(frozen=True)
class Board:
    """All that the page shows. counts: of the unit that was asked for, else of all."""

    counts: Counts
    units: tuple[UnitCounts, ...]
    limits: Mapping[str, Text]
    rungs: Mapping[str, int]
    rung_names: Mapping[str, Text]
    rows: tuple[Attention, ...]
    total: int
    page: int
    calendar: Calendar
    seen_at: datetime

    @property
    def units_overdue(self) -> int:
        """How many units have a clock that has run out."""
        return sum(1 for unit in self.units if unit.all.overdue)


def board(session: Session, actor: Actor, filters: Filters) -> Board:
    """The board of the offices the person supervises, in five statements."""
    keys = open_clocks.offices(actor)
    known = open_clocks.terms(session)
    clocks = open_clocks.clocks(keys, known)
    everything, units = _clock_counts(session, clocks)
    one = next((unit.all for unit in units if unit.key == filters.unit), Counts())
    counts = one if filters.unit else everything
    rungs = _ladder_counts(session, keys, filters.unit)
    found, total, page = _page(session, clocks, keys, filters)
    ladders = ladders_of(session, [row.case_id for row in found])
    return Board(
        counts=Counts(
            counts.running,
            {
                **counts.by_state,
                State.RETURNED: rungs.pop(State.RETURNED, 0),
                State.SUPERVISED: rungs.pop(State.SUPERVISED, 0),
            },
        ),
        units=units,
        limits=open_clocks.names(known, {limit for unit in units for limit in unit.limits}),
        rungs={**dict.fromkeys(RUNGS, 0), **rungs},
        rung_names={rung: known.rung(rung) for rung in RUNGS},
        rows=tuple(_attention(row, known, ladders.get(row.case_id, ())) for row in found),
        total=total,
        page=page,
        calendar=known.calendar,
        seen_at=clock.now(),
    )


def open_ladders() -> CTE:
    """The open ladders with the rung they stand on: its task's, else the last one done."""
    standing = func.coalesce(
        UserTask.element,
        func.nullif(Supervision.rung, ""),
        func.nullif(Supervision.first_rung, ""),
        RUNGS[0],
    )
    return (
        select(
            Supervision.id,
            Supervision.case_id,
            Supervision.number,
            Supervision.cause,
            Supervision.target,
            standing.label("standing"),
        )
        .outerjoin(Instance, Instance.supervision_id == Supervision.id)
        .outerjoin(
            UserTask,
            (UserTask.instance_id == Instance.id) & (UserTask.status == TaskStatus.OPEN),
        )
        .where(Supervision.status == SupervisionStatus.OPEN)
        .cte("ladder")
    )


def _clock_counts(session: Session, clocks: CTE) -> tuple[Counts, tuple[UnitCounts, ...]]:
    """The figures and the matrix in one statement: all, by unit, by unit and limit."""
    numbers = [
        func.count(distinct(clocks.c.case_id)).label("running"),
        *(
            func.count(distinct(sql_case((clocks.c[state] == 1, clocks.c.case_id)))).label(state)
            for state in CLOCK_STATES
        ),
    ]
    unit, name = clocks.c.unit_key, (Unit.name_zh, Unit.name_en)
    joined = clocks.outerjoin(Unit, Unit.key == unit)
    none = [null().label("unit_key"), null().label("zh"), null().label("en"), null().label("lim")]
    rows: Sequence[Any] = session.execute(
        union_all(
            select(*none, *numbers).select_from(clocks),
            select(unit, *name, null(), *numbers).select_from(joined).group_by(unit, *name),
            select(unit, *name, clocks.c.limit, *numbers)
            .select_from(joined)
            .group_by(unit, *name, clocks.c.limit),
        )
    ).all()
    whole, by_unit = Counts(), {}
    limits: dict[str, dict[str, Counts]] = {}
    for row in rows:
        counts = Counts(row.running, {state: getattr(row, state) for state in CLOCK_STATES})
        if row.unit_key is None:
            whole = counts
        elif row.lim is None:
            by_unit[row.unit_key] = (open_clocks.named(row.zh, row.en, row.unit_key), counts)
        else:
            limits.setdefault(row.unit_key, {})[row.lim] = counts
    units = [UnitCounts(key, name, c, limits[key]) for key, (name, c) in by_unit.items()]
    units.sort(key=lambda unit: (-unit.all.overdue, -unit.all.running, unit.key))
    return whole, tuple(units)


def _ladder_counts(session: Session, keys: Collection[str], unit: str) -> dict[str, int]:
    """Cases by the rung an open ladder of theirs stands on, with any, and often returned."""
    ladder = open_ladders()
    open_case = open_clocks.cases_of(keys)
    about = [ladder.c.target == unit] if unit else []
    cases = func.count(distinct(ladder.c.case_id))
    on = ladder.join(Case, Case.id == ladder.c.case_id)
    rows = session.execute(
        union_all(
            select(ladder.c.standing.label("name"), cases.label("number"))
            .select_from(on)
            .where(*open_case, *about)
            .group_by(ladder.c.standing),
            select(literal(State.SUPERVISED.value), cases)
            .select_from(on)
            .where(*open_case, *about),
            select(literal(State.RETURNED.value), func.count())
            .select_from(Case)
            .where(*open_case, _often_returned(unit)),
        )
    )
    return {row.name: row.number for row in rows}


def _often_returned(unit: str) -> ColumnElement[bool]:
    often: ColumnElement[bool] = Case.facts["bounces"].as_integer() >= OFTEN_RETURNED
    return and_(often, Case.unit_key == unit) if unit else often


def _page(
    session: Session, clocks: CTE, keys: Collection[str], filters: Filters
) -> tuple[Sequence[Any], int, int]:
    """The rows of one page, how many there are in all, and which page it became."""
    wanted = []
    if filters.unit and filters.state not in {State.RETURNED, State.SUPERVISED}:
        wanted.append(clocks.c.unit_key == filters.unit)
    if filters.limit:
        wanted.append(clocks.c.limit == filters.limit)
    by_clock = filters.state in CLOCK_STATES
    if by_clock:
        wanted.append(clocks.c[filters.state] == 1)
    urgent = (
        select(
            clocks,
            func.row_number()
            .over(
                partition_by=clocks.c.case_id,
                order_by=(clocks.c.due_at.is_(None), clocks.c.due_at, clocks.c.id),
            )
            .label("place"),
        )
        .where(*wanted)
        .subquery("urgent")
    )
    ladder = open_ladders()
    climbing = select(ladder.c.case_id).where(
        *([ladder.c.target == filters.unit] if filters.unit else []),
        *([ladder.c.standing == filters.rung] if filters.rung else []),
    )
    conditions: list[ColumnElement[bool]] = [*open_clocks.cases_of(keys)]
    if by_clock or filters.limit:
        conditions.append(urgent.c.id.is_not(None))
    if filters.rung or filters.state == State.SUPERVISED:
        conditions.append(Case.id.in_(climbing))
    if filters.state == State.RETURNED:
        conditions.append(_often_returned(filters.unit))
    if not (filters.state or filters.limit or filters.rung):
        pressing = (clocks.c.overdue + clocks.c.today + clocks.c.soon) > 0
        conditions.append(
            or_(
                Case.id.in_(select(clocks.c.case_id).where(pressing, *wanted)),
                Case.id.in_(climbing),
                _often_returned(filters.unit),
            )
        )
    whose = func.coalesce(urgent.c.unit_key, Case.unit_key, Case.office_key)
    found = (
        select(
            Case.id.label("case_id"),
            Case.number,
            Case.title,
            Case.confidential,
            Case.stage,
            Case.pack_id,
            Case.facts["bounces"].as_integer().label("bounces"),
            whose.label("unit_key"),
            Unit.name_zh,
            Unit.name_en,
            urgent.c.id,
            urgent.c.limit,
            urgent.c.budget,
            urgent.c.extended,
            urgent.c.started_at,
            urgent.c.due_at,
            urgent.c.provisional,
            urgent.c.settled_at,
            urgent.c.settled_as,
            func.count().over().label("total"),
        )
        .outerjoin(urgent, (urgent.c.case_id == Case.id) & (urgent.c.place == 1))
        .outerjoin(Unit, Unit.key == whose)
        .where(*conditions)
        .order_by(urgent.c.due_at.is_(None), urgent.c.due_at, Case.number)
        .limit(PAGE)
    )
    page = max(filters.page, 1)
    rows = session.execute(found.offset((page - 1) * PAGE)).all()
    if not rows and page > 1:
        page = 1
        rows = session.execute(found).all()
    return rows, rows[0].total if rows else 0, page


def ladders_of(session: Session, case_ids: list[UUID]) -> dict[UUID, tuple[Ladder, ...]]:
    """The open ladders of these cases with what was done, the oldest first."""
    ladder = open_ladders()
    rows = session.execute(
        select(ladder, SupervisionStep.rung, SupervisionStep.details)
        .outerjoin(SupervisionStep, SupervisionStep.supervision_id == ladder.c.id)
        .where(ladder.c.case_id.in_(case_ids))
        .order_by(ladder.c.id, SupervisionStep.done_at)
    )
    found: dict[UUID, dict[UUID, Ladder]] = {}
    for row in rows:
        known = found.setdefault(row.case_id, {})
        before = known.get(row.id)
        known[row.id] = Ladder(
            row.number,
            row.cause,
            row.target,
            row.standing,
            (*(before.done if before else ()), *((row.rung,) if row.rung else ())),
            _said(row.details or {}) or (before.said if before else ""),
        )
    return {case_id: tuple(ladders.values()) for case_id, ladders in found.items()}


def _said(details: Mapping[str, Any]) -> str:
    """What the unit promised, or what was asked of it, at one rung."""
    return next((str(details[k]) for k in ("promise", "pledge", "demands") if details.get(k)), "")


def _attention(row: Any, known: Terms, ladders: tuple[Ladder, ...]) -> Attention:
    pack = known.packs[row.pack_id]
    stage = pack.item("stages", row.stage)
    return Attention(
        number=row.number,
        title=row.title,
        confidential=row.confidential,
        stage={"zh": stage["zh"], "en": stage["en"]} if stage else {},
        unit=open_clocks.named(row.name_zh, row.name_en, row.unit_key),
        unit_key=row.unit_key,
        bounces=row.bounces or 0,
        clock=open_clocks.clock_of(row, pack) if row.id else None,
        hours=pack.hours,
        ladders=ladders,
    )
