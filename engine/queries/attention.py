"""The cases a supervisor has to watch (要盯的): one page of them with clock and open ladders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    and_,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from engine.models import (
    Case,
    Instance,
    Supervision,
    SupervisionStatus,
    SupervisionStep,
    Unit,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import open_clocks
from engine.queries.open_clocks import CLOCK_STATES, Clock, State, Terms, Text
from engine.working_time import OfficeHours

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
            (UserTask.instance_id == Instance.id) & (UserTask.status == literal_column("'open'")),
        )
        .where(Supervision.status == SupervisionStatus.OPEN)
        .cte("ladder")
    )


def often_returned(unit: str) -> ColumnElement[bool]:
    often: ColumnElement[bool] = Case.facts["bounces"].as_integer() >= OFTEN_RETURNED
    return and_(often, Case.unit_key == unit) if unit else often


def page_of(
    session: Session, clocks: CTE, actor: Actor, filters: Filters
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
    conditions: list[ColumnElement[bool]] = [*open_clocks.cases_of(actor)]
    if by_clock or filters.limit:
        conditions.append(urgent.c.id.is_not(None))
    if filters.rung or filters.state == State.SUPERVISED:
        conditions.append(Case.id.in_(climbing))
    if filters.state == State.RETURNED:
        conditions.append(often_returned(filters.unit))
    if not (filters.state or filters.limit or filters.rung):
        pressing = (clocks.c.overdue + clocks.c.today + clocks.c.soon) > 0
        conditions.append(
            or_(
                Case.id.in_(select(clocks.c.case_id).where(pressing, *wanted)),
                Case.id.in_(climbing),
                often_returned(filters.unit),
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


def attention(row: Any, known: Terms, ladders: tuple[Ladder, ...]) -> Attention:
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
