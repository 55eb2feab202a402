"""The inbox (待办): open tasks a person may do, those due first on top.

One statement counts, one reads a page; both look at user_task alone and join only what the
fifty rows of the page show.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal_column, or_, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.db import table
from engine.models import Case, City, Deadline, Person, Supervision, TaskStatus, UserTask
from engine.packs import Pack
from engine.permissions import Actor
from engine.queries import compartments, packs_in_use
from engine.working_time import Calendar

PAGE = 50
VIEWS = ("unit", "mine", "unclaimed", "overdue", "today")
Texts = Mapping[str, str]

_task, _case, _deadline = table(UserTask), table(Case), table(Deadline)
_person, _supervision, _city = table(Person), table(Supervision), table(City)


@dataclass(frozen=True)
class Filter:
    """What part of the inbox is asked for; text: of a number or a title. page: from 1.

    element: the diagram's id of what is to be done.
    """

    view: str = "unit"
    stage: str = ""
    element: str = ""
    category: str = ""
    unit: str = ""
    text: str = ""
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether anything but the view narrows it."""
        return bool(self.stage or self.element or self.category or self.unit or self.text)


@dataclass
class Due:
    """The ledger a task is measured by, as a badge tells it."""

    due_at: datetime | None
    budget: str
    provisional: bool
    settled_at: datetime | None = None
    settled_as: str = ""


@dataclass(frozen=True)
class Entry:
    """One open task as the list shows it.

    rung: the highest rung of an open ladder about the case, "" if it has only been asked for,
    None without one.
    """

    id: UUID
    element: str
    name: Texts
    stage: str
    unit: Texts
    assignee_id: UUID | None
    assignee: Texts | None
    due: Due | None
    number: str
    title: str
    category: str
    received_at: datetime
    rung: str | None
    pack: Pack


@dataclass(frozen=True)
class Page:
    """A page of the inbox, the views' counts, and what the filters offer.

    total: tasks under this filter. units: those the person acts for, by key.
    """

    entries: Sequence[Entry]
    total: int
    counts: Mapping[str, int]
    calendar: Calendar
    packs: Sequence[Pack]
    units: Mapping[str, Texts] = field(default_factory=dict)


def page(session: Session, actor: Actor, wanted: Filter, zone: ZoneInfo) -> Page:
    """A page of what the person may do; two statements, three when a pack is new to the process."""
    now = clock.now()
    theirs = may_do(actor)
    views = _views(actor, now, zone)
    total: ColumnElement[int] = func.count(case((views[wanted.view], 1)))
    if wanted.narrowed:
        total = (
            _joined(select(func.count()), wanted)
            .where(theirs, views[wanted.view], *_narrowing(wanted))
            .correlate(None)
            .scalar_subquery()
        )
    counted = session.execute(
        select(
            *(
                func.count(case((condition, 1))).label(f"n_{name}")
                for name, condition in views.items()
            ),
            total.label("total"),
            select(_city.c.calendar_revision).scalar_subquery().label("calendar"),
            select(_city.c.organisation_revision).scalar_subquery().label("organisation"),
            select(_city.c.timezone).scalar_subquery().label("timezone"),
            packs_in_use.NEWEST.label("packs"),
        ).where(theirs)
    ).one()
    calendar = deployed.calendar(session, counted.calendar, counted.timezone)
    names = deployed.unit_names(session, counted.organisation)
    reach = frozenset().union(*actor.scope.values()) if actor.scope else frozenset()
    return Page(
        entries=_entries(session, theirs, views[wanted.view], wanted, names)
        if counted.total
        else [],
        total=counted.total,
        counts={name: getattr(counted, f"n_{name}") for name in views},
        calendar=calendar,
        packs=packs_in_use.named(session, counted.packs),
        units={key: texts for key, texts in names.items() if key in reach},
    )


def following(session: Session, actor: Actor, wanted: Filter, zone: ZoneInfo) -> UUID | None:
    """The first task under this filter that nobody else has claimed, or None."""
    views = _views(actor, clock.now(), zone)
    found: UUID | None = session.scalar(
        _joined(select(_task.c.id), wanted)
        .where(
            may_do(actor),
            views[wanted.view],
            *_narrowing(wanted),
            or_(_task.c.assignee_id.is_(None), _task.c.assignee_id == actor.id),
        )
        .order_by(*_ORDER)
        .limit(1)
    )
    return found


def may_do(actor: Actor) -> ColumnElement[bool]:
    """Open tasks that `permissions.may_do` allows, as a condition on `user_task`.

    Of cases the person knows of: who may do a task need not belong to its compartment.
    """
    by_reach: dict[frozenset[str], list[str]] = {}
    for role, units in actor.scope.items():
        by_reach.setdefault(units, []).append(role)
    parts = [
        and_(
            or_(_task.c.unit_key.in_(sorted(units)), _to_take_up(units)),
            or_(*(_task.c.roles.contains(f",{role},", autoescape=True) for role in roles)),
        )
        for units, roles in by_reach.items()
    ]
    if not parts:
        return false()
    return and_(_OPEN, or_(*parts), compartments.known(_task.c.case_id, actor))


