"""Merging (并案): cases about the same thing are handled once, and each gets its own answer."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from engine.db import new_key, table
from engine.errors import InvalidAnswers, InvalidInput
from engine.models import Answer, Case, CaseStatus, Instance, InstanceStatus, Matter, UserTask
from engine.work import Work

Sentence = Mapping[str, str]
FIELD = "matter"  # of a form: the number of the case that this one is to join
_case, _matter, _answer = table(Case), table(Matter), table(Answer)
_task = table(UserTask)
_lead = _case.alias("lead")
_LEADING = ("id", "number", "status", "office_key", "confidential", "sealed", "accused_key")
_NAMED = [_case.c.id.label("named_id"), *(_lead.c[name] for name in _LEADING)]
# The case of a number, and the one that leads its matter, which is itself if it is in none.
_LEADER = (
    select(*_NAMED)
    .select_from(
        _case.outerjoin(_matter, _matter.c.id == _case.c.matter_id).join(
            _lead,
            (_lead.c.id == _matter.c.main_case_id)
            | (_matter.c.id.is_(None) & (_lead.c.id == _case.c.id)),
        )
    )
    .where(_case.c.number == bindparam("wanted"))
)
_NO_SUCH_CASE: Sentence = {
    "zh": "没有这个编号的主件。核对编号；不是重复件的，改选别的处理。",
    "en": "There is no other case of this number. Check it, or choose otherwise if it is new.",
}
_REFUSED: Sentence = {
    "zh": "那一件已不予受理，不能作主件。写正在办理的那一件。",
    "en": "That case was refused, so it cannot lead. Name one that is being handled.",
}
_CLOSED: Sentence = {
    "zh": "那一件已经办结，不能再并入。写正在办理的那一件；没有，就单独受理。",
    "en": "That case is closed, so nothing joins it. Name one being handled, or accept this one.",
}
_JOINED_TO_THIS: Sentence = {
    "zh": "那一件已并入本件，不能作主件。写另一件，或单独受理。",
    "en": "That case is joined to this one, so it cannot lead. Name another, or accept this one.",
}
_OTHER_OFFICE: Sentence = {
    "zh": "那一件由另一个办公室受理，不能并在一起。写本办公室的编号。",
    "en": "That case belongs to another office. Name one of this office.",
}
_CONFIDENTIAL: Sentence = {
    "zh": "保密件和不保密的件不能并案。写同样保密要求的一件，或单独受理。",
    "en": "A confidential case and an open one cannot be joined. Name one of the same kind.",
}


def lock(session: Session, task_id: UUID, number: str) -> None:
    """Lock the case of a task with all that its joining the case of `number` would touch.

    In the order of their keys, before anything else is locked: two cases may be joined to each
    other at the same moment. Nothing is locked if there is no such case.
    """
    own = select(_task.c.case_id).where(_task.c.id == task_id).scalar_subquery()
    pair = session.execute(
        select(
            _case.c.id, _case.c.matter_id, _matter.c.main_case_id, (_case.c.id == own).label("own")
        )
        .outerjoin(_matter, _matter.c.id == _case.c.matter_id)
        .where((_case.c.id == own) | (_case.c.number == number))
    ).all()
    if len(pair) < 2:
        return
    keys = {row.id for row in pair} | {row.main_case_id for row in pair if row.main_case_id}
    matters = [row.matter_id for row in pair if row.own and row.matter_id is not None]
    session.execute(
        select(_case.c.id)
        .where(_case.c.id.in_(keys) | _case.c.matter_id.in_(matters))
        .order_by(_case.c.id)
        .with_for_update()
    ).all()


def require_may_join(work: Work, number: str, field: str) -> None:
    """Accept the number of the case that this one is to join, or say in words why not.

    Raises `InvalidAnswers` for the form's `field`.
    """
    found = work.session.execute(_LEADER, {"wanted": number}).mappings().one_or_none()
    if why := _why_not(work, found):
        raise InvalidAnswers({field: why})
    work.facts["matter_number"] = number


def _why_not(work: Work, found: Mapping[Any, Any] | None) -> Sentence | None:
    if found is None or found["named_id"] == work.case_id:
        return _NO_SUCH_CASE
    if found["sealed"] or work.case["sealed"]:
        return _NO_SUCH_CASE
    # One that is kept from some is, to whoever asks from another office, not there.
    if found["accused_key"] is not None and found["office_key"] != work.case["office_key"]:
        return _NO_SUCH_CASE
    checks = (
        (found["id"] == work.case_id, _JOINED_TO_THIS),
        (found["status"] == CaseStatus.REFUSED, _REFUSED),
        (found["status"] == CaseStatus.CLOSED, _CLOSED),
        (found["office_key"] != work.case["office_key"], _OTHER_OFFICE),
        (bool(found["confidential"]) != bool(work.facts["confidential"]), _CONFIDENTIAL),
    )
    return next((words for holds, words in checks if holds), None)


def join(work: Work) -> None:
    """Join the case to the matter of another, with all that are joined to it."""
    main = _main_case(work, str(work.facts.get("matter_number", "")))
    coming = [work.instance_id, *_joined_to(work)]
    matter_id = main.matter_id
    if matter_id is None:
        matter_id = new_key()
        work.session.execute(
            insert(Matter).values(id=matter_id, main_case_id=main.id, opened_at=work.now)
        )
        work.session.execute(update(Case).where(Case.id == main.id).values(matter_id=matter_id))
    if work.case["matter_id"] is not None:
        work.session.execute(
            update(Case)
            .where(Case.matter_id == work.case["matter_id"])
            .values(matter_id=matter_id)
            .execution_options(synchronize_session=False)
        )
    work.case["matter_id"] = matter_id
    work.case_columns["matter_id"] = matter_id
    work.case["status"] = CaseStatus.MERGED
    work.note("case.merged", main=main.number)
    # Whoever comes after the answer has gone out is told at once; nobody else would tell them.
    handled_anew = main.facts.get("handle_again") or main.facts.get("rework_ordered")
    answered = bool(main.facts.get("answer_forms")) and not handled_anew
    if main.status == CaseStatus.CLOSED or answered:
        for instance_id in coming:
            work.tell(instance_id, "matter_answered")


def leave(work: Work, **why: str) -> None:
    """The joined case goes on by itself, as an accepted one."""
    work.facts["disposition"] = "accepted"
    work.case["status"] = CaseStatus.OPEN
    work.case["matter_id"] = work.case_columns["matter_id"] = None
    work.note("case.unmerged", **why)


def take_over_answer(work: Work) -> None:
    """The matter was answered: its answer becomes this case's own, to be sent to its citizen."""
    main = work.session.execute(
        select(Case.number, Case.facts)
        .join(Matter, Matter.main_case_id == Case.id)
        .where(Matter.id == work.case["matter_id"])
    ).one_or_none()
    key = main.facts.get("answer") if main else None
    if main is None or key is None:
        return
    row = work.session.execute(
        select(
            _answer.c.unit_key,
            _answer.c.outcome,
            _answer.c.text,
            _answer.c.details,
            _answer.c.written_at,
            _answer.c.written_by,
        ).where(_answer.c.id == UUID(hex=key))
    ).one()
    own = new_key()
    work.session.execute(
        insert(_answer).values(
            id=own,
            case_id=work.case_id,
            forms=[],
            **{**row._mapping, "details": {**row.details, "of": main.number}},
        )
    )
    work.facts |= {
        "answer": own.hex,
        "answer_forms": [],
        "outcome": row.outcome,
        "unit": main.facts.get("unit", ""),
    }


