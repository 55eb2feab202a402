"""Answers become records: each kind of form writes the facts and rows it stands for.

A form says which kind it is (`x-record`), which facts it changes (`x-facts`) and which causes of
supervision it takes away (`x-cures`); this module keeps what was said as rows with actor and time.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from engine import effects, forms
from engine.db import new_key
from engine.errors import InvalidAnswers
from engine.models import (
    Answer,
    Callback,
    Case,
    CitizenContact,
    Commitment,
    Interview,
    Measure,
    Review,
    Slip,
    Supervision,
    SupervisionStep,
)
from engine.work import Work

Answers = Mapping[str, Any]
# Kinds of form that are kept in the history alone, with their facts.
HISTORY_ONLY = frozenset(
    {"ruling", "take_up", "judgement", "spot_check", "extension_request", "extension_decision"}
)


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
        main = work.session.scalar(select(Case.id).where(Case.number == number))
        if main is None or main == work.case_id:
            raise InvalidAnswers(
                {
                    "matter": {
                        "zh": "没有这个编号的主件。核对编号，或改选「受理」。",
                        "en": "There is no other case of this number. Check it, or accept.",
                    }
                }
            )
        work.facts["matter_number"] = number


def _dispatch(work: Work, answers: Answers) -> None:
    work.facts["instructions"] = answers.get("instructions", "")


def _slip_sign(work: Work, answers: Answers) -> None:
    returned = answers.get("signing") == "return"
    newest = (
        select(Slip.id)
        .where(Slip.case_id == work.case_id, Slip.host, Slip.returned_at.is_(None))
        .order_by(Slip.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    values = (
        {
            "returned_at": work.now,
            "return_reason": answers.get("return_reason", ""),
            "legal_basis": answers.get("legal_basis", ""),
            "proposed_unit_key": answers.get("proposed_unit", ""),
        }
        if returned
        else {"signed_at": work.now}
    )
    work.session.execute(
        update(Slip)
        .where(Slip.id == newest)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _contact(work: Work, answers: Answers) -> None:
    work.session.execute(
        insert(CitizenContact).values(
            id=new_key(),
            case_id=work.case_id,
            unit_key=work.facts["unit"] or None,
            contacted_at=_instant(answers["contacted_at"]),
            way=answers["way"],
            what=answers["what"],
            recorded_at=work.now,
            recorded_by=work.by,
        )
    )


def _measure(work: Work, answers: Answers) -> None:
    assert work.task is not None
    done_on = answers.get("done_on")
    work.session.execute(
        insert(Measure).values(
            id=new_key(),
            case_id=work.case_id,
            unit_key=work.task["unit_key"],
            measures=answers.get("measures") or answers.get("co_result") or "",
            done_on=date.fromisoformat(done_on) if done_on else None,
            recorded_at=work.now,
            recorded_by=work.by,
        )
    )


def _answer(work: Work, answers: Answers) -> None:
    key = new_key()
    work.facts |= {"answer": key.hex, "answer_forms": []}
    work.session.execute(
        insert(Answer).values(
            id=key,
            case_id=work.case_id,
            unit_key=work.facts["unit"] or None,
            outcome=answers.get("outcome") or work.facts["outcome"],
            text=answers["answer"],
            written_at=work.now,
            written_by=work.by,
            forms=[],
        )
    )


def _review(work: Work, answers: Answers) -> None:
    passed = answers["review"] == "pass"
    work.session.execute(
        insert(Review).values(
            id=new_key(),
            case_id=work.case_id,
            answer_id=UUID(hex=work.facts["answer"]),
            passed=passed,
            fault=answers.get("fault", ""),
            note=answers.get("note", ""),
            reviewed_at=work.now,
            reviewed_by=work.by,
        )
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
    first = {} if forms_before else {"sent_at": work.now, "sent_by": work.by}
    work.session.execute(
        update(Answer)
        .where(Answer.id == UUID(hex=work.facts["answer"]))
        .values(forms=work.facts["answer_forms"], **first)
        .execution_options(synchronize_session=False)
    )
    if first:
        work.notify("case.answered", "citizen", {})
        effects.tell_joined(work, "matter_answered")
        effects.tell_extension(work, "case_answered")


def _callback(work: Work, answers: Answers) -> None:
    said = answers.get("contacted")
    work.session.execute(
        insert(Callback).values(
            id=new_key(),
            case_id=work.case_id,
            attempt=work.facts["callback_attempts"] + 1,
            reached=answers["reached_citizen"],
            contacted=None if said is None else said == "yes",
            result=answers.get("result", ""),
            satisfaction=answers.get("satisfaction"),
            band=answers["band"],
            suggestion=answers.get("suggestion", ""),
            called_at=work.now,
            called_by=work.by,
        )
    )


def _rung(work: Work, answers: Answers) -> None:
    """One rung of the ladder was done; an interview and a commitment are records of their own."""
    assert work.task is not None
    rung = work.task["element"]
    supervision_id = work.instance["supervision_id"]
    session = work.session
    session.execute(
        insert(SupervisionStep).values(
            id=new_key(),
            supervision_id=supervision_id,
            rung=rung,
            details=dict(answers),
            done_at=work.now,
            done_by=work.by,
        )
    )
    session.execute(
        update(Supervision)
        .where(Supervision.id == supervision_id)
        .values(rung=rung)
        .execution_options(synchronize_session=False)
    )
    if rung == "interview":
        session.execute(
            insert(Interview).values(
                id=new_key(),
                supervision_id=supervision_id,
                held_at=_instant(answers["held_at"]),
                present=answers["present"],
                minutes=answers["minutes"],
                recorded_at=work.now,
                recorded_by=work.by,
            )
        )
    if rung == "commitment":
        session.execute(
            insert(Commitment).values(
                id=new_key(),
                supervision_id=supervision_id,
                text=answers["pledge"],
                due_on=date.fromisoformat(answers["cure_by"]),
                made_at=work.now,
                recorded_by=work.by,
            )
        )
    unit = session.scalar(select(Supervision.target).where(Supervision.id == supervision_id))
    work.notify(f"supervision.{rung}", f"unit:{unit}", {})


def _refusal(work: Work, answers: Answers) -> None:
    work.notify("case.refused", "citizen", {"legal_channel": answers.get("legal_channel", "")})


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
