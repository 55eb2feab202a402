"""Answers that wait to be made public together (集中公开), by the form that says where and when."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed, forms
from engine.models import Answer, Case, City, Deadline, Instance, Person, Role, UserTask
from engine.packs import Pack
from engine.permissions import Actor
from engine.queries import inbox, options
from engine.queries.case_file import texts
from engine.queries.inbox import Due
from engine.working_time import Calendar

MOST = 200
RECORD = "answer_sent"
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Waiting:
    """An answer that waits; text is what will be read."""

    task_id: UUID
    number: str
    title: str
    unit: Texts
    outcome: Texts
    text: str
    confidential: bool
    assignee_id: UUID | None
    assignee: Texts
    due: Due | None
    pack: Pack


@dataclass(frozen=True)
class Kind:
    """One way of making public, with its form, and all that waits for it, due first."""

    key: str
    name: Texts
    schema: Mapping[str, Any]
    options: Mapping[str, Mapping[str, Texts]]
    waiting: list[Waiting] = field(default_factory=list)


@dataclass(frozen=True)
class Desk:
    """Everything that waits to be made public by one person."""

    kinds: Sequence[Kind]
    calendar: Calendar | None

    def kind(self, key: str) -> Kind | None:
        """The kind of this key; the fullest where none is asked for."""
        if not key:
            return max(self.kinds, key=lambda one: len(one.waiting), default=None)
        return next((one for one in self.kinds if one.key == key), None)


def desk(session: Session, actor: Actor) -> Desk:
    """What the person may make public, the first `MOST`; one statement beside what is kept."""
    text = (
        select(Answer.text)
        .where(Answer.case_id == Case.id)
        .order_by(Answer.id.desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            UserTask,
            Case,
            Instance.definition_id,
            Deadline.budget,
            Deadline.provisional,
            City.calendar_revision,
            City.organisation_revision,
            City.timezone,
            Person.name_zh,
            Person.name_en,
            text.label("text"),
        )
        .join(Instance, Instance.id == UserTask.instance_id)
        .join(Case, Case.id == UserTask.case_id)
        .join(City, City.id == 1)
        .outerjoin(Deadline, Deadline.id == UserTask.deadline_id)
        .outerjoin(Person, Person.id == UserTask.assignee_id)
        .where(inbox.may_do(actor), UserTask.roles.contains(f",{Role.PUBLISHER},"))
        .order_by(UserTask.due_at.asc().nulls_last(), UserTask.id)
        .limit(MOST)
    ).all()
    if not rows:
        return Desk([], None)
    names = deployed.unit_names(session, rows[0].organisation_revision)
    kinds: dict[str, Kind] = {}
    for row in rows:
        schema = deployed.definition(session, row.definition_id).form(row.UserTask.form)
        if forms.record(schema) != RECORD:
            continue
        key = key_of(row.UserTask.form, schema)
        pack = deployed.pack(session, row.Case.pack_id)
        if key not in kinds:
            name = texts(row.UserTask.name_zh, row.UserTask.name_en)
            kinds[key] = Kind(key, name, schema, options.of_form(schema, pack, names))
        kinds[key].waiting.append(_waiting(row, pack, names))
    first = rows[0]
    return Desk(
        list(kinds.values()),
        deployed.calendar(session, first.calendar_revision, first.timezone),
    )


def key_of(form: str, schema: Mapping[str, Any]) -> str:
    """What tells forms apart: the same form of several processes and versions is one."""
    digest = hashlib.sha256(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{form}-{digest[:8]}"


def _waiting(row: Any, pack: Pack, units: Mapping[str, Texts]) -> Waiting:
    task, case = row.UserTask, row.Case
    return Waiting(
        task_id=task.id,
        number=case.number,
        title=case.title,
        unit=units.get(case.unit_key or "", {}),
        outcome=pack.item("outcomes", case.outcome) or {},
        text=row.text or "",
        confidential=case.confidential,
        assignee_id=task.assignee_id,
        assignee=texts(row.name_zh, row.name_en) if task.assignee_id else {},
        due=Due(task.due_at, row.budget, row.provisional) if row.budget else None,
        pack=pack,
    )
