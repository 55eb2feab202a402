"""The supervision board (监督): which cases slip, whose they are, how far their ladders are.

Everything is counted by SQL over open ledgers and ladders; no instance is loaded. A *clock* here
is an open ledger that is somebody's duty: not a wait drawn as an event, not a ladder's own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    distinct,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.models import (
    Case,
    CaseStatus,
    City,
    Deadline,
    Instance,
    Pack,
    Supervision,
    SupervisionStatus,
    SupervisionStep,
    TaskStatus,
    Unit,
    UserTask,
)
from engine.packs import Pack as PackContent
from engine.permissions import GRANTS, Actor
from engine.working_time import Calendar, OfficeHours, next_office_moment
from engine.working_time.office import forwards, utc

PAGE = 50
# Who misses these has lost nothing: the right to return a slip ends, the unit counts as signed.
RIGHTS = ("return_window",)
RUNGS = ("phone", "order", "interview", "commitment", "referral")
UNANSWERED = ("handling", "answer")
Text = Mapping[str, str]


class State(StrEnum):
    """What a case may be on the board for; each has a figure and a list of exactly its cases."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    UNCONTACTED = "uncontacted"
    UNANSWERED = "unanswered"
    UNCALLED = "uncalled"
    RETURNED = "returned"
    SUPERVISED = "supervised"


CLOCK_STATES = tuple(State)[:6]


@dataclass(frozen=True)
class Filters:
    """What the list shows; empty: every case that needs attention.

    unit: whose clock runs, or whom a ladder is about. limit: a limit's name. rung: where a
    ladder stands.
    """

    unit: str = ""
    limit: str = ""
    state: str = ""
    rung: str = ""
    page: int = 1


@dataclass(frozen=True)
class Counts:
    """Cases, each counted once: with any clock running, and by state of their clocks."""

    running: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)

    @property
    def overdue(self) -> int:
        """Cases with a clock that has run out."""
        return self.by_state.get(State.OVERDUE, 0)


@dataclass(frozen=True)
class UnitCounts:
    """One unit's row of the matrix; limits: the same by limit."""

    key: str
    name: Text
    all: Counts
    limits: Mapping[str, Counts]


@dataclass(frozen=True)
class Clock:
    """An open ledger of a case, with what a badge and an explanation need."""

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
    settled_at: None = None
    settled_as: str = ""


@dataclass(frozen=True)
class Ladder:
    """An open ladder as a row shows it; standing: the rung it is on. said: what was promised."""

    number: str
    cause: str
    target: str
    standing: str
    done: tuple[str, ...]
    said: str


@dataclass(frozen=True)
class Attention:
    """One case of the list with its most urgent clock."""

    number: str
    title: str
    confidential: bool
    stage: Text
    unit: Text
    bounces: int
    clock: Clock | None
    hours: OfficeHours
    ladders: tuple[Ladder, ...]


@dataclass(frozen=True)
class Board:
    """All that the page shows."""

    counts: Counts
    units: tuple[UnitCounts, ...]
    limits: Mapping[str, Text]
    rungs: Mapping[str, int]
    rung_names: Mapping[str, Text]
    rows: tuple[Attention, ...]
    total: int
    page: int
    calendar: Calendar

    @property
    def units_overdue(self) -> int:
        """How many units have a clock that has run out."""
        return sum(1 for unit in self.units if unit.all.overdue)


def offices(actor: Actor) -> frozenset[str]:
    """The offices whose cases the person supervises."""
    keys: set[str] = set()
    for role in GRANTS["supervision.read"]:
        keys |= actor.scope.get(role, frozenset())
    return frozenset(keys)


def board(session: Session, actor: Actor, filters: Filters) -> Board:
    """The board of the person's offices, in five statements."""
    calendar, packs = _terms(session)
    clocks = _clocks(offices(actor), _bands(calendar, packs))
    totals, units = _clock_counts(session, clocks)
    rungs = _ladder_counts(session, offices(actor), filters.unit)
    shown = next((u.all for u in units if u.key == filters.unit), Counts())
    counts = shown if filters.unit else totals
    counts = Counts(counts.running, {**counts.by_state, **rungs.pop("")})
    found, total, page = _page(session, clocks, offices(actor), filters)
    ladders = _ladders(session, [row.id for row in found])
    return Board(
        counts=counts,
        units=units,
        limits=_names(packs.values(), {limit for unit in units for limit in unit.limits}),
        rungs={rung: rungs[""].get(rung, 0) if "" in rungs else rungs.get(rung, 0) for rung in ()},
        rung_names={},
        rows=(),
        total=total,
        page=page,
        calendar=calendar,
    )
