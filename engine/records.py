"""Answers become records: each kind of form writes the facts and rows it stands for.

A form says which kind it is (`x-record`), which facts it changes (`x-facts`) and which causes of
supervision it takes away (`x-cures`); this module keeps what was said as rows with actor and time.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from engine import effects, forms
from engine.db import new_key, table
from engine.errors import InvalidAnswers
from engine.models import (
    Answer,
    Callback,
    Case,
    CaseStatus,
    CitizenContact,
    Commitment,
    Interview,
    Matter,
    Measure,
    Review,
    Slip,
    Supervision,
    SupervisionStep,
)
from engine.prepared import Prepared
from engine.work import Work

Answers = Mapping[str, Any]
# Kinds of form that are kept in the history alone, with their facts.
HISTORY_ONLY = frozenset(
    {"ruling", "take_up", "judgement", "spot_check", "extension_request", "extension_decision"}
)

_slip, _answer_table, _supervision = table(Slip), table(Answer), table(Supervision)
_case_table = table(Case)
_INSERT_CONTACT = Prepared(insert(table(CitizenContact)))
_INSERT_MEASURE = Prepared(insert(table(Measure)))
_INSERT_ANSWER = Prepared(insert(_answer_table))
_INSERT_REVIEW = Prepared(insert(table(Review)))
_INSERT_CALLBACK = Prepared(insert(table(Callback)))
_INSERT_STEP = Prepared(insert(table(SupervisionStep)))
_INSERT_INTERVIEW = Prepared(insert(table(Interview)))
_INSERT_COMMITMENT = Prepared(insert(table(Commitment)))
_CASE_OF_NUMBER = (
    select(_case_table.c.id, _case_table.c.status, Matter.main_case_id)
    .outerjoin(Matter, Matter.id == _case_table.c.matter_id)
    .where(_case_table.c.number == bindparam("wanted"))
)
_NO_SUCH_CASE = {
    "zh": "没有这个编号的主件。核对编号，或改选「受理」。",
    "en": "There is no other case of this number. Check it, or accept.",
}
_CANNOT_JOIN = {
    "zh": "那一件已不予受理，或已并入本件，不能作主件。改选「受理」。",
    "en": "That case was refused or is joined to this one, so it cannot lead. Accept instead.",
}
_NEWEST_SLIP = (
    select(_slip.c.id)
    .where(_slip.c.case_id == bindparam("case"), _slip.c.host, _slip.c.returned_at.is_(None))
    .order_by(_slip.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_SIGN_SLIP = Prepared(
    update(_slip).where(_slip.c.id == _NEWEST_SLIP).values(signed_at=bindparam("at"))
)
_RETURN_SLIP = (
    update(_slip)
    .where(_slip.c.id == _NEWEST_SLIP)
    .values(
        returned_at=bindparam("at"),
        return_reason=bindparam("reason"),
        legal_basis=bindparam("basis"),
        proposed_unit_key=bindparam("proposed"),
    )
)
_ANSWER_OUT = (
    update(_answer_table)
    .where(_answer_table.c.id == bindparam("key"))
    .values(forms=bindparam("new_forms"))
)
_ANSWER_OUT_FIRST = _ANSWER_OUT.values(sent_at=bindparam("at"), sent_by=bindparam("who"))
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
    kind = forms.record(schema)
    write_rows = _RECORDS.get(kind or "")
    if write_rows is not None:
        write_rows(work, answers)
    work.facts.update(forms.facts(schema, answers, work.facts))
    work.note("task.completed", work.task["element"], answers=dict(answers))
    work.cures += forms.cures(schema, answers)


def _case(work: Work, answers: Answers) -> None:
    work.case_columns |= {name: answers[name] for name in ("title", "place") if name in answers}


def _screening(work: Work, answers: Answers) -> None:
    if answers.get("opinion") == "duplicate":
        number = str(answers.get("matter", ""))
        main = work.session.execute(_CASE_OF_NUMBER, {"wanted": number}).one_or_none()
        if main is None or main.id == work.case_id:
            raise InvalidAnswers({"matter": _NO_SUCH_CASE})
        if main.status == CaseStatus.REFUSED or main.main_case_id == work.case_id:
            raise InvalidAnswers({"matter": _CANNOT_JOIN})
        work.facts["matter_number"] = number


def _dispatch(work: Work, answers: Answers) -> None:
    work.facts["instructions"] = answers.get("instructions", "")


def _slip_sign(work: Work, answers: Answers) -> None:
    if answers.get("signing") != "return":
        _SIGN_SLIP.run(work.wire, {"case": work.case_id, "at": work.now})
        return
    work.session.execute(
        _RETURN_SLIP,
        {
            "case": work.case_id,
            "at": work.now,
            "reason": answers.get("return_reason", ""),
            "basis": answers.get("legal_basis", ""),
            "proposed": answers.get("proposed_unit", ""),
        },
    )


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
    done_on = answers.get("done_on")
    _INSERT_MEASURE.run(
        work.wire,
        {
            "id": new_key(),
            "case_id": work.case_id,
            "unit_key": work.task["unit_key"],
            "measures": answers.get("measures") or answers.get("co_result") or "",
            "done_on": date.fromisoformat(done_on) if done_on else None,
            "recorded_at": work.now,
            "recorded_by": work.by,
        },
    )


def _answer(work: Work, answers: Answers) -> None:
    key = new_key()
    work.facts |= {"answer": key.hex, "answer_forms": []}
    _INSERT_ANSWER.run(
        work.wire,
        {
            "id": key,
            "case_id": work.case_id,
            "unit_key": work.facts["unit"] or None,
            "outcome": answers.get("outcome") or work.facts["outcome"],
            "text": answers["answer"],
            "written_at": work.now,
            "written_by": work.by,
            "forms": [],
        },
    )


def _review(work: Work, answers: Answers) -> None:
    passed = answers["review"] == "pass"
    _INSERT_REVIEW.run(
        work.wire,
        {
            "id": new_key(),
            "case_id": work.case_id,
            "answer_id": UUID(hex=work.facts["answer"]),
            "passed": passed,
            "fault": answers.get("fault", ""),
            "note": answers.get("note", ""),
            "checks": list(answers.get("checks", [])),
            "reviewed_at": work.now,
            "reviewed_by": work.by,
        },
    )


def _answer_sent(work: Work, _answers: Answers) -> None:
    """The answer went out in one of its forms; the first of them tells the citizen."""
    assert work.task is not None
    form = {
        "answer_directly": "direct",
        "publish_batch": "batch",
        "press_briefing": "press",
        "reply_publicly": "public_reply",
    }.get(work.task["element"], work.task["element"])
    if "answer" not in work.facts:
        return  # a joined case is answered with its matter's answer
    forms_before = work.facts["answer_forms"]
    work.facts["answer_forms"] = [*forms_before, form]
    out = {"key": UUID(hex=work.facts["answer"]), "new_forms": work.facts["answer_forms"]}
    if forms_before:
        work.session.execute(_ANSWER_OUT, out)
    else:
        work.session.execute(_ANSWER_OUT_FIRST, out | {"at": work.now, "who": work.by})
        work.notify("case.answered", "citizen", {})
        effects.tell_joined(work, "matter_answered")
        effects.tell_extension(work, "case_answered")


def _callback(work: Work, answers: Answers) -> None:
    said = answers.get("contacted")
    _INSERT_CALLBACK.run(
        work.wire,
        {
            "id": new_key(),
            "case_id": work.case_id,
            "attempt": work.facts["callback_attempts"] + 1,
            "reached": answers["reached_citizen"],
            "contacted": None if said is None else said == "yes",
            "result": answers.get("result", ""),
            "satisfaction": answers.get("satisfaction"),
            "band": answers["band"],
            "suggestion": answers.get("suggestion", ""),
            "called_at": work.now,
            "called_by": work.by,
        },
    )


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
    unit = work.session.scalar(_TARGET, {"key": supervision_id})
    work.notify(f"supervision.{rung}", f"unit:{unit}", {})


def _refusal(work: Work, answers: Answers) -> None:
    work.notify("case.refused", "citizen", {"legal_channel": answers.get("legal_channel", "")})
    effects.tell_joined(work, "matter_undone")  # whoever joined it is not refused with it


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


_RECORDS: dict[str, Callable[[Work, Answers], None]] = {
    "case": _case,
    "screening": _screening,
    "dispatch": _dispatch,
    "slip_sign": _slip_sign,
    "contact": _contact,
    "handling": _measure,
    "co_handling": _measure,
    "answer": _answer,
    "review": _review,
    "answer_sent": _answer_sent,
    "callback": _callback,
    "rung": _rung,
    "refusal": _refusal,
}
