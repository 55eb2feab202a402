"""What a list of tasks is narrowed by and how it is sorted (筛选与排序)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.identity import Vault
from engine.models import Case, Pack, Person, Supervision, UserTask
from engine.permissions import Actor
from engine.queries import search
from engine.queries.inbox_views import SUPERVISED

DUES = ("late", "today", "tomorrow", "week", "later", "paused")
RUNGS = ("any", "asked", "phone", "order", "interview", "commitment", "none")
ASSIGNEES = ("me", "none", "others")
SORTS = ("due", "late", "received", "newest")

_Some = TypeVar("_Some", bound=Select[*tuple[Any, ...]])
_task, _case, _pack = table(UserTask), table(Case), table(Pack)
_person, _supervision = table(Person), table(Supervision)


@dataclass(frozen=True)
class Filter:
    """What part of the inbox is asked for.

    text: words, a number or a phone (`search`). page: from 1. element: the diagram's id of what is
    to be done. due, rung, sort: one of `DUES`, `RUNGS`, `SORTS`. assignee: one of `ASSIGNEES` or a
    login. due_from to received_to: local days, both included.
    """

    view: str = "unit"
    stage: str = ""
    element: str = ""
    category: str = ""
    unit: str = ""
    text: str = ""
    due: str = ""
    due_from: date | None = None
    due_to: date | None = None
    assignee: str = ""
    channel: str = ""
    received_from: date | None = None
    received_to: date | None = None
    rung: str = ""
    pack: str = ""
    sort: str = "due"
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether anything but the view narrows it."""
        return any(getattr(self, name) for name in NARROWING)


NARROWING = tuple(one.name for one in fields(Filter) if one.name not in {"view", "sort", "page"})


@dataclass(frozen=True)
class Asker:
    """Who asks, of which database, when and where. vault: without it no phone is looked for."""

    session: Session
    actor: Actor
    now: datetime
    zone: ZoneInfo
    vault: Vault | None = None


# Conditions and orders that look at the case beside the task.
_OF_CASE = ("category", "channel", "received_from", "received_to", "pack")


def narrowing(wanted: Filter, asker: Asker) -> list[ColumnElement[bool]]:
    """The conditions beside the view; `joined` says what they are on."""
    conditions = [
        column == value
        for column, value in (
            (_task.c.stage, wanted.stage),
            (_task.c.element, wanted.element),
            (_task.c.unit_key, wanted.unit),
            (_case.c.category, wanted.category),
            (_case.c.channel, wanted.channel),
        )
        if value
    ]
    zone = asker.zone
    conditions += _between(_task.c.due_at, wanted.due_from, wanted.due_to, zone)
    conditions += _between(_case.c.received_at, wanted.received_from, wanted.received_to, zone)
    if wanted.due in _DUE:
        conditions.append(_DUE[wanted.due](asker.now.astimezone(zone)))
    if wanted.assignee:
        conditions.append(_of_assignee(wanted.assignee, asker.actor))
    if wanted.rung in RUNGS:
        conditions.append(_of_rung(wanted.rung))
    if wanted.pack:
        versions = select(_pack.c.id).where(_pack.c.key == wanted.pack)
        conditions.append(_case.c.pack_id.in_(versions))
    if wanted.text:
        conditions.append(
            search.among(_task.c.case_id, asker.session, asker.actor, wanted.text, asker.vault)
        )
    return conditions


def joined(statement: _Some, wanted: Filter) -> _Some:
    """The statement on `user_task`, and on `case` where a condition or the order asks for it."""
    if wanted.view == "waiting" or wanted.sort == "received" or of_case(wanted):
        return statement.select_from(_task.join(_case, _case.c.id == _task.c.case_id))
    return statement.select_from(_task)


def of_case(wanted: Filter) -> bool:
    """Whether a condition looks at the case."""
    return any(getattr(wanted, name) for name in _OF_CASE)


def order(wanted: Filter) -> tuple[ColumnElement[Any], ...]:
    """The order asked for; what is paused, and so without a due time, comes last.

    Anything else than `SORTS` is by due time: what is overdue longest first.
    """
    return _ORDERS.get(wanted.sort, _ORDERS["due"])


_ORDERS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "due": (_task.c.due_at.asc().nulls_last(), _task.c.id.asc()),
    "late": (_task.c.due_at.desc().nulls_last(), _task.c.id.asc()),
    "received": (_case.c.received_at.asc(), _task.c.id.asc()),
    "newest": (_task.c.opened_at.desc(), _task.c.id.desc()),
}


def _of_assignee(asked: str, actor: Actor) -> ColumnElement[bool]:
    if asked == "none":
        return _task.c.assignee_id.is_(None)
    if asked == "me":
        return _task.c.assignee_id.in_(sorted(actor.acts_as))
    if asked == "others":
        mine = _task.c.assignee_id.in_(sorted(actor.acts_as))
        return and_(_task.c.assignee_id.is_not(None), ~mine)
    named = select(_person.c.id).where(_person.c.login == asked).scalar_subquery()
    return _task.c.assignee_id == named


def _of_rung(asked: str) -> ColumnElement[bool]:
    if asked == "any":
        return or_(_task.c.urged_at.is_not(None), SUPERVISED)
    if asked == "none":
        return and_(_task.c.urged_at.is_(None), ~SUPERVISED)
    rung = "" if asked == "asked" else asked
    there = _task.c.case_id.in_(
        select(_supervision.c.case_id).where(
            _supervision.c.status == "open",
            _supervision.c.rung == rung,
            _supervision.c.case_id.is_not(None),
        )
    )
    return or_(_task.c.urged_at.is_not(None), there) if asked == "asked" else there


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), tzinfo=zone)


def _between(
    column: ColumnElement[Any], first: date | None, last: date | None, zone: ZoneInfo
) -> list[ColumnElement[bool]]:
    conditions = []
    if first:
        conditions.append(column >= _midnight(first, zone))
    if last:
        conditions.append(column < _midnight(last + timedelta(days=1), zone))
    return conditions


def _days(local: datetime, first: int, behind: int) -> ColumnElement[bool]:
    """Due on the days from `first` to before `behind`, counted from today, and not over yet."""
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    since = max(local, today + timedelta(days=first))
    return and_(_task.c.due_at >= since, _task.c.due_at < today + timedelta(days=behind))


_DUE: Mapping[str, Callable[[datetime], ColumnElement[bool]]] = {
    "late": lambda local: _task.c.due_at < local,
    "today": lambda local: _days(local, 0, 1),
    "tomorrow": lambda local: _days(local, 1, 2),
    "week": lambda local: _days(local, 0, 7 - local.weekday()),
    "later": lambda local: (
        _task.c.due_at
        >= local.replace(hour=0, minute=0, second=0, microsecond=0)
        + timedelta(days=7 - local.weekday())
    ),
    "paused": lambda _local: _task.c.due_at.is_(None),
}
