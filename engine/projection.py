"""After a run: write what the execution now is into the tables.

State, user tasks, deadlines, stage, history, messages and notices are written in the
transaction of the command, each kind in one statement. Everything here is a projection of the
run; nothing is read back.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, literal_column, update
from sqlalchemy.orm import Session

from engine import effects, faults, history, opinions, text_index, timekeeping
from engine.bpmn.execution import Execution
from engine.bpmn.specification import Element
from engine.bpmn.values import OpenTask
from engine.db import new_key, table
from engine.errors import Conflict, InvalidInput, StepFailed
from engine.history import Head
from engine.ledger import Row
from engine.models import (
    Case,
    CaseStatus,
    Instance,
    InstanceStatus,
    Message,
    OutboxNotice,
    TaskStatus,
    UserTask,
    Watch,
)
from engine.prepared import Prepared
from engine.work import Work, stored

_instance, _case = table(Instance), table(Case)
_task = table(UserTask)

INSERT_INSTANCE = Prepared(insert(_instance))
INSERT_TASKS = Prepared(insert(_task))
INSERT_MESSAGES = Prepared(insert(table(Message)))
INSERT_NOTICES = Prepared(insert(table(OutboxNotice)))
UPDATE_INSTANCE = Prepared(
    update(_instance)
    .where(_instance.c.id == bindparam("key"), _instance.c.revision == bindparam("seen"))
    .values(
        state=bindparam("new_state"),
        revision=bindparam("new_revision"),
        status=bindparam("new_status"),
        outcome=bindparam("new_outcome"),
        ended_at=bindparam("new_ended_at"),
        skips=bindparam("new_skips"),
    )
)
_CASE_MOVED = (
    update(_case)
    .where(_case.c.id == bindparam("key"), _case.c.chain_seq == bindparam("seen"))
    .values(
        facts=bindparam("new_facts"),
        stage=bindparam("new_stage"),
        outcome=bindparam("new_outcome"),
        category=bindparam("new_category"),
        confidential=bindparam("new_confidential"),
        closed_at=bindparam("new_closed_at"),
        chain_seq=bindparam("new_chain_seq"),
        chain_hash=bindparam("new_chain_hash"),
    )
)
# Those who watch the case are told by the worker.
WATCHERS_WAIT = Prepared(
    update(table(Watch)).where(table(Watch).c.case_id == bindparam("key")).values(waiting=True)
)
CLOSE_TASK = Prepared(
    update(_task)
    .where(_task.c.id == bindparam("key"), _task.c.status == TaskStatus.OPEN)
    .values(status=TaskStatus.COMPLETED, closed_at=bindparam("at"), closed_by=bindparam("who"))
)
CANCEL_TASKS = (
    update(_task)
    .where(
        _task.c.instance_id == bindparam("instance"),
        _task.c.token.in_(bindparam("tokens", expanding=True)),
        _task.c.status
        == literal_column(f"'{TaskStatus.OPEN}'"),  # not bound: the index holds these
    )
    .values(status=TaskStatus.CANCELLED, closed_at=bindparam("at"))
)


@dataclass(frozen=True)
class Completed:
    """What a command left behind: where the case stands and the tasks that it opened.

    sealed: as it is now; whoever sealed it by this very act sees no more of it.
    """

    instance_id: UUID
    case_id: UUID
    number: str
    ended: bool
    stage: str
    opened: list[UUID] = field(default_factory=list)
    sealed: bool = False


def save(work: Work, execution: Execution) -> Completed:
    """Write the run and give what it left. Raises `Conflict` if somebody was faster."""
    faults.reach("after-engine")
    _take_over_facts(work, execution)
    work.follow()
    for effect in execution.effects:
        try:
            effects.apply(work, effect)
        except InvalidInput as error:
            raise StepFailed(effect.element, error.message) from error
    effects.cure(work, work.cures)
    open_tasks = execution.open_tasks()
    fresh = [task for task in open_tasks if task.token not in execution.opened_before]
    _close_task(work)
    _cancel_tasks(work, execution, open_tasks)
    moved, added = timekeeping.keep(work, execution, fresh)
    rows = [_task_row(work, task, added) for task in fresh]
    _stand(work, execution)
    if execution.passed:
        work.walked([passed.element for passed in execution.passed])
    _write(work, execution, rows, moved, added)
    return Completed(
        work.instance_id,
        work.case_id,
        work.case["number"],
        bool(execution.completed),
        work.case["stage"],
        [row["id"] for row in rows],
        bool(work.case.get("sealed")),
    )


def keep_ledgers(work: Work) -> None:
    """Write ledgers that moved while no timer of the diagram is due: the run stands still."""
    timekeeping.write(work, [row for row in work.deadlines if row != work.read[row["id"]]], [])
    write_case(work.session, work)


def write_case(session: Session, work: Work) -> None:
    """Write the case's row, its history, messages and notices, without a run."""
    head = history.append(
        session,
        history.case_stream(work.case_id),
        Head(work.case["chain_seq"], work.case["chain_hash"]),
        work.told(),
    )
    if work.entries and work.case.get("watched"):
        WATCHERS_WAIT.run(work.wire, {"key": work.case_id})
    if work.messages:
        INSERT_MESSAGES.run_all(work.wire, work.messages)
    if work.notices:
        INSERT_NOTICES.run_all(work.wire, work.notices)
    _update_case(work, head)


