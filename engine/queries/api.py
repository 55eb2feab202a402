"""What clients of the API read: a case's facts and the tasks one may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from engine import clock, deployed, forms, involved
from engine.db import table
from engine.errors import NotAllowed, NotFound
from engine.models import (
    Case,
    City,
    Contact,
    Deadline,
    Instance,
    Person,
    TaskStatus,
    UserTask,
)
from engine.permissions import (
    RIGHTS,
    Actor,
    CaseRights,
    may_do,
    may_see_case,
    require_known,
)
from engine.queries import case_list, inbox

View = Literal["mine", "unit", "unclaimed", "overdue"]
PER_PAGE = 50
_task, _case, _deadline = table(UserTask), table(Case), table(Deadline)
_instance, _person = table(Instance), table(Person)
_CASE_RIGHTS = [_case.c[name].label(f"case_{name}") for name in RIGHTS]


@dataclass(frozen=True)
class TaskRow:
    """A user task; case is its number, assignee the login of who has claimed it."""

    id: UUID
    case: str | None
    case_title: str
    element: str
    name: Mapping[str, str]
    stage: str
    roles: tuple[str, ...]
    unit: str | None
    item: str
    assignee: str | None
    status: str
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class TaskPage:
    """One page of tasks. total, pages: of all that fit."""

    items: list[TaskRow]
    page: int
    pages: int
    total: int


@dataclass(frozen=True)
class TaskForm:
    """A task with the JSON Schema its answers must fit; options: the keys of each list."""

    task: TaskRow
    form: dict[str, Any]
    options: dict[str, list[str]]


@dataclass(frozen=True)
class Clock:
    """A limit's ledger; state is running, overdue, paused, met, late or cancelled."""

    limit: str
    clock: str
    unit: str | None
    started_at: datetime
    due_at: datetime | None
    state: str
    provisional: bool


@dataclass(frozen=True)
class CaseFacts:
    """Where a case stands; tasks are its open ones."""

    number: str
    title: str
    stage: str
    status: str
    outcome: str
    unit: str | None
    office: str
    category: str
    channel: str
    confidential: bool
    received_at: datetime
    closed_at: datetime | None
    deadlines: list[Clock]
    tasks: list[TaskRow] = field(default_factory=list)


_TASK_ROWS = (
    select(
        _task,
        _case.c.number.label("case_number"),
        _case.c.title.label("case_title"),
        _person.c.login.label("login"),
    )
    .select_from(_task)
    .outerjoin(_case, _case.c.id == _task.c.case_id)
    .outerjoin(_person, _person.c.id == _task.c.assignee_id)
)


