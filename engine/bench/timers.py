"""`huiyin bench timers`: many deadlines due at one instant, fired by real worker processes.

On SQLite by one worker, on PostgreSQL by two. Counter-measures in the same run: workers that list
what is due and claim nothing; and the library's own way, which loads every instance to see
whether a timer of it is due.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.bench import city, databases, firing, hands, office
from engine.bench.city import City
from engine.bench.conditions import FIRING, conditions
from engine.bench.databases import Place
from engine.bench.firing import Fired
from engine.bench.hands import Listing
from engine.bench.library import Library
from engine.bench.sides import StockCase, stock_database
from engine.bpmn.values import Facts
from engine.worker import Worker

AT_ONCE = 1_000  # for the lag, and for what is measured beside
LIBRARY = 100
_WAITING = 4  # tasks after which a straight case waits for two drawn timers
_WARM_UP = 200
_DOOMED = "after-lease:2"


def run(
    folder: Path | None = None,
    due: int = 10_000,
    *,
    server: str | None = None,
    home: Path = Path("var"),
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Seconds and lag of deadlines due at once as JSON, and the conditions.

    server: the address of a PostgreSQL server; empty for one of its own; None for SQLite.
    """
    with office.work_folder(folder, home) as here, databases.chosen(here, server) as place:
        probes = [office.commit_probe(here)]
        workers = 2 if place.server else 1
        with place.database("timers") as url, city.founded(url) as town:
            filled = firing.prepare(town, url, due)
            tell(f"timers: {filled.cases} cases wait, filled in {filled.seconds:.1f} s")
            measured = _measure(town, url, due, workers, tell)
            measured["library"] = _library(town, place, tell)
        probes.append(office.commit_probe(here))
        measured["conditions"] = conditions(
            place,
            probes,
            workers=workers,
            firing=FIRING,
            lag_of=min(AT_ONCE, due),
            fill_seconds=round(filled.seconds, 2),
        )
    return measured


def _measure(
    town: City, url: str, due: int, workers: int, tell: Callable[[str], None]
) -> dict[str, Any]:
    some = min(AT_ONCE, due)
    with hands.hands(workers, hands.worker, url) as ours:
        firing.together(town.sessions, min(_WARM_UP, due), ours)
        few = firing.together(town.sessions, some, ours)
        tell(f"timers: {some} due at once, lag p99 {few.lag_p99:.2f} s")
        many = firing.together(town.sessions, due, ours)
        tell(f"timers: {due} due at once, {many.seconds:.1f} s")
    with hands.hands(workers, hands.worker, url, Listing) as naive:
        firing.together(town.sessions, min(_WARM_UP, due), naive)
        listed = firing.together(town.sessions, some, naive)
        tell(f"timers: listed and not leased {listed.per_s:.0f}/s")
    killed = _with_one_killed(town, url, some)
    tell(f"timers: a worker killed, {killed.twice} twice, {killed.lost} lost")
    rounds = (few, many, listed, killed)
    return {
        "due": many.due,
        "seconds": round(many.seconds, 2),
        "lag_p99_s": round(few.lag_p99, 3),
        "twice": sum(one.twice for one in rounds),
        "lost": sum(one.lost for one in rounds),
        "per_s": round(many.per_s, 1),
        "listed": {"due": listed.due, "per_s": round(listed.per_s, 1)},
        "killed": {
            "due": killed.due,
            "seconds": round(killed.seconds, 2),
            "twice": killed.twice,
            "lost": killed.lost,
        },
    }


def _with_one_killed(town: City, url: str, due: int) -> Fired:
    """Two workers, one of which dies with what it has leased; that is due again in 30 s."""
    with (
        hands.hands(1, hands.worker, url, Worker, _DOOMED) as doomed,
        hands.hands(1, hands.worker, url) as steady,
    ):
        return firing.together(town.sessions, due, [*doomed, *steady])


def _library(town: City, place: Place, tell: Callable[[str], None]) -> dict[str, Any]:
    """Load, refresh timers, run on, save, commit: each instance, whether it is due or not."""
    library = Library(town)
    waiting = library.after(_WAITING)
    facts = library.facts(_WAITING)
    (token, *_) = [timer[0] for timer in waiting.waiting_timers()]
    due = Facts(facts.case, frozenset({token}))
    with place.database("stock") as url, stock_database(url) as sessions:
        rows = [StockCase.kept(sessions, library.specification, waiting) for _ in range(LIBRARY)]
        begun = time.perf_counter()
        for row in rows:
            row.refresh(due)
        seconds = time.perf_counter() - begun
    tell(f"timers: the library's way {LIBRARY / seconds:.0f}/s")
    return {"instances": LIBRARY, "per_s": round(LIBRARY / seconds, 1)}
