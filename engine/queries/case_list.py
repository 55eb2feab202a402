"""The list of cases (诉求) a person may open, newest first, by words, number and simple filters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, false, func, not_, null, or_, select, true
from sqlalchemy.orm import Session

from engine import deployed
from engine.db import table
from engine.identity import Vault
from engine.models import Answer, Case, City, Deadline, Slip
from engine.packs import Pack
from engine.permissions import OFFICE_ROLES, Actor
from engine.queries import packs_in_use, search
from engine.queries.compartments import not_about
from engine.queries.dues import Due
from engine.queries.search import Sought
from engine.working_time import Calendar

PAGE = 50
COUNTED = 1_000  # counting stops here; nobody turns to page 20
NEWEST = 20_000  # cases among which very many are looked for first, for each page
FEW = 50  # of more units than this nobody takes cases up by hand from a list
Texts = Mapping[str, str]

_case, _city, _deadline = table(Case), table(City), table(Deadline)
_slip, _answer = table(Slip), table(Answer)


@dataclass(frozen=True)
class Filter:
    """What part is asked for; text: words, a number or a phone (`search`). page: from 1.

    feedback: `sent` to a department, of those `answered` or `waiting`.
    """

    status: str = ""
    stage: str = ""
    category: str = ""
    unit: str = ""
    text: str = ""
    topic: str = ""
    feedback: str = ""
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether anything narrows it."""
        return any(getattr(self, name) for name in _NARROWING)


_NARROWING = ("status", "stage", "category", "unit", "text", "topic", "feedback")


@dataclass(frozen=True)
class Line:
    """One case as the list shows it. due: the citizen's next open ledger."""

    number: str
    title: str
    category: str
    channel: str
    status: str
    stage: str
    outcome: str
    confidential: bool
    unit: Texts
    received_at: datetime
    due: Due | None
    pack: Pack


@dataclass(frozen=True)
class Page:
    """A page of cases. total: up to `COUNTED`. units: all, by key."""

    lines: Sequence[Line]
    total: int
    calendar: Calendar
    packs: Sequence[Pack]
    units: Mapping[str, Texts]


def page(session: Session, actor: Actor, wanted: Filter, vault: Vault | None = None) -> Page:
    """A page of the cases the person may open; two statements, three where very many are found.

    vault: to find phones with.
    """
    sought = _sought(session, actor, wanted, vault)
    conditions = [
        sought.condition,
        may_see(actor),
        *_narrowing(wanted),
    ]
    some = (
        select(_case.c.id)
        .select_from(sought.source)
        .where(*conditions)
        .limit(COUNTED)
        .correlate(None)
        .subquery()
    )
    head = session.execute(
        select(
            _city.c.calendar_revision,
            _city.c.organisation_revision,
            _city.c.timezone,
            packs_in_use.NEWEST.label("packs"),
            select(func.count()).select_from(some).scalar_subquery().label("total"),
            _last(sought).label("last"),
        )
    ).one()
    names = deployed.unit_names(session, head.organisation_revision)
    lines: list[Line] = []
    if sought.place is not None and head.total == COUNTED:
        newest = sought.place > head.last - NEWEST * wanted.page
        lines = _lines(session, sought, [*conditions, newest], wanted, names)
    if head.total and len(lines) < PAGE:
        lines = _lines(session, sought, conditions, wanted, names)
    return Page(
        lines=lines,
        total=head.total,
        calendar=deployed.calendar(session, head.calendar_revision, head.timezone),
        packs=packs_in_use.named(session, head.packs),
        units=names,
    )


def _last(sought: Sought) -> ColumnElement[Any]:
    """The place of the newest case in the index."""
    return null() if sought.place is None else select(func.max(sought.place)).scalar_subquery()


