"""`huiyin bench rates`: any rate with the counts of its three lists, and the board, of many cases.

One city, filled with copies of cases that were really played, the rows that rates count among
them. Every rate and check of the city's pack is counted over all there is, as a whole and by unit;
the board is the supervisor's, as it opens and with each of its lists. Counter-measure in the same
run: how long it takes to bring the rows up to date after a batch of fresh cases, and to count the
board anew, which is what keeps a figure fresh to the minute.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from engine import clock
from engine.bench import city, databases, filling, office
from engine.bench.city import City, Straight
from engine.bench.conditions import conditions
from engine.boards.states import State
from engine.commands import boards, figures
from engine.commands.cases import newest_pack
from engine.db import reading, transaction
from engine.models import BoardState, Person
from engine.permissions import Actor
from engine.queries import board, people
from engine.queries.board_list import Filters
from engine.rates import counting, places
from engine.rates.counting import Scope

PATTERN, DAYS = 250, 30  # cases that are played, and over how many days
_ROUNDS = 5
_FRESH = 20  # cases that come in before the rows are brought up to date


def run(
    folder: Path | None = None,
    cases: int = 100_000,
    *,
    server: str | None = None,
    pattern: int = PATTERN,
    rounds: int = _ROUNDS,
    home: Path = Path("var"),
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """The 95th percentiles in milliseconds, as JSON. server: as `databases.chosen` takes it."""
    with (
        office.work_folder(folder, home) as here,
        databases.chosen(here, server) as place,
        place.database("rates") as url,
    ):
        probes = [office.commit_probe(here)]
        with city.founded(url) as town:
            town.play(pattern, DAYS)
            figures.refresh(town.sessions)
            boards.refresh(town.sessions)
        tell(f"rates: {pattern} cases played")
        filled = filling.fill(url, cases, tell=tell)
        tell(f"rates: filled in {filled.seconds:.1f} s")
        with city.opened(url) as town:
            supervisor = _supervisor(town)
            recounted = _counting(town)
            tell(f"rates: board counted in {recounted:.1f} ms")
            of_rates = _rates(town, supervisor, rounds)
            of_board = _board(town, supervisor, rounds)
            refreshing = _refreshing(town)
        probes.append(office.commit_probe(here))
        slowest = max(of_rates, key=lambda key: max(of_rates[key]))
        return {
            "cases": filled.cases,
            "rate_ms_p95": _p95([each for some in of_rates.values() for each in some]),
            "board_ms_p95": _p95([each for some in of_board.values() for each in some]),
            "rates": len(of_rates),
            "slowest": {"rate": slowest, "ms": round(max(of_rates[slowest]), 1)},
            "rate_ms_median": round(
                statistics.median(each for some in of_rates.values() for each in some), 1
            ),
            "boards": {what: _p95(some) for what, some in of_board.items()},
            "board_ms_median": round(
                statistics.median(each for some in of_board.values() for each in some), 1
            ),
            "board_count_ms": recounted,
            "refresh": refreshing,
            "fill": {"seconds": round(filled.seconds, 1), "rows": filled.rows},
            "conditions": conditions(place, probes, played=pattern, days=DAYS, rounds=rounds),
        }


def _supervisor(town: City) -> Actor:
    """Who supervises the city's own office."""
    with reading(town.sessions) as session:
        pack = newest_pack(session, city.PACK)[1]
        keys = session.scalars(select(Person.id).where(Person.active).order_by(Person.login))
        everybody = [people.actor(session, key) for key in keys]
    return next(one for one in everybody if one.acts_for("supervisor", pack.office("supervisor")))


def _rates(town: City, supervisor: Actor, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each count, by rate."""
    who, now = counting.viewer(supervisor), clock.now()
    scope = Scope(now - timedelta(days=400), now + timedelta(days=100))
    with reading(town.sessions) as session:
        found = places.definitions(session, city.PACK)
    taken: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        for key, one in found.items():
            if not one.countable:
                continue
            with reading(town.sessions) as session:
                begun = time.perf_counter()
                whole, _units = counting.counted(session, one, scope, who)
                spent = 1000 * (time.perf_counter() - begun)
            assert whole.looked_at or one.of == "slip" or key.startswith(_SELDOM), key
            if turn:
                taken.setdefault(key, []).append(spent)
    return taken


# What may not occur in what was played.
_SELDOM = ("check_", "level", "wrong_dispatch", "extension", "fob_off", "reach", "callback")


def _board(town: City, supervisor: Actor, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of the board: as it opens, and with each kind of list."""
    with reading(town.sessions) as session:
        first = board.board(session, supervisor, Filters())
    unit, category = first.units[-1].key, next(iter(first.categories))
    views = {
        "opened": Filters(),
        "second page": Filters(page=2),
        "unit": Filters(unit=unit),
        "cell": Filters(unit=unit, category=category, state=State.RUNNING),
        **{state: Filters(state=state) for state in State},
        **{f"{state} of unit": Filters(unit=unit, state=state) for state in _OF_UNIT},
    }
    taken: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        for what, filters in views.items():
            with reading(town.sessions) as session:
                begun = time.perf_counter()
                board.board(session, supervisor, filters)
                if turn:
                    spent = 1000 * (time.perf_counter() - begun)
                    taken.setdefault(what, []).append(round(spent, 1))
    return taken


_OF_UNIT = (State.OVERDUE, State.RETURNED)


def _counting(town: City) -> float:
    """Milliseconds in which a worker counts everything anew, as it does within each minute."""
    with transaction(town.sessions) as session:
        # The copies came to days of their own.
        session.execute(update(BoardState).values(counted_on=None))
    boards.refresh(town.sessions)
    begun = time.perf_counter()
    boards.refresh(town.sessions)
    return round(1000 * (time.perf_counter() - begun), 1)


def _refreshing(town: City) -> dict[str, float]:
    """How long it takes to bring rows and board up to date after fresh cases."""
    figures.refresh(town.sessions)
    boards.refresh(town.sessions)
    for _ in range(_FRESH):
        Straight.received(town)
    begun = time.perf_counter()
    done = figures.refresh(town.sessions).cases
    spent = time.perf_counter() - begun
    boards.refresh(town.sessions)
    both = time.perf_counter() - begun
    return {
        "cases": done or 0,
        "ms": round(1000 * spent, 1),
        "with_board_ms": round(1000 * both, 1),
    }


def _p95(taken: Sequence[float]) -> float:
    ordered = sorted(taken)
    return round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1)
