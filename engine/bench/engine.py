"""`huiyin bench engine`: completing user tasks, against the library's own way of keeping them.

Ratios are medians over rounds in which both sides take turns, in one process on one machine; what
the disk gives in that run is told beside them.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.bench import office
from engine.bench.conditions import conditions
from engine.bench.databases import Place
from engine.bench.office import Office
from engine.bench.scenarios import ONCE, ROUND, Scenario, Step, five_tasks, long_case
from engine.bench.sides import Case, OurCase, StockCase, specification, stock_database
from engine.db import Sessions

BLOCK = 50  # steps of one side before the other has its turn


@dataclass(frozen=True)
class Size:
    """How much is measured.

    five_tasks, long_case: cases of each side in a round; rehandling: rounds of the one case that
    is handled again and again; warm_up: cases of each side before anything is timed.
    """

    five_tasks: int = 40
    long_case: int = 6
    rehandling: int = 50
    warm_up: int = 10


def run(
    folder: Path | None = None,
    rounds: int = 5,
    *,
    size: Size | None = None,
    home: Path = Path("var"),
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """The three measurements as JSON, and the conditions they were taken under.

    folder: where the databases are made (and removed), else a temporary folder on a disk; home:
    where that is if the system's temporary folder is in memory. tell: takes progress, else stderr.
    """
    size, tell = size or Size(), tell or _to_stderr
    with office.work_folder(folder, home) as place:
        probes = [office.commit_probe(place)]
        with (
            office.founded(f"sqlite:///{place / 'huiyin.db'}") as desk,
            stock_database(f"sqlite:///{place / 'stock.db'}") as stock,
        ):
            measured: dict[str, Any] = {
                "five_tasks": _against_stock(
                    desk, stock, five_tasks(), (size.five_tasks, rounds, size.warm_up), tell
                ),
                "long_case": _against_stock(
                    desk, stock, long_case(), (size.long_case, rounds, size.warm_up), tell
                ),
                "rehandling": _rehandling(desk, size.rehandling, tell),
            }
        probes.append(office.commit_probe(place))
        measured["conditions"] = conditions(Place(place), probes, rounds=rounds)
    return measured


def _against_stock(
    desk: Office,
    stock: Sessions,
    scenario: Scenario,
    amount: tuple[int, int, int],
    tell: Callable[[str], None],
) -> dict[str, float]:
    """Both sides take turns in every round, a few cases each time."""
    cases, rounds, warm_up = amount
    spec = specification(desk, scenario.process)

    def ours() -> Case:
        return OurCase.received(desk, scenario)

    def stocks() -> Case:
        return StockCase.received(stock, spec)

    # Sizes are looked at before anything is timed: looking cools the caches of the next step.
    state_bytes = _looked_at(ours(), scenario.steps)
    _looked_at(stocks(), scenario.steps)
    block = max(1, BLOCK // len(scenario.steps))
    speeds: dict[Callable[[], Case], list[float]] = {ours: [], stocks: []}
    for number in range(-1, rounds):
        taken = dict.fromkeys(speeds, 0.0)
        many = warm_up if number < 0 else cases
        for place, done in enumerate(range(0, many, block)):
            # Neither side always runs in the wake of the other.
            for side in (ours, stocks) if (number + place) % 2 else (stocks, ours):
                some = [side() for _ in range(min(block, many - done))]
                taken[side] += _seconds(some, scenario.steps)
        if number < 0:
            continue
        for side, seconds in taken.items():
            speeds[side].append(many * len(scenario.steps) / seconds)
        tell(
            f"{scenario.process} {number + 1}/{rounds}: "
            f"ours {speeds[ours][-1]:.0f}/s, stock {speeds[stocks][-1]:.0f}/s"
        )
    ratios = [one / other for one, other in zip(speeds[ours], speeds[stocks], strict=True)]
    return {
        "ours_per_s": round(statistics.median(speeds[ours]), 1),
        "stock_per_s": round(statistics.median(speeds[stocks]), 1),
        "ratio": round(statistics.median(ratios), 3),
        "state_bytes": state_bytes,
    }


def _seconds(cases: Sequence[Case], steps: Iterable[Step]) -> float:
    """How long it takes to bring waiting cases to their end, one after the other."""
    gc.collect()
    begun = time.perf_counter()
    for case in cases:
        for step in steps:
            case.complete(step)
    return time.perf_counter() - begun


def _looked_at(case: Case, steps: Iterable[Step]) -> int:
    """Take a case through some steps; the largest state it had, in bytes."""
    largest = 0
    for step in steps:
        case.complete(step)
        largest = max(largest, case.state_bytes())
    return largest


def _rehandling(desk: Office, rounds: int, tell: Callable[[str], None]) -> dict[str, float]:
    """A case in its last rounds against fresh cases in their second, taking turns step by step.

    The ratio is the median over the steps, the state's size the largest over all rounds.
    """
    scenario = long_case(rounds)
    old = OurCase.received(desk, scenario)
    late = max(1, min(10, rounds - 2))
    largest = 0
    for number in range(rounds - late):
        largest = max(largest, _looked_at(old, _round(scenario, number)))
        if (number + 1) % 10 == 0:
            tell(f"rehandling: {number + 1} rounds, state {largest} bytes")
    ratios = []
    for number in range(rounds - late, rounds):
        fresh = OurCase.received(desk, scenario)
        _looked_at(fresh, _round(scenario, 0))
        gc.collect()
        pairs = zip(_round(scenario, number), _round(scenario, 1), strict=True)
        for place, (late_step, early_step) in enumerate(pairs):
            both = [(old, late_step), (fresh, early_step)]
            taken = {}
            for case, step in both if place % 2 else reversed(both):
                begun = time.perf_counter()
                case.complete(step)
                taken[case.task_id] = time.perf_counter() - begun
            ratios.append(taken[old.task_id] / taken[fresh.task_id])
        largest = max(largest, old.state_bytes())
    tell(f"rehandling: {rounds} rounds, state {largest} bytes at most")
    return {"ratio": round(statistics.median(ratios), 3), "state_bytes": largest}


def _round(scenario: Scenario, number: int) -> Sequence[Step]:
    """The steps of one round; the first begins with those that come once."""
    begin = len(ONCE) + number * len(ROUND) if number else 0
    return scenario.steps[begin : len(ONCE) + (number + 1) * len(ROUND)]


def _to_stderr(text: str) -> None:
    sys.stderr.write(text + "\n")