def _take_over_facts(work: Work, execution: Execution) -> None:
    for name, value in execution.changed.items():
        # The two counters are set from the rows, by the effects themselves.
        if name not in {"open_supervisions", "supervisions_before"}:
            work.facts[name] = value


def _stand(work: Work, execution: Execution) -> None:
    """Where instance and case stand now."""
    instance, case = work.instance, work.case
    if execution.completed:
        instance["status"], instance["ended_at"] = InstanceStatus.COMPLETED, work.now
        instance["outcome"] = execution.outcome or ""
    if instance["part"] != "appeal":
        return
    elements = work.deployed.specification.elements
    been = [elements[passed.element].stage for passed in execution.passed]
    # Of stages that run side by side the first drawn is where the case stands.
    now_in = execution.stages()[:1] or [stage for stage in been if stage]
    if now_in:
        case["stage"] = now_in[-1]
    ends = work.deployed.specification.stages
    if execution.completed and case["status"] == CaseStatus.CLOSED and ends:
        case["stage"] = ends[-1].id
    if execution.completed and execution.outcome == "refused":
        case["status"], case["closed_at"] = CaseStatus.REFUSED, work.now
        work.facts["outcome"] = "refused"
        opinions.withdraw_all(work)
        work.note("case.refused")


def _close_task(work: Work) -> None:
    if work.task is None:
        return
    closed = {"key": work.task["id"], "at": work.now, "who": work.by}
    if CLOSE_TASK.run(work.wire, closed) != 1:
        raise Conflict("The task is no longer open.")


def _cancel_tasks(work: Work, execution: Execution, open_tasks: list[OpenTask]) -> None:
    still = {task.token for task in open_tasks}
    done = {work.task["token"]} if work.task is not None else set()
    gone = execution.opened_before - still - done
    if gone:
        work.session.execute(
            CANCEL_TASKS, {"instance": work.instance_id, "tokens": list(gone), "at": work.now}
        )


def _candidates_of(work: Work, element: Element) -> str:
    units = work.facts["candidate_units"] if element.unit == "candidates" else []
    return f",{','.join(units)}," if units else ""


