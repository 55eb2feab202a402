"""One process instance, run by us or by the library as it comes, behind one face."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.execution import Execution
from engine.bpmn.specification import Specification
from engine.bpmn.stock import Stock
from engine.bpmn.values import Facts, Service

Effect = tuple[Any, ...]


@dataclass
class Seen:
    """What a run shows after a command, without tokens: two engines must show the same."""

    tasks: list[tuple[str, str, str]]  # element, multi-instance item, routing variables
    timers: list[tuple[str, str]]  # element, limit
    messages: frozenset[str]
    completed: bool
    effects: list[Effect]
    changed: dict[str, Any]


class Run(Protocol):
    """An instance between commands."""

    def act(self, case: dict[str, Any], deed: str, *about: Any) -> Seen: ...


@dataclass
class Coverage:
    """What walks went through, by process, and how large our states grew."""

    passed: set[tuple[str, str]] = field(default_factory=set)
    branches: set[tuple[str, str, str]] = field(default_factory=set)
    largest: int = 0


class OurRun:
    """Restored from its bytes for every command, pruned after it, as the product does."""

    def __init__(self, specification: Specification, coverage: Coverage) -> None:
        self.specification, self.coverage = specification, coverage
        self.state = b""
        self.timers: dict[str, UUID] = {}
        self.tasks: dict[tuple[str, str], UUID] = {}
        self.passed: set[str] = set()

    def act(self, case: dict[str, Any], deed: str, *about: Any) -> Seen:
        due = frozenset({self.timers[about[0]]} if deed == "fire" else ())
        facts = Facts(case, due)
        if deed == "start":
            execution = Execution.start(self.specification, facts, about[0])
        else:
            execution = Execution.restore(self.specification, self.state, facts)
        if deed == "complete":
            element, item, routing = about
            execution.complete(self.tasks[element, item], routing)
        elif deed == "deliver":
            execution.deliver(about[0])
        return self._save(execution)

    def _save(self, execution: Execution) -> Seen:
        self.passed |= {p.element for p in execution.passed}
        self.state = execution.dump()
        self.coverage.largest = max(self.coverage.largest, len(self.state))
        tasks, timers = execution.open_tasks(), execution.waiting_timers()
        self.tasks = {(t.element, t.item or ""): t.token for t in tasks}
        self.timers = {t.element: t.token for t in timers}
        assert len(self.tasks) == len(tasks)
        assert len(self.timers) == len(timers)
        assert {t.host for t in timers} <= execution.active() | {t.token for t in timers}
        return Seen(
            sorted((t.element, t.item or "", _sorted(execution.routing(t.token))) for t in tasks),
            sorted((t.element, t.limit) for t in timers),
            execution.waiting_messages(),
            execution.completed,
            _effects(execution.effects),
            dict(execution.changed),
        )


class StockRun:
    """The library's own engine with its whole history, kept in memory.

    For each fourth command it is restored by its own serializer, now and then with its
    specification.
    """

    def __init__(self, specification: Specification, coverage: Coverage, rnd: Random) -> None:
        self.specification, self.coverage, self.rnd = specification, coverage, rnd
        self.stock: Any = None

    def act(self, case: dict[str, Any], deed: str, *about: Any) -> Seen:
        facts = Facts(case)
        if deed == "start":
            self.stock = Stock.start(self.specification, facts, about[0])
            return self._look()
        chance = self.rnd.random()
        if chance > 0.25:
            self.stock = self.stock.carried_on(self.specification, facts)
        elif chance < 0.02:
            self.stock = Stock.restore(self.specification, self.stock.dump(), facts)
        else:
            history = self.stock.dump_history()
            self.stock = Stock.restore_history(self.specification, history, facts)
        if deed == "complete":
            element, item, routing = about
            self.stock.complete(element, routing, lambda task: _item(task) == item)
        elif deed == "deliver":
            self.stock.deliver(about[0])
        else:
            tokens = {element: token for token, element, _ in self.stock.waiting_timers()}
            self.stock.fire(tokens[about[0]])
        return self._look()

    def _look(self) -> Seen:
        stock = self.stock
        if stock.completed:
            self._cover()
        return Seen(
            sorted((t.task_spec.bpmn_id, _item(t), _sorted(t.data)) for t in stock.open_tasks()),
            sorted((element, limit) for _, element, limit in stock.waiting_timers()),
            stock.waiting_messages(),
            stock.completed,
            _effects(stock.effects),
            dict(stock.changed),
        )

    def _cover(self) -> None:
        """Read from the full history which elements ended and which ways were taken."""
        workflow, key = self.stock.workflow, self.specification.key
        for part in (workflow, *workflow.subprocesses.values()):
            for task in part.tasks.values():
                element = task.task_spec.bpmn_id
                if element is None or not task.has_state(TaskState.COMPLETED):
                    continue
                self.coverage.passed.add((key, element))
                for child in task.children:
                    if not child.has_state(TaskState.CANCELLED):
                        target = child.task_spec.name.split(".")[0]
                        self.coverage.branches.add((key, element, target))


def _item(task: Any) -> str:
    return str(task.data.get("co_unit", "")) if task.task_spec.bpmn_id == "co_handle" else ""


def _sorted(data: dict[str, Any]) -> str:
    return repr(sorted(data.items()))


def _effects(effects: list[Any]) -> list[Effect]:
    """Operations and messages; the library tells messages only after all operations."""
    return sorted(
        (e.element, e.operation, repr(sorted(e.params.items())))
        if isinstance(e, Service)
        else ("", "throw", e.message)
        for e in effects
    )
