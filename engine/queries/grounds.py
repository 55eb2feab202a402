"""The ground of a supervision (依据): the rule and the clock it would rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotAllowed, NotFound
from engine.models import (
    Case,
    Suspension,
    Unit,
)
from engine.packs import Pack
from engine.permissions import Actor, require_known
from engine.queries import open_clocks
from engine.queries.attention import RUNGS, Ladder, ladders_of
from engine.queries.open_clocks import Clock, Text
from engine.working_time import (
    Budget,
    Calendar,
    Explanation,
    OfficeHours,
    explain,
)


@dataclass(frozen=True)
class Ground:
    """What a supervision of a case would rest on.

    clock: the most urgent one of the limit that was asked for; explained: it, day by day.
    unit: whom it would be about; empty while nobody has the case.
    """

    number: str
    title: str
    confidential: bool
    stage: Text
    unit_key: str
    unit: Text
    bounces: int
    clock: Clock | None
    explained: Explanation | None
    clocks: tuple[Clock, ...]
    ladders: tuple[Ladder, ...]
    rung_names: Mapping[str, Text]
    hours: OfficeHours
    calendar: Calendar

    def open_at(self, rung: str) -> Ladder | None:
        """The ladder of this unit that was asked for at this rung and is open."""
        return next(
            (
                ladder
                for ladder in self.ladders
                if (ladder.cause, ladder.target) == (f"asked_{rung}", self.unit_key)
            ),
            None,
        )


def ground(session: Session, actor: Actor, number: str, limit: str = "") -> Ground:
    """What a supervision of this case would rest on. Raises `NotFound`, `NotAllowed`."""
    found = session.execute(
        select(
            Case.id,
            Case.title,
            Case.confidential,
            Case.stage,
            Case.pack_id,
            Case.office_key,
            Case.unit_key,
            Case.sealed,
            Case.accused_key,
            Case.facts["bounces"].as_integer().label("bounces"),
            Unit.name_zh,
            Unit.name_en,
        )
        .outerjoin(Unit, Unit.key == Case.unit_key)
        .where(Case.number == number)
    ).one_or_none()
    row = seen_by(actor, found)
    known = open_clocks.terms(session)
    pack = known.packs[row.pack_id]
    clocks = open_clocks.of_case(session, row.id, pack)
    asked = [clock for clock in clocks if clock.limit == limit] or clocks
    clock = asked[0] if asked else None
    stage = pack.item("stages", row.stage)
    return Ground(
        number=number,
        title=row.title,
        confidential=row.confidential,
        stage={"zh": stage["zh"], "en": stage["en"]} if stage else {},
        unit_key=clock.unit_key if clock else row.unit_key or "",
        unit=clock.unit if clock else open_clocks.named(row.name_zh, row.name_en, row.unit_key),
        bounces=row.bounces or 0,
        clock=clock,
        explained=day_by_day(session, [clock], known.calendar, pack)[0] if clock else None,
        clocks=tuple(clocks),
        ladders=ladders_of(session, [row.id]).get(row.id, ()),
        rung_names={rung: known.rung(rung) for rung in RUNGS},
        hours=pack.hours,
        calendar=known.calendar,
    )


def seen_by(actor: Actor, row: Any) -> Any:
    """The row, if it is there and the person may see it."""
    if row is None:
        raise NotFound("No such case or supervision.")
    require_known(actor, row, "No such case or supervision.")
    if row.office_key not in open_clocks.offices(actor):
        raise NotAllowed("The case belongs to another office.")
    return row


def day_by_day(
    session: Session, clocks: list[Clock], calendar: Calendar, pack: Pack
) -> list[Explanation]:
    """Each clock day by day, with the intervals in which it stood still."""
    pauses: dict[UUID, list[tuple[datetime, datetime | None]]] = {}
    for row in session.execute(
        select(Suspension.deadline_id, Suspension.from_at, Suspension.until_at).where(
            Suspension.deadline_id.in_([clock.id for clock in clocks])
        )
    ):
        pauses.setdefault(row.deadline_id, []).append((row.from_at, row.until_at))
    return [
        explain(
            clock.started_at,
            Budget.parse(clock.budget),
            calendar,
            pack.hours,
            suspensions=pauses.get(clock.id, ()),
            extended=Budget.parse(clock.extended) if clock.extended else None,
        )
        for clock in clocks
    ]
