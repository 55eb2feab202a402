"""Asking another unit for its opinion (征求意见), and taking the question back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import deployed, opinions, projection
from engine.cleaning import cleaned_text
from engine.commands import hot, instances, telling
from engine.commands.telling import Holders
from engine.db import new_key, table
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import Case, CaseStatus, City, Opinion, Role
from engine.notice_kinds import NoticeKind
from engine.permissions import RIGHTS, Actor, may, require, require_known
from engine.projection import Completed
from engine.work import Work

PART = "opinion"
LONGEST = 2000
MOST_WAITING = 10
Sentence = Mapping[str, str]
_QUESTION: Sentence = {
    "zh": f"写清楚要问什么，最多 {LONGEST} 个字。",
    "en": f"Say what is asked, in at most {LONGEST} characters.",
}
_SEALED: Sentence = {
    "zh": "封存的件不向别的单位征求意见。",
    "en": "Of a sealed case no other unit is asked.",
}
_NO_UNIT: Sentence = {"zh": "选一个单位。", "en": "Choose a unit."}
_OWN: Sentence = {
    "zh": "这个单位正在办这一件，不用征求它的意见。换一个单位。",
    "en": "This unit is handling the case itself. Choose another.",
}
_ACCUSED: Sentence = {
    "zh": "这一件反映的就是它或者它的上级单位，不能问它。换一个单位。",
    "en": "The case is about this unit or one above it. Choose another.",
}
_ASKED: Sentence = {
    "zh": "已经问过这个单位，还没有回复。等它回复，或者先撤回。",
    "en": "This unit has been asked and has not answered. Wait, or take that question back.",
}
_MANY: Sentence = {
    "zh": f"已经有 {MOST_WAITING} 个单位没有回复，先等一等。",
    "en": f"{MOST_WAITING} units have not answered yet. Wait for them first.",
}
_opinion = table(Opinion)


def ask(session: Session, number: str, unit: str, question: str, *, by: Actor) -> Completed:
    """Ask a unit for its opinion on a case; the task that opened in its inbox.

    By the handlers of the responsible unit, or the office's dispatchers. Raises `NotFound`,
    `NotAllowed`, `Conflict` if the case is over, `InvalidAnswers` for "unit" and "question".
    """
    require(may(by, "opinion.ask"))
    case = _case(session, number, by)
    asked_for = asks_for(by, case)
    require(asked_for is not None, "Its own unit or its office may ask for an opinion.")
    if case.status != CaseStatus.OPEN:
        raise Conflict("The case is over.")
    if PART not in deployed.pack(session, case.pack_id).parts:
        raise Conflict("The pack of this case has no process for opinions.")
    work = hot.of_case(session, case.id, by.id, PART)
    said = cleaned_text(question)
    faults: dict[str, Sentence] = {}
    if not said or len(said) > LONGEST:
        faults["question"] = _QUESTION
    if why := _not_to_be_asked(work, unit):
        faults["unit"] = why
    if faults:
        raise InvalidAnswers(faults)
    return _ask(work, unit, said, str(asked_for), by)


def withdraw(session: Session, number: str, opinion_id: UUID, *, by: Actor) -> None:
    """Take a question back. Raises `NotFound`, `NotAllowed`, `Conflict` if it was answered."""
    require(may(by, "opinion.ask"))
    case = _case(session, number, by)
    row = session.execute(
        select(_opinion).where(_opinion.c.id == opinion_id, _opinion.c.case_id == case.id)
    ).one_or_none()
    if row is None:
        raise NotFound("No such opinion.")
    theirs = any(by.acts_for(role, row.asked_for) for role in (Role.HANDLER, Role.DISPATCHER))
    require(theirs or row.asked_by == by.id, "Another unit asked for it.")
    work = hot.of_case(session, case.id, by.id, PART)
    if opinion_id.hex not in work.facts.get("opinions", ()):
        raise Conflict("It was answered or taken back.")
    opinions.withdraw(work, opinion_id)
    projection.write_case(session, work)


def asks_for(by: Actor, case: Any) -> str | None:
    """The unit or office for which the person may ask other units; None if for none.

    case: its columns `unit_key` and `office_key` as attributes.
    """
    if case.unit_key is not None and by.acts_for(Role.HANDLER, case.unit_key):
        return str(case.unit_key)
    return str(case.office_key) if by.acts_for(Role.DISPATCHER, case.office_key) else None


def _ask(work: Work, unit: str, question: str, asked_for: str, by: Actor) -> Completed:
    session, key = work.session, new_key()
    session.execute(
        insert(_opinion).values(
            id=key,
            case_id=work.case_id,
            unit_key=unit,
            asked_for=asked_for,
            question=question,
            asked_at=work.now,
            asked_by=by.id,
            position="",
            answer="",
        )
    )
    work.instance["id"] = key
    work.facts["opinions"] = [*work.facts.get("opinions", ()), key.hex]
    work.note("opinion.asked", unit=unit, opinion=key.hex)
    told = {"opinion": key.hex, "unit": asked_for}
    work.notify(NoticeKind.OPINION_ASKED, f"unit:{unit}", told)
    started = instances.start(work, key)
    telling.tell(
        session,
        [Holders(unit, Role.HANDLER)],
        NoticeKind.OPINION_ASKED,
        case_id=work.case_id,
        task_id=started.opened[0],
        details=told,
        origin=f"opinion:{key.hex}",
        by=by.id,
    )
    return started


def _not_to_be_asked(work: Work, unit: str) -> Sentence | None:
    """Why this unit cannot be asked about the case."""
    if work.case["sealed"]:
        return _SEALED
    if unit not in work.units:
        return _NO_UNIT
    if unit in {work.case["unit_key"], work.case["office_key"]}:
        return _OWN
    accused = work.case["accused_key"]
    if accused is not None and accused in _path(work, unit):
        return _ACCUSED
    waiting = work.session.scalars(
        select(_opinion.c.unit_key).where(
            _opinion.c.case_id == work.case_id,
            _opinion.c.answered_at.is_(None),
            _opinion.c.withdrawn_at.is_(None),
        )
    ).all()
    if unit in waiting:
        return _ASKED
    return _MANY if len(waiting) >= MOST_WAITING else None


def _path(work: Work, unit: str) -> list[str]:
    revision = work.session.scalars(select(City.organisation_revision)).one()
    return deployed.unit_paths(work.session, revision).get(unit, "").split("/")


def _case(session: Session, number: str, by: Actor) -> Any:
    row = session.execute(
        select(Case.id, Case.status, Case.pack_id, *(table(Case).c[name] for name in RIGHTS)).where(
            Case.number == number
        )
    ).one_or_none()
    if row is None:
        raise NotFound("No such case.")
    require_known(by, row)
    return row
