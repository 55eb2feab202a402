"""Asking for supervision (督办) by hand, and for an extension (延期)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from engine import effects, ledger, projection
from engine.commands import hot, instances
from engine.db import new_key, table
from engine.errors import Conflict, InvalidAnswers, InvalidInput, NotFound
from engine.models import Case, CaseStatus, Instance, InstanceStatus, Supervision
from engine.permissions import RIGHTS, Actor, may, require, require_known
from engine.projection import Completed
from engine.standing_in import in_whose_place_for
from engine.work import Work

# What a supervisor may start at once; the ladder climbs on from there.
RUNGS = ("phone", "order", "interview")
LONGEST_REASON = 2000
LENGTHENED = "handling"  # the limit that an extension lengthens
_ASKED = {
    "zh": "已经申请过延期，还没有批。等审批结果。",
    "en": "An extension has been asked for and is not decided yet. Wait for the decision.",
}
_NOT_RUNNING = {
    "zh": "办理时限没有在走，不用延期。",
    "en": "The handling limit is not running, so there is nothing to extend.",
}
_EXPIRED = {
    "zh": "办理时限已过，不能再申请延期；到期前提出才有效。请尽快办结，向督办员说明。",
    "en": "The handling limit has passed; an extension must be asked for before. Finish the case.",
}
_RIGHTS = [table(Case).c[name] for name in RIGHTS]


def ask(
    session: Session, number: str, rung: str, reason: str, *, by: Actor, unit: str | None = None
) -> UUID:
    """Start a ladder about a case at one rung; the supervision's id.

    unit: whom it is about, the responsible unit unless said. Raises `NotFound`, `NotAllowed`,
    `InvalidInput`, `Conflict` if the case is over or the same is open already.
    """
    require(may(by, "supervision.start"))
    if rung not in RUNGS:
        raise InvalidInput("rung", f"one of {', '.join(RUNGS)}", rung[:40])
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput("reason", f"1 to {LONGEST_REASON} characters")
    case = _open_case(session, number, by)
    work = hot.of_case(session, case, by.id, "supervision")
    _require_office(work, by)
    work.instead_of = in_whose_place_for(by, "supervision.start", work.case["office_key"])
    target = unit or work.facts["unit"]
    if not target:
        raise Conflict("The case has no responsible unit yet.")
    if not effects.start_supervision(
        work, f"asked_{rung}", target, rung=rung, reason=reason.strip()
    ):
        raise Conflict("The same supervision of this unit is open already.")
    projection.write_case(session, work)
    key = session.scalar(
        select(Supervision.id).where(
            Supervision.case_id == case,
            Supervision.cause == f"asked_{rung}",
            Supervision.target == target,
            Supervision.status == "open",
        )
    )
    assert key is not None
    return key


def of_number(session: Session, number: str, by: Actor) -> Row[Any]:
    """A ladder by its number with the rights of its case. Raises `NotFound` also where hidden."""
    return _ladder(session, Supervision.number == number, by)


def _ladder(session: Session, which: ColumnElement[bool], by: Actor) -> Row[Any]:
    row = session.execute(
        select(
            Supervision.id,
            Supervision.case_id,
            Supervision.target,
            Supervision.status,
            Supervision.rung,
            Supervision.first_rung,
            Supervision.cured_at,
            *_RIGHTS,
        )
        .join(Case, Case.id == Supervision.case_id)
        .where(which)
    ).one_or_none()
    if row is None:
        raise NotFound("No such supervision.")
    require_known(by, row, "No such supervision.")
    return row


def cure(session: Session, supervision_id: UUID, *, by: Actor) -> None:
    """Say that the cause of a ladder is gone; it ends within a second.

    Raises `NotFound`, `NotAllowed`, `Conflict` if it is over.
    """
    require(may(by, "supervision.start"))
    row = _ladder(session, Supervision.id == supervision_id, by)
    if row.status != "open" or row.cured_at is not None:
        raise Conflict("The supervision is over.")
    work = hot.of_case(session, row.case_id, by.id, "supervision")
    _require_office(work, by)
    work.instead_of = in_whose_place_for(by, "supervision.start", work.case["office_key"])
    # Whoever was faster has told the ladder already: it is told once.
    if session.scalar(select(Supervision.cured_at).where(Supervision.id == supervision_id)):
        raise Conflict("The supervision is over.")
    effects.cure_one(work, supervision_id)
    projection.write_case(session, work)


def ask_extension(session: Session, number: str, *, by: Actor) -> Completed:
    """Open the extension process of a case for its unit, while its limit still runs.

    Raises as `ask`, and `InvalidAnswers` for "extension" when it comes too late or twice.
    """
    require(may(by, "extension.ask"))
    case = _open_case(session, number, by)
    work = hot.of_case(session, case, by.id, "extension")
    require(by.acts_for("handler", work.facts["unit"]), "The case belongs to another unit.")
    work.instead_of = in_whose_place_for(by, "extension.ask", work.facts["unit"])
    running = session.scalar(
        select(Instance.id).where(
            Instance.case_id == case,
            Instance.part == "extension",
            Instance.status == InstanceStatus.RUNNING,
        )
    )
    if why := _no_extension(work, running is not None):
        raise InvalidAnswers({"extension": why})
    key = new_key()
    work.facts["extension"] = key.hex
    return instances.start(work, key)


def _no_extension(work: Work, asked: bool) -> Mapping[str, str] | None:
    """Why no more time can be asked for now."""
    if asked:
        return _ASKED
    rows = ledger.open_rows(work.session, work.case_id, LENGTHENED)
    if not rows:
        return _NOT_RUNNING
    if any(row["due_at"] is not None and row["due_at"] <= work.now for row in rows):
        return _EXPIRED
    return None


def _require_office(work: Work, by: Actor) -> None:
    require(
        any(by.acts_for(role, work.case["office_key"]) for role in ("supervisor", "leader")),
        "The case belongs to another office.",
    )


def _open_case(session: Session, number: str, by: Actor) -> UUID:
    row = session.execute(
        select(Case.id, Case.status, *_RIGHTS).where(Case.number == number)
    ).one_or_none()
    if row is None:
        raise NotFound("No such case.")
    require_known(by, row)
    if row.status not in {CaseStatus.OPEN, CaseStatus.MERGED}:
        raise Conflict("The case is over.")
    return row.id  # type: ignore[no-any-return]
