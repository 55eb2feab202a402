"""A case as a supervisor's list shows it (要盯的): its most urgent clock and its open ladders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from engine.boards import ladders
from engine.boards.sources import is_duty
from engine.models import Case, Deadline, Instance, SupervisionStep, Unit
from engine.permissions import Actor
from engine.queries import open_clocks
from engine.queries.board_list import Candidate
from engine.queries.open_clocks import Clock, Terms, Text
from engine.working_time import OfficeHours

RUNGS = ladders.RUNGS


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

    case_id: UUID
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


def ladders_of(session: Session, case_ids: list[UUID]) -> dict[UUID, tuple[Ladder, ...]]:
    """The open ladders of these cases with what was done, the oldest first."""
    ladder = ladders.open_ladders(of_some=True)
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


def of_cases(
    session: Session, actor: Actor, known: Terms, found: Sequence[Candidate]
) -> list[Attention]:
    """The cases with the clocks they were found by, as they are now; three statements."""
    cases = {
        row.id: row
        for row in session.execute(
            select(
                Case.id,
                Case.number,
                Case.title,
                Case.confidential,
                Case.stage,
                Case.pack_id,
                Case.facts["bounces"].as_integer().label("bounces"),
                _WHOSE.label("unit_key"),
                Unit.name_zh,
                Unit.name_en,
            )
            .outerjoin(Unit, Unit.key == _WHOSE)
            .where(
                Case.id.in_([one.case_id for one in found]),
                *open_clocks.cases_of(actor, by_office=False),
            )
        )
    }
    keys = [one.clock_id for one in found if one.clock_id is not None]
    any_clock = [one.case_id for one in found if one.clock_id is None]
    wanted = Deadline.id.in_(keys)
    if any_clock:
        # One list of keys: with two conditions either database reads every ledger there is.
        own = select(Deadline.id).where(wanted).correlate(None)
        of_these = select(Deadline.id).join(Instance, Instance.id == Deadline.instance_id)
        of_these = of_these.where(Deadline.case_id.in_(any_clock), is_duty()).correlate(None)
        wanted = Deadline.id.in_(union_all(own, of_these))
    clocks: dict[UUID, Any] = {}
    for row in session.execute(
        open_clocks.named_clocks()
        .where(wanted)
        .order_by(Deadline.due_at.asc().nulls_last(), Deadline.id)
    ):
        clocks.setdefault(row.case_id, row)
    climbing = ladders_of(session, list(cases))
    return [
        _attention(cases[one.case_id], clocks.get(one.case_id), known, climbing)
        for one in found
        if one.case_id in cases
    ]


_WHOSE = func.coalesce(Case.unit_key, Case.office_key)


def _attention(
    row: Any, clock: Any, known: Terms, climbing: Mapping[UUID, tuple[Ladder, ...]]
) -> Attention:
    pack = known.packs[row.pack_id]
    stage = pack.item("stages", row.stage)
    whose = clock or row
    return Attention(
        case_id=row.id,
        number=row.number,
        title=row.title,
        confidential=row.confidential,
        stage={"zh": stage["zh"], "en": stage["en"]} if stage else {},
        unit=open_clocks.named(whose.name_zh, whose.name_en, whose.unit_key),
        unit_key=whose.unit_key,
        bounces=row.bounces or 0,
        clock=open_clocks.clock_of(clock, pack) if clock else None,
        hours=pack.hours,
        ladders=climbing.get(row.id, ()),
    )
