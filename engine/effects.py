"""What a diagram's service tasks and thrown messages do to the rows.

Each function belongs to one operation of `engine.bpmn.service_tasks.OPERATIONS` and acts in the
transaction of the run; what leaves the database goes through the outbox.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from engine import ledger
from engine.bpmn.values import Service, Thrown
from engine.db import new_key
from engine.errors import InvalidInput
from engine.history import Entry
from engine.models import (
    Case,
    CaseStatus,
    Instance,
    InstanceStatus,
    Matter,
    Slip,
    Supervision,
    SupervisionStatus,
)
from engine.numbers import allocate
from engine.work import Work
from engine.working_time import Budget

Params = Mapping[str, Any]


def apply(work: Work, effect: Service | Thrown) -> None:
    """Carry out one effect of the run, in its transaction."""
    if isinstance(effect, Thrown):
        tell_case(work, effect.message)
    else:
        _OPERATIONS[effect.operation](work, effect.params)


def start_supervision(
    work: Work, cause: str, target: str, *, rung: str = "", reason: str = ""
) -> bool:
    """Ask for a ladder; False if one with this cause and target is open already.

    It counts as open from here: the row and the start message are written together.
    """
    _require_unit(work, target)
    already = work.session.scalar(
        select(Supervision.id).where(
            Supervision.case_id == work.case_id,
            Supervision.cause == cause,
            Supervision.target == target,
            Supervision.status == SupervisionStatus.OPEN,
        )
    )
    if already is not None:
        _count_supervisions(work)
        return False
    key = new_key()
    work.session.execute(
        insert(Supervision).values(
            id=key,
            case_id=work.case_id,
            number=allocate(work.session, f"{work.case['number']}-D"),
            cause=cause,
            target=target,
            first_rung=rung,
            rung="",
            status=SupervisionStatus.OPEN,
            reason=reason,
            evidence=_evidence(work, cause),
            asked_at=work.now,
            asked_by=work.by,
        )
    )
    work.tell(
        key,
        "start",
        {"part": "supervision", "routing": {"cause": cause, "asked_rung": rung}},
    )
    work.note("supervision.asked", cause=cause, target=target, rung=rung, supervision=key.hex)
    _count_supervisions(work)
    return True


def cure(work: Work, causes: list[str]) -> None:
    """Tell every open ladder of these causes that its cause is gone."""
    if not causes or not work.facts["open_supervisions"]:
        return
    found = work.session.scalars(
        select(Supervision.id).where(
            Supervision.case_id == work.case_id,
            Supervision.cause.in_(causes),
            Supervision.status == SupervisionStatus.OPEN,
            Supervision.cured_at.is_(None),
        )
    ).all()
    for key in found:
        work.tell(key, "cured")
    if found:
        work.session.execute(
            update(Supervision).where(Supervision.id.in_(found)).values(cured_at=work.now)
        )
        work.note("supervision.cured", causes=causes)


def cure_one(work: Work, supervision_id: UUID) -> None:
    """Tell one ladder that its cause is gone."""
    work.tell(supervision_id, "cured")
    work.session.execute(
        update(Supervision).where(Supervision.id == supervision_id).values(cured_at=work.now)
    )
    work.note("supervision.cured", supervision=supervision_id.hex)


def tell_case(work: Work, message: str) -> None:
    """Send a thrown message to the case's own instance."""
    target = work.session.scalar(
        select(Instance.id).where(
            Instance.case_id == work.case_id,
            Instance.part == "appeal",
            Instance.status == InstanceStatus.RUNNING,
        )
    )
    if target is not None:
        work.tell(target, message)


def tell_joined(work: Work, message: str) -> None:
    """Send a message to every case joined to this one's matter."""
    if work.case["matter_id"] is None:
        return
    targets = work.session.scalars(
        select(Instance.id)
        .join(Case, Case.id == Instance.case_id)
        .join(Matter, Matter.id == Case.matter_id)
        .where(
            Case.matter_id == work.case["matter_id"],
            Case.id != work.case_id,
            Matter.main_case_id == work.case_id,
            Instance.part == "appeal",
            Instance.status == InstanceStatus.RUNNING,
        )
    )
    for target in targets:
        work.tell(target, message)


def undo_merge(work: Work) -> None:
    """The joined case goes on by itself, as an accepted one."""
    work.facts["disposition"] = "accepted"
    work.case["status"] = CaseStatus.OPEN
    work.case["matter_id"] = work.case_columns["matter_id"] = None
    work.note("case.unmerged")


def tell_extension(work: Work, message: str) -> None:
    """Send a message to the last extension of the case; nobody may wait for it."""
    if "extension" in work.facts:
        work.tell(UUID(hex=work.facts["extension"]), message)


def _issue_slip(work: Work, _params: Params) -> None:
    host = work.facts["unit"]
    _require_unit(work, host)
    issued = work.facts.get("slips", 0)
    instructions = work.facts.pop("instructions", "")
    rows = [
        {
            "id": new_key(),
            "case_id": work.case_id,
            "number": f"{work.case['number']}-P{issued + place}",
            "unit_key": unit,
            "host": place == 1,
            "instructions": instructions,
            "issued_at": work.now,
        }
        for place, unit in enumerate([host, *work.facts["co_units"]], start=1)
    ]
    work.facts["slips"] = issued + len(rows)
    work.session.execute(insert(Slip), rows)
    for row in rows:
        work.notify("slip.issued", f"unit:{row['unit_key']}", {"slip": row["number"]})
    work.note("slip.issued", slips=[row["number"] for row in rows], unit=host)


