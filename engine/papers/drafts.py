"""Papers as they would look while a task is being done: always marked as drafts, never kept.

They do not bear the citizen's name: looking at it is an act of its own, and written down.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, forms
from engine.db import new_key
from engine.errors import NotFound
from engine.models import Answer, Slip
from engine.papers import reading
from engine.papers.kinds import Kind, Paper
from engine.queries.task_file import TaskFile

NOT_YET = "〔发出时编号〕"
_NAME_LATER = "〔来件人姓名〕"
_OF_RECORD = {
    "dispatch": Kind.SLIP,
    "answer": Kind.ANSWER,
    "review": Kind.ANSWER,
    "answer_sent": Kind.ANSWER,
    "refusal": Kind.REFUSAL,
}


def kind_of(seen: TaskFile) -> Kind | None:
    """Which paper comes of a task, if one does."""
    record = forms.record(seen.schema)
    if record == "rung":
        return Kind.ORDER if seen.task.element == "order" else None
    return _OF_RECORD.get(record or "")


def of_task(session: Session, seen: TaskFile, typed: Mapping[str, Any], base: str) -> Paper:
    """The paper with what is typed so far. Raises `NotFound` if none comes of the task."""
    kind, file = kind_of(seen), seen.file
    if kind is None:
        raise NotFound("No paper comes of this task.")
    now = clock.now()
    head = reading.head_of(session, file, kind, base) | {
        "number": NOT_YET,
        "made_at": now,
        "draft": True,
    }
    if kind == Kind.SLIP:
        row = Slip(
            id=new_key(),
            case_id=file.case.id,
            number="",
            unit_key=str(typed.get("unit") or ""),
            host=True,
            instructions=str(typed.get("instructions") or ""),
            issued_at=now,
        )
        return reading.slip(session, file, row, head)
    if kind == Kind.ANSWER:
        return _answer(session, seen, typed, head)
    if kind == Kind.REFUSAL:
        said = {"refusal_reason": file.facts.get("refusal_reason", ""), **typed}
        return reading.refusal(file, head, _NAME_LATER, str(typed.get("letter") or ""), said)
    if seen.supervision is None:
        raise NotFound("The task belongs to no supervision.")
    head["number"] = str(typed.get("order_number") or NOT_YET)[:64]
    return reading.order(session, file, seen.supervision, typed, head, before=now)


def _answer(
    session: Session, seen: TaskFile, typed: Mapping[str, Any], head: dict[str, Any]
) -> Paper:
    """The letter with what is typed, else with the newest answer there is."""
    file = seen.file
    last = session.scalar(
        select(Answer).where(Answer.case_id == file.case.id).order_by(Answer.id.desc()).limit(1)
    )
    text = typed.get("answer") or (last.text if last else "")
    outcome = typed.get("outcome") or (last.outcome if last else "") or file.facts["outcome"]
    return reading.answer(
        file,
        head,
        _NAME_LATER,
        Answer(
            unit_key=file.case.unit_key,
            outcome=str(outcome),
            text=str(text),
            details={**(last.details if last else {}), **typed},
        ),
    )
