"""Reading what a command works on: one joined select, one for the open ledgers.

On PostgreSQL the rows are locked in that select, so that what is read is what is true: first
the case, which every command on its instances shares, so two of them queue and never cross.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from engine import clock, deployed, rungs, text_index
from engine.bpmn.execution import Execution
from engine.db import table
from engine.errors import Conflict, NotFound
from engine.ledger import Row, Terms
from engine.models import Case, City, Deadline, Instance, InstanceStatus, TaskStatus, UserTask
from engine.permissions import Actor, CaseRights, TaskRights, require_known
from engine.prepared import Prepared, wire
from engine.standing_in import in_whose_place
from engine.work import Work, restored

_task, _instance, _case = table(UserTask), table(Instance), table(Case)
_deadline, _city = table(Deadline), table(City)

_CASE_COLUMNS = (
    "id",
    "number",
    "pack_id",
    "office_key",
    "unit_key",
    "sealed",
    "accused_key",
    "matter_id",
    "status",
    "stage",
    "facts",
    "channel",
    "closed_at",
    "received_at",
    "chain_seq",
    "chain_hash",
    "watched",
    *text_index.TEXTS,
)
_INSTANCE_COLUMNS = (
    "id",
    "definition_id",
    "supervision_id",
    "part",
    "status",
    "revision",
    "state",
    "outcome",
    "started_at",
    "ended_at",
    "skips",
)
_TASK_COLUMNS = (
    "id",
    "token",
    "element",
    "form",
    "roles",
    "unit_key",
    "candidates",
    "item",
    "assignee_id",
    "status",
    "deadline_id",
)


def _columns(source: Any, names: tuple[str, ...], prefix: str) -> list[Any]:
    return [source.c[name].label(f"{prefix}{name}") for name in names]


# Where the case's columns begin in what is read of a task.
_CASE_IN_TASK = len(_TASK_COLUMNS) + len(_INSTANCE_COLUMNS)
_CITY_COLUMNS = ("calendar_revision", "organisation_revision", "timezone")
_DEADLINE_COLUMNS = tuple(column.name for column in _deadline.c)
_BASE = [
    *_columns(_instance, _INSTANCE_COLUMNS, "i_"),
    *_columns(_case, _CASE_COLUMNS, "c_"),
    *_columns(_city, _CITY_COLUMNS, "y_"),
]
_JOIN = _instance.join(_case, _case.c.id == _instance.c.case_id).join(_city, _city.c.id == 1)
OF_TASK = Prepared(
    select(*_columns(_task, _TASK_COLUMNS, "t_"), *_BASE)
    .select_from(_JOIN.join(_task, _task.c.instance_id == _instance.c.id))
    .where(_task.c.id == bindparam("key"))
    .with_for_update(of=[_case, _instance, _task])
)
OF_INSTANCE = Prepared(
    select(*_BASE)
    .select_from(_JOIN)
    .where(_instance.c.id == bindparam("key"))
    .with_for_update(of=[_case, _instance])
)
OPEN_DEADLINES = Prepared(
    select(_deadline).where(
        _deadline.c.case_id == bindparam("case"),
        or_(
            and_(
                _deadline.c.settled_at.is_(None),
                or_(
                    _deadline.c.instance_id == bindparam("instance"), _deadline.c.clock == "citizen"
                ),
            ),
            # A limit that was met early keeps the timer that is drawn for it until it is left.
            and_(_deadline.c.instance_id == bindparam("instance"), _deadline.c.token.is_not(None)),
        ),
    )
)


def of_task(session: Session, task_id: UUID, by: Actor | None) -> Work:
    """The open task, its instance and case. Raises `NotFound`, `Conflict` if it is closed.

    A task of a case that does not exist for the person does not exist either. by: None for the
    citizen, who has shown a secret of the case's own.
    """
    row = _one(session, OF_TASK, task_id, "No such task.")
    # The task's columns come first, then those of every work on an instance.
    task = dict(zip(_TASK_COLUMNS, row, strict=False))
    case = dict(zip(_CASE_COLUMNS, row[_CASE_IN_TASK:], strict=False))
    if by is not None:
        require_known(by, CaseRights.of(case), "No such task.")
    if task["status"] != TaskStatus.OPEN:
        raise Conflict("The task is no longer open.", status=task["status"])
    work = _work(session, row[len(_TASK_COLUMNS) :], by.id if by else None)
    work.task = task
    if by is not None and by.stands_in:
        work.instead_of = in_whose_place(by, TaskRights.of(task))
    return work


def of_instance(session: Session, instance_id: UUID, by: UUID | None = None) -> Work:
    """A running instance and its case. Raises `NotFound`, `Conflict` if it has ended."""
    row = _one(session, OF_INSTANCE, instance_id, "No such process instance.")
    if row[_INSTANCE_COLUMNS.index("status")] != InstanceStatus.RUNNING:
        raise Conflict("The process instance has ended.")
    return _work(session, row, by)


def of_case(
    session: Session, case_id: UUID, by: UUID | None, part: str, process: str | None = None
) -> Work:
    """A case for a new instance of one part (or for a change of its own).

    process: the key of another process than the pack's for this part.
    """
    row = _one(session, _OF_CASE, case_id, "No such case.")
    case = dict(zip(_CASE_COLUMNS, row, strict=False))
    city = dict(zip(_CITY_COLUMNS, row[len(_CASE_COLUMNS) :], strict=True))
    pack = deployed.pack(session, case["pack_id"])
    return Work(
        session=session,
        now=clock.now(),
        by=by,
        instance={"id": None, "part": part, "status": InstanceStatus.RUNNING},
        case=case,
        deployed=deployed.latest(session, process or pack.parts[part]),
        terms=_terms(session, city, case["pack_id"]),
        facts=restored(case["facts"]),
        units=deployed.city_units(session, city["organisation_revision"], case["office_key"]),
        successors=deployed.successors(session, city["organisation_revision"]),
        deadlines=_open_deadlines(session, case_id, None),
    )


_OF_CASE = Prepared(
    select(*_columns(_case, _CASE_COLUMNS, "c_"), *_columns(_city, _CITY_COLUMNS, "y_"))
    .select_from(_case.join(_city, _city.c.id == 1))
    .where(_case.c.id == bindparam("key"))
    .with_for_update(of=[_case])
)


def restore(work: Work) -> Execution:
    """The instance in memory, with whatever is due fired first: it comes before any act.

    Raises `StepFailed`, `UnknownState`.
    """
    rungs.fire_due(work)
    return Execution.restore(
        work.deployed.specification,
        work.instance["state"],
        work.facts_for_run(),
        work.instance["skips"] or (),
    )


def _one(session: Session, statement: Prepared, key: UUID, missing: str) -> tuple[Any, ...]:
    row = statement.row(wire(session), {"key": key})
    if row is None:
        raise NotFound(missing)
    return row


def _work(session: Session, values: tuple[Any, ...], by: UUID | None) -> Work:
    """values: the columns of `_BASE`, in its order."""
    instance = dict(zip(_INSTANCE_COLUMNS, values, strict=False))
    values = values[len(_INSTANCE_COLUMNS) :]
    case = dict(zip(_CASE_COLUMNS, values, strict=False))
    city = dict(zip(_CITY_COLUMNS, values[len(_CASE_COLUMNS) :], strict=True))
    return Work(
        session=session,
        now=clock.now(),
        by=by,
        instance=instance,
        case=case,
        deployed=deployed.definition(session, instance["definition_id"]),
        terms=_terms(session, city, case["pack_id"]),
        facts=restored(case["facts"]),
        units=deployed.city_units(session, city["organisation_revision"], case["office_key"]),
        successors=deployed.successors(session, city["organisation_revision"]),
        deadlines=_open_deadlines(session, case["id"], instance["id"]),
    )


def _terms(session: Session, city: dict[str, Any], pack_id: UUID) -> Terms:
    calendar = deployed.calendar(session, city["calendar_revision"], city["timezone"])
    return Terms(deployed.pack(session, pack_id), calendar)


def _open_deadlines(session: Session, case_id: UUID, instance_id: UUID | None) -> list[Row]:
    found = OPEN_DEADLINES.rows(wire(session), {"case": case_id, "instance": instance_id})
    return [dict(zip(_DEADLINE_COLUMNS, row, strict=True)) for row in found]
