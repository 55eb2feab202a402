"""Rounds: a shipped process that comes to the same place again has a state of the same size.

What waits decides what is done next, always the same, so that a walk goes in a circle as soon as
it comes to a place again; the facts are held so that the case is handled again and again.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from engine import forms
from engine.bpmn.execution import Execution
from engine.bpmn.values import Facts
from engine.facts import defaults
from tests.workflows.answering import OPTIONS, answers
from tests.workflows.shipped import PROCESSES, pack_of
from tests.workflows.world import form, specification

ROUNDS = 50
LARGEST = 4096
SLACK = 12  # bytes: running numbers get longer, and the packing varies with ids that are chance
HELD: dict[str, Any] = {
    "handle_again": True,
    "rework_ordered": True,
    "returned": False,
    "callback_attempts": 0,
    "unsolved_times": 0,
}
LOOPING = ("appeal", "qd_first_screening", "qd_government", "qd_media", "qd_petition")


@dataclass
class Walk:
    """A process alone, going its way. sizes: of the state, by what waited, each time it did."""

    process: str
    seed: int
    sizes: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    largest: int = 0

    def go(self) -> "Walk":
        """On until something has waited often enough, or to the end."""
        spec, pack = specification(self.process), pack_of(self.process)
        options = {**pack.options(), **OPTIONS}
        chance = Random(self.seed)
        self.case = {**defaults(), "unit": "bureau_a", "co_units": ["bureau_b"], **HELD}
        self.case["open_supervisions"] = chance.choice((0, 1))
        run = Execution.start(spec, Facts(self.case), {"cause": "press", "asked_rung": ""})
        while not run.completed:
            self.case |= {
                **run.changed,
                **HELD,
                "open_supervisions": self.case["open_supervisions"],
            }
            state = run.dump()
            self.largest = max(self.largest, len(state))
            run = Execution.restore(spec, state, Facts(self.case))
            sizes = self.sizes.setdefault(self._waits(run), [])
            sizes.append(len(state))
            if len(sizes) > ROUNDS + 2:
                break
            run = self._step(run, state, options)
        return self

    @staticmethod
    def _waits(run: Execution) -> tuple[str, ...]:
        tasks = [f"{task.element} {task.item}" for task in run.open_tasks()]
        timers = [timer.element for timer in run.waiting_timers()]
        return (*sorted(tasks), *sorted(timers), *sorted(run.waiting_messages()))

    def _step(self, run: Execution, state: bytes, options: dict[str, Any]) -> Execution:
        waits = self._waits(run)
        chance = Random(f"{self.seed} {waits}")
        tasks = sorted(run.open_tasks(), key=lambda task: (task.element, task.item or ""))
        messages = sorted(run.waiting_messages())
        timers = sorted(run.waiting_timers(), key=lambda timer: timer.element)
        # A timer that does not interrupt may fire once only: then something else is done.
        kind = chance.choice(["task"] * 5 * bool(tasks) + ["timer", "message"])
        if kind == "message" and messages:
            assert run.deliver(chance.choice(messages))
        elif timers and (kind == "timer" or not tasks):
            due = frozenset({chance.choice(timers).token})
            run = Execution.restore(run.specification, state, Facts(self.case, due))
        elif tasks:
            task = chance.choice(tasks)
            schema = form(self.process, task.element)
            said = answers(schema, chance, self.case, options)
            run.complete(task.token, forms.routing(schema, said))
        else:
            assert run.deliver(chance.choice(messages))
        return run


def same_size_every_round(process: str, seeds: range) -> int:
    """How many walks of these went in circles, each with the same size every round."""
    circles = 0
    for seed in seeds:
        walk = Walk(process, seed).go()
        assert walk.largest <= LARGEST, (process, seed)
        for waits, sizes in walk.sizes.items():
            if len(sizes) >= ROUNDS:
                circles += 1
                late = sizes[ROUNDS - 1 :]
                assert max(late) <= max(sizes[1:4]) + SLACK, (process, seed, waits, sizes)
    return circles


@pytest.mark.parametrize("process", PROCESSES)
def test_fifty_rounds_leave_the_state_as_small_as_two(process):
    circles = same_size_every_round(process, range(2 if process in LOOPING else 4))
    assert bool(circles) == (process in LOOPING)


@pytest.mark.slow
@pytest.mark.parametrize("process", PROCESSES)
def test_fifty_rounds_of_any_circle_leave_the_state_as_small_as_two(process):
    circles = same_size_every_round(process, range(100, 160))
    assert bool(circles) == (process in LOOPING)
