"""After a run: write what the execution now is into the tables.

State, user tasks, deadlines, stage, history, messages and notices are written in the
transaction of the command, each kind in one statement. Everything here is a projection of the
run; nothing is read back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from engine import effects, faults, history, ledger
from engine.bpmn.execution import Execution
from engine.bpmn.specification import Element
from engine.bpmn.values import OpenTask, WaitingTimer
from engine.db import new_key, table
from engine.errors import Conflict, InvalidInput, StepFailed
from engine.history import Head
from engine.ledger import Row
from engine.models import (
    Case,
    CaseStatus,
    Deadline,
    Instance,
    InstanceStatus,
    Message,
    OutboxNotice,
    TaskStatus,
    UserTask,
)
from engine.prepared import Prepared
from engine.work import Work, stored

_instance, _case = table(Instance), table(Case)
_task, _deadline = table(UserTask), table(Deadline)

INSERT_INSTANCE = Prepared(insert(_instance))
INSERT_TASKS = Prepared(insert(_task))
INSERT_DEADLINES = Prepared(insert(_deadline))
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
# Indexed columns are written only when they changed: SQLite would write their indexes anew.
UPDATE_CASE_IN_PLACE = Prepared(_CASE_MOVED)
UPDATE_CASE = Prepared(
    _CASE_MOVED.values(status=bindparam("new_status"), unit_key=bindparam("new_unit_key"))
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
        _task.c.status == TaskStatus.OPEN,
    )
    .values(status=TaskStatus.CANCELLED, closed_at=bindparam("at"))
)
_CHANGING = (
    "due_at",
    "provisional",
    "next_at",
    "rungs",
    "fired",
    "token",
    "host",
    "instance_id",
    "unit_key",
    "timer_fired",
    "settled_at",
    "settled_as",
)


@dataclass(frozen=True)
class Completed:
    """What a command left behind: where the case stands and the tasks that it opened."""

    instance_id: UUID
    case_id: UUID
    number: str
    ended: bool
    stage: str
    opened: list[UUID] = field(default_factory=list)


def save(work: Work, execution: Execution) -> Completed:
    """Write the run and give what it left. Raises `Conflict` if somebody was faster."""
    faults.reach("after-engine")
    _take_over_facts(work, execution)
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
    moved, added = _project_deadlines(work, execution, fresh)
    rows = [_task_row(work, task, added) for task in fresh]
    _stand(work, execution)
    if execution.passed:
        work.note("run", path=[passed.element for passed in execution.passed])
    _write(work, execution, rows, moved, added)
    return Completed(
        work.instance_id,
        work.case_id,
        work.case["number"],
        bool(execution.completed),
        work.case["stage"],
        [row["id"] for row in rows],
    )


def write_case(session: Session, work: Work) -> None:
    """Write the case's row, its history, messages and notices, without a run."""
    head = history.append(
        session,
        history.case_stream(work.case_id),
        Head(work.case["chain_seq"], work.case["chain_hash"]),
        work.entries,
    )
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
    now_in = execution.stages() or [stage for stage in been if stage]
    if now_in:
        case["stage"] = now_in[-1]
    if execution.completed and execution.outcome == "refused":
        case["status"], case["closed_at"] = CaseStatus.REFUSED, work.now
        work.facts["outcome"] = "refused"
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


def _project_deadlines(
    work: Work, execution: Execution, fresh: list[OpenTask]
) -> tuple[list[Row], list[Row]]:
    """Changed and added ledgers.

    A timer that waits has a ledger; a task's own limit has one unless a timer drawn on it or
    on its stage keeps it. A ledger ends with its activity, a citizen's only when it was met.
    """
    own = [row for row in work.deadlines if row["settled_at"] is None]
    elements = work.deployed.specification.elements
    waiting = execution.waiting_timers()
    tokens = {timer.token for timer in waiting}
    _settle_left(work, execution, own, execution.active() | tokens)
    kept = set()
    for row in work.deadlines:
        if row["token"] in tokens:
            kept.add(row["token"])
        elif row["settled_at"] is not None:
            row["token"] = None
    added: list[Row] = []
    for timer in waiting:
        if timer.token not in kept:
            added += _attach(work, own, timer)
    for task in fresh:
        element = elements[task.element]
        if element.limit and _kept_by(own + added, element, elements, work) is None:
            added += _open_for_task(work, own, task, element)
    return [row for row in work.deadlines if row != work.read[row["id"]]], added


def _settle_left(work: Work, execution: Execution, own: list[Row], active: Iterable[UUID]) -> None:
    fired = execution.fired
    for row in own:
        if row["token"] in fired:
            row["timer_fired"] = True
            row["next_at"] = ledger.next_at(row)
        if row["instance_id"] != work.instance_id or row["host"] in active:
            if _was_met(work, row):
                ledger.settle(row, work.now)
            continue
        if row["clock"] == "citizen" and not (_was_met(work, row) or execution.completed):
            # The citizen still waits: the ledger runs on without a host until it is met.
            row["token"] = row["host"] = None
            continue
        by_task = work.task is not None and row["host"] == work.task["token"]
        met = by_task or _was_met(work, row) or not work.facts["returned"]
        ledger.settle(row, work.now, None if met else ledger.CANCELLED)


