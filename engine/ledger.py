"""Ledgers (时限台账): when a limit's time is over, derived from its budget.

A citizen's limit that is entered again joins its open ledger; a unit's limit opens a new one.
Rows are plain dictionaries of `deadline` columns, as the hot path reads and writes them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import working_time
from engine.db import new_key, table
from engine.models import Deadline, Suspension, TaskStatus, UserTask
from engine.packs import Limit, Pack
from engine.working_time import Budget, Calendar, OfficeHours

Row = dict[str, Any]

MET, LATE, CANCELLED, PASSED = "met", "late", "cancelled", "passed"
DUE_RUNG = "due"
# A right, not a duty: when the time to return a slip is over, the unit counts as signed.
NO_DUTY = ("return_window",)
_deadline = table(Deadline)
_MOVING = ("due_at", "provisional", "next_at", "extended", "rungs", "fired", "timer_fired")


@dataclass(frozen=True)
class Terms:
    """How time is counted for one case: its pack's limits and hours, the city's calendar."""

    pack: Pack
    calendar: Calendar

    @property
    def hours(self) -> OfficeHours:
        """The office hours that the pack states or inherits."""
        return self.pack.hours


def is_duty(row: Mapping[str, Any]) -> bool:
    """Whether somebody is late when it passes; an event that waits is its own host."""
    waits = row["token"] is not None and row["token"] == row["host"]
    return not waits and row["limit"] not in NO_DUTY


def limit_of(pack: Pack, name: str) -> Limit | None:
    """The pack's limit of this name; a budget written in the diagram has none."""
    return pack.limits.get(name)


def budget_of(pack: Pack, name: str, facts: Mapping[str, Any]) -> str:
    """The budget of a limit for one case; a text that is no limit's name is one itself."""
    limit = limit_of(pack, name)
    return name if limit is None else limit.budget_for(facts)


def opened(
    terms: Terms,
    *,
    limit: str,
    clock: str | None,
    facts: Mapping[str, Any],
    element: str,
    instance_id: UUID,
    case_id: UUID | None,
    unit_key: str | None,
    host: UUID,
    token: UUID | None,
    now: datetime,
) -> Row:
    """A new ledger, started now, with its due time and rungs derived."""
    known = limit_of(terms.pack, limit)
    row: Row = {
        "id": new_key(),
        "instance_id": instance_id,
        "case_id": case_id,
        "unit_key": unit_key,
        "element": element,
        "limit": limit,
        "clock": clock or (known.clock if known else "unit"),
        "budget": budget_of(terms.pack, limit, facts),
        "extended": "",
        "rungs": [],
        "fired": [],
        "started_at": now,
        "due_at": None,
        "provisional": False,
        "next_at": None,
        "token": token,
        "host": host,
        "timer_fired": False,
        "settled_at": None,
        "settled_as": "",
        "claimed_until": None,
        "incident_id": None,
    }
    derive(terms, row)
    return row


def derive(
    terms: Terms,
    row: Row,
    suspensions: Sequence[tuple[datetime, datetime | None]] = (),
) -> bool:
    """Set `due_at`, `provisional`, `rungs` and `next_at` from the ledger; tell if due moved."""
    before = row["due_at"]
    due = working_time.due(
        row["started_at"],
        Budget.parse(row["budget"]),
        terms.calendar,
        terms.hours,
        suspensions=suspensions,
        extended=Budget.parse(row["extended"]) if row["extended"] else None,
    )
    row["due_at"], row["provisional"] = due.at, due.provisional
    row["rungs"] = _rungs(terms, row, suspensions)
    row["next_at"] = next_at(row)
    return bool(before != row["due_at"])


def next_at(row: Row) -> datetime | None:
    """When the worker must look at this ledger next: an unfired rung or the due time."""
    if row["settled_at"] is not None or row["due_at"] is None:
        return None
    instants = [
        datetime.fromisoformat(rung["at"])
        for rung in row["rungs"]
        if rung["name"] not in row["fired"]
    ]
    if DUE_RUNG not in row["fired"]:
        instants.append(row["due_at"])
    return min(instants, default=None)


def due_rungs(row: Row, now: datetime) -> list[str]:
    """The rungs that are to fire now, in time order, the due time itself as "due"."""
    if row["settled_at"] is not None or row["due_at"] is None:
        return []
    waiting = [
        (datetime.fromisoformat(rung["at"]), rung["name"])
        for rung in row["rungs"]
        if rung["name"] not in row["fired"]
    ]
    if DUE_RUNG not in row["fired"]:
        waiting.append((row["due_at"], DUE_RUNG))
    return [name for at, name in sorted(waiting) if at <= now]


def fire(row: Row, rungs: Iterable[str]) -> None:
    """Note rungs as fired, each once."""
    row["fired"] = [*row["fired"], *(rung for rung in rungs if rung not in row["fired"])]
    row["next_at"] = next_at(row)


def settle(row: Row, now: datetime, how: str | None = None) -> None:
    """End a ledger: met or late by its due time, unless `how` says otherwise."""
    on_time = row["due_at"] is None or now <= row["due_at"]
    row["settled_at"] = now
    row["settled_as"] = how or (MET if on_time else LATE)
    row["next_at"] = None


def open_rows(session: Session, case_id: UUID, limit: str) -> list[Row]:
    """The unsettled ledgers of one limit of a case."""
    return [
        dict(row)
        for row in session.execute(
            select(_deadline).where(
                _deadline.c.case_id == case_id,
                _deadline.c.limit == limit,
                _deadline.c.settled_at.is_(None),
            )
        ).mappings()
    ]


def suspensions_of(session: Session, deadline_id: UUID) -> list[tuple[datetime, datetime | None]]:
    """The intervals in which a ledger did not run, oldest first."""
    rows = session.execute(
        select(Suspension.from_at, Suspension.until_at)
        .where(Suspension.deadline_id == deadline_id)
        .order_by(Suspension.from_at)
    )
    return [(row.from_at, row.until_at) for row in rows]


def write_moved(session: Session, row: Row) -> None:
    """Write a ledger whose due time moved, and the copies on its open tasks."""
    session.execute(
        update(Deadline)
        .where(Deadline.id == row["id"])
        .values({name: row[name] for name in _MOVING})
    )
    session.execute(
        update(UserTask)
        .where(UserTask.deadline_id == row["id"], UserTask.status == TaskStatus.OPEN)
        .values(due_at=row["due_at"])
    )


def _rungs(
    terms: Terms, row: Row, suspensions: Sequence[tuple[datetime, datetime | None]]
) -> list[dict[str, str]]:
    limit = limit_of(terms.pack, row["limit"])
    if limit is None or row["due_at"] is None:
        return []
    out = []
    for rung in limit.rungs:
        at: datetime | None
        if rung.before:
            early = Budget.parse(rung.before)
            at = working_time.before(
                row["due_at"], early, terms.calendar, terms.hours, suspensions=suspensions
            )
        else:
            after = Budget.parse(rung.after or "0 h")
            at = working_time.due(
                row["started_at"], after, terms.calendar, terms.hours, suspensions=suspensions
            ).at
        # A limit shorter than its warning is warned about only by its end.
        if at is not None and row["started_at"] < at < row["due_at"]:
            out.append({"name": rung.name, "at": at.isoformat()})
    return out
