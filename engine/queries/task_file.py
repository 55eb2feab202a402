"""A user task (待办) as the person who does it sees it: its form, its case, who has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine import deployed, forms, permissions
from engine.errors import NotFound
from engine.models import (
    Answer,
    Case,
    City,
    Deadline,
    Instance,
    Person,
    Supervision,
    TaskStatus,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import case_file, options
from engine.queries.case_file import File, Texts

_Claimer, _Closer = aliased(Person), aliased(Person)


@dataclass(frozen=True)
class TaskFile:
    """A task with its case.

    schema: of its form. options: what its lists offer, list -> key -> name. prefilled: what is
    known before anybody types. supervision: the ladder it is a rung of.
    """

    task: UserTask
    part: str
    file: File
    schema: Mapping[str, Any]
    options: Mapping[str, Mapping[str, Texts]]
    prefilled: Mapping[str, Any]
    assignee: Texts | None
    closed_by: Texts | None
    deadline: Deadline | None
    supervision: Supervision | None

    @property
    def open(self) -> bool:
        """Whether it still waits."""
        return self.task.status == TaskStatus.OPEN

    @property
    def record(self) -> str:
        """The kind of record its form is kept as."""
        return forms.record(self.schema) or ""

    @property
    def name(self) -> Texts:
        """What is to be done."""
        return case_file.texts(self.task.name_zh, self.task.name_en)


def opened(session: Session, task_id: UUID, by: Actor) -> TaskFile:
    """The task, open or closed, in at most three statements.

    Raises `NotFound`, `NotAllowed` if it is not one of the person's.
    """
    row = session.execute(
        select(
            UserTask,
            Case,
            Instance.part,
            Instance.definition_id,
            Instance.supervision_id,
            Deadline,
            *case_file.CITY,
            _Claimer.name_zh.label("claimer_zh"),
            _Claimer.name_en.label("claimer_en"),
            _Closer.name_zh.label("closer_zh"),
            _Closer.name_en.label("closer_en"),
        )
        .join(Instance, Instance.id == UserTask.instance_id)
        .join(Case, Case.id == UserTask.case_id)
        .join(City, City.id == 1)
        .outerjoin(Deadline, Deadline.id == UserTask.deadline_id)
        .outerjoin(_Claimer, _Claimer.id == UserTask.assignee_id)
        .outerjoin(_Closer, _Closer.id == UserTask.closed_by)
        .where(UserTask.id == task_id)
    ).one_or_none()
    if row is None:
        raise NotFound("No such task.")
    task: UserTask = row.UserTask
    permissions.require_known(by, row.Case, "No such task.")
    permissions.require(permissions.may_do(by, task), "The task belongs to another office or role.")
    file = case_file.of_row(session, row, by)
    process = deployed.definition(session, row.definition_id)
    schema = process.form(task.form)
    element = process.specification.elements.get(task.element)
    candidates = file.facts["candidate_units"] if element and element.unit == "candidates" else None
    return TaskFile(
        task=task,
        part=row.part,
        file=file,
        schema=schema,
        options=_options(file, schema, by, candidates),
        prefilled=_prefilled(session, file, schema),
        assignee=case_file.texts(row.claimer_zh, row.claimer_en) if task.assignee_id else None,
        closed_by=case_file.texts(row.closer_zh, row.closer_en) if task.closed_by else None,
        deadline=row.Deadline,
        supervision=session.get(Supervision, row.supervision_id) if row.supervision_id else None,
    )


def _options(
    file: File, schema: Mapping[str, Any], by: Actor, candidates: Sequence[str] | None
) -> dict[str, Mapping[str, Texts]]:
    """What each list of the form offers; a task for candidates offers the person's own of them."""
    units = {key: file.units[key] for key in file.units if key in file.active_units}
    if candidates is not None:
        own = [key for key in candidates if by.acts_for("handler", key)]
        units = {key: file.unit(key) for key in own or candidates}
    return options.of_form(schema, file.pack, units)


def _prefilled(session: Session, file: File, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What the case knows already: its own columns, the proposed unit, the answer to revise."""
    fields, kind = schema["properties"], forms.record(schema)
    known: dict[str, Any] = {}
    if kind == "case":
        known = {
            "title": file.case.title,
            "place": file.case.place,
            **{name: file.facts[name] for name in fields if name in file.facts},
        }
    elif kind == "dispatch" and file.facts["proposed_unit"] in file.active_units:
        known = {"mode": "push", "unit": file.facts["proposed_unit"]}
    elif kind == "answer":
        last = session.scalar(
            select(Answer).where(Answer.case_id == file.case.id).order_by(Answer.id.desc()).limit(1)
        )
        if last is not None:
            known = {"answer": last.text, "outcome": last.outcome}
    defaults = {name: field["default"] for name, field in fields.items() if "default" in field}
    return defaults | {
        name: value for name, value in known.items() if name in fields and value not in ("", [])
    }