def _to_take_up(units: Collection[str]) -> ColumnElement[bool]:
    """Tasks without a unit that any of these may take up."""
    named = (_task.c.candidates.contains(f",{key},", autoescape=True) for key in sorted(units))
    return and_(_task.c.unit_key.is_(None), or_(_task.c.candidates == "", *named))


# Written out and not bound: only so do the databases see that the indexes of open tasks serve.
_OPEN = _task.c.status == literal_column(f"'{TaskStatus.OPEN}'")
# What is overdue longest first; what is paused, and so without a due time, at the end.
_ORDER = (_task.c.due_at.asc().nulls_last(), _task.c.id.asc())


def _views(actor: Actor, now: datetime, zone: ZoneInfo) -> dict[str, ColumnElement[bool]]:
    local = now.astimezone(zone)
    tomorrow = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return {
        "unit": _OPEN,
        "mine": _task.c.assignee_id == actor.id,
        "unclaimed": _task.c.assignee_id.is_(None),
        "overdue": _task.c.due_at < now,
        "today": and_(_task.c.due_at >= now, _task.c.due_at < tomorrow),
    }


def _narrowing(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.stage:
        conditions.append(_task.c.stage == wanted.stage)
    if wanted.element:
        conditions.append(_task.c.element == wanted.element)
    if wanted.unit:
        conditions.append(_task.c.unit_key == wanted.unit)
    if wanted.category:
        conditions.append(_case.c.category == wanted.category)
    if wanted.text:
        conditions.append(
            or_(
                _case.c.number.startswith(wanted.text.upper(), autoescape=True),
                _case.c.title.contains(wanted.text, autoescape=True),
            )
        )
    return conditions


def _joined(statement: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.category or wanted.text:
        return statement.select_from(_task.join(_case, _case.c.id == _task.c.case_id))
    return statement.select_from(_task)


def _entries(
    session: Session,
    theirs: ColumnElement[bool],
    view: ColumnElement[bool],
    wanted: Filter,
    names: Mapping[str, Texts],
) -> list[Entry]:
    chosen = (
        _joined(select(_task.c.id), wanted)
        .where(theirs, view, *_narrowing(wanted))
        .order_by(*_ORDER)
        .limit(PAGE)
        .offset((wanted.page - 1) * PAGE)
        .subquery()
    )
    rung = (
        select(_supervision.c.rung)
        .where(_supervision.c.case_id == _task.c.case_id, _supervision.c.status == "open")
        .order_by(_supervision.c.asked_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            _task,
            _case.c.number,
            _case.c.title,
            _case.c.category,
            _case.c.received_at,
            _case.c.pack_id,
            _deadline.c.due_at.label("d_due_at"),
            _deadline.c.budget,
            _deadline.c.provisional,
            _person.c.name_zh.label("p_zh"),
            _person.c.name_en.label("p_en"),
            rung.label("rung"),
        )
        .select_from(
            chosen.join(_task, _task.c.id == chosen.c.id)
            .join(_case, _case.c.id == _task.c.case_id)
            .outerjoin(_deadline, _deadline.c.id == _task.c.deadline_id)
            .outerjoin(_person, _person.c.id == _task.c.assignee_id)
        )
        .order_by(*_ORDER)
    )
    return [_entry(session, row, names) for row in rows]


def _entry(session: Session, row: Any, names: Mapping[str, Texts]) -> Entry:
    return Entry(
        id=row.id,
        element=row.element,
        name={"zh": row.name_zh, "en": row.name_en or row.name_zh},
        stage=row.stage,
        unit=names.get(row.unit_key or "", {}),
        assignee_id=row.assignee_id,
        assignee={"zh": row.p_zh, "en": row.p_en or row.p_zh} if row.assignee_id else None,
        due=Due(row.d_due_at, row.budget, row.provisional) if row.budget else None,
        number=row.number,
        title=row.title,
        category=row.category,
        received_at=row.received_at,
        rung=row.rung,
        pack=deployed.pack(session, row.pack_id),
    )


def claimers(session: Session, task_ids: Sequence[UUID]) -> list[Texts]:
    """Who has claimed these tasks, in any order."""
    rows = session.execute(
        select(_person.c.name_zh, _person.c.name_en)
        .select_from(_task.join(_person, _person.c.id == _task.c.assignee_id))
        .where(_task.c.id.in_(task_ids))
    )
    return [{"zh": row.name_zh, "en": row.name_en or row.name_zh} for row in rows]
