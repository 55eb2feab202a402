"""Suspending a limit (中止) and letting it run again (恢复): rows of the ledger, never a state."""

from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import ledger, projection
from engine.commands import hot
from engine.db import new_key
from engine.errors import Conflict, InvalidInput, NotFound
from engine.ledger import Row
from engine.models import Case, Suspension
from engine.permissions import GRANTS, Actor, CaseRights, require, require_known
from engine.standing_in import in_whose_place_for
from engine.work import Work

LONGEST_REASON = 1000


def suspend(session: Session, number: str, limit: str, reason: str, *, by: Actor) -> int:
    """Stop the open ledgers of one limit of a case, e.g. for a test the law requires.

    Gives how many were stopped. Raises `NotFound`, `NotAllowed`, `InvalidInput` without a
    reason, `Conflict` if none runs.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput("reason", f"1 to {LONGEST_REASON} characters")
    work = _work(session, number, by)
    running = [row for row in _rows(work, limit) if row["due_at"] is not None]
    if not running:
        raise Conflict("No such limit of this case is running.")
    for row in running:
        session.execute(
            insert(Suspension).values(
                id=new_key(),
                deadline_id=row["id"],
                from_at=work.now,
                until_at=None,
                reason=reason.strip(),
                suspended_by=by.id,
            )
        )
        _derive(work, row)
        work.note("deadline.suspended", row["element"], limit=limit, reason=reason.strip())
    projection.write_case(session, work)
    return len(running)


def resume(session: Session, number: str, limit: str, *, by: Actor) -> int:
    """Let the suspended ledgers of one limit run again; gives how many.

    Raises `NotFound`, `NotAllowed`, `Conflict` if none is suspended.
    """
    work = _work(session, number, by)
    standing = [row for row in _rows(work, limit) if row["due_at"] is None]
    if not standing:
        raise Conflict("No such limit of this case is suspended.")
    for row in standing:
        session.execute(
            update(Suspension)
            .where(Suspension.deadline_id == row["id"], Suspension.until_at.is_(None))
            .values(until_at=work.now)
            .execution_options(synchronize_session=False)
        )
        _derive(work, row)
        due = row["due_at"].isoformat()
        work.note("deadline.resumed", row["element"], limit=limit, due=due)
    projection.write_case(session, work)
    return len(standing)


def _work(session: Session, number: str, by: Actor) -> Work:
    case_id: UUID | None = session.scalar(select(Case.id).where(Case.number == number))
    if case_id is None:
        raise NotFound("No such case.")
    work = hot.of_case(session, case_id, by.id, "appeal")
    require_known(by, CaseRights.of(work.case))
    office = work.case["office_key"]
    require(
        any(by.acts_for(role, office) for role in GRANTS["deadline.suspend"]),
        "Only the office that runs the case may stop its clock.",
    )
    work.instead_of = in_whose_place_for(by, "deadline.suspend", office)
    return work


def _rows(work: Work, limit: str) -> list[Row]:
    return ledger.open_rows(work.session, work.case_id, limit)


def _derive(work: Work, row: Row) -> None:
    ledger.derive(work.terms, row, ledger.suspensions_of(work.session, row["id"]))
    ledger.write_moved(work.session, row)
