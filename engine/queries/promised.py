"""Promises of units (承诺), interviews they were called to, and how long they are watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from engine.errors import NotFound
from engine.models import (
    CalledInterview,
    CalledStatus,
    CalledUnit,
    Case,
    Person,
    Promise,
    PromiseStatus,
    Rectification,
    Role,
    Supervision,
    Unit,
)
from engine.permissions import RIGHTS, Actor, require, require_known
from engine.queries import compartments, open_clocks
from engine.queries.open_clocks import Text

PAGE = 50
_MISSING = "No such interview."


@dataclass(frozen=True)
class Promised:
    """A promise and what became of it. remark: what a person saw who judged it."""

    id: UUID
    ladder: str
    rung: str
    unit_key: str
    unit: Text
    text: str
    who: str
    due_on: date
    judged_by: str
    status: str
    fact: str
    fact_at: datetime | None
    remark: str
    made_at: datetime
    checked_at: datetime | None
    released_at: datetime | None


@dataclass(frozen=True)
class Called:
    """An interview as one unit was called to it."""

    id: UUID
    number: str
    ladder: str
    unit_key: str
    unit: Text
    held_at: datetime
    place: str
    bring: str
    contact: str
    status: str
    called_at: datetime
    called_by: Text
    confirmed_at: datetime | None
    confirmed_by: Text
    coming: str
    attendance: str
    others: int


@dataclass(frozen=True)
class Watched:
    """A unit that is watched: the rule, the months that are over, how many in a row were kept."""

    id: UUID
    ladder: str
    counts: str
    at_most: int
    months: int
    from_on: date
    past: Sequence[Mapping[str, Any]]
    streak: int
    next_at: datetime
    met_at: datetime | None


def of_ladder(session: Session, supervision_id: UUID) -> Sequence[Promised]:
    """The promises made on a ladder, the first due first; who may see it was asked before."""
    return _promises(session, _promised().where(Promise.supervision_id == supervision_id))


def of_unit(session: Session, actor: Actor, unit_key: str) -> Sequence[Promised]:
    """The promises of a unit as far as the person supervises the cases, the newest first."""
    query = _promised().where(Promise.unit_key == unit_key, *_supervised(actor))
    return list(reversed(_promises(session, query)))


def own(session: Session, actor: Actor) -> Sequence[Promised]:
    """The promises of the units the person works for that wait for their day."""
    query = _promised().where(
        Promise.unit_key.in_(sorted(actor.scope.get(Role.HANDLER, ()))),
        Promise.status.in_((PromiseStatus.OPEN, PromiseStatus.ASKED)),
        compartments.known(Promise.case_id, actor),
    )
    return _promises(session, query)


def public(session: Session, page: int) -> tuple[Sequence[Promised], int]:
    """One page of what everybody may read, the newest first, and how much there is in all."""
    shown = and_(
        Promise.released_at.is_not(None),
        Case.sealed.is_(False),
        Case.confidential.is_(False),
        Case.accused_key.is_(None),
    )
    total = session.scalar(
        select(func.count())
        .select_from(Promise)
        .join(Case, Case.id == Promise.case_id)
        .where(shown)
    )
    query = (
        _promised()
        .where(shown)
        .order_by(None)
        .order_by(Promise.released_at.desc(), Promise.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return _promises(session, query), total or 0


def called_to(session: Session, supervision_id: UUID) -> Sequence[Called]:
    """The interviews a ladder's unit was called to, the newest first."""
    return _called(session, CalledUnit.supervision_id == supervision_id)


def calls_of_unit(session: Session, actor: Actor, unit_key: str) -> Sequence[Called]:
    """The interviews a unit was called to, as far as the person supervises the cases."""
    return _called(session, CalledUnit.unit_key == unit_key, *_supervised(actor))


def own_calls(session: Session, actor: Actor) -> Sequence[Called]:
    """The interviews to which the units the person works for are called now."""
    return _called(
        session,
        CalledUnit.unit_key.in_(sorted(actor.scope.get(Role.HANDLER, ()))),
        CalledInterview.status == CalledStatus.CALLED,
        compartments.known(Case.id, actor),
    )


def newest_call(session: Session, actor: Actor, ladder: str) -> Called:
    """The newest interview of a ladder, for the unit that is called and who calls it.

    Raises `NotFound`, `NotAllowed`.
    """
    row = session.execute(
        select(Supervision.target, *(getattr(Case, name) for name in RIGHTS))
        .join(Case, Case.id == Supervision.case_id)
        .where(Supervision.number == ladder)
    ).one_or_none()
    if row is None:
        raise NotFound(_MISSING)
    require_known(actor, row, _MISSING)
    require(
        actor.acts_for(Role.HANDLER, row.target) or row.office_key in open_clocks.offices(actor),
        "The unit that was called is another.",
    )
    found = _called(session, Supervision.number == ladder)
    if not found:
        raise NotFound(_MISSING)
    return found[0]


