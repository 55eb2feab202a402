"""What limits that become shorter or longer would have meant, counted on ledgers there are.

Of the last 90 days, with their own starts, suspensions and extensions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine import clock, deployed, ledger, working_time
from engine.db import table
from engine.models import Case, Deadline, Pack, Suspension
from engine.packs import Limit
from engine.packs import Pack as PackContent
from engine.permissions import Actor
from engine.queries import compartments
from engine.working_time import Budget, Calendar, OfficeHours

Text = Mapping[str, str]
DAYS = 90
MOST = 200_000  # ledgers looked at, the newest
_case, _deadline, _pack = table(Case), table(Deadline), table(Pack)


@dataclass(frozen=True)
class Month:
    """A month of the last 90 days. more: so many more overdue than there were; fewer below 0."""

    on: date
    ledgers: int
    more: int


@dataclass(frozen=True)
class LimitChange:
    """A limit that is another one. old, new: budgets, None where there is none.

    how: shorter, longer, hours (the office's), rungs, added, removed. ledgers: that went by it;
    were, would: how many of them were overdue, and would be. overrules: decisions that gave a
    budget of their own give it no more.
    """

    name: str
    text: Text
    clock: str
    old: str | None
    new: str | None
    how: str
    overrules: bool
    ledgers: int
    were: int
    would: int
    months: tuple[Month, ...]


def limits(
    session: Session, actor: Actor, old: PackContent, new: PackContent
) -> tuple[LimitChange, ...]:
    """The limits that differ, in the order of the packs, with what they would have meant."""
    hours = old.hours != new.hours
    names = [name for name in {**old.limits, **new.limits} if _differs(old, new, name) or hours]
    both = [name for name in names if name in old.limits and name in new.limits]
    counted = _counted(session, actor, old, new, both) if both else {}
    calendar = deployed.current_calendar(session)
    return tuple(
        _change(name, old, new, counted.get(name, _Count()), calendar)
        for name in names
        if name not in both or _differs(old, new, name) or counted.get(name)
    )


class _Count:
    """Ledgers of a limit by month: how many, overdue as they were, overdue as they would be."""

    def __init__(self) -> None:
        self.months: dict[date, list[int]] = {}

    def add(self, on: date, was: bool, would: bool) -> None:
        month = self.months.setdefault(on.replace(day=1), [0, 0, 0])
        month[0] += 1
        month[1] += was
        month[2] += would

    def total(self, which: int) -> int:
        return sum(month[which] for month in self.months.values())


def _differs(old: PackContent, new: PackContent, name: str) -> bool:
    one, other = old.limits.get(name), new.limits.get(name)
    if one is None or other is None:
        return True
    # What a limit rests on and how it is called bind nobody.
    said = ("budget", "clock", "rungs", "settled_by", "decided_by", "overdue")
    return any(getattr(one, part) != getattr(other, part) for part in said) or (
        bool(one.decided_by) and one.stated != other.stated
    )


def _change(
    name: str, old: PackContent, new: PackContent, count: _Count, calendar: Calendar
) -> LimitChange:
    was, becomes = old.limits.get(name), new.limits.get(name)
    said = becomes or was
    assert said is not None
    return LimitChange(
        name,
        {"zh": said.zh, "en": said.en},
        said.clock,
        was.budget if was else None,
        becomes.budget if becomes else None,
        _how(was, becomes, (old.hours, new.hours), calendar),
        bool(was and becomes and becomes.decided_by and becomes.stated and not was.stated),
        count.total(0),
        count.total(1),
        count.total(2),
        tuple(
            Month(on, ledgers, would - were)
            for on, (ledgers, were, would) in sorted(count.months.items())
        ),
    )


def _how(
    was: Limit | None,
    becomes: Limit | None,
    hours: tuple[OfficeHours, OfficeHours],
    calendar: Calendar,
) -> str:
    if was is None or becomes is None:
        return "added" if was is None else "removed"
    if was.budget == becomes.budget:
        return "hours" if hours[0] != hours[1] else "rungs"
    one, other = Budget.parse(was.budget), Budget.parse(becomes.budget)
    if one.same_kind(other):
        return "shorter" if other.amount < one.amount else "longer"
    now = clock.now()
    before = working_time.due(now, one, calendar, hours[0]).at
    after = working_time.due(now, other, calendar, hours[1]).at
    assert before is not None
    assert after is not None
    return "shorter" if after < before else "longer"


def _counted(
    session: Session, actor: Actor, old: PackContent, new: PackContent, names: list[str]
) -> dict[str, _Count]:
    now = clock.now()
    ours = _ledgers(actor, old.key, names, now - timedelta(days=DAYS))
    rows = session.execute(ours.order_by(_deadline.c.id.desc()).limit(MOST)).mappings()
    paused = _suspensions(session, ours)
    again = _Again(deployed.current_calendar(session), new.hours)
    counted: dict[str, _Count] = {}
    for row in map(dict, rows):
        if not ledger.is_duty(row) or row["due_at"] is None:
            continue
        name = row["limit"]
        # A budget that a decision gave stays, unless the pack now overrules the decision.
        ours_too = new.limits[name].stated or row["budget"] == old.limits[name].budget
        budget = new.limits[name].budget if ours_too else row["budget"]
        due_at = again.due(row["started_at"], budget, row["extended"], paused.get(row["id"], []))
        ended = row["settled_at"] or now
        counted.setdefault(name, _Count()).add(
            again.calendar.local(row["started_at"]).date(),
            ended > row["due_at"],
            due_at is not None and ended > due_at,
        )
    return counted


class _Again:
    """Due times under another budget and other hours; alike ones are counted once."""

    def __init__(self, calendar: Calendar, hours: OfficeHours) -> None:
        self.calendar, self.hours = calendar, hours
        self._known: dict[tuple[str, date, bool], datetime | None] = {}

    def due(
        self,
        started_at: datetime,
        budget: str,
        extended: str,
        suspensions: list[tuple[datetime, datetime | None]],
    ) -> datetime | None:
        said = Budget.parse(budget)
        plain = said.unit != "h" and not extended and not suspensions
        local = self.calendar.local(started_at)
        key = (budget, local.date(), self.hours.counts_receipt(local.time()))
        if plain and key in self._known:
            return self._known[key]
        found = working_time.due(
            started_at,
            said,
            self.calendar,
            self.hours,
            suspensions=suspensions,
            extended=Budget.parse(extended) if extended else None,
        ).at
        if plain:
            self._known[key] = found
        return found


def _ledgers(actor: Actor, key: str, names: list[str], since: datetime) -> Select[Any]:
    parts = ("id", "limit", "budget", "extended", "started_at", "due_at", "settled_at")
    return (
        select(*(_deadline.c[part] for part in (*parts, "token", "host")))
        .join(_case, _case.c.id == _deadline.c.case_id)
        .join(_pack, _pack.c.id == _case.c.pack_id)
        .where(
            _pack.c.key == key,
            _deadline.c.limit.in_(names),
            _deadline.c.started_at >= since,
            _deadline.c.settled_as != ledger.CANCELLED,
            compartments.known(_case.c.id, actor),
        )
    )


def _suspensions(
    session: Session, ours: Select[Any]
) -> dict[UUID, list[tuple[datetime, datetime | None]]]:
    one = table(Suspension)
    ids = ours.with_only_columns(_deadline.c.id)
    found: dict[UUID, list[tuple[datetime, datetime | None]]] = {}
    for row in session.execute(
        select(one.c.deadline_id, one.c.from_at, one.c.until_at).where(one.c.deadline_id.in_(ids))
    ):
        found.setdefault(row.deadline_id, []).append((row.from_at, row.until_at))
    return found
