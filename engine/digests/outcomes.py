"""What became of leaders' instructions on earlier issues: the next one opens with it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.digests.kinds import Texts
from engine.models import Digest, DigestStatus, Instruction, InstructionStatus

_digest, _instruction = table(Digest), table(Instruction)


def of_last(
    session: Session, kind: str, office: str, units: Mapping[str, Texts]
) -> list[dict[str, Any]]:
    """Instructions on the last issue of a kind, and older ones not done before it came out."""
    last = session.execute(
        select(
            func.max(_digest.c.number).label("number"), func.max(_digest.c.issued_at).label("at")
        ).where(
            _digest.c.kind == kind,
            _digest.c.office_key == office,
            _digest.c.status == str(DigestStatus.ISSUED),
        )
    ).one()
    if last.number is None:
        return []
    rows = session.execute(
        select(Instruction, _digest.c.number.label("issue"))
        .join(_digest, _digest.c.id == Instruction.digest_id)
        .where(
            _digest.c.kind == kind,
            _digest.c.office_key == office,
            or_(
                _digest.c.number == last.number,
                _instruction.c.status != str(InstructionStatus.DONE),
                _instruction.c.done_at >= last.at,
            ),
        )
        .order_by(_digest.c.number, Instruction.id)
    )
    return [_told(row.Instruction, row.issue, units) for row in rows]


def _told(one: Instruction, issue: int, units: Mapping[str, Texts]) -> dict[str, Any]:
    return {
        "id": one.id.hex,
        "issue": issue,
        "line": dict(one.quoted),
        "text": one.text,
        "leader": one.leader,
        "unit": dict(units.get(one.unit_key, {"zh": one.unit_key, "en": one.unit_key})),
        "due_on": one.due_on.isoformat(),
        "status": one.status,
        "result": one.result,
    }
