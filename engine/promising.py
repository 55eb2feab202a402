"""Promises (承诺): made on a rung, judged by facts on their day, and what a broken one wakes."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from engine import effects
from engine.db import new_key, table
from engine.errors import InvalidAnswers
from engine.models import (
    Answer,
    Callback,
    CaseStatus,
    Evaluation,
    Promise,
    PromiseStatus,
    PromiseTest,
    Scope,
    Supervision,
    SupervisionStatus,
)
from engine.work import Work

BROKEN = "promise_broken"  # the message that lets a ladder climb, and the cause of a new one
# Where a new ladder begins if the one of the promise is over: one rung above it.
NEXT = {
    "phone": "order",
    "on_site": "order",
    "meeting": "order",
    "order": "interview",
    "interview": "commitment",
    "commitment": "criticism",
    "criticism": "referral",
}
# In which field of a rung's form the promise stands.
FIELDS = {"phone": "promise", "meeting": "promise", "interview": "promise", "commitment": "pledge"}
LONGEST = 5000
FARTHEST = timedelta(days=5 * 366)
_NO_DAY = {
    "zh": "有承诺就写明到哪一天；没有日子的承诺查不了。",
    "en": "A promise has a day: without one nobody can look whether it was kept.",
}
_NO_TEXT = {
    "zh": "写了日子，就写答应了什么。",
    "en": "There is a day: write what was promised by it.",
}
TOO_FAR = {
    "zh": "承诺的日子要在前后五年之内。",
    "en": "The day promised is within five years of today.",
}
_promise, _supervision = table(Promise), table(Supervision)


def of_rung(work: Work, supervision_id: UUID, rung: str, answers: Mapping[str, Any]) -> None:
    """Keep the promise that a rung's form names with its day, if it does.

    Raises `InvalidAnswers` for a day without a promise and, but on the phone, the reverse.
    """
    field = FIELDS.get(rung)
    if field is None:
        return
    said, day = str(answers.get(field) or "").strip(), answers.get("cure_by")
    if not day:
        if said and rung != "phone":
            raise InvalidAnswers({"cure_by": _NO_DAY})
        return
    if not said:
        raise InvalidAnswers({field: _NO_TEXT})
    make(
        work,
        supervision_id,
        rung,
        said,
        date.fromisoformat(day),
        str(answers.get("judged_by") or PromiseTest.CURED),
        who=str(answers.get("signed_by") or answers.get("spoke_to") or ""),
        public=bool(answers.get("published")),
    )


def make(
    work: Work,
    supervision_id: UUID,
    rung: str,
    said: str,
    due_on: date,
    judged_by: str,
    *,
    who: str = "",
    public: bool = False,
) -> UUID:
    """Keep one promise of the unit that a ladder is about; its key.

    public: everybody may read it, unless the case is confidential. Raises `InvalidAnswers` for a
    day that is years away.
    """
    if abs(due_on - work.terms.calendar.local(work.now).date()) > FARTHEST:
        raise InvalidAnswers({"cure_by": TOO_FAR})
    target = work.session.execute(
        select(_supervision.c.target).where(_supervision.c.id == supervision_id)
    ).scalar_one()
    shown = public and may_be_shown(work)
    key = new_key()
    work.session.execute(
        insert(_promise).values(
            id=key,
            supervision_id=supervision_id,
            case_id=work.case_id,
            unit_key=target,
            rung=rung,
            text=said,
            who=who[:200],
            due_on=due_on,
            due_at=end_of(work, due_on),
            judged_by=judged_by,
            status=PromiseStatus.OPEN,
            finding={},
            made_at=work.now,
            made_by=work.by,
            released_at=work.now if shown else None,
            released_by=work.by if shown else None,
        )
    )
    work.note("promise.made", promise=key.hex, supervision=supervision_id.hex, due=str(due_on))
    if shown:
        work.note("promise.released", promise=key.hex, supervision=supervision_id.hex)
    return key


def may_be_shown(work: Work) -> bool:
    """Whether a promise about this case may be public: never of one that has to be hidden."""
    case = work.case
    return not (work.facts["confidential"] or case["sealed"] or case["accused_key"])


def end_of(work: Work, day: date) -> datetime:
    """When a day of the office is over."""
    after = day + timedelta(days=1)
    return datetime.combine(after, time(), tzinfo=work.terms.calendar.zone)


def fact(work: Work, promise: Any) -> dict[str, Any]:
    """The fact by which a promise was kept in time, {"fact", "at"}; nothing if there is none.

    What happened until the day was over counts, however late somebody looks.
    """
    found = _FACTS[PromiseTest(promise.judged_by)](work, promise)
    return {"fact": found[0], "at": found[1].isoformat()} if found else {}


def broken(work: Work, promise: Any) -> None:
    """Wake the ladder of a promise that was not kept; a new one if that one is over.

    Of a case that is over nothing is left to wake: the promise stays in the unit's history.
    """
    ladder = work.session.execute(
        select(_supervision).where(_supervision.c.id == promise.supervision_id)
    ).one()
    if ladder.status == SupervisionStatus.OPEN and ladder.cured_at is None:
        work.tell(ladder.id, BROKEN)
        return
    if work.case["status"] not in {CaseStatus.OPEN, CaseStatus.MERGED}:
        return
    rung = NEXT.get(promise.rung, "order")
    if ladder.scope == Scope.UNIT:
        told = {**ladder.evidence, "promise": promise.id.hex}
        effects.start_about_unit(
            work, BROKEN, ladder.target, rung=rung, reason=ladder.reason, evidence=told
        )
    else:
        effects.start_supervision(work, BROKEN, ladder.target, rung=rung)


def _cured(work: Work, promise: Any) -> tuple[str, datetime] | None:
    cured = work.session.execute(
        select(_supervision.c.cured_at).where(_supervision.c.id == promise.supervision_id)
    ).scalar_one()
    if cured is not None and cured < promise.due_at:
        return "cured", cured
    closed = work.case["closed_at"]
    return ("closed", closed) if closed is not None and closed < promise.due_at else None


def _answered(work: Work, promise: Any) -> tuple[str, datetime] | None:
    sent = work.session.scalar(
        select(Answer.sent_at)
        .where(
            Answer.case_id == promise.case_id,
            Answer.sent_at >= promise.made_at,
            Answer.sent_at < promise.due_at,
        )
        .order_by(Answer.sent_at)
        .limit(1)
    )
    return ("answered", sent) if sent else None


def _solved(work: Work, promise: Any) -> tuple[str, datetime] | None:
    called = select(Callback.called_at.label("at")).where(
        Callback.case_id == promise.case_id,
        Callback.result == "solved",
        Callback.called_at >= promise.made_at,
        Callback.called_at < promise.due_at,
    )
    rated = select(Evaluation.rated_at.label("at")).where(
        Evaluation.case_id == promise.case_id,
        Evaluation.result == "solved",
        Evaluation.rated_at >= promise.made_at,
        Evaluation.rated_at < promise.due_at,
    )
    at: list[datetime] = [
        one.at for query in (called, rated) for one in work.session.execute(query)
    ]
    return ("solved", min(at)) if at else None


_FACTS: Mapping[str, Callable[[Work, Any], tuple[str, datetime] | None]] = {
    PromiseTest.CURED: _cured,
    PromiseTest.ANSWERED: _answered,
    PromiseTest.SOLVED: _solved,
    PromiseTest.BY_HAND: lambda _work, _promise: None,
}
