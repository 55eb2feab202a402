"""What a diagram's service tasks and thrown messages do to the rows.

Each function belongs to one operation of `engine.bpmn.service_tasks.OPERATIONS` and acts in the
transaction of the run; what leaves the database goes through the outbox.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, or_, select, update

from engine import ledger, merging, opinions, routing
from engine.bpmn.service_tasks import late_co_units
from engine.bpmn.values import Service, Thrown
from engine.db import new_key
from engine.errors import InvalidInput
from engine.history import Entry
from engine.models import (
    CaseStatus,
    Instance,
    InstanceStatus,
    Scope,
    Slip,
    Supervision,
    SupervisionStatus,
)
from engine.numbers import allocate
from engine.work import Cure, Work
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
    if already is None:
        evidence = _evidence(work, cause)
        key = _ask(work, cause, target, Scope.CASE, rung=rung, reason=reason, evidence=evidence)
        work.note("supervision.asked", cause=cause, target=target, rung=rung, supervision=key.hex)
    _count_supervisions(work)
    return already is None


def start_about_unit(
    work: Work, cause: str, target: str, *, rung: str, reason: str, evidence: Params
) -> UUID | None:
    """Ask for a ladder about a unit, which stands at this case; None if one stands already.

    The case does not wait for it, and what is told of it is not told to the citizen: it is about
    more than this one case.
    """
    _require_unit(work, target)
    already = work.session.scalar(
        select(Supervision.id).where(
            Supervision.cause == cause,
            Supervision.target == target,
            Supervision.status == SupervisionStatus.OPEN,
            Supervision.scope == Scope.UNIT,
        )
    )
    if already is not None:
        return None
    key = _ask(work, cause, target, Scope.UNIT, rung=rung, reason=reason, evidence=evidence)
    work.note("supervision.unit_asked", cause=cause, target=target, rung=rung, supervision=key.hex)
    return key


def _ask(
    work: Work, cause: str, target: str, scope: Scope, *, rung: str, reason: str, evidence: Params
) -> UUID:
    key = new_key()
    work.session.execute(
        insert(Supervision).values(
            id=key,
            case_id=work.case_id,
            number=allocate(work.session, f"{work.case['number']}-D"),
            scope=scope,
            cause=cause,
            target=target,
            first_rung=rung,
            rung="",
            status=SupervisionStatus.OPEN,
            reason=reason,
            evidence=dict(evidence),
            asked_at=work.now,
            asked_by=work.by,
        )
    )
    work.tell(
        key,
        "start",
        {"part": "supervision", "routing": {"cause": cause, "asked_rung": rung}},
    )
    return key


def cure(work: Work, cures: list[Cure]) -> None:
    """Tell every open ladder of these causes that its cause is gone."""
    if not cures or not work.facts["open_supervisions"]:
        return
    causes = sorted({one.cause for one in cures})
    meant = (
        Supervision.cause == one.cause
        if one.unit is None
        else and_(Supervision.cause == one.cause, Supervision.target == one.unit)
        for one in cures
    )
    found = work.session.scalars(
        select(Supervision.id).where(
            Supervision.case_id == work.case_id,
            Supervision.scope == Scope.CASE,
            or_(*meant),
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
    scope = work.session.scalar(
        update(Supervision)
        .where(Supervision.id == supervision_id)
        .values(cured_at=work.now)
        .returning(Supervision.scope)
    )
    kind = "supervision.unit_cured" if scope == Scope.UNIT else "supervision.cured"
    work.note(kind, supervision=supervision_id.hex)


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


def tell_extension(work: Work, message: str) -> None:
    """Send a message to the last extension of the case; nobody may wait for it."""
    if "extension" in work.facts:
        work.tell(UUID(hex=work.facts["extension"]), message)


def _start_late(work: Work, params: Params) -> None:
    """A ladder for each co-handler whose part is not in; the host is not to blame."""
    for unit in late_co_units(work.facts):
        start_supervision(work, str(params["cause"]), unit)


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
    ground = work.facts["ground"] if work.facts["unit"] == work.facts["proposed_unit"] else ""
    work.note("slip.issued", slips=[row["number"] for row in rows], unit=host, ground=ground)


def _close_supervision(work: Work, _params: Params) -> None:
    key = work.instance["supervision_id"]
    row = work.session.execute(
        select(Supervision.cured_at, Supervision.scope).where(Supervision.id == key)
    ).one_or_none()
    cured = row is not None and row.cured_at is not None
    about_unit = row is not None and row.scope == Scope.UNIT
    work.session.execute(
        update(Supervision)
        .where(Supervision.id == key)
        .values(
            status=SupervisionStatus.CURED if cured else SupervisionStatus.REFERRED,
            closed_at=work.now,
        )
    )
    kind = "supervision.unit_closed" if about_unit else "supervision.closed"
    work.note(kind, supervision=key.hex, cured=cured)
    _count_supervisions(work)


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
    if kind.startswith("opinion_"):
        opinions.tell(work, kind)
        return
    to_unit = kind.endswith("refused")
    recipient = f"unit:{work.facts['unit']}" if to_unit else "citizen"
    work.notify(kind, recipient, {})


def _archive(work: Work, _params: Params) -> None:
    work.case["status"] = (
        CaseStatus.MERGED if work.facts["disposition"] == "joined" else CaseStatus.CLOSED
    )
    work.case["closed_at"] = work.now
    opinions.withdraw_all(work)
    work.note("case.closed", outcome=work.facts["outcome"])


def _seal(work: Work, _params: Params) -> None:
    work.facts["confidential"] = True
    work.note("case.sealed")


def _archive_sealed(work: Work, _params: Params) -> None:
    work.case["status"] = CaseStatus.CLOSED
    work.case["closed_at"] = work.now
    opinions.withdraw_all(work)
    work.entries.append(Entry("case.closed", work.now, work.by, work.instance_id))


def _count_supervisions(work: Work) -> None:
    """Set the two counters among the facts from the rows, which are the truth."""
    states = work.session.scalars(
        select(Supervision.status).where(
            Supervision.case_id == work.case_id, Supervision.scope == Scope.CASE
        )
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
    "supervision/start_late": _start_late,
    "supervision/close": _close_supervision,
    "slip/issue": _issue_slip,
    "matter/join": lambda work, _params: merging.join(work),
    "ledger/extend": _extend_ledger,
    "notice/send": _send_notice,
    "case/archive": _archive,
    "case/archive_sealed": _archive_sealed,
    "case/seal": _seal,
    "case/route": lambda work, _params: routing.route(work),
}