def tell_joined(work: Work, message: str) -> None:
    """Send a message to every case joined to this one's matter."""
    for target in _joined_to(work):
        work.tell(target, message)


def _joined_to(work: Work) -> Sequence[UUID]:
    """The instances of the cases joined to this one, which leads them."""
    if work.case["matter_id"] is None:
        return []
    return work.session.scalars(
        select(Instance.id)
        .join(Case, Case.id == Instance.case_id)
        .join(Matter, Matter.id == Case.matter_id)
        .where(
            Case.matter_id == work.case["matter_id"],
            Case.id != work.case_id,
            Matter.main_case_id == work.case_id,
            Instance.part == "appeal",
            Instance.status == InstanceStatus.RUNNING,
        )
    ).all()


def _main_case(work: Work, number: str) -> Any:
    """The main case of the matter that the case of this number is or belongs to, locked.

    Without the lock two that join it at once would each make a matter, and one be forgotten. It
    is held already where a person joins (`lock`).
    """
    columns = select(
        Case.id,
        Case.matter_id,
        Case.status,
        Case.number,
        Case.facts,
        Case.confidential,
        Case.sealed,
    )
    main = work.session.execute(
        columns.where(Case.number == number).with_for_update()
    ).one_or_none()
    if main is not None and main.matter_id is not None:
        of_matter = select(Matter.main_case_id).where(Matter.id == main.matter_id)
        main = work.session.execute(
            columns.where(Case.id == of_matter.scalar_subquery()).with_for_update()
        ).one_or_none()
    if main is None or main.id == work.case_id or main.sealed or work.case["sealed"]:
        raise InvalidInput("matter", "the number of another case, not one that is joined to this")
    if main.confidential != bool(work.facts["confidential"]):
        raise InvalidInput("matter", "a case that is as confidential as this one")
    if main.status == CaseStatus.REFUSED:
        raise InvalidInput("matter", "the number of a case that was not refused")
    return main