def tasks(
    session: Session,
    actor: Actor,
    view: View,
    *,
    unit: str | None = None,
    due_before: datetime | None = None,
    page: int = 1,
) -> TaskPage:
    """The open tasks that the person may do, the most urgent first, in two statements.

    page: from 1, of `PER_PAGE`. due_before: aware; tasks without a limit are left out then.
    """
    wanted = [_task.c.status == TaskStatus.OPEN, inbox.may_do(actor)]
    if view == "mine":
        wanted.append(_task.c.assignee_id.in_(actor.acts_as))
    elif view == "unclaimed":
        wanted.append(_task.c.assignee_id.is_(None))
    elif view == "overdue":
        wanted.append(_task.c.due_at < clock.now())
    if unit is not None:
        wanted.append(_task.c.unit_key == unit)
    if due_before is not None:
        wanted.append(_task.c.due_at < due_before)
    total = session.scalar(select(func.count()).select_from(_task).where(*wanted)) or 0
    rows = session.execute(
        _TASK_ROWS.where(*wanted)
        .order_by(_task.c.due_at.is_(None), _task.c.due_at, _task.c.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    items = [_task_row(row) for row in rows.mappings()]
    return TaskPage(items, page, max(1, -(-total // PER_PAGE)), total)


def task(session: Session, actor: Actor, task_id: UUID) -> TaskForm:
    """A task and its form. Raises `NotFound`, `NotAllowed` to who may not do it."""
    row = (
        session.execute(
            _TASK_ROWS.add_columns(_instance.c.definition_id, _case.c.pack_id, *_CASE_RIGHTS)
            .join(_instance, _instance.c.id == _task.c.instance_id)
            .where(_task.c.id == task_id)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound("No such task.")
    if row["case_id"] is not None:
        rights = {name: row[f"case_{name}"] for name in RIGHTS}
        require_known(actor, CaseRights.of(rights), "No such task.")
    if not may_do(actor, _TaskRights(**{name: row[name] for name in _RIGHTS})):
        raise NotAllowed("The task belongs to another office or role.")
    definition = deployed.definition(session, row["definition_id"])
    schema = definition.form(row["form"]) if row["form"] else {}
    needed = forms.options_needed(schema) if schema else frozenset()
    options: dict[str, list[str]] = {}
    if needed:
        pack = deployed.pack(session, row["pack_id"])
        options = {name: list(keys) for name, keys in pack.options().items() if name in needed}
    if "units" in needed:
        revision = session.execute(select(City.organisation_revision)).scalar_one()
        office = row["case_office_key"]
        options["units"] = sorted(deployed.city_units(session, revision, office))
    return TaskForm(_task_row(row), schema, options)


def instance_of(session: Session, task_id: UUID) -> UUID | None:
    """The process instance of a task, if there is one."""
    return session.scalar(select(_task.c.instance_id).where(_task.c.id == task_id))


def case(session: Session, actor: Actor, number: str) -> CaseFacts:
    """The facts of a case, in four statements. Raises `NotFound`, `NotAllowed`.

    Who may not see it is told so, as on the pages: numbers run on and can be guessed, so that
    one exists is no secret, and the person must know to ask for access instead of searching on.
    That a sealed one exists is a secret.
    """
    row = session.execute(select(_case).where(_case.c.number == number)).mappings().one_or_none()
    if row is None:
        raise NotFound("No such case.")
    seen = CaseRights.of(row)
    require_known(actor, seen)
    units = involved.units_of(session, row["id"], row["facts"])
    if not may_see_case(actor, seen, units.own | units.asked):
        raise NotAllowed("The case belongs to another office or unit.")
    ledgers = session.execute(
        select(_deadline).where(_deadline.c.case_id == row["id"]).order_by(_deadline.c.id)
    ).mappings()
    now = clock.now()
    open_tasks = session.execute(
        _TASK_ROWS.where(_task.c.case_id == row["id"], _task.c.status == TaskStatus.OPEN).order_by(
            _task.c.id
        )
    ).mappings()
    return CaseFacts(
        number=row["number"],
        title=row["title"],
        stage=row["stage"],
        status=row["status"],
        outcome=row["outcome"],
        unit=row["unit_key"],
        office=row["office_key"],
        category=row["category"],
        channel=row["channel"],
        confidential=row["confidential"],
        received_at=row["received_at"],
        closed_at=row["closed_at"],
        deadlines=[_clock(ledger, now) for ledger in ledgers],
        tasks=[_task_row(one) for one in open_tasks],
    )


def case_of(session: Session, actor: Actor, source: str, source_id: str) -> str | None:
    """The number of the case taken in from this entry of a source, "" if not for the person.

    None if there is no such entry.
    """
    row = session.execute(
        select(Case.number, case_list.may_see(actor).label("seen"))
        .join(Contact, Contact.case_id == Case.id)
        .where(Contact.source == source, Contact.source_id == source_id)
    ).one_or_none()
    return None if row is None else row.number if row.seen else ""


@dataclass(frozen=True)
class _TaskRights:
    roles: str
    unit_key: str | None
    candidates: str
    assignee_id: UUID | None


_RIGHTS = ("roles", "unit_key", "candidates", "assignee_id")


def _task_row(row: RowMapping) -> TaskRow:
    return TaskRow(
        id=row["id"],
        case=row["case_number"],
        case_title=row["case_title"] or "",
        element=row["element"],
        name={"zh": row["name_zh"], "en": row["name_en"]},
        stage=row["stage"],
        roles=tuple(row["roles"].strip(",").split(",")),
        unit=row["unit_key"],
        item=row["item"],
        assignee=row["login"],
        status=row["status"],
        opened_at=row["opened_at"],
        due_at=row["due_at"],
    )


def _clock(row: RowMapping, now: datetime) -> Clock:
    if row["settled_at"] is not None:
        state = row["settled_as"]
    elif row["due_at"] is None:
        state = "paused"
    else:
        state = "overdue" if row["due_at"] <= now else "running"
    return Clock(
        limit=row["limit"],
        clock=row["clock"],
        unit=row["unit_key"],
        started_at=row["started_at"],
        due_at=row["due_at"],
        state=state,
        provisional=row["provisional"],
    )
