"""Ladders (督办): one with all that was done on it, and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from engine import ledger
from engine.errors import NotFound
from engine.models import (
    Case,
    Deadline,
    Instance,
    Person,
    Supervision,
    SupervisionStatus,
    SupervisionStep,
    Unit,
    UserTask,
)
from engine.packs import Pack
from engine.permissions import Actor
from engine.queries import open_clocks
from engine.queries.attention import RUNGS
from engine.queries.grounds import day_by_day, seen_by
from engine.queries.open_clocks import Clock, Terms, Text, clock_of
from engine.working_time import (
    Calendar,
    Explanation,
    OfficeHours,
)

DONE, MISSED, NOW, NEXT, SKIPPED = "done", "missed", "now", "next", "skipped"
# Important and sensitive matters begin with these instead of a call.
OTHER_PATH = ("on_site", "meeting")


@dataclass(frozen=True)
class Step:
    """One rung done. details: what the form said, by field."""

    rung: str
    by: Text
    done_at: datetime
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Rung:
    """One rung of a ladder: done, missed (nobody did it in time), now, next or skipped.

    act: the clock to do it; term: the clock to cure after it.
    """

    key: str
    name: Text
    state: str
    step: Step | None
    act: Clock | None
    term: Clock | None


@dataclass(frozen=True)
class OpenTask:
    """The task of the rung the ladder stands on."""

    id: UUID
    name: Text
    assignee: Text


@dataclass(frozen=True)
class Evidence:
    """A clock that had run out when the ladder was asked for, day by day."""

    clock: Clock
    explained: Explanation


@dataclass(frozen=True)
class Climb:
    """A ladder with all that happened on it."""

    id: UUID
    number: str
    case_number: str
    title: str
    confidential: bool
    cause: str
    target_key: str
    target: Text
    status: str
    reason: str
    unsolved_times: int
    asked_at: datetime
    asked_by: Text
    cured_at: datetime | None
    closed_at: datetime | None
    standing: str
    rungs: tuple[Rung, ...]
    steps: tuple[Step, ...]
    task: OpenTask | None
    evidence: tuple[Evidence, ...]
    hours: OfficeHours
    calendar: Calendar

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.status == SupervisionStatus.OPEN

    def steps_of(self, rung: str) -> tuple[Step, ...]:
        """What was done on one rung."""
        return tuple(step for step in self.steps if step.rung == rung)


def ladder(session: Session, actor: Actor, number: str) -> Climb:
    """One ladder by its number, in five statements. Raises `NotFound`, `NotAllowed`."""
    asker, doer = aliased(Person), aliased(Person)
    found = session.execute(
        select(
            Supervision,
            Case.number.label("case_number"),
            Case.title,
            Case.confidential,
            Case.pack_id,
            Case.office_key,
            Case.unit_key,
            Case.sealed,
            Case.accused_key,
            Unit.name_zh,
            Unit.name_en,
            asker.name_zh.label("asker_zh"),
            asker.name_en.label("asker_en"),
            Instance.id.label("instance_id"),
            UserTask.id.label("task_id"),
            UserTask.element,
            UserTask.name_zh.label("task_zh"),
            UserTask.name_en.label("task_en"),
            doer.name_zh.label("doer_zh"),
            doer.name_en.label("doer_en"),
        )
        .join(Case, Case.id == Supervision.case_id)
        .join(Unit, Unit.key == Supervision.target)
        .outerjoin(asker, asker.id == Supervision.asked_by)
        .outerjoin(Instance, Instance.supervision_id == Supervision.id)
        .outerjoin(
            UserTask,
            and_(UserTask.instance_id == Instance.id, UserTask.status == literal_column("'open'")),
        )
        .outerjoin(doer, doer.id == UserTask.assignee_id)
        .where(Supervision.number == number)
        .limit(1)
    ).one_or_none()
    row = seen_by(actor, found)
    one: Supervision = row.Supervision
    known = open_clocks.terms(session)
    pack = known.packs[row.pack_id]
    steps = _steps(session, one.id)
    own, late = _ledgers(session, one, row.instance_id, pack)
    standing = row.element or one.rung or one.first_rung or RUNGS[0]
    return Climb(
        id=one.id,
        number=one.number,
        case_number=row.case_number,
        title=row.title,
        confidential=row.confidential,
        cause=one.cause,
        target_key=one.target,
        target=open_clocks.named(row.name_zh, row.name_en, one.target),
        status=one.status,
        reason=one.reason,
        unsolved_times=int(one.evidence.get("unsolved_times", 0)),
        asked_at=one.asked_at,
        asked_by=open_clocks.named(row.asker_zh, row.asker_en),
        cured_at=one.cured_at,
        closed_at=one.closed_at,
        standing=standing,
        rungs=_rungs(one, standing, steps, own, known),
        steps=steps,
        task=OpenTask(
            row.task_id,
            {"zh": row.task_zh, "en": row.task_en or row.task_zh},
            open_clocks.named(row.doer_zh, row.doer_en),
        )
        if row.task_id
        else None,
        evidence=tuple(
            Evidence(clock, explained)
            for clock, explained in zip(
                late, day_by_day(session, late, known.calendar, pack), strict=True
            )
        ),
        hours=pack.hours,
        calendar=known.calendar,
    )


def number_of(session: Session, supervision_id: UUID) -> str:
    """The number of a ladder. Raises `NotFound`."""
    number = session.scalar(select(Supervision.number).where(Supervision.id == supervision_id))
    if number is None:
        raise NotFound("No such supervision.")
    return number


def _steps(session: Session, supervision_id: UUID) -> tuple[Step, ...]:
    rows = session.execute(
        select(
            SupervisionStep.rung,
            SupervisionStep.details,
            SupervisionStep.done_at,
            Person.name_zh,
            Person.name_en,
        )
        .outerjoin(Person, Person.id == SupervisionStep.done_by)
        .where(SupervisionStep.supervision_id == supervision_id)
        .order_by(SupervisionStep.done_at, SupervisionStep.id)
    )
    return tuple(
        Step(
            row.rung,
            open_clocks.named(row.name_zh, row.name_en),
            row.done_at,
            row.details,
        )
        for row in rows
    )


def _ledgers(
    session: Session, one: Supervision, instance_id: UUID | None, pack: Pack
) -> tuple[list[Clock], list[Clock]]:
    """The ladder's own clocks, and those of the case that had run out when it was asked for.

    A ladder started by a passed limit says which; one asked for by hand rests on all.
    """
    named = [UUID(hex=entry["deadline"]) for entry in one.evidence.get("ledgers", [])]
    ran_out = and_(
        Deadline.case_id == one.case_id,
        Deadline.due_at <= one.asked_at,
        or_(Deadline.settled_at.is_(None), Deadline.settled_at > one.asked_at),
        Deadline.limit.not_in(ledger.NO_DUTY),
        Instance.part != "supervision",
    )
    rows = session.execute(
        open_clocks.named_clocks()
        .where(
            or_(
                and_(Deadline.case_id == one.case_id, Deadline.instance_id == instance_id),
                Deadline.id.in_(named) if named else ran_out,
            )
        )
        .order_by(Deadline.started_at, Deadline.id)
    ).all()
    own = [clock_of(row, pack) for row in rows if row.instance_id == instance_id]
    return own, [clock_of(row, pack) for row in rows if row.instance_id != instance_id]


def _rungs(
    one: Supervision, standing: str, steps: tuple[Step, ...], own: list[Clock], known: Terms
) -> tuple[Rung, ...]:
    """The ladder from its foot to its top, each rung with what became of it."""
    other = {one.first_rung, standing, *(step.rung for step in steps)} & {*OTHER_PATH}
    keys = [*OTHER_PATH, *RUNGS[1:]] if other else list(RUNGS)
    rungs: list[Rung] = []
    for place, key in enumerate(keys):
        act = next((clock for clock in own if clock.limit == f"{key}_act"), None)
        term = next((clock for clock in own if clock.limit == f"{key}_term"), None)
        step = next((step for step in steps if step.rung == key), None)
        if key == standing and one.status == SupervisionStatus.OPEN:
            state = NOW
        elif step is not None:
            state = DONE
        elif act is not None:
            state = MISSED
        else:
            state = SKIPPED if place < keys.index(standing) else NEXT
        rungs.append(Rung(key, known.rung(key), state, step, act, term))
    return tuple(rungs)
