"""Handing over (交接): all a person has goes to another in one act; leaving ends the rest."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine import administering, clock, handing_over, projection
from engine.commands import absences, hot, staffing
from engine.db import table
from engine.errors import InvalidAnswers, NotFound
from engine.handing_over import HandedTask, Plan
from engine.models import (
    Absence,
    ApiToken,
    Draft,
    Membership,
    Person,
    Phrase,
    Role,
    SavedView,
    TaskStatus,
    UserTask,
    Watch,
)
from engine.permissions import Actor

_task = table(UserTask)
_FAULTS = {
    "receiver": {
        "zh": "选一个在职的同事，不能是本人。",
        "en": "Choose a colleague who is still here, and somebody else.",
    },
    "changed": {
        "zh": "预览以后情况变了，请再看一遍。",
        "en": "Things have changed since the preview; look once more.",
    },
}


@dataclass(frozen=True)
class HandedOver:
    """How much went where; see `engine.handing_over.Plan`."""

    tasks: int
    released: int
    watches: int
    views: int
    phrases: int


def hand_over(
    session: Session,
    person_id: UUID,
    receiver: Actor | None,
    *,
    leaving: bool,
    expected: int | None = None,
    by: Actor,
) -> HandedOver:
    """Give everything a person has to another, or back to the units; leaving ends the rest too.

    leaving: posts end today, tokens are revoked, the sign-in is closed. expected: how many tasks
    the preview showed. Raises `InvalidAnswers`, `NotFound`, `NotAllowed`.
    """
    person = administering.person(session, person_id, by)
    if not person.active:
        raise NotFound(administering.NO_PERSON)
    if receiver is not None:
        other = session.get(Person, receiver.id)
        if receiver.id == person_id or other is None or not other.active:
            raise InvalidAnswers({"receiver": _FAULTS["receiver"]})
        administering.known_person(session, receiver.id, by)
    plan = handing_over.plan(session, person_id, receiver)
    if expected is not None and len(plan.tasks) != expected:
        raise InvalidAnswers({"receiver": _FAULTS["changed"]})
    for one in plan.tasks:
        _hand_on(session, one, person_id, receiver, by)
    _give_the_rest(session, plan, person_id, receiver)
    if leaving:
        _leave(session, person)
    administering.changed(session)
    done = HandedOver(
        plan.handed, plan.released, len(plan.watches), len(plan.views), len(plan.phrases)
    )
    administering.note(
        session,
        "person.left" if leaving else "person.handed_over",
        by,
        person=person_id.hex,
        receiver=receiver.id.hex if receiver else "",
        tasks=done.tasks,
        released=done.released,
    )
    return done


def _hand_on(
    session: Session, one: HandedTask, person_id: UUID, receiver: Actor | None, by: Actor
) -> None:
    """Give a claimed task to the receiver, or back to its unit; told in the case's history."""
    to = receiver.id if receiver is not None and one.fits else None
    if one.case_id is not None:  # locks the case before the task, as every command does
        work = hot.of_case(session, one.case_id, by.id, "appeal")
        work.instance = {**work.instance, "id": one.instance_id}
        work.note(
            "task.handed_over",
            one.element,
            **{"from": person_id.hex, "to": to.hex if to else ""},
        )
        projection.write_case(session, work)
    session.execute(
        update(_task)
        .where(
            _task.c.id == one.id,
            _task.c.assignee_id == person_id,
            _task.c.status == TaskStatus.OPEN,
        )
        .values(assignee_id=to)
    )


def _give_the_rest(session: Session, plan: Plan, person_id: UUID, receiver: Actor | None) -> None:
    if receiver is not None and plan.watches:
        session.execute(
            update(Watch)
            .where(Watch.person_id == person_id, Watch.case_id.in_(plan.watches))
            .values(person_id=receiver.id)
        )
    session.execute(delete(Watch).where(Watch.person_id == person_id))
    if receiver is None:
        return
    for model, keys in ((Draft, plan.drafts), (SavedView, plan.views), (Phrase, plan.phrases)):
        if keys:
            session.execute(update(model).where(model.id.in_(keys)).values(person_id=receiver.id))
    for key in plan.stood:
        absence = session.get_one(Absence, key)
        away = absence.person_id == receiver.id
        absence.substitute_id = None if away else receiver.id


def _leave(session: Session, person: Person) -> None:
    today, now = absences.today(session), clock.now()
    posts = session.scalars(select(Membership).where(Membership.person_id == person.id)).all()
    for post in posts:
        if post.role == Role.ADMINISTRATOR:
            staffing.require_another(session, person.id, post.unit_key)
    for post in posts:
        post.until_on = min(today, post.until_on or today)
    session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    session.execute(
        update(Absence)
        .where(Absence.substitute_id == person.id, Absence.ended_at.is_(None))
        .values(substitute_id=None)
    )
    session.execute(
        update(Absence)
        .where(Absence.person_id == person.id, Absence.ended_at.is_(None))
        .values(ended_at=now)
    )
    person.active, person.retired_at = False, now
    person.sign_in_round += 1
    session.flush()