def may_see(actor: Actor) -> ColumnElement[bool]:
    """What `permissions.may_see_case` allows, as a condition on `case`.

    A unit that has a task of a case without being responsible has a slip as well.
    """
    office = frozenset().union(*(actor.scope[role] for role in OFFICE_ROLES & actor.roles))
    own = sorted(actor.scope.get("handler", ()))
    parts: list[ColumnElement[bool]] = []
    if office:
        parts.append(_case.c.office_key.in_(sorted(office)))
    if own:
        theirs = or_(
            _case.c.unit_key.in_(own),
            select(_slip.c.id)
            .where(_slip.c.case_id == _case.c.id, _slip.c.unit_key.in_(own))
            .exists(),
            *(
                cast(_case.c.facts["candidate_units"], String).contains(f'"{key}"', autoescape=True)
                for key in own
                if len(own) <= FEW
            ),
        )
        parts.append(and_(_case.c.sealed.is_(False), theirs))
    return and_(not_about(actor), or_(*parts)) if parts else false()


def _few(actor: Actor) -> list[str]:
    """The units by which alone somebody may see a case; none where an office is among them."""
    own = sorted(actor.scope.get("handler", ()))
    return own if len(own) <= FEW and not OFFICE_ROLES & actor.roles else []


TOPIC = _case.c.facts["topic"].as_string()


def sent() -> ColumnElement[bool]:
    """That the case was sent to a department, and may be counted."""
    slip = select(_slip.c.id).where(_slip.c.case_id == _case.c.id).exists()
    return and_(_case.c.sealed.is_(False), slip)


def answered() -> ColumnElement[bool]:
    """That an answer of the case went out."""
    out = (_answer.c.case_id == _case.c.id) & _answer.c.sent_at.is_not(None)
    return select(_answer.c.id).where(out).exists()


_FEEDBACK: Mapping[str, Callable[[], list[ColumnElement[bool]]]] = {
    "sent": lambda: [sent()],
    "answered": lambda: [sent(), answered()],
    "waiting": lambda: [sent(), not_(answered())],
}


def _narrowing(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (_case.c.status, wanted.status),
            (_case.c.stage, wanted.stage),
            (_case.c.category, wanted.category),
            (_case.c.unit_key, wanted.unit),
        )
        if value
    ]
    if wanted.topic:
        conditions.append(wanted.topic == TOPIC)
    conditions += _FEEDBACK[wanted.feedback]() if wanted.feedback in _FEEDBACK else []
    return conditions


def _sought(session: Session, actor: Actor, wanted: Filter, vault: Vault | None) -> Sought:
    if wanted.text:
        return search.sought(session, actor, wanted.text, vault, of=_few(actor))
    return Sought(_case, _case.c.id.desc(), true())


def _lines(
    session: Session,
    sought: Sought,
    conditions: Sequence[ColumnElement[bool]],
    wanted: Filter,
    names: Mapping[str, Texts],
) -> list[Line]:
    chosen = (
        select(_case.c.id)
        .select_from(sought.source)
        .where(*conditions)
        .order_by(sought.newest)
        .limit(PAGE)
        .offset((wanted.page - 1) * PAGE)
        .subquery()
    )
    next_due = (
        select(_deadline.c.id)
        .where(
            _deadline.c.case_id == _case.c.id,
            _deadline.c.settled_at.is_(None),
            _deadline.c.clock == "citizen",
        )
        .order_by(_deadline.c.due_at.asc().nulls_last())
        .limit(1)
        .correlate(_case)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            _case,
            _deadline.c.id.label("d_id"),
            _deadline.c.due_at,
            _deadline.c.budget,
            _deadline.c.provisional,
        )
        .select_from(
            chosen.join(_case, _case.c.id == chosen.c.id).outerjoin(
                _deadline, _deadline.c.id == next_due
            )
        )
        .order_by(_case.c.id.desc())
    )
    return [_line(session, row, names) for row in rows]


def _line(session: Session, row: Any, names: Mapping[str, Texts]) -> Line:
    return Line(
        number=row.number,
        title=row.title,
        category=row.category,
        channel=row.channel,
        status=row.status,
        stage=row.stage,
        outcome=row.outcome,
        confidential=row.confidential,
        unit=names.get(row.unit_key or "", {}),
        received_at=row.received_at,
        due=Due(row.due_at, row.budget, row.provisional) if row.d_id else None,
        pack=deployed.pack(session, row.pack_id),
    )
