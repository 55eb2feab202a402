"""Timekeeping: which ledgers a run opens, joins, moves and ends.

A timer that waits has a ledger; a task's own limit has one unless a timer drawn on it or on its
stage keeps it. A ledger ends with its activity, a citizen's only when its promise was kept.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from engine import ledger, opinions
from engine.bpmn.execution import Execution
from engine.bpmn.specification import Element
from engine.bpmn.values import OpenTask, WaitingTimer
from engine.db import table
from engine.ledger import Row
from engine.models import Deadline
from engine.prepared import Prepared
from engine.work import Work

_deadline = table(Deadline)
INSERT_DEADLINES = Prepared(insert(_deadline))
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


def keep(work: Work, execution: Execution, fresh: list[OpenTask]) -> tuple[list[Row], list[Row]]:
    """Bring the ledgers in line with the run: those that moved, those that are new.

    fresh: the user tasks that the run opened.
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
        if element.limit and kept_by(own + added, element, elements, work) is None:
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
        met = by_task or _was_met(work, row) or not (work.facts["returned"] or work.moved)
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
            unit_key=_answerable(work, timer),
            host=timer.host,
            token=timer.token,
            now=work.now,
        )
    ]


def _answerable(work: Work, timer: WaitingTimer) -> str | None:
    """The unit that a timer's limit is kept by: the responsible one, or the one that was asked."""
    host = work.deployed.specification.elements.get(timer.host_element)
    if host is not None and host.unit == "asked":
        return opinions.unit_asked(work)
    return work.facts["unit"] or None


def kept_by(rows: list[Row], element: Element, elements: Any, work: Work) -> Row | None:
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
            unit_key=unit_of(work, element, task),
            host=task.token,
            token=None,
            now=work.now,
        )
    ]


def unit_of(work: Work, element: Element, task: OpenTask) -> str | None:
    """Whose task it is: the responsible unit, the office, a co-handler, one asked, anybody."""
    named = element.unit
    if named == "responsible":
        return work.facts["unit"] or None
    if named == "co_unit":
        return work.successors.get(task.item or "", task.item or "") or None
    if named == "asked":
        return opinions.unit_asked(work)
    if named in {"candidates", "discipline"}:
        return None
    office = work.terms.pack.office(element.roles[0]) if element.roles else None
    return office if office in work.units else work.case["office_key"]


def write(work: Work, moved: list[Row], added: list[Row]) -> None:
    """Write ledgers that are new, and of those that moved what changed."""
    if added:
        INSERT_DEADLINES.run_all(work.wire, added)
    alike: dict[frozenset[str], list[Row]] = {}
    for row in moved:
        before = work.read[row["id"]]
        names = frozenset(name for name in _CHANGING if row[name] != before[name])
        alike.setdefault(names, []).append(row)
    for names, some in alike.items():
        changed = [
            {"key": row["id"], **{f"new_{name}": row[name] for name in names}} for row in some
        ]
        _update_of_ledgers(names).run_all(work.wire, changed)


@cache
def _update_of_ledgers(names: frozenset[str]) -> Prepared:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in sorted(names)}
    return Prepared(
        update(_deadline)
        .where(_deadline.c.id == bindparam("key"))
        .values(**values, claimed_until=None)
    )
