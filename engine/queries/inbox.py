"""The inbox (待办): open tasks a person may do, those due first on top.

One statement counts, one reads a page; both look at user_task alone and join only what the
fifty rows of the page show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.db import table
from engine.identity import Vault
from engine.models import Case, City, Person, UserTask
from engine.packs import Pack
from engine.permissions import Actor
from engine.queries import inbox_conditions as conditions
from engine.queries import inbox_entries, packs_in_use
from engine.queries import inbox_views as views
from engine.queries.dues import Due
from engine.queries.inbox_conditions import Asker, Filter
from engine.queries.inbox_entries import Entry
from engine.queries.inbox_views import VIEWS, may_do
from engine.working_time import Calendar

__all__ = ["PAGE", "VIEWS", "Due", "Entry", "Filter", "News", "Page", "may_do"]

PAGE = 50
Texts = Mapping[str, str]
# Between a person's login and names, and between persons, in one column of the first statement.
_UNIT, _RECORD = "\x1f", "\x1e"

_task, _case = table(UserTask), table(Case)
_person, _city = table(Person), table(City)


@dataclass(frozen=True)
class Page:
    """A page of the inbox, the views' counts, and what the filters offer.

    total: tasks under this filter. saved: the counts of the saved filters that were asked for, in
    their order. units: those the person acts for, by key. people: who has claimed some of it, by
    login.
    """

    entries: Sequence[Entry]
    total: int
    counts: Mapping[str, int]
    calendar: Calendar
    packs: Sequence[Pack]
    units: Mapping[str, Texts] = field(default_factory=dict)
    people: Mapping[str, Texts] = field(default_factory=dict)
    saved: Sequence[int] = ()


@dataclass(frozen=True)
class News:
    """What has come since a list was shown, and how long it would be now."""

    fresh: int
    total: int


def page(
    session: Session,
    actor: Actor,
    wanted: Filter,
    zone: ZoneInfo,
    saved: Sequence[Filter] = (),
    vault: Vault | None = None,
) -> Page:
    """A page of what the person may do; two statements, three when a pack is new to the process.

    saved: filters to be counted as well. vault: to look for phones with.
    """
    asker = Asker(session, actor, clock.now(), zone, vault)
    theirs, own = may_do(actor), views.own(actor, asker.now, zone)
    counted = session.execute(
        select(
            *(func.count(case((one, 1))).label(f"n_{name}") for name, one in own.items()),
            _count(asker, Filter(view="waiting")).label("n_waiting"),
            *(
                _count(asker, one).label(f"s_{place}")
                for place, one in enumerate((wanted, *saved))
                if one.narrowed
            ),
            _claimers(theirs).label("people"),
            select(_city.c.calendar_revision).scalar_subquery().label("calendar"),
            select(_city.c.organisation_revision).scalar_subquery().label("organisation"),
            select(_city.c.timezone).scalar_subquery().label("timezone"),
            packs_in_use.NEWEST.label("packs"),
        ).where(theirs)
    ).one()
    calendar = deployed.calendar(session, counted.calendar, counted.timezone)
    names = deployed.unit_names(session, counted.organisation)
    counts = {name: getattr(counted, f"n_{name}") for name in VIEWS}
    total, *others = (
        getattr(counted, f"s_{place}") if one.narrowed else counts[one.view]
        for place, one in enumerate((wanted, *saved))
    )
    reach = frozenset().union(*actor.scope.values()) if actor.scope else frozenset()
    return Page(
        entries=_entries(asker, wanted, names) if total else [],
        total=total,
        counts=counts,
        calendar=calendar,
        packs=packs_in_use.named(session, counted.packs),
        units={key: texts for key, texts in names.items() if key in reach},
        people=_people(counted.people or ""),
        saved=others,
    )


def news(
    session: Session,
    actor: Actor,
    wanted: Filter,
    zone: ZoneInfo,
    since: datetime,
    vault: Vault | None = None,
) -> News:
    """How many tasks under this filter opened after `since`, and how many there are."""
    asker = Asker(session, actor, clock.now(), zone, vault)
    counted = select(
        func.count().label("total"),
        func.count(case((_task.c.opened_at > since, 1))).label("fresh"),
    )
    row = session.execute(conditions.joined(counted, wanted).where(*_all(asker, wanted))).one()
    return News(row.fresh, row.total)


def following(
    session: Session,
    actor: Actor,
    wanted: Filter,
    zone: ZoneInfo,
    vault: Vault | None = None,
) -> UUID | None:
    """The first task under this filter that nobody else has claimed, or None."""
    if wanted.view == "waiting":
        return None
    found: UUID | None = session.scalar(
        conditions.joined(select(_task.c.id), wanted)
        .where(
            *_all(Asker(session, actor, clock.now(), zone, vault), wanted),
            or_(_task.c.assignee_id.is_(None), _task.c.assignee_id.in_(sorted(actor.acts_as))),
        )
        .order_by(*conditions.order(wanted))
        .limit(1)
    )
    return found


def chosen(session: Session, actor: Actor, task_ids: Sequence[UUID]) -> list[Entry]:
    """These open tasks, as far as the person may do them or open their case, in the order given."""
    names = deployed.unit_names(session, session.scalar(select(_city.c.organisation_revision)) or 0)
    found = (
        select(_task.c.id)
        .select_from(_task.join(_case, _case.c.id == _task.c.case_id))
        .where(_task.c.id.in_(task_ids), views.OPEN, or_(may_do(actor), views.visible(actor)))
    )
    entries = {entry.id: entry for entry in inbox_entries.read(session, found, Filter(), names)}
    return [entries[key] for key in dict.fromkeys(task_ids) if key in entries]


@dataclass(frozen=True)
class Names:
    """What conditions on the inbox are called: of packs, and of all units."""

    packs: Sequence[Pack]
    units: Mapping[str, Texts]


def names(session: Session) -> Names:
    """The same without a page; one statement."""
    row = session.execute(
        select(_city.c.organisation_revision, packs_in_use.NEWEST.label("packs"))
    ).one()
    units = deployed.unit_names(session, row.organisation_revision)
    return Names(packs_in_use.named(session, row.packs), units)


def calendar(session: Session) -> Calendar:
    """The calendar by which due times are told."""
    return deployed.current_calendar(session)


def claimer(session: Session, task_id: UUID) -> tuple[Texts, datetime | None] | None:
    """Who has claimed an open task and when, as far as is known; None if nobody has."""
    row = session.execute(
        select(_person.c.name_zh, _person.c.name_en, _task.c.claimed_at)
        .select_from(_task.join(_person, _person.c.id == _task.c.assignee_id))
        .where(_task.c.id == task_id, views.OPEN)
    ).one_or_none()
    if row is None:
        return None
    return {"zh": row.name_zh, "en": row.name_en or row.name_zh}, row.claimed_at


def _all(asker: Asker, wanted: Filter) -> list[ColumnElement[bool]]:
    view = views.of_view(wanted.view, asker.actor, asker.now, asker.zone)
    return [view, *conditions.narrowing(wanted, asker)]


def _count(asker: Asker, wanted: Filter) -> Any:
    return (
        conditions.joined(select(func.count()), wanted)
        .where(*_all(asker, wanted))
        .correlate(None)
        .scalar_subquery()
    )


def _claimers(theirs: ColumnElement[bool]) -> Any:
    """Everybody who has claimed one of these tasks, as one text."""
    who = _person.c.login + _UNIT + _person.c.name_zh + _UNIT + _person.c.name_en
    claimed = select(_task.c.assignee_id).where(theirs, _task.c.assignee_id.is_not(None))
    return (
        select(func.aggregate_strings(who, _RECORD))
        .where(_person.c.id.in_(claimed.correlate(None)))
        .scalar_subquery()
    )


def _people(told: str) -> dict[str, Texts]:
    rows = sorted(one.split(_UNIT) for one in told.split(_RECORD) if one)
    return {login: {"zh": zh, "en": en or zh} for login, zh, en in rows}


def _entries(asker: Asker, wanted: Filter, names: Mapping[str, Texts]) -> list[Entry]:
    found = (
        conditions.joined(select(_task.c.id), wanted)
        .where(*_all(asker, wanted))
        .order_by(*conditions.order(wanted))
        .limit(PAGE)
        .offset((wanted.page - 1) * PAGE)
    )
    return inbox_entries.read(asker.session, found, wanted, names)