def _was_met(work: Work, row: Row) -> bool:
    """Whether the promise behind a ledger was kept by now: its fact, or its own task done."""
    limit = ledger.limit_of(work.terms.pack, row["limit"])
    if limit is not None and limit.settled_by:
        return bool(work.facts.get(limit.settled_by))
    return work.task is not None and row["host"] == work.task["token"]


def _attach(work: Work, own: list[Row], timer: WaitingTimer) -> list[Row]:
    """Join the open citizen's ledger of this limit, or open a new one."""
    if timer.clock == "citizen":
        for row in own:
            if row["limit"] == timer.limit and row["clock"] == "citizen" and not row["settled_at"]:
                row["instance_id"] = work.instance_id
                row["token"], row["host"], row["timer_fired"] = timer.token, timer.host, False
                row["unit_key"] = work.facts["unit"] or None
                row["next_at"] = (
                    work.now if row["due_at"] and row["due_at"] <= work.now else row["next_at"]
                )
                return []
    return [
        ledger.opened(
            work.terms,
            limit=timer.limit,
            clock=timer.clock,
            facts=work.facts,
            element=timer.element,
            instance_id=work.instance_id,
            case_id=work.case_id,
            unit_key=work.facts["unit"] or None,
            host=timer.host,
            token=timer.token,
            now=work.now,
        )
    ]


def _kept_by(rows: list[Row], element: Element, elements: Any, work: Work) -> Row | None:
    """The ledger of a timer drawn on this task or on a sub-process around it."""
    around = {element.id}
    parent = element.parent
    while parent:
        around.add(parent)
        parent = elements[parent].parent
    for row in rows:
        if row["limit"] != element.limit or row["instance_id"] != work.instance_id:
            continue
        drawn = elements.get(row["element"])
        if drawn is not None and drawn.kind == "boundary" and drawn.host in around:
            return row
    return None


def _open_for_task(work: Work, own: list[Row], task: OpenTask, element: Element) -> list[Row]:
    assert element.limit
    limit = ledger.limit_of(work.terms.pack, element.limit)
    clock = element.clock or (limit.clock if limit else "unit")
    if clock == "citizen":
        for row in own:
            if row["limit"] == element.limit and row["clock"] == clock and not row["settled_at"]:
                row["host"], row["element"] = task.token, element.id
                return []
    return [
        ledger.opened(
            work.terms,
            limit=element.limit,
            clock=clock,
            facts=work.facts,
            element=element.id,
            instance_id=work.instance_id,
            case_id=work.case_id,
            unit_key=_unit_of(work, element, task),
            host=task.token,
            token=None,
            now=work.now,
        )
    ]


def _unit_of(work: Work, element: Element, task: OpenTask) -> str | None:
    """Whose task it is: the responsible unit, the case's office, a co-handler, anybody."""
    named = element.unit
    if named == "responsible":
        return work.facts["unit"] or None
    if named == "co_unit":
        return task.item
    if named in {"candidates", "discipline"}:
        return None
    office = work.terms.pack.office(element.roles[0]) if element.roles else None
    return office if office in work.units else work.case["office_key"]


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
        row = _kept_by(open_rows, element, elements, work) or next(own, None)
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
        "unit_key": _unit_of(work, element, task),
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
            },
        )
        if written != 1:
            raise Conflict
    if added:
        INSERT_DEADLINES.run_all(wire, added)
    if moved:
        _move(work, moved)
    if tasks:
        INSERT_TASKS.run_all(wire, tasks)
    write_case(work.session, work)


def _move(work: Work, rows: list[Row]) -> None:
    """Write ledgers that changed, and of each what changed."""
    alike: dict[frozenset[str], list[Row]] = {}
    for row in rows:
        before = work.read[row["id"]]
        names = frozenset(name for name in _CHANGING if row[name] != before[name])
        alike.setdefault(names, []).append(row)
    for names, some in alike.items():
        changed = [
            {"key": row["id"], **{f"new_{name}": row[name] for name in names}} for row in some
        ]
        _update_of_ledgers(names).run_all(work.wire, changed)


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
    status, unit_key = stands = (case["status"], facts["unit"] or None)
    if stands == work.stood:
        written = UPDATE_CASE_IN_PLACE.run(work.wire, values)
    else:
        moved = {"new_status": status, "new_unit_key": unit_key}
        written = UPDATE_CASE.run(work.wire, values | moved)
    if written != 1:
        raise Conflict
    if work.case_columns:
        columns = {f"new_{name}": value for name, value in work.case_columns.items()}
        _update_of_columns(frozenset(work.case_columns)).run(
            work.wire, {"key": work.case_id, **columns}
        )


@cache
def _update_of_ledgers(names: frozenset[str]) -> Prepared:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in sorted(names)}
    return Prepared(
        update(_deadline)
        .where(_deadline.c.id == bindparam("key"))
        .values(**values, claimed_until=None)
    )


@cache
def _update_of_columns(names: frozenset[str]) -> Prepared:
    """An update of a case's own columns, such as its title; there are few such sets."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in sorted(names)}
    return Prepared(update(_case).where(_case.c.id == bindparam("key")).values(values))
