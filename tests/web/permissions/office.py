"""One office for the matrix: a unit with one below and one beside it, and a case in each.

Everybody works in the unit in the middle, each in one role. The cases are alike: on the desk of
their unit, with a ladder, a file, a failed step, and an open task for each role.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import evidence, incidents, interviews, people
from engine.commands.interviews import Meeting
from engine.commands.telling import tell
from engine.db import Sessions, new_key, table, transaction
from engine.errors import StepFailed
from engine.files import Files
from engine.models import (
    Absence,
    ApiToken,
    CalledUnit,
    Case,
    Deadline,
    Instance,
    Membership,
    Message,
    Notice,
    Person,
    Role,
    Slip,
    Supervision,
    TaskStatus,
    UserTask,
)
from engine.work import stored
from tests.databases import PASSWORD
from tests.story import Story
from tests.web.compartment.scene import Subject

PACK = "gl-jindianzi"
# The reception of the pack, so that all of its work can be done in it.
UNIT, BELOW, BESIDE = "jdz_office", "desk_branch", "desk_beside"
# Whose the case is, as the table calls it: the unit, and whether the case is confidential.
SCOPES: Mapping[str, tuple[str, bool]] = {
    "own": (UNIT, False),
    "subtree": (BELOW, False),
    "other": (BESIDE, False),
    "confidential": (UNIT, True),
}
ROLES = tuple(str(role) for role in Role)
_task = table(UserTask)


def login_of(role: str) -> str:
    """Who has this role."""
    return f"desk.{role}"


def colleague(unit: str) -> str:
    """Somebody who works in this unit and asks for nothing."""
    return f"{unit}.colleague"


@dataclass(frozen=True)
class Office:
    """What is asked for. subjects: scope -> role of who asks -> the case by its ids."""

    subjects: Mapping[str, Mapping[str, Subject]]


def lay(story: Story, home: Path) -> Office:
    """The units, the people, and a case for each scope."""
    with transaction(story.sessions) as session:
        people.add_unit(session, BELOW, "下属单位", "Branch", parent=UNIT)
        people.add_unit(session, BESIDE, "旁边的单位", "Beside", parent="guilin")
        for role in ROLES:
            people.add_person(
                session, login_of(role), role, password=PASSWORD, memberships=[(UNIT, role)]
            )
        for key in (UNIT, BELOW, BESIDE):
            people.add_person(session, colleague(key), key, memberships=[(key, "handler")])
    ids = {scope: _case(story, home, scope) for scope in SCOPES}
    tasks = {scope: _tasks(story.sessions, ids[scope]["case_id"]) for scope in SCOPES}
    notices = _notices(story.sessions)
    for scope, (unit, _) in SCOPES.items():
        ids[scope] |= {"unit_key": unit, **_administered(story.sessions, colleague(unit))}
    return Office(
        {
            scope: {role: _subject(ids[scope], tasks[scope], role, notices[role]) for role in ROLES}
            for scope in SCOPES
        }
    )


def another_role(role: str) -> str:
    """A role whose work is not that of this one."""
    return str(Role.CALLER if role == Role.REVIEWER else Role.REVIEWER)


def _subject(
    ids: Mapping[str, Any], tasks: Mapping[str, UUID], role: str, notices: tuple[UUID, UUID]
) -> Subject:
    own, others = notices
    known = {
        **ids,
        "task_id": tasks[role],
        "task_of_another": tasks[another_role(role)],
        "notice_id": own,
        "notice_of_another": others,
    }
    return Subject(ids["number"], "2222-2222-22", "0000", known)


def _case(story: Story, home: Path, scope: str) -> dict[str, Any]:
    unit, confidential = SCOPES[scope]
    story.receives(PACK, channel="phone", name=scope, phone=f"1390000{len(scope):04d}")
    story.goes_through("complete_record", "screen", "dispatch", "sign")
    assert story.received is not None
    case_id, number = story.received.case_id, story.number
    ladder = story.supervises("order", reason="超期未办。", by="du.cheng")
    kept = Files.at(home).put(io.BytesIO(f"file of {scope}".encode()))
    file = evidence.Kept(kept.sha256, f"{scope}.txt", kept.media_type, kept.size)
    with transaction(story.sessions) as session:
        meeting = Meeting(clock.now() + timedelta(days=2), "402 室")
        interviews.call(session, ladder, f"{number}-D1-Y1", meeting, by=story.actor("du.cheng"))
        evidence.add(session, case_id, [file], by=story.actor(colleague(UNIT)).id)
        instance = session.scalar(
            select(Instance.id).where(Instance.case_id == case_id, Instance.part == "appeal")
        )
        failed = StepFailed("write_answer", "unit: none")
        incident = incidents.record(
            session, failed, source="task", source_id=None, instance_id=instance
        )
        _moves(session, case_id, unit, confidential)
        message = session.scalar(select(Message.id).where(Message.case_id == case_id).limit(1))
        numbered = session.scalar(select(Supervision.number).where(Supervision.id == ladder))
    return {
        "number": number,
        "case_id": case_id,
        "ladder": numbered,
        "instance_id": instance,
        "incident_id": incident,
        "message_id": message,
        "sha256": kept.sha256,
        "title": story.case.title,
        "phone": "13900000000",
        "source_id": f"never-{scope}",
        "token": "never-given-" + "A" * 31,
        "precedent_id": UUID(int=1),
        "opinion_id": UUID(int=2),
        "snapshot_id": UUID(int=3),
        "digest_id": UUID(int=4),
        "instruction_id": UUID(int=5),
        "section": "period",
    }


def _moves(session: Session, case_id: UUID, unit: str, confidential: bool) -> None:
    """Everything of the case is this unit's."""
    case = session.get_one(Case, case_id)
    facts = {**case.facts, "unit": unit, "confidential": confidential}
    session.execute(
        update(Case)
        .where(Case.id == case_id)
        .values(office_key=unit, unit_key=unit, confidential=confidential, facts=stored(facts))
    )
    session.execute(update(Slip).where(Slip.case_id == case_id).values(unit_key=unit))
    session.execute(update(Deadline).where(Deadline.case_id == case_id).values(unit_key=unit))
    session.execute(update(UserTask).where(UserTask.case_id == case_id).values(unit_key=unit))
    session.execute(update(Supervision).where(Supervision.case_id == case_id).values(target=unit))
    of_case = select(Supervision.id).where(Supervision.case_id == case_id)
    called = update(CalledUnit).where(CalledUnit.supervision_id.in_(of_case))
    session.execute(called.values(unit_key=unit))


