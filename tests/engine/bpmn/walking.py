"""Two worlds walk a diagram at random and must show the same after every step.

Ours is restored from its pruned bytes for every step, as the product does. Theirs is the library
as it comes, with its full history in memory; for each fourth step its own serializer restores it.
Compared are the open tasks and waiting timers (by element, by which instance of each
multi-instance around them, by the step they appeared in, with their variables and limits), the
messages awaited, the effects asked for, and at the end the completion and the last variables.

    python -m tests.engine.bpmn.walking DIAGRAM WALK

replays one walk of the family, step by step, after its diagram.

Where the two differ, and ours is right:

* A parallel or inclusive join in a loop fires early in the library. Our linter refuses it.
* A message thrown inside leaves the process here; the library would first look for somebody who
  waits for it inside. What the family throws nobody in it awaits.
* Where several instances of a multi-instance end in the same moment and the first of them meets
  the completion condition, the library goes on with those it has just cancelled. In the family
  they end one by one; `test_pruning` says what ours does.
* The library fails for good once a multi-instance of sub-processes was interrupted: it is cured
  in `engine.bpmn.stock`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask

from engine.bpmn.execution import Execution
from engine.bpmn.parser import parse
from engine.bpmn.specification import Specification
from engine.bpmn.stock import Stock
from engine.bpmn.values import Facts, Service
from engine.facts import defaults
from tests.engine.bpmn.family import Diagram, draw
from tests.engine.bpmn.hard import DECISIONS, HARD

CASE = {**defaults(), "co_units": ["x", "y", "z"], "unit": "roads", "kind": "help"}
NOTHING_DUE = Facts(CASE)
GIVEN = {"again": False, "n": 1}
LONGEST = 200


@dataclass(slots=True)
class Seen:
    """One thing that waits: an element, by the multi-instances around it, and since which step.

    more: what else must be the same of it.
    """

    where: tuple[str, tuple[int, ...], int]
    more: Any
    token: UUID

    def shown(self) -> tuple[Any, Any]:
        """What both worlds must agree in."""
        return self.where, self.more


class _World:
    """What an instance shows between steps. since: the step in which each token appeared."""

    def __init__(self) -> None:
        self.step = 0
        self.since: dict[UUID, int] = {}
        self.tasks: list[Seen] = []
        self.timers: list[Seen] = []
        self.messages: frozenset[str] = frozenset()
        self.completed = False
        self.effects: list[Any] = []
        self.data: dict[str, Any] | None = None

    def _aged(self, found: Iterable[tuple[str, Any, Any]]) -> list[Seen]:
        """found: (element, task of the library, what else) of each."""
        seen = [
            Seen((element, _indices(task), self.since.setdefault(task.id, self.step)), more,
                 task.id)
            for element, task, more in found
        ]  # fmt: skip
        seen.sort(key=lambda one: (one.where, repr(one.more)))
        return seen


class Ours(_World):
    """The product's way. whole: every state is also saved again, and must be the same."""

    def __init__(self, specification: Specification, whole: bool) -> None:
        super().__init__()
        self.whole = whole
        self.specification = specification
        self.largest = 0
        self._keep(Execution.start(specification, NOTHING_DUE, GIVEN))

    def act(self, kind: str, which: Any, routing: dict[str, Any]) -> None:
        """One step: complete, fire or deliver."""
        run = self.run
        if kind == "fire":
            due = Facts(CASE, frozenset({which}))
            run = Execution.restore(self.specification, self.state, due)
        elif kind == "complete":
            run.complete(which, routing)
        else:
            assert run.deliver(which)
        self.step += 1
        self._keep(run)

    def _keep(self, run: Execution) -> None:
        self.effects = sorted(repr(e) for e in run.effects if isinstance(e, Service))
        self.effects += sorted(e.message for e in run.effects if not isinstance(e, Service))
        self.completed = run.completed
        self.state = run.dump()
        if self.completed:
            self.data = dict(run._run.data)
            self.tasks, self.timers, self.messages = [], [], frozenset()
            return
        self.largest = max(self.largest, len(self.state))
        if self.whole:
            again = Execution.restore(self.specification, self.state, NOTHING_DUE)
            assert again.dump() == self.state
        self.run = run = Execution.restore(self.specification, self.state, NOTHING_DUE)
        tree = run._run
        tasks = [(t.element, tree.token(t.token), t.token) for t in run.open_tasks()]
        self.tasks = self._aged((element, task, task.data) for element, task, _ in tasks)
        self.timers = self._aged(
            (t.element, tree.token(t.token), (t.limit, tree.token(t.token).data))
            for t in run.waiting_timers()
        )
        self.messages = run.waiting_messages()


