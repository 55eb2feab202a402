"""Watching a unit until it is well (跟踪整改): so many months in a row, each counted when over."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock, deployed, history, projection
from engine.commands import hot, supervisions
from engine.db import changed, new_key, table
from engine.errors import Conflict, InvalidInput
from engine.history import Entry
from engine.models import Case, Rectification, Supervision
from engine.permissions import Actor, may, require
from engine.rules.definition import Counts
from engine.rules.happenings import happenings
from engine.standing_in import in_whose_place_for
from engine.working_time import Calendar

MOST_MONTHS, MOST = 24, 1000
_rectification, _case, _supervision = table(Rectification), table(Case), table(Supervision)


def begin(
    session: Session, number: str, counts: str, at_most: int, months: int, *, by: Actor
) -> UUID:
    """Watch the unit of a ladder until `months` in a row have no more than `at_most` each.

    number: the ladder's. counts: of `Counts`. Raises `NotFound`, `NotAllowed`, `InvalidInput`,
    `Conflict` if the unit is watched for the same already.
    """
    require(may(by, "supervision.start"))
    if counts not in set(Counts):
        raise InvalidInput("counts", f"one of {', '.join(Counts)}", counts[:40])
    if not 1 <= months <= MOST_MONTHS:
        raise InvalidInput("months", f"1 to {MOST_MONTHS}", str(months))
    if not 0 <= at_most <= MOST:
        raise InvalidInput("at_most", f"0 to {MOST}", str(at_most))
    row = supervisions.of_number(session, number, by)
    require(
        any(by.acts_for(role, row.office_key) for role in ("supervisor", "leader")),
        "The case belongs to another office.",
    )
    work = hot.of_case(session, row.case_id, by.id, "supervision")
    work.instead_of = in_whose_place_for(by, "supervision.start", row.office_key)
    for one in session.execute(
        select(_rectification.c.rule).where(
            _rectification.c.unit_key == row.target, _rectification.c.met_at.is_(None)
        )
    ):
        if one.rule["counts"] == counts:
            raise Conflict("The unit is watched for this already.")
    calendar, key = work.terms.calendar, new_key()
    since = calendar.local(work.now).date()
    rule: dict[str, Any] = {"counts": counts, "at_most": at_most, "months": months}
    session.execute(
        insert(_rectification).values(
            id=key,
            supervision_id=row.id,
            case_id=row.case_id,
            unit_key=row.target,
            rule=rule,
            from_on=since,
            months=[],
            streak=0,
            next_at=_begins(month_after(since, 1), calendar),
            begun_at=work.now,
            begun_by=by.id,
        )
    )
    work.note("rectification.begun", rectification=key.hex, supervision=row.id.hex, **rule)
    projection.write_case(session, work)
    _tell_unit(session, row.target, "rectification.begun", by.id, rectification=key.hex, **rule)
    return key


def look(session: Session) -> int:
    """Count the month that has been over for longest; 1, or 0 if none is left to count.

    Harmless however often and from wherever it is done: a month is counted once.
    """
    row = session.execute(
        select(_rectification.c.id, _case.c.office_key)
        .join_from(_rectification, _case, _case.c.id == _rectification.c.case_id)
        .where(_rectification.c.met_at.is_(None), _rectification.c.next_at <= clock.now())
        .order_by(_rectification.c.next_at)
        .limit(1)
    ).one_or_none()
    if row is None:
        return 0
    return _look(session, row.id, row.office_key, deployed.current_calendar(session))


def month_after(since: date, months: int) -> date:
    """The day so many months later; the last of its month where there is no such day."""
    place = since.year * 12 + since.month - 1 + months
    year, month = divmod(place, 12)
    for day in range(since.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, min(since.day, 27))


def _look(session: Session, key: UUID, office: str, calendar: Calendar) -> int:
    row = session.execute(
        select(_rectification).where(_rectification.c.id == key).with_for_update()
    ).one()
    if row.met_at is not None or row.next_at > clock.now():
        return 0
    place = len(row.months)
    since, until = month_after(row.from_on, place), month_after(row.from_on, place + 1)
    found = happenings(
        session,
        Counts(row.rule["counts"]),
        office,
        _begins(since, calendar),
        _begins(until, calendar) - timedelta(microseconds=1),
    )
    count = len({one.case_id for one in found if one.unit == row.unit_key})
    kept = count <= row.rule["at_most"]
    streak = row.streak + 1 if kept else 0
    met = streak >= row.rule["months"]
    month = {"from": str(since), "until": str(until), "count": count, "kept": kept}
    done = session.execute(
        update(_rectification)
        .where(_rectification.c.id == key, _rectification.c.next_at == row.next_at)
        .values(
            months=[*row.months, month],
            streak=streak,
            next_at=_begins(month_after(row.from_on, place + 2), calendar),
            met_at=clock.now() if met else None,
        )
    )
    if changed(done) != 1:
        raise Conflict("Another worker counted this month.")
    told = {"rectification": key.hex, "streak": streak, "count": count}
    _tell_unit(session, row.unit_key, "rectification.counted", None, **told)
    if met:
        _tell_unit(session, row.unit_key, "rectification.met", None, rectification=key.hex)
    return 1


def _begins(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day, time(), tzinfo=calendar.zone)


def _tell_unit(session: Session, unit: str, kind: str, by: UUID | None, **told: Any) -> None:
    history.record(session, f"unit:{unit}", [Entry(kind, clock.now(), by, payload=told)])