def _close_supervision(work: Work, _params: Params) -> None:
    key = work.instance["supervision_id"]
    row = work.session.execute(
        select(Supervision.cured_at).where(Supervision.id == key)
    ).one_or_none()
    cured = row is not None and row.cured_at is not None
    work.session.execute(
        update(Supervision)
        .where(Supervision.id == key)
        .values(
            status=SupervisionStatus.CURED if cured else SupervisionStatus.REFERRED,
            closed_at=work.now,
        )
    )
    work.note("supervision.closed", supervision=key.hex, cured=cured)
    _count_supervisions(work)


def _join_matter(work: Work, _params: Params) -> None:
    """Join the case to the matter of another, with all that are joined to it."""
    main = _main_case(work, str(work.facts.get("matter_number", "")))
    matter_id = main.matter_id
    if matter_id is None:
        matter_id = new_key()
        work.session.execute(
            insert(Matter).values(id=matter_id, main_case_id=main.id, opened_at=work.now)
        )
        work.session.execute(update(Case).where(Case.id == main.id).values(matter_id=matter_id))
    if work.case["matter_id"] is not None:
        work.session.execute(
            update(Case)
            .where(Case.matter_id == work.case["matter_id"])
            .values(matter_id=matter_id)
            .execution_options(synchronize_session=False)
        )
    work.case["matter_id"] = matter_id
    work.case_columns["matter_id"] = matter_id
    work.case["status"] = CaseStatus.MERGED
    work.note("case.merged", main=main.number)
    # Whoever comes after the answer has gone out is told at once; nobody else would.
    handled_anew = main.facts.get("handle_again") or main.facts.get("rework_ordered")
    answered = bool(main.facts.get("answer_forms")) and not handled_anew
    if main.status == CaseStatus.CLOSED or answered:
        work.tell(work.instance_id, "matter_answered")


def _main_case(work: Work, number: str) -> Any:
    """The main case of the matter that the case of this number is or belongs to, locked.

    Without the lock two that join it at once would each make a matter, and one be forgotten.
    """
    columns = select(Case.id, Case.matter_id, Case.status, Case.number, Case.facts)
    main = work.session.execute(
        columns.where(Case.number == number).with_for_update()
    ).one_or_none()
    if main is not None and main.matter_id is not None:
        of_matter = select(Matter.main_case_id).where(Matter.id == main.matter_id)
        main = work.session.execute(
            columns.where(Case.id == of_matter.scalar_subquery()).with_for_update()
        ).one_or_none()
    if main is None or main.id == work.case_id:
        raise InvalidInput("matter", "the number of another case, not one that is joined to this")
    if main.status == CaseStatus.REFUSED:
        raise InvalidInput("matter", "the number of a case that was not refused")
    return main


def _extend_ledger(work: Work, params: Params) -> None:
    """Lengthen the open ledgers of a limit by working days and derive them anew."""
    limit, days = str(params["limit"]), int(params["days"])
    rows = ledger.open_rows(work.session, work.case_id, limit)
    for row in rows:
        before = Budget.parse(row["extended"]).amount if row["extended"] else 0
        row["extended"] = f"{before + days} WD"
        row["fired"] = []
        row["timer_fired"] = False
        ledger.derive(work.terms, row, ledger.suspensions_of(work.session, row["id"]))
        ledger.write_moved(work.session, row)
        work.note(
            "deadline.extended", row["element"], limit=limit, days=days, due=_iso(row["due_at"])
        )


def _send_notice(work: Work, params: Params) -> None:
    kind = str(params["kind"])
    to_unit = kind.endswith("refused")
    recipient = f"unit:{work.facts['unit']}" if to_unit else "citizen"
    work.notify(kind, recipient, {})


def _archive(work: Work, _params: Params) -> None:
    work.case["status"] = (
        CaseStatus.MERGED if work.facts["disposition"] == "joined" else CaseStatus.CLOSED
    )
    work.case["closed_at"] = work.now
    work.note("case.closed", outcome=work.facts["outcome"])


def _seal(work: Work, _params: Params) -> None:
    work.facts["confidential"] = True
    work.note("case.sealed")


def _archive_sealed(work: Work, _params: Params) -> None:
    work.case["status"] = CaseStatus.CLOSED
    work.case["closed_at"] = work.now
    work.entries.append(Entry("case.closed", work.now, work.by, work.instance_id))


def _count_supervisions(work: Work) -> None:
    """Set the two counters among the facts from the rows, which are the truth."""
    states = work.session.scalars(
        select(Supervision.status).where(Supervision.case_id == work.case_id)
    ).all()
    work.facts["open_supervisions"] = sum(s == SupervisionStatus.OPEN for s in states)
    work.facts["supervisions_before"] = len(states)


def _evidence(work: Work, cause: str) -> dict[str, Any]:
    limit = cause.removesuffix("_overdue")
    late = [
        {
            "deadline": row["id"].hex,
            "limit": row["limit"],
            "started_at": _iso(row["started_at"]),
            "due_at": _iso(row["due_at"]),
        }
        for row in work.deadlines
        if row["limit"] == limit and row["settled_at"] is None
    ]
    return {"ledgers": late, "unsolved_times": work.facts["unsolved_times"]}


def _require_unit(work: Work, key: str) -> None:
    if key not in work.units:
        raise InvalidInput("unit", "a unit of the organisation", key or "none")


def _iso(instant: Any) -> str | None:
    return instant.isoformat() if instant is not None else None


_OPERATIONS: dict[str, Callable[[Work, Params], None]] = {
    "supervision/start": lambda work, params: (
        start_supervision(work, str(params["cause"]), str(params["target"])),
        None,
    )[1],
    "supervision/close": _close_supervision,
    "slip/issue": _issue_slip,
    "matter/join": _join_matter,
    "ledger/extend": _extend_ledger,
    "notice/send": _send_notice,
    "case/archive": _archive,
    "case/archive_sealed": _archive_sealed,
    "case/seal": _seal,
}