class Theirs(_World):
    """The library's way, with everything kept. whole: its specification saved each time, too."""

    def __init__(self, specification: Specification, whole: bool) -> None:
        super().__init__()
        self.specification = specification
        self.whole = whole
        self._keep(Stock.start(specification, NOTHING_DUE, GIVEN))

    def act(self, kind: str, which: Any, routing: dict[str, Any]) -> None:
        """One step: complete, fire or deliver."""
        run = self.run
        if kind == "complete":
            run.complete_token(which, routing)
        elif kind == "fire":
            run.fire(which)
        else:
            assert run.deliver(which)
        self.step += 1
        self._keep(run)

    def _keep(self, run: Stock) -> None:
        self.effects = sorted(repr(e) for e in run.effects if isinstance(e, Service))
        self.effects += sorted(e.message for e in run.effects if not isinstance(e, Service))
        self.completed = run.completed
        if self.completed:
            self.data = dict(run.workflow.data)
            self.tasks, self.timers, self.messages = [], [], frozenset()
            return
        if self.whole:
            run = Stock.restore(self.specification, run.dump(), NOTHING_DUE)
        elif self.step % 4:
            run = run.carried_on(self.specification, NOTHING_DUE)
        else:
            run = Stock.restore_history(self.specification, run.dump_history(), NOTHING_DUE)
        self.run = run
        found = ((task.task_spec.bpmn_id, task) for task in run.open_tasks())
        self.tasks = self._aged((element, task, task.data) for element, task in found)
        get = run.workflow.get_task_from_id
        self.timers = self._aged(
            (element, get(token), (limit, get(token).data))
            for token, element, limit in run.waiting_timers()
        )
        self.messages = run.waiting_messages()


def _indices(task: Any) -> tuple[int, ...]:
    """Which instance of each multi-instance around a task it is, the innermost first."""
    found: list[int] = []
    step = task
    while step is not None:
        parent = step.workflow.tasks.get(step._parent)
        if parent is not None and isinstance(parent.task_spec, MultiInstanceTask):
            number = step.internal_data.get("key_or_index")
            if number is not None:
                found.append(number)
        if parent is None:
            owner = getattr(step.workflow, "parent_task_id", None)
            parent = step.workflow.top_workflow.get_task_from_id(owner) if owner else None
        step = parent
    return tuple(found)


def same(ours: _World, theirs: _World) -> None:
    """Both worlds show the same."""
    assert [t.shown() for t in ours.tasks] == [t.shown() for t in theirs.tasks]
    assert [t.shown() for t in ours.timers] == [t.shown() for t in theirs.timers]
    assert ours.messages == theirs.messages
    assert ours.effects == theirs.effects
    assert ours.completed == theirs.completed
    assert ours.data == theirs.data


def walk(
    specification: Specification,
    diagram: Diagram,
    seed: int,
    *,
    whole: bool = False,
    longest: int = 10,
    tell: Callable[[str], None] = lambda _line: None,
) -> tuple[int, int]:
    """One walk to the end: how many steps, and our largest state in bytes.

    longest: after how many steps at most no loop is gone through again.
    """
    chance = Random(f"{diagram.seed} {seed}")
    ours, theirs = Ours(specification, whole), Theirs(specification, whole)
    same(ours, theirs)
    patience = chance.randint(2, longest)
    while not ours.completed:
        assert ours.step < LONGEST, "it does not end"
        moves = [("complete", n) for n in range(len(ours.tasks))] * 2
        moves += [("fire", n) for n in range(len(ours.timers))]
        moves += [("deliver", message) for message in sorted(ours.messages)]
        assert moves, "something is open and nobody can do anything"
        kind, which = chance.choice(moves)
        again = ours.step < patience and chance.random() < 0.7
        routing: dict[str, Any] = {"n": chance.randrange(3), "again": again}
        if kind == "complete":
            element = ours.tasks[which].where[0]
            if element in diagram.results:
                routing[diagram.results[element]] = chance.choice(("stop", f"r{ours.step}"))
        tell(f"{kind} {which if kind == 'deliver' else _chosen(ours, kind, which)} {routing}")
        for world in (ours, theirs):
            token = which if kind == "deliver" else _chosen(world, kind, which).token
            world.act(kind, token, routing)
        tell(f"   ours   {_told(ours)}\n   theirs {_told(theirs)}")
        same(ours, theirs)
    return ours.step, ours.largest


def hard(name: str) -> Diagram:
    """One of the diagrams drawn by hand to be hard on history."""
    return Diagram(-1, HARD[name], frozenset(), {"each": "result"})


def walks(specification: Specification, diagram: Diagram, seeds: range, **how: Any) -> list[int]:
    """The steps of several walks; one that fails tells how to see it again, as short as it goes."""
    steps: list[int] = []
    for seed in seeds:
        try:
            steps.append(walk(specification, diagram, seed, **how)[0])
        except Exception as error:
            shortest = min(_failing(specification, diagram, range(60)), default=(0, seed))[1]
            raise AssertionError(
                f"python -m tests.engine.bpmn.walking {diagram.seed} {shortest}"
                f"\n({type(error).__name__} in walk {seed}) {diagram.content.decode()}"
            ) from error
    return steps


def _failing(
    specification: Specification, diagram: Diagram, seeds: range
) -> Iterator[tuple[int, int]]:
    """(steps, seed) of the walks that fail."""
    for seed in seeds:
        told: list[str] = []
        try:
            walk(specification, diagram, seed, tell=told.append)
        except Exception:
            yield len(told), seed


def _chosen(world: _World, kind: str, which: int) -> Seen:
    return (world.tasks if kind == "complete" else world.timers)[which]


def _told(world: _World) -> str:
    waiting = [one.shown() for one in (*world.tasks, *world.timers)]
    return f"{waiting} {sorted(world.messages)} {world.effects} {world.data or ''}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    drawn = draw(int(sys.argv[1]))
    _say(drawn.content.decode().replace("><", ">\n<"))
    walk(parse("p", drawn.content, DECISIONS), drawn, int(sys.argv[2]), whole=True, tell=_say)
