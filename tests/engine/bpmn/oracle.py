"""Two worlds take the same decisions: ours prunes before every save, the other never forgets.

After every command both must show the same open tasks, timers, messages, variables and effects.
"""

import json
import random

from engine.bpmn.execution import Execution
from engine.bpmn.specification import Specification
from engine.bpmn.stock import Stock
from engine.bpmn.values import Service
from tests.engine.bpmn.drawing import facts

CASE = {"co_units": ["x", "y", "z"], "unit": "roads", "kind": "help"}


class Ours:
    def __init__(self, specification: Specification, routing: dict) -> None:
        self.specification = specification
        self.effects: list = []
        self.size = 0
        self._keep(Execution.start(specification, facts(**CASE), routing))

    def _keep(self, run: Execution) -> None:
        self.effects += [e for e in run.effects if isinstance(e, Service)]
        self.completed = run.completed
        self.tasks = sorted(
            (t.element, _shown(run.routing(t.token)), str(t.token)) for t in run.open_tasks()
        )
        self.timers = sorted(
            (t.element, t.limit, _shown(run.routing(t.token)), str(t.token))
            for t in run.waiting_timers()
        )
        self.messages = sorted(run.waiting_messages())
        self.state = run.dump()
        self.size = max(self.size, len(self.state))

    def _restored(self, due=()) -> Execution:
        return Execution.restore(self.specification, self.state, facts(due, **CASE))

    def complete(self, number: int, routing: dict) -> None:
        run = self._restored()
        token = self.tasks[number][2]
        run.complete(next(t.token for t in run.open_tasks() if str(t.token) == token), routing)
        self._keep(run)

    def fire(self, number: int) -> None:
        waiting = self._restored().waiting_timers()
        due = next(t.token for t in waiting if str(t.token) == self.timers[number][3])
        self._keep(self._restored([due]))

    def deliver(self, message: str) -> None:
        run = self._restored()
        assert run.deliver(message)
        self._keep(run)


class Theirs:
    def __init__(self, specification: Specification, routing: dict) -> None:
        self.specification = specification
        self.effects: list = []
        self._keep(Stock.start(specification, facts(**CASE), routing))

    def _keep(self, run: Stock) -> None:
        self.effects += [e for e in run.effects if isinstance(e, Service)]
        self.completed = run.completed
        self.tasks = sorted(
            (t.task_spec.bpmn_id, _shown(t.data), str(t.id)) for t in run.open_tasks()
        )
        self.timers = sorted(
            (element, limit, _shown(run.workflow.get_task_from_id(token).data), str(token))
            for token, element, limit in run.waiting_timers()
        )
        self.messages = sorted(run.waiting_messages())
        self.state = run.dump()

    def _restored(self) -> Stock:
        return Stock.restore(self.specification, self.state, facts(**CASE))

    def complete(self, number: int, routing: dict) -> None:
        run = self._restored()
        element, _, token = self.tasks[number]
        run.complete(element, routing, lambda task: str(task.id) == token)
        self._keep(run)

    def fire(self, number: int) -> None:
        run = self._restored()
        token = self.timers[number][3]
        run.fire(next(t for t, _, _ in run.waiting_timers() if str(t) == token))
        self._keep(run)

    def deliver(self, message: str) -> None:
        run = self._restored()
        assert run.deliver(message)
        self._keep(run)


def _shown(data: dict) -> str:
    return json.dumps(data, sort_keys=True)


def same(ours: Ours, theirs: Theirs) -> None:
    assert [t[:2] for t in ours.tasks] == [t[:2] for t in theirs.tasks]
    assert [t[:3] for t in ours.timers] == [t[:3] for t in theirs.timers]
    assert ours.messages == theirs.messages
    assert ours.completed == theirs.completed
    assert ours.effects == theirs.effects


def walk(specification: Specification, seed: int, steps: int = 45) -> tuple[int, int]:
    """Walk both worlds at random to the end; how many steps, and our largest state in bytes."""
    chance = random.Random(seed)
    routing = {"again": False, "n": 1}
    ours, theirs = Ours(specification, routing), Theirs(specification, routing)
    same(ours, theirs)
    count = 0
    while not ours.completed:
        count += 1
        assert count < 400, "endless"
        moves = [("complete", n) for n in range(len(ours.tasks))] * 2
        moves += [("fire", n) for n in range(len(ours.timers)) if chance.random() < 0.4]
        moves += [("deliver", m) for m in ours.messages]
        if not moves:
            moves = [("fire", n) for n in range(len(ours.timers))]
        assert moves, "stuck"
        kind, which = chance.choice(moves)
        if kind == "complete":
            answers = {"n": chance.randrange(3), "again": count < steps and chance.random() < 0.8}
            if ours.tasks[which][0] == "each":
                answers["result"] = f"r{count}"
            ours.complete(which, answers)
            theirs.complete(which, answers)
        else:
            getattr(ours, kind)(which)
            getattr(theirs, kind)(which)
        same(ours, theirs)
    return count, ours.size