def _tasks(sessions: Sessions, case_id: UUID) -> dict[str, UUID]:
    """An open task of the case for each role, like the one that is open."""
    with transaction(sessions) as session:
        task = (
            session.execute(
                select(_task).where(
                    _task.c.case_id == case_id,
                    _task.c.status == TaskStatus.OPEN,
                    _task.c.roles == ",handler,",
                )
            )
            .mappings()
            .first()
        )
        assert task is not None
        rows = {role: {**task, "id": new_key(), "roles": f",{role},"} for role in ROLES}
        session.execute(insert(_task), list(rows.values()))
    return {role: row["id"] for role, row in rows.items()}


def _notices(sessions: Sessions) -> dict[str, tuple[UUID, UUID]]:
    """For each role a notice of one's own and one of somebody else's."""
    with transaction(sessions) as session:
        persons = dict(session.execute(select(Person.login, Person.id)).all())
        told = [persons[login_of(role)] for role in ROLES]
        tell(session, [*told, persons[colleague(UNIT)]], "mention", case_id=None, origin="matrix")
        found = dict(
            session.execute(
                select(Notice.person_id, Notice.id).where(Notice.origin == "matrix")
            ).all()
        )
    others = found[persons[colleague(UNIT)]]
    return {role: (found[persons[login_of(role)]], others) for role in ROLES}


def _administered(sessions: Sessions, login: str) -> dict[str, UUID]:
    """What administrators look after of a colleague: a post, an absence, a token."""
    with transaction(sessions) as session:
        person = session.execute(
            select(Person.id, Membership.id.label("post"))
            .join(Membership, Membership.person_id == Person.id)
            .where(Person.login == login)
        ).one()
        absence = Absence(
            person_id=person.id,
            from_on=date(2026, 11, 2),
            until_on=date(2026, 11, 3),
            written_at=clock.now(),
        )
        session.add(absence)
        people.new_token(session, login, "matrix")
        session.flush()
        token = session.scalar(select(ApiToken.id).where(ApiToken.person_id == person.id).limit(1))
        assert token is not None
        return {
            "person_id": person.id,
            "membership_id": person.post,
            "absence_id": absence.id,
            "token_id": token,
        }
