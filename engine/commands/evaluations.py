"""Rating the result by a link (评价): what a citizen says without being called, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import answering, calling, clock, deployed, forms, projection, records
from engine.commands import hot, tasks
from engine.db import new_key, table
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import Answer, Case, Evaluation, Instance, TaskStatus, UserTask

LONGEST_WORDS = 1000
RESULTS = ("solved", "partly", "unsolved")
_evaluation = table(Evaluation)
_RATED = {
    "zh": "您已经评价过这一件，只评价一次。还有话说，可以再反映。",
    "en": "You have rated this already; it is done once. If there is more, send a new message.",
}
_NO_RESULT = {
    "zh": "选一项：解决了、解决了一部分、没有解决。",
    "en": "Choose one: solved, partly solved, not solved.",
}
_NO_STARS = {
    "zh": "满意程度从 1 到 5 选一个，也可以不选。",
    "en": "Satisfaction is 1 to 5, or left out.",
}
_TOO_LONG = {
    "zh": f"最多 {LONGEST_WORDS} 个字。",
    "en": f"At most {LONGEST_WORDS} characters.",
}


@dataclass(frozen=True)
class Rating:
    """What the citizen says. result: solved, partly, unsolved; satisfaction: 1 to 5."""

    result: str
    satisfaction: int | None = None
    contacted: bool | None = None
    words: str = ""


@dataclass(frozen=True)
class Rated:
    """completed_callback: the case waited for a callback, and need not be called now."""

    number: str
    completed_callback: bool


def rate(session: Session, token: str, said: Rating) -> Rated:
    """Keep what a citizen says by the link of an answer, and spare the call that still waits.

    Raises `NotFound` for a link that was never given, `InvalidAnswers`, `StepFailed`.
    """
    row = session.execute(
        select(Answer.id, Answer.case_id, Answer.sent_at, Answer.token_hmac, Case.number)
        .join(Case, Case.id == Answer.case_id)
        .where(Answer.token_hmac == answering.digest(token), Case.sealed.is_(False))
    ).one_or_none()
    if row is None:
        raise NotFound("No such link.")
    if wrong := _faults(said):
        raise InvalidAnswers(wrong)
    # The case first, as every command locks it: whoever sends the answer in another form holds it.
    work = hot.of_case(session, row.case_id, None, "appeal")
    if session.scalar(select(_evaluation.c.id).where(_evaluation.c.token_hmac == row.token_hmac)):
        raise InvalidAnswers({"token": _RATED})
    session.execute(
        insert(_evaluation).values(
            id=new_key(),
            case_id=row.case_id,
            token_hmac=row.token_hmac,
            asked_at=row.sent_at,
            rated_at=clock.now(),
            contacted=said.contacted,
            result=said.result,
            satisfaction=said.satisfaction,
            words=said.words.strip(),
        )
    )
    waiting = _waiting_callback(session, row.case_id, row.id)
    if waiting is not None and _complete(session, waiting, said):
        return Rated(row.number, completed_callback=True)
    work.note("evaluation.given", result=said.result, satisfaction=said.satisfaction)
    projection.write_case(session, work)
    return Rated(row.number, completed_callback=False)


def _faults(said: Rating) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    if said.result not in RESULTS:
        found["result"] = _NO_RESULT
    if said.satisfaction is not None and said.satisfaction not in range(1, 6):
        found["satisfaction"] = _NO_STARS
    if len(said.words.strip()) > LONGEST_WORDS:
        found["words"] = _TOO_LONG
    return found


def _waiting_callback(session: Session, case_id: UUID, answer_id: UUID) -> UUID | None:
    """The open task in which somebody is to call about this very answer."""
    rows = session.execute(
        select(UserTask.id, UserTask.form, Instance.definition_id, Case.facts)
        .join(Instance, Instance.id == UserTask.instance_id)
        .join(Case, Case.id == UserTask.case_id)
        .where(UserTask.case_id == case_id, UserTask.status == TaskStatus.OPEN)
    )
    for row in rows:
        schema = deployed.definition(session, row.definition_id).form(row.form)
        about_it = row.facts.get("answer") == answer_id.hex
        if about_it and forms.record(schema) == "callback":
            return row.id  # type: ignore[no-any-return]
    return None


def _complete(session: Session, task_id: UUID, said: Rating) -> bool:
    """Do the callback with what the citizen says; False if somebody was faster."""
    try:
        work = hot.of_task(session, task_id, None)
    except Conflict:
        return False
    assert work.task is not None
    schema = work.deployed.form(work.task["form"])
    if "x-options" not in schema["properties"]["band"]:
        return False  # a form of a version that knows no call that was not made
    answers: dict[str, Any] = {
        "band": calling.ONLINE,
        "reached_citizen": True,
        "contacted": None if said.contacted is None else "yes" if said.contacted else "no",
        "result": said.result,
        "satisfaction": said.satisfaction,
        "note": said.words,
    }
    known = {name: value for name, value in answers.items() if name in schema["properties"]}
    options = records.options(work)
    bands = [*options.get("pack.callback_bands", ()), calling.ONLINE]
    tasks.carry_out(
        session, work, forms.clean(schema, known), {**options, "pack.callback_bands": bands}
    )
    return True
