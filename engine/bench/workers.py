"""`huiyin bench workers`: on PostgreSQL, what a second worker is worth.

Deadlines fired in a second by one worker process and by two, taking turns on one database. Beside
it whole cases: people who take one case after the other through all five stages, in one process
and in two.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from engine import clock
from engine.bench import city, databases, firing, hands, office
from engine.bench.conditions import FIRING, conditions
from engine.bench.hands import Hand
from engine.db import Sessions, reading, table
from engine.models import Case

_case = table(Case)
_WARM_UP = 200


def run(
    folder: Path | None = None,
    due: int = 2_000,
    rounds: int = 5,
    *,
    seconds: float = 5,
    server: str = "",
    home: Path = Path("var"),
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Rates of one and of two workers and their ratio, as JSON.

    due: deadlines of each turn; seconds: how long people work in a turn; server: the address of a
    PostgreSQL server, empty for one of its own.
    """
    with office.work_folder(folder, home) as here, databases.on_server(here, server) as place:
        probes = [office.commit_probe(here)]
        with place.database("workers") as url, city.founded(url) as town:
            firing.prepare(town, url, due)
            with hands.hands(2, hands.worker, url) as workers:
                firing.together(town.sessions, min(due, _WARM_UP), workers)
                fired, twice, lost = _fired(town.sessions, due, rounds, workers, tell)
            with hands.hands(2, hands.office, url) as people:
                _worked(town.sessions, seconds, people)
                cases = _cases(town.sessions, seconds, rounds, people, tell)
        probes.append(office.commit_probe(here))
        return {
            **fired,
            "twice": twice,
            "lost": lost,
            "whole_cases": cases,
            "conditions": conditions(
                place, probes, firing=FIRING, due=due, rounds=rounds, seconds=seconds
            ),
        }


def _fired(
    sessions: Sessions,
    due: int,
    rounds: int,
    workers: Sequence[Hand],
    tell: Callable[[str], None],
) -> tuple[dict[str, float], int, int]:
    rates: dict[int, list[float]] = {1: [], 2: []}
    twice = lost = 0
    for number in range(rounds):
        # Now the one works alone, now the other, and now two come first.
        for many in (1, 2) if number % 2 else (2, 1):
            on = workers if many == 2 else [workers[number % 2]]
            told = firing.together(sessions, due, on)
            rates[many].append(told.per_s)
            twice, lost = twice + told.twice, lost + told.lost
        tell(f"workers {number + 1}/{rounds}: one {rates[1][-1]:.0f}/s, two {rates[2][-1]:.0f}/s")
    return _compared(rates), twice, lost


def _cases(
    sessions: Sessions,
    seconds: float,
    rounds: int,
    people: Sequence[Hand],
    tell: Callable[[str], None],
) -> dict[str, float]:
    rates: dict[int, list[float]] = {1: [], 2: []}
    for number in range(rounds):
        for many in (1, 2) if number % 2 else (2, 1):
            on = people if many == 2 else [people[number % 2]]
            rates[many].append(_worked(sessions, seconds, on))
        tell(
            f"whole cases {number + 1}/{rounds}: one {rates[1][-1]:.1f}/s, two {rates[2][-1]:.1f}/s"
        )
    return _compared(rates)


def _worked(sessions: Sessions, seconds: float, on: Sequence[Hand]) -> float:
    """How many cases were closed in a second, by what their rows say."""
    since = clock.now()
    for one in on:
        one.turn(True)
    time.sleep(seconds)
    for one in on:
        one.turn(False)
    until = clock.now()
    time.sleep(0.2 + 0.1 * seconds)  # each finishes the case it is at, which is not counted
    return _closed(sessions, since, until) / (until - since).total_seconds()


def _closed(sessions: Sessions, since: datetime, until: datetime) -> int:
    with reading(sessions) as session:
        asked = select(func.count()).where(_case.c.closed_at >= since, _case.c.closed_at < until)
        return session.scalar(asked) or 0


def _compared(rates: dict[int, list[float]]) -> dict[str, float]:
    ratios = [two / one for one, two in zip(rates[1], rates[2], strict=True) if one]
    return {
        "one_per_s": round(statistics.median(rates[1]), 1),
        "two_per_s": round(statistics.median(rates[2]), 1),
        "ratio": round(statistics.median(ratios), 3) if ratios else 0.0,
    }
