"""What a case did at each element of its diagrams (经过), by its tasks and its history.

Times are office time from when a task came until it was done; of a stage, those of its tasks
together. Whatever is no user task belongs to the responsible unit.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, deployed, history
from engine.bpmn.specification import Element
from engine.db import table
from engine.deployed import Deployed
from engine.models import Case, HistoryEvent, Instance, TaskStatus, UserTask
from engine.traces import durations
from engine.working_time import Calendar, OfficeHours
from engine.working_time.office import between

_case, _instance, _task = table(Case), table(Instance), table(UserTask)
_history = table(HistoryEvent)
_TASKS = frozenset({"user", "manual"})
_OF_TASK = ("instance_id", "element", "stage", "unit_key", "status", "opened_at", "closed_at")


# What was done at an element: by unit [passes, late, now, *steps], the responsible unit written as
# ""; or only how often, by the responsible unit. passes: how often it came there; late: how many of
# them ran out; now: how many wait; steps: of working time, one for each that was done.
Said = list[int]
# process -> element -> what was done there
Walk = Mapping[str, Mapping[str, int | Mapping[str, Said]]]
_PASSES, _LATE, _NOW = range(3)


@dataclass(frozen=True)
class Walked:
    """A case as `MapCase` keeps it."""

    id: UUID
    seq: int
    received_at: datetime
    office_key: str
    unit_key: str
    category: str
    apart: bool
    walk: Walk


def read(session: Session, keys: Sequence[UUID], calendar: Calendar) -> list[Walked]:
    """What these cases did until now; four statements, whatever they are."""
    cases = session.execute(
        select(
            *(_case.c[name] for name in ("id", "pack_id", "office_key", "unit_key", "category")),
            *(_case.c[name] for name in ("received_at", "sealed", "accused_key", "chain_seq")),
        ).where(_case.c.id.in_(keys))
    ).all()
    instances = session.execute(
        select(_instance.c.id, _instance.c.case_id, _instance.c.definition_id).where(
            _instance.c.case_id.in_(keys)
        )
    ).all()
    runs = _Runs(session, instances, keys)
    return [
        Walked(
            id=case.id,
            seq=case.chain_seq,
            received_at=case.received_at,
            office_key=case.office_key,
            unit_key=case.unit_key or case.office_key,
            category=case.category,
            apart=bool(case.sealed or case.accused_key is not None),
            walk=runs.of(case.id, deployed.pack(session, case.pack_id).hours, calendar),
        )
        for case in cases
    ]


class _Runs:
    """The tasks and paths of the instances of some cases."""

    def __init__(self, session: Session, instances: Sequence[Any], keys: Sequence[UUID]) -> None:
        self._now = clock.now()
        self._processes: dict[UUID, Deployed] = {}
        self._of_case: dict[UUID, list[UUID]] = {}
        for row in instances:
            self._processes[row.id] = deployed.definition(session, row.definition_id)
            self._of_case.setdefault(row.case_id, []).append(row.id)
        self._tasks: dict[UUID, list[Any]] = {}
        tasks = select(*(_task.c[name] for name in _OF_TASK), _task.c.due_at)
        for row in session.execute(tasks.where(_task.c.case_id.in_(keys))):
            self._tasks.setdefault(row.instance_id, []).append(row)
        self._paths: dict[UUID, Counter[str]] = {}
        events = select(_history.c.instance_id, _history.c.payload["path"].label("path")).where(
            _history.c.stream.in_([history.case_stream(key) for key in keys]),
            _history.c.instance_id.is_not(None),
        )
        for row in session.execute(events):
            if row.path:
                self._paths.setdefault(row.instance_id, Counter()).update(row.path)

    def of(self, case_id: UUID, hours: OfficeHours, calendar: Calendar) -> Walk:
        """What the case did."""
        walk: dict[str, dict[str, Any]] = {}
        for key in self._of_case.get(case_id, ()):
            elements = walk.setdefault(self._processes[key].key, {})
            for element, number in self._passed(key):
                elements[element] = elements.get(element, 0) + number
            for element, unit, said in self._done(key, hours, calendar):
                units = elements.setdefault(element, {})
                units[unit] = joined([units[unit], said]) if unit in units else said
        return walk

    def _passed(self, key: UUID) -> Iterator[tuple[str, int]]:
        """How often one instance passed what is neither a task nor around one."""
        known = self._processes[key].specification.elements
        stages = {task.stage for task in self._tasks.get(key, ())}
        for element, number in self._paths.get(key, Counter[str]()).items():
            one = known.get(element)
            if one is not None and one.kind not in _TASKS and not self._around(one, stages):
                yield element, number

    def _around(self, one: Element, stages: set[str]) -> bool:
        """Whether it is a stage: told by its tasks."""
        return one.id in stages or (one.kind == "subprocess" and one.stage == one.id)

    def _done(
        self, key: UUID, hours: OfficeHours, calendar: Calendar
    ) -> Iterator[tuple[str, str, Said]]:
        """What one instance did at its tasks and stages, by element and unit."""
        passed = self._paths.get(key, Counter[str]())
        stages: dict[str, list[tuple[Any, bool]]] = {}
        for task in self._tasks.get(key, ()):
            late = task.due_at is not None and (task.closed_at or self._now) > task.due_at
            said = [1, int(late), int(task.closed_at is None)]
            if task.status == TaskStatus.COMPLETED and task.closed_at is not None:
                said.append(_step([(task.opened_at, task.closed_at)], hours, calendar))
            yield task.element, task.unit_key or "", said
            if task.stage:
                stages.setdefault(task.stage, []).append((task, late))
        for stage, tasks in stages.items():
            waits = any(task.closed_at is None for task, _late in tasks)
            visits = max(1, passed.get(stage, 0) + waits)
            said = [visits, int(any(late for _task, late in tasks)), int(waits)]
            if not waits:
                spans = [(task.opened_at, task.closed_at) for task, _late in tasks]
                said.append(_step(spans, hours, calendar))
            yield stage, "", said


def _step(
    spans: Sequence[tuple[datetime, datetime]], hours: OfficeHours, calendar: Calendar
) -> int:
    """The step of the office time that these spans take together, what two share counted once."""
    taken = timedelta(0)
    until: datetime | None = None
    for first, last in sorted((calendar.local(one), calendar.local(end)) for one, end in spans):
        begin = first if until is None else max(first, until)
        if last > begin:
            taken += between(begin, last, calendar, hours)
        until = max(begin, last)
    return durations.step(taken.total_seconds() / 60)


def joined(some: Sequence[Said]) -> Said:
    """What several did, or one several times."""
    if len(some) == 1:
        return some[0]
    numbers = [sum(said[place] for said in some) for place in (_PASSES, _LATE, _NOW)]
    return [*numbers, *(step for said in some for step in said[_NOW + 1 :])]


def by_unit(units: int | Mapping[str, Said], responsible: str) -> Mapping[str, Said]:
    """What was done at an element by each unit, with its name."""
    if isinstance(units, int):
        return {responsible: [units, 0, 0]}
    if "" not in units:
        return units
    own = [units[key] for key in ("", responsible) if key in units]
    return {**{key: said for key, said in units.items() if key}, responsible: joined(own)}


def written(walk: Walk) -> str:
    """A walk as JSON."""
    return orjson.dumps(walk).decode()


def told(text: str) -> Walk:
    """A walk from its JSON."""
    return orjson.loads(text)  # type: ignore[no-any-return]
