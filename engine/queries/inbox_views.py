"""The inbox's own views (待办视图) as conditions on `user_task`: whose work, and what of it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from engine.db import table
from engine.models import Case, Supervision, TaskStatus, UserTask
from engine.permissions import Actor
from engine.queries import case_list, compartments

VIEWS = (
    "unit",
    "mine",
    "unclaimed",
    "today",
    "overdue",
    "urged",
    "returned",
    "waiting",
)
# How far back one's own work is followed: what comes back, and what others do with it now.
COMES_BACK = timedelta(days=90)
IS_FOLLOWED = timedelta(days=30)
# An element that opens again has come back; the diagrams draw one way back as a task of its own.
_DRAWN_APART = {"revise_answer": "write_answer"}

_task, _case, _supervision = table(UserTask), table(Case), table(Supervision)
_done = _task.alias("done")

# Written out and not bound: only so do the databases see that the indexes of open tasks serve.
OPEN = _task.c.status == literal_column(f"'{TaskStatus.OPEN}'")
SUPERVISED = _task.c.case_id.in_(
    select(_supervision.c.case_id).where(
        _supervision.c.status == literal_column("'open'"), _supervision.c.case_id.is_not(None)
    )
)


def may_do(actor: Actor) -> ColumnElement[bool]:
    """Open tasks that `permissions.may_do` allows, as a condition on `user_task`.

    Of cases the person knows of: who may do a task need not belong to its compartment.
    """
    return and_(OPEN, _theirs(actor), compartments.known(_task.c.case_id, actor))


def own(actor: Actor, now: datetime, zone: ZoneInfo) -> dict[str, ColumnElement[bool]]:
    """What each view but `waiting` takes of what the person may do."""
    local = now.astimezone(zone)
    tomorrow = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return {
        "unit": true(),
        "mine": _task.c.assignee_id.in_(sorted(actor.acts_as)),
        "unclaimed": _task.c.assignee_id.is_(None),
        "today": and_(_task.c.due_at >= now, _task.c.due_at < tomorrow),
        "overdue": _task.c.due_at < now,
        "urged": or_(_task.c.urged_at.is_not(None), SUPERVISED),
        "returned": _returned(actor, now),
    }


def of_view(view: str, actor: Actor, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
    """A whole view: what is the person's, or in `waiting` what others have to do for them.

    The condition of `waiting` is on `case` as well.
    """
    if view == "waiting":
        return waiting(actor, now)
    return and_(may_do(actor), own(actor, now, zone)[view])


def waiting(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Open tasks of others, of cases the person took a step in and may see; joined with `case`."""
    followed = _closed_by(actor, now - IS_FOLLOWED).with_only_columns(_done.c.case_id)
    return and_(
        OPEN,
        _task.c.case_id.in_(followed),
        or_(
            _theirs(actor).is_not(true()),
            and_(
                _task.c.assignee_id.is_not(None),
                _task.c.assignee_id.not_in(sorted(actor.acts_as)),
            ),
        ),
        visible(actor),
    )


def visible(actor: Actor) -> ColumnElement[bool]:
    """That the task's case may be opened by the person; joined with `case`."""
    return and_(case_list.may_see(actor), compartments.known(_task.c.case_id, actor))


def may_have_done(actor: Actor) -> ColumnElement[bool]:
    """Tasks, open or closed, of which the person may know: the own kind, or of a case one sees."""
    return or_(_theirs(actor), visible(actor))


def _theirs(actor: Actor) -> ColumnElement[bool]:
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
    return or_(*parts) if parts else false()


def _to_take_up(units: Collection[str]) -> ColumnElement[bool]:
    """Tasks without a unit that any of these may take up."""
    named = (_task.c.candidates.contains(f",{key},", autoescape=True) for key in sorted(units))
    return and_(_task.c.unit_key.is_(None), or_(_task.c.candidates == "", *named))


def _returned(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Work the person has done before and somebody else's act has opened again."""
    before = _closed_by(actor, now - COMES_BACK)
    same = before.with_only_columns(_done.c.case_id, _done.c.element)
    apart = (
        before.with_only_columns(_done.c.case_id, literal_column(f"'{again}'")).where(
            _done.c.element == element
        )
        for again, element in _DRAWN_APART.items()
    )
    last = (
        select(_done.c.closed_by)
        .where(_done.c.case_id == _task.c.case_id, _done.c.closed_by.is_not(None))
        .order_by(_done.c.closed_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    back = tuple_(_task.c.case_id, _task.c.element).in_(union_all(same, *apart))
    return and_(back, last != actor.id)


def _closed_by(actor: Actor, since: datetime) -> Select[tuple[object, ...]]:
    return select(_done.c.case_id).where(
        _done.c.closed_by == actor.id,
        _done.c.closed_at > since,
        _done.c.status == literal_column(f"'{TaskStatus.COMPLETED}'"),
    )
