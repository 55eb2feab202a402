"""A user task (待办) as the person who does it sees it: its form, its case, who has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from engine import clock, deployed, forms, involved, letters, permissions
from engine.deployed import Deployed
from engine.errors import NotFound
from engine.models import (
    Case,
    City,
    Deadline,
    Instance,
    Person,
    Supervision,
    Suspension,
    TaskStatus,
    UserTask,
)
from engine.permissions import Actor
from engine.queries import capacity, case_file, options
from engine.queries.case_file import File, OpenTask, Texts
from engine.queries.inbox import Due

_Claimer, _Closer, _Other = aliased(Person), aliased(Person), aliased(UserTask)


@dataclass(frozen=True)
class TaskFile:
    """A task with its case.

    schema: of its form. options: what its lists offer, list -> key -> name. prefilled: what is
    known before anybody types. supervision: the ladder it is a rung of. paused: whether its clock
    ever stood still. alone: whether nothing else of the case waits.
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
    process: Deployed
    paused: bool
    alone: bool

    @property
    def open(self) -> bool:
        """Whether it still waits."""
        return self.task.status == TaskStatus.OPEN

    @property
    def record(self) -> str:
        """The kind of record its form is kept as."""
        return forms.record(self.schema) or ""

    @property
    def process_name(self) -> Texts:
        """What the process is called."""
        told = self.process.specification
        return case_file.texts(told.name, told.name_en)

    @property
    def name(self) -> Texts:
        """What is to be done."""
        return case_file.texts(self.task.name_zh, self.task.name_en)


def opened(session: Session, task_id: UUID, by: Actor) -> TaskFile:
    """The task, open or closed; one statement, two more where a unit is chosen to act.

    Raises `NotFound`, `NotAllowed` if it is not one of the person's.
    """
    row = session.execute(
        select(
            UserTask,
            Case,
            Instance.part,
            Instance.definition_id,
            Supervision,
            Deadline,
            exists().where(Suspension.deadline_id == UserTask.deadline_id).label("paused"),
            ~exists()
            .where(
                _Other.case_id == UserTask.case_id,
                _Other.status == TaskStatus.OPEN,
                _Other.id != UserTask.id,
            )
            .label("alone"),
            *case_file.CITY,
            _Claimer.name_zh.label("claimer_zh"),
            _Claimer.name_en.label("claimer_en"),
            _Closer.name_zh.label("closer_zh"),
            _Closer.name_en.label("closer_en"),
        )
        .join(Instance, Instance.id == UserTask.instance_id)
        .join(Case, Case.id == UserTask.case_id)
        .join(City, City.id == 1)
        .outerjoin(Supervision, Supervision.id == Instance.supervision_id)
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
    if row.part == involved.OPINION:
        named = {*file.facts["co_units"], *file.facts["candidate_units"]}
        part = permissions.may_see_case(by, file.case, named)
        file = replace(file, only_asked=not part)
    process = deployed.definition(session, row.definition_id)
    schema = process.form(task.form)
    element = process.specification.elements.get(task.element)
    candidates = file.facts["candidate_units"] if element and element.unit == "candidates" else None
    return TaskFile(
        task=task,
        part=row.part,
        file=file,
        schema=schema,
        options=_options(session, file, schema, by, candidates),
        prefilled=_prefilled(file, schema),
        assignee=case_file.texts(row.claimer_zh, row.claimer_en) if task.assignee_id else None,
        closed_by=case_file.texts(row.closer_zh, row.closer_en) if task.closed_by else None,
        deadline=row.Deadline,
        supervision=row.Supervision,
        process=process,
        paused=bool(row.paused),
        alone=bool(row.alone),
    )


def first_of(session: Session, tasks: Sequence[UUID], by: Actor) -> UUID | None:
    """The first of these tasks that is the person's; one statement, none without tasks."""
    if not tasks:
        return None
    rows = session.scalars(select(UserTask).where(UserTask.id.in_(tasks)).order_by(UserTask.id))
    return next((task.id for task in rows if permissions.may_do(by, task)), None)


def waiting(session: Session, seen: TaskFile, by: Actor) -> Sequence[OpenTask]:
    """What waits of the case; one statement, none if that is this task alone."""
    if not seen.alone:
        return case_file.open_tasks(session, seen.file.case.id, by)
    task, limit = seen.task, seen.deadline
    own = OpenTask(
        id=task.id,
        element=task.element,
        name=seen.name,
        instance_id=task.instance_id,
        unit_key=task.unit_key,
        item=task.item,
        assignee=seen.assignee,
        due_at=task.due_at,
        due=Due(task.due_at, limit.budget, limit.provisional) if limit else None,
        may_do=permissions.may_do(by, task),
    )
    return [own] if seen.open else []


def _options(
    session: Session,
    file: File,
    schema: Mapping[str, Any],
    by: Actor,
    candidates: Sequence[str] | None,
) -> dict[str, Mapping[str, Texts]]:
    """What each list of the form offers; a task for candidates offers the person's own of them.

    Where a unit is chosen to act, each says what it has in hand.
    """
    units = {key: file.units[key] for key in file.units if key in file.active_units}
    if candidates is not None:
        own = [key for key in candidates if by.acts_for("handler", key)]
        units = {key: file.unit(key) for key in own or candidates}
    elif forms.record(schema) == "dispatch":
        on = file.calendar.local(clock.now()).date()
        loads = capacity.of_units(session, units, on, seen_by=by, zone=file.calendar.zone)
        units = {key: capacity.told(name, loads[key]) for key, name in units.items()}
    return options.of_form(schema, file.pack, units)


def _prefilled(file: File, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What the case knows already: its own columns, the proposed unit."""
    fields, kind = schema["properties"], forms.record(schema)
    known: dict[str, Any] = {}
    if kind == "case":
        known = {
            "title": file.case.title,
            "place": file.case.place,
            **{name: file.facts[name] for name in fields if name in file.facts},
        }
    elif kind == "screening":
        known = {name: file.facts[name] for name in ("category", "advised_unit")}
    elif kind == "dispatch" and file.facts["proposed_unit"] in file.active_units:
        known = {"mode": "push", "unit": file.facts["proposed_unit"]}
    elif kind == "refusal":
        reason = str(file.facts.get("refusal_reason", ""))
        known = {
            "legal_channel": letters.channel_of(file.pack, reason),
            "told_at": clock.now().isoformat() if reason else "",
            "letter": letters.refusal(file.pack, reason),
        }
    defaults = {name: field["default"] for name, field in fields.items() if "default" in field}
    return defaults | {
        name: value for name, value in known.items() if name in fields and value not in ("", [])
    }