def _task_row(work: Work, task: OpenTask, added: list[Row]) -> Row:
    elements = work.deployed.specification.elements
    element = elements[task.element]
    row = None
    if element.limit:
        open_rows = [row for row in work.deadlines if row["settled_at"] is None] + added
        own = (
            one for one in open_rows if one["host"] == task.token and one["limit"] == element.limit
        )
        row = timekeeping.kept_by(open_rows, element, elements, work) or next(own, None)
    return {
        "id": new_key(),
        "instance_id": work.instance_id,
        "case_id": work.case_id,
        "token": task.token,
        "element": element.id,
        "name_zh": element.name,
        "name_en": element.name_en,
        "stage": element.stage or "",
        "form": element.form or "",
        "roles": f",{','.join(element.roles)},",
        "unit_key": timekeeping.unit_of(work, element, task),
        "candidates": _candidates_of(work, element),
        "item": task.item or "",
        "assignee_id": None,
        "status": TaskStatus.OPEN,
        "deadline_id": row["id"] if row else None,
        "due_at": row["due_at"] if row else None,
        "opened_at": work.now,
        "closed_at": None,
        "closed_by": None,
    }


def _write(
    work: Work, execution: Execution, tasks: list[Row], moved: list[Row], added: list[Row]
) -> None:
    wire, instance = work.wire, work.instance
    ended = bool(execution.completed)
    if instance.get("new"):
        INSERT_INSTANCE.run(
            wire,
            {
                "id": instance["id"],
                "definition_id": instance["definition_id"],
                "case_id": work.case_id,
                "supervision_id": instance["supervision_id"],
                "part": instance["part"],
                "status": instance["status"],
                "revision": 1,
                "state": None if ended else execution.dump(),
                "outcome": instance["outcome"],
                "started_at": work.now,
                "ended_at": instance["ended_at"],
                "skips": None if ended else sorted(execution.skips) or None,
            },
        )
    else:
        written = UPDATE_INSTANCE.run(
            wire,
            {
                "key": work.instance_id,
                "seen": instance["revision"],
                "new_state": None if ended else execution.dump(),
                "new_revision": instance["revision"] + 1,
                "new_status": instance["status"],
                "new_outcome": instance["outcome"],
                "new_ended_at": instance["ended_at"],
                "new_skips": None if ended else sorted(execution.skips) or None,
            },
        )
        if written != 1:
            raise Conflict
    timekeeping.write(work, moved, added)
    if tasks:
        INSERT_TASKS.run_all(wire, tasks)
    write_case(work.session, work)


def _update_case(work: Work, head: Head) -> None:
    case, facts = work.case, work.facts
    values = {
        "key": work.case_id,
        "seen": case["chain_seq"],
        "new_facts": stored(facts),
        "new_stage": case["stage"],
        "new_outcome": facts["outcome"],
        "new_category": facts["category"],
        "new_confidential": bool(facts["confidential"]),
        "new_closed_at": case["closed_at"],
        "new_chain_seq": head.seq,
        "new_chain_hash": head.hash,
    }
    now = {"confidential": values["new_confidential"], "units": text_index.units(facts)}
    fresh = text_index.change(work.wire, work.case_id, work.said, {**work.case_columns, **now})
    changes = {f"new_{name}": value for name, value in work.case_columns.items()}
    if fresh:
        changes["new_units"] = fresh
    status, unit_key = stands = (case["status"], facts["unit"] or None)
    if stands != work.stood:
        changes |= {"new_status": status, "new_unit_key": unit_key}
    if _update_of(frozenset(changes)).run(work.wire, values | changes) != 1:
        raise Conflict


@cache
def _update_of(names: frozenset[str]) -> Prepared:
    """An update of a case and of those of its columns that changed; there are few such sets.

    Indexed columns are written only when they changed: SQLite would write their indexes anew. With
    new units, the index of texts is told of them in the same statement.
    """
    columns = sorted(names - {"new_units"})
    values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in columns}
    moved = _CASE_MOVED.values(values)
    return Prepared(moved.add_cte(text_index.ADDING) if "new_units" in names else moved)
