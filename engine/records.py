"""Answers become records: each kind of form writes the facts and rows it stands for.

A form says which kind it is (`x-record`), which facts it changes (`x-facts`) and which causes of
supervision it takes away (`x-cures`); this module keeps what was said as rows with actor and time.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from engine import (
    answering,
    calling,
    duties,
    forms,
    interviewing,
    merging,
    opinions,
    promising,
    routing,
)
from engine.db import new_key, table
from engine.errors import InvalidAnswers
from engine.models import (
    CaseStatus,
    CitizenContact,
    Commitment,
    Interview,
    Measure,
    Supervision,
    SupervisionStep,
    TaskStatus,
)
from engine.prepared import Prepared
from engine.work import Cure, Work

Answers = Mapping[str, Any]
# Kinds of form that are kept in the history alone, with their facts.
HISTORY_ONLY = frozenset(
    {
        "take_up",
        "judgement",
        "spot_check",
        "follow_up",
        "clue",
        "extension_request",
        "extension_decision",
    }
)

_COUNTED_IN_WHAT = {
    "zh": "写了数量，再选按什么计。",
    "en": "There is an amount: choose what it is counted in.",
}
_supervision = table(Supervision)
_INSERT_CONTACT = Prepared(insert(table(CitizenContact)))
_INSERT_MEASURE = Prepared(insert(table(Measure)))
_INSERT_STEP = Prepared(insert(table(SupervisionStep)))
_INSERT_INTERVIEW = Prepared(insert(table(Interview)))
_INSERT_COMMITMENT = Prepared(insert(table(Commitment)))
_RUNG_DONE = (
    update(_supervision)
    .where(_supervision.c.id == bindparam("key"))
    .values(rung=bindparam("new_rung"))
)
_TARGET = select(_supervision.c.target).where(_supervision.c.id == bindparam("key"))


def options(work: Work) -> dict[str, Collection[str]]:
    """The lists that a form's fields may choose from: the pack's, and the units."""
    pack = work.terms.pack
    return {**pack.options(), "units": work.units}


def write(work: Work, schema: Mapping[str, Any], answers: Answers) -> None:
    """Write what the answers say: facts, rows, cures, and one event of history.

    Raises `InvalidAnswers` where a row they name does not exist.
    """
    assert work.task is not None
    routing.check(work, schema, answers)
    kind = forms.record(schema)
    write_rows = _RECORDS.get(kind or "")
    if write_rows is not None:
        write_rows(work, answers)
    work.facts.update(forms.facts(schema, answers, work.facts))
    if kind in _RECALLING:
        duties.recall(work, answers.get("title"))
    work.note("task.completed", work.task["element"], answers=dict(answers))
    # A co-handler answers for its own part alone.
    unit = work.task["item"] if kind == "co_handling" else None
    work.cures += [Cure(cause, unit) for cause in forms.cures(schema, answers)]


def too_late(
    kind: str | None, answers: Answers, task_status: str, case_status: str
) -> dict[str, Mapping[str, str]]:
    """Why a closed task takes these answers no more, by field; empty if that cannot be told."""
    if kind == "slip_sign" and answers.get("signing") == "return":
        return {"signing": duties.WINDOW_OVER} if task_status == TaskStatus.CANCELLED else {}
    if kind == "callback" and case_status in {CaseStatus.CLOSED, CaseStatus.REFUSED}:
        return {"reached_citizen": calling.CASE_IS_OVER}
    return {}


def _case(work: Work, answers: Answers) -> None:
    work.case_columns |= {name: answers[name] for name in ("title", "place") if name in answers}


def _screening(work: Work, answers: Answers) -> None:
    if answers.get("opinion") == "duplicate":
        merging.require_may_join(work, str(answers.get(merging.FIELD, "")), merging.FIELD)
    if answers.get("opinion") == "refuse":
        work.facts["refusal_reason"] = answers.get("refusal_reason", "")


def _dispatch(work: Work, answers: Answers) -> None:
    if answers.get("mode") == "join":
        merging.require_may_join(work, str(answers.get(merging.FIELD, "")), merging.FIELD)
    duties.dispatch(work, answers)


def _contact(work: Work, answers: Answers) -> None:
    _INSERT_CONTACT.run(
        work.wire,
        {
            "id": new_key(),
            "case_id": work.case_id,
            "unit_key": work.facts["unit"] or None,
            "contacted_at": _instant(answers["contacted_at"]),
            "way": answers["way"],
            "what": answers["what"],
            "recorded_at": work.now,
            "recorded_by": work.by,
        },
    )


def _measure(work: Work, answers: Answers) -> None:
    assert work.task is not None
    if answers.get("amount") is not None and not answers.get("amount_unit"):
        raise InvalidAnswers({"amount_unit": _COUNTED_IN_WHAT})
    done_on = answers.get("done_on")
    _INSERT_MEASURE.run(
        work.wire,
        {
            "id": new_key(),
            "case_id": work.case_id,
            "unit_key": work.task["unit_key"],
            "measures": answers.get("measures") or answers.get("co_result") or "",
            "done_on": date.fromisoformat(done_on) if done_on else None,
            "amount": answers.get("amount"),
            "amount_unit": answers.get("amount_unit", ""),
            "recorded_at": work.now,
            "recorded_by": work.by,
        },
    )


def _co_measure(work: Work, answers: Answers) -> None:
    _measure(work, answers)
    duties.part_done(work)


def _spot_check(work: Work, answers: Answers) -> None:
    if work.facts["disposition"] == "joined" and answers.get("finding") == "bad":
        merging.leave(work, reason="spot_check")  # from now on it is handled by itself


def _rung(work: Work, answers: Answers) -> None:
    """One rung of the ladder was done; an interview and a commitment are records of their own."""
    assert work.task is not None
    rung = work.task["element"]
    supervision_id = work.instance["supervision_id"]
    _INSERT_STEP.run(
        work.wire,
        {
            "id": new_key(),
            "supervision_id": supervision_id,
            "rung": rung,
            "details": dict(answers),
            "done_at": work.now,
            "done_by": work.by,
        },
    )
    work.session.execute(_RUNG_DONE, {"key": supervision_id, "new_rung": rung})
    if rung == "interview":
        _INSERT_INTERVIEW.run(
            work.wire,
            {
                "id": new_key(),
                "supervision_id": supervision_id,
                "held_at": _instant(answers["held_at"]),
                "present": answers["present"],
                "minutes": answers["minutes"],
                "recorded_at": work.now,
                "recorded_by": work.by,
            },
        )
        interviewing.held(work, supervision_id, str(answers.get("attendance") or ""))
    if rung == "commitment":
        _INSERT_COMMITMENT.run(
            work.wire,
            {
                "id": new_key(),
                "supervision_id": supervision_id,
                "text": answers["pledge"],
                "due_on": date.fromisoformat(answers["cure_by"]),
                "made_at": work.now,
                "recorded_by": work.by,
            },
        )
    promising.of_rung(work, supervision_id, rung, answers)
    unit = work.session.scalar(_TARGET, {"key": supervision_id})
    work.notify(f"supervision.{rung}", f"unit:{unit}", {})


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


_RECORDS: dict[str, Callable[[Work, Answers], None]] = {
    "case": _case,
    "screening": _screening,
    "dispatch": _dispatch,
    "ruling": duties.rule,
    "slip_sign": duties.sign,
    "contact": _contact,
    "handling": _measure,
    "co_handling": _co_measure,
    "answer": answering.write,
    "review": answering.review,
    "answer_sent": lambda work, _answers: answering.sent(work),
    "callback": calling.record,
    "spot_check": _spot_check,
    "rung": _rung,
    "refusal": answering.refuse,
    "opinion": opinions.answer,
}
# With these the category and the words of a case are known, so a precedent may be found.
_RECALLING = frozenset({"case", "screening"})