def watched(session: Session, supervision_id: UUID) -> Sequence[Watched]:
    """For what the unit of a ladder is watched since then."""
    return _watched(session, Rectification.supervision_id == supervision_id)


def watched_unit(session: Session, actor: Actor, unit_key: str) -> Sequence[Watched]:
    """For what a unit is or was watched, as far as the person supervises the cases."""
    return _watched(session, Rectification.unit_key == unit_key, *_supervised(actor))


def _supervised(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (*open_clocks.cases_of(actor), compartments.known(Case.id, actor))


def _promised() -> Any:
    query: Any = (
        select(Promise, Supervision.number, Unit.name_zh, Unit.name_en)
        .join(Supervision, Supervision.id == Promise.supervision_id)
        .join(Case, Case.id == Promise.case_id)
        .join(Unit, Unit.key == Promise.unit_key)
        .order_by(Promise.due_at, Promise.id)
    )
    return query


def _promises(session: Session, query: Select[Any]) -> list[Promised]:
    return [_told(row.Promise, row) for row in session.execute(query)]


def _told(one: Promise, row: Any) -> Promised:
    at = one.finding.get("at")
    return Promised(
        id=one.id,
        ladder=row.number,
        rung=one.rung,
        unit_key=one.unit_key,
        unit=open_clocks.named(row.name_zh, row.name_en, one.unit_key),
        text=one.text,
        who=one.who,
        due_on=one.due_on,
        judged_by=one.judged_by,
        status=one.status,
        fact=one.finding.get("fact", ""),
        fact_at=datetime.fromisoformat(at) if at else None,
        remark=one.finding.get("remark", ""),
        made_at=one.made_at,
        checked_at=one.checked_at,
        released_at=one.released_at,
    )


def _called(session: Session, *wanted: ColumnElement[bool]) -> list[Called]:
    caller, coming = aliased(Person), aliased(Person)
    seat = aliased(CalledUnit)
    together = (
        select(func.count())
        .select_from(seat)
        .where(seat.called_id == CalledInterview.id)
        .correlate(CalledInterview)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            CalledInterview,
            CalledUnit,
            Supervision.number.label("ladder"),
            Unit.name_zh,
            Unit.name_en,
            caller.name_zh.label("caller_zh"),
            caller.name_en.label("caller_en"),
            coming.name_zh.label("sayer_zh"),
            coming.name_en.label("sayer_en"),
            together.label("together"),
        )
        .select_from(CalledUnit)
        .join(CalledInterview, CalledInterview.id == CalledUnit.called_id)
        .join(Supervision, Supervision.id == CalledUnit.supervision_id)
        .join(Case, Case.id == Supervision.case_id)
        .join(Unit, Unit.key == CalledUnit.unit_key)
        .join(caller, caller.id == CalledInterview.called_by)
        .outerjoin(coming, coming.id == CalledUnit.confirmed_by)
        .where(*wanted)
        .order_by(CalledInterview.id.desc())
    )
    return [
        Called(
            id=row.CalledInterview.id,
            number=row.CalledInterview.number,
            ladder=row.ladder,
            unit_key=row.CalledUnit.unit_key,
            unit=open_clocks.named(row.name_zh, row.name_en, row.CalledUnit.unit_key),
            held_at=row.CalledInterview.held_at,
            place=row.CalledInterview.place,
            bring=row.CalledInterview.bring,
            contact=row.CalledInterview.contact,
            status=row.CalledInterview.status,
            called_at=row.CalledInterview.called_at,
            called_by=open_clocks.named(row.caller_zh, row.caller_en),
            confirmed_at=row.CalledUnit.confirmed_at,
            confirmed_by=open_clocks.named(row.sayer_zh, row.sayer_en),
            coming=row.CalledUnit.coming,
            attendance=row.CalledUnit.attendance,
            others=row.together - 1,
        )
        for row in rows
    ]


def _watched(session: Session, *wanted: ColumnElement[bool]) -> list[Watched]:
    rows = session.execute(
        select(Rectification, Supervision.number)
        .join(Supervision, Supervision.id == Rectification.supervision_id)
        .join(Case, Case.id == Rectification.case_id)
        .where(*wanted)
        .order_by(Rectification.begun_at.desc())
    )
    return [
        Watched(
            id=one.id,
            ladder=number,
            counts=one.rule["counts"],
            at_most=one.rule["at_most"],
            months=one.rule["months"],
            from_on=one.from_on,
            past=one.months,
            streak=one.streak,
            next_at=one.next_at,
            met_at=one.met_at,
        )
        for one, number in rows
    ]
