"""Promises wake on their day (承诺到期), are judged, made by hand and shown to everybody."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock, faults, projection, promising
from engine.commands import hot, supervisions
from engine.commands.deadlines import LEASE, unclaimed
from engine.db import changed, table
from engine.errors import Conflict, InvalidInput, NotFound
from engine.models import Case, Promise, PromiseStatus, PromiseTest, Supervision
from engine.permissions import RIGHTS, Actor, may, require, require_known
from engine.standing_in import in_whose_place_for
from engine.work import Work

BATCH = 50
LONGEST = 1000
LONGEST_NAME = 200
_MISSING = "No such promise."
_promise, _case, _supervision = table(Promise), table(Case), table(Supervision)


def lease(session: Session, limit: int = BATCH) -> list[UUID]:
    """Claim up to `limit` promises whose day is over, oldest first."""
    now = clock.now()
    due = (
        select(_promise.c.id)
        .where(
            _promise.c.status == PromiseStatus.OPEN,
            _promise.c.due_at <= now,
            unclaimed(_promise.c.claimed_until, now),
        )
        .order_by(_promise.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = session.execute(
        update(_promise)
        .where(_promise.c.id.in_(due))
        .values(claimed_until=now + LEASE)
        .returning(_promise.c.id)
    ).scalars()
    return list(claimed)


def wake(session: Session, promise_id: UUID) -> str:
    """Judge a promise whose day is over; what became of it, "" if somebody was faster.

    Kept or broken by the facts; what a person has to judge is asked. A broken one wakes its ladder.
    """
    case_id = session.scalar(select(_promise.c.case_id).where(_promise.c.id == promise_id))
    if case_id is None:
        return ""
    work = hot.of_case(session, case_id, None, "supervision")
    promise = _read(session, promise_id)
    if promise.status != PromiseStatus.OPEN or promise.due_at > work.now:
        return ""
    faults.reach("inside-promise")
    if promise.judged_by == PromiseTest.BY_HAND:
        status = PromiseStatus.ASKED
        _settle(work, promise, status, {})
        work.notify("promise.due", f"unit:{work.case['office_key']}", {"promise": promise.id.hex})
    else:
        found = promising.fact(work, promise)
        status = _judged(work, promise, found)
    projection.write_case(session, work)
    return str(status)


def judge(session: Session, promise_id: UUID, kept: bool, remark: str, *, by: Actor) -> None:
    """Say of a promise that a person has to judge whether it was kept, with what was seen.

    Raises `NotFound`, `NotAllowed`, `InvalidInput` without a remark, `Conflict` if it is judged.
    """
    work, promise = _opened(session, promise_id, by)
    if promise.status not in {PromiseStatus.ASKED, PromiseStatus.OPEN}:
        raise Conflict("The promise has been judged.")
    if promise.status == PromiseStatus.OPEN and not kept and promise.due_at > work.now:
        raise Conflict("The day of the promise is not over yet.")
    if not remark.strip() or len(remark) > LONGEST:
        raise InvalidInput("remark", f"1 to {LONGEST} characters")
    found = {"fact": "seen", "at": work.now.isoformat(), "remark": remark.strip()}
    _judged(work, promise, found if kept else {}, remark.strip())
    projection.write_case(session, work)


def add(
    session: Session,
    number: str,
    said: str,
    due_on: date,
    judged_by: str,
    *,
    by: Actor,
    who: str = "",
) -> UUID:
    """Write down one more promise of a ladder's unit; its key.

    number: the ladder's. Raises `NotFound`, `NotAllowed`, `InvalidInput`, `InvalidAnswers` for a
    day that is years away, `Conflict` if the ladder is over.
    """
    require(may(by, "supervision.start"))
    row = supervisions.of_number(session, number, by)
    if row.status != "open":
        raise Conflict("The supervision is over.")
    if not said.strip() or len(said) > LONGEST:
        raise InvalidInput("text", f"1 to {LONGEST} characters")
    if len(who) > LONGEST_NAME:
        raise InvalidInput("who", f"at most {LONGEST_NAME} characters")
    if judged_by not in set(PromiseTest):
        raise InvalidInput("judged_by", f"one of {', '.join(PromiseTest)}", judged_by[:40])
    work = _work(session, row.case_id, by)
    rung = row.rung or row.first_rung or "phone"
    key = promising.make(work, row.id, rung, said.strip(), due_on, judged_by, who=who.strip())
    projection.write_case(session, work)
    return key


def release(session: Session, promise_id: UUID, *, by: Actor) -> None:
    """Let everybody read a promise. Raises `NotFound`, `NotAllowed`, `Conflict` where it may not.

    Of a confidential case, a sealed one or one about a unit nothing is ever shown.
    """
    work, promise = _opened(session, promise_id, by)
    if promise.released_at is not None:
        raise Conflict("The promise is public already.")
    if not promising.may_be_shown(work):
        raise Conflict("Nothing of a confidential case is shown.")
    session.execute(
        update(_promise)
        .where(_promise.c.id == promise.id)
        .values(released_at=work.now, released_by=by.id)
    )
    work.note("promise.released", promise=promise.id.hex, supervision=promise.supervision_id.hex)
    projection.write_case(session, work)


def _judged(work: Work, promise: Any, found: dict[str, Any], remark: str = "") -> PromiseStatus:
    """Write what became of a promise, and wake what a broken one wakes."""
    status = PromiseStatus.KEPT if found else PromiseStatus.BROKEN
    _settle(work, promise, status, found or ({"remark": remark} if remark else {}))
    told = {"promise": promise.id.hex, "supervision": promise.supervision_id.hex}
    work.note(f"promise.{status}", **told)
    if status == PromiseStatus.BROKEN:
        promising.broken(work, promise)
        work.notify("promise.broken", f"unit:{promise.unit_key}", {})
    return status


def _settle(work: Work, promise: Any, status: str, found: dict[str, Any]) -> None:
    done = work.session.execute(
        update(_promise)
        .where(_promise.c.id == promise.id, _promise.c.status == promise.status)
        .values(
            status=status,
            finding=found,
            checked_at=work.now,
            checked_by=work.by,
            claimed_until=None,
        )
    )
    if changed(done) != 1:
        raise Conflict("The promise was judged meanwhile.")


def _opened(session: Session, promise_id: UUID, by: Actor) -> tuple[Work, Any]:
    require(may(by, "supervision.start"))
    row = session.execute(
        select(_promise.c.case_id, *(_case.c[name] for name in RIGHTS))
        .join_from(_promise, _case, _case.c.id == _promise.c.case_id)
        .where(_promise.c.id == promise_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_MISSING)
    require_known(by, row, _MISSING)
    return _work(session, row.case_id, by), _read(session, promise_id)


def _work(session: Session, case_id: UUID, by: Actor) -> Work:
    work = hot.of_case(session, case_id, by.id, "supervision")
    office = work.case["office_key"]
    require(
        any(by.acts_for(role, office) for role in ("supervisor", "leader")),
        "The case belongs to another office.",
    )
    work.instead_of = in_whose_place_for(by, "supervision.start", office)
    return work


def _read(session: Session, promise_id: UUID) -> Any:
    return session.execute(select(_promise).where(_promise.c.id == promise_id)).one()
