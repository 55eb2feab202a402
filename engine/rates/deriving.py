"""Cases and slips as rates count them, derived from their facts: few statements for many cases.

Deriving reads only; what is written when is `engine.commands.figures`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed
from engine.db import table
from engine.models import Case, Unit
from engine.rates.case_facts import Facts, Row
from engine.rates.repeats import repeats
from engine.working_time import Calendar

_case, _unit = table(Case), table(Unit)
_OF_CASE = ("office_key", "accused_key", "sealed", "category", "channel")


@dataclass(frozen=True)
class Derived:
    """Rows of `case_figure` and `slip_figure`, and of other cases when they were repeated."""

    cases: Sequence[Row]
    slips: Sequence[Row]
    repeated: Mapping[UUID, datetime]


def derive(session: Session, keys: Sequence[UUID], calendar: Calendar) -> Derived:
    """How the cases of these keys count now."""
    cases = session.execute(
        select(
            *(_case.c[name] for name in ("id", "pack_id", "unit_key", "status", "outcome")),
            *(_case.c[name] for name in _OF_CASE),
            *(_case.c[name] for name in ("received_at", "closed_at", "facts", "chain_seq")),
            _unit.c.level,
        )
        .outerjoin(_unit, _unit.c.key == _case.c.unit_key)
        .where(_case.c.id.in_(keys))
    ).all()
    facts = Facts(session, keys)
    again = repeats(session, keys)
    own: list[Row] = []
    slips: list[Row] = []
    for case in cases:
        pack = deployed.pack(session, case.pack_id)
        of_case = {name: getattr(case, name) for name in _OF_CASE} | {"pack_key": pack.key}
        handling = facts.handling(case.id, case.unit_key, case.office_key)
        own.append(
            {
                **of_case,
                "id": case.id,
                "seq": case.chain_seq,
                "status": case.status,
                "outcome": case.outcome,
                "unit_key": case.unit_key or case.office_key,
                "level": case.level or "",
                "kind": str(case.facts.get("kind", ""))[:32],
                "may_call": bool(case.facts.get("may_call_back", True)),
                "received_at": case.received_at,
                "closed_at": case.closed_at,
                "repeat_at": again.get(case.id),
                **facts.contact_limit(case.id),
                **facts.limit(handling, pack.hours, calendar),
                **facts.slips(case.id),
                **facts.answers(case.id),
                **facts.reviews(case.id),
                **facts.last_words(case.id),
                **facts.lot(case.id),
            }
        )
        slips += facts.slip_rows(case.id, of_case)
    others = {key: at for key, at in again.items() if key not in set(keys)}
    return Derived(own, slips, others)
