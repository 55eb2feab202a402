"""What an order and a notice rest on: the cause, the limits that passed, the rungs before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.ledger import NO_DUTY
from engine.models import Deadline, Instance, Supervision, SupervisionStep
from engine.papers.kinds import Climbed, Term, Texts
from engine.queries.case_file import File

_CAUSES: Mapping[str, Texts] = {
    "unsolved": {
        "zh": "市民再次反映没有解决",
        "en": "the citizen says again that it is not solved",
    },
    "asked": {"zh": "经督办员核查，需要督办", "en": "a supervisor found it must be supervised"},
    "leader": {"zh": "领导指示督办", "en": "a leader orders the supervision"},
    "rule": {
        "zh": "同一单位的问题达到督办规则规定的件数",
        "en": "the unit has as many cases as the rule on supervision says",
    },
}


def cause(file: File, key: str) -> Texts:
    """Why a ladder was started."""
    if key.endswith("_overdue"):
        limit = limit_name(file, key.removesuffix("_overdue"))
        return {
            "zh": f"超过「{limit['zh']}」时限",
            "en": f"the limit “{limit['en']}” has passed",
        }
    return _CAUSES.get(key) or _CAUSES.get(key.partition("_")[0]) or _CAUSES["asked"]


def overdue(session: Session, file: File, supervision: Supervision) -> tuple[Term, ...]:
    """The limits that had passed when the ladder was asked for."""
    named = supervision.evidence.get("ledgers", [])
    if named:
        ran_out = [
            (one["limit"], datetime.fromisoformat(one["due_at"])) for one in named if one["due_at"]
        ]
    else:
        rows = session.execute(
            select(Deadline.limit, Deadline.due_at)
            .join(Instance, Instance.id == Deadline.instance_id)
            .where(
                Deadline.case_id == file.case.id,
                Deadline.due_at <= supervision.asked_at,
                or_(Deadline.settled_at.is_(None), Deadline.settled_at > supervision.asked_at),
                Deadline.limit.not_in(NO_DUTY),
                Instance.part != "supervision",
            )
            .order_by(Deadline.due_at, Deadline.id)
        )
        ran_out = [(row.limit, row.due_at) for row in rows]
    return tuple(Term(limit_name(file, limit), until=due) for limit, due in ran_out)


def climbed(
    session: Session, file: File, supervision: Supervision, before: datetime
) -> tuple[Climbed, ...]:
    """The rungs that were done before."""
    rows = session.scalars(
        select(SupervisionStep)
        .where(SupervisionStep.supervision_id == supervision.id, SupervisionStep.done_at < before)
        .order_by(SupervisionStep.id)
    )
    return tuple(
        Climbed(file.item("ladder", one.rung), one.done_at, _said(one.details)) for one in rows
    )


def _said(details: Mapping[str, Any]) -> str:
    return next(
        (str(details[n]) for n in ("promise", "demands", "minutes", "pledge") if details.get(n)), ""
    )


def limit_name(file: File, key: str) -> Texts:
    """What a limit is called; a budget of the diagram is its own name."""
    limit = file.pack.limits.get(key)
    return {"zh": limit.zh, "en": limit.en} if limit else {"zh": key, "en": key}
