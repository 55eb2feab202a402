"""`huiyin bench storage`: the bytes that one ended case takes, all tables and indexes.

What the database's file grew by after a checkpoint, over many cases. Beside it what the library's
own serializer keeps of the same cases: one row of JSON each, in a file of the same kind; and what a
worker keeps of a case for counting, which can be made anew from the rest at any time.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.bench import city, office
from engine.bench.city import City, Straight
from engine.bench.conditions import conditions
from engine.bench.databases import Place
from engine.bench.library import Library
from engine.bench.scenarios import five_tasks
from engine.bench.sides import Case, OurCase, StockCase, specification, stock_database
from engine.commands import boards, figures, living_map

WARM_UP = 5  # cases before the first look at the file, so that every table has its first pages


def run(
    folder: Path | None = None,
    cases: int = 200,
    *,
    home: Path = Path("var"),
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """Bytes of one ended case as JSON: ours, the library's, and the conditions.

    cases: how many of each kind are taken to their end.
    """
    with office.work_folder(folder, home) as folder_here:
        place = Place(folder_here)
        probes = [office.commit_probe(folder_here)]
        five, stock_five = _five_tasks(folder_here, cases)
        tell(f"five tasks: {five} bytes a case, stock {stock_five}")
        appeal, stock_appeal, projections = _appeal(folder_here, cases)
        tell(f"appeal: {appeal} bytes a case, stock {stock_appeal}, projections {projections}")
        probes.append(office.commit_probe(folder_here))
        return {
            "five_tasks_bytes": five,
            "appeal_bytes": appeal,
            "projections_bytes": projections,
            "stock": {"five_tasks_bytes": stock_five, "appeal_bytes": stock_appeal},
            "conditions": conditions(place, probes, cases=cases, warm_up=WARM_UP),
        }


def size(path: Path) -> int:
    """The bytes in use of a SQLite file, its log written back into it."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages, free, bytes_each = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    finally:
        connection.close()
    return int((pages - free) * bytes_each)


def _five_tasks(folder: Path, cases: int) -> tuple[int, int]:
    scenario = five_tasks()
    ours, stock = folder / "five.db", folder / "five_stock.db"
    with (
        office.founded(f"sqlite:///{ours}") as desk,
        stock_database(f"sqlite:///{stock}") as sessions,
    ):
        spec = specification(desk, scenario.process)

        def ended(case: Case) -> None:
            for step in scenario.steps:
                case.complete(step)

        return (
            _grown(ours, cases, lambda: ended(OurCase.received(desk, scenario))),
            _grown(stock, cases, lambda: ended(StockCase.received(sessions, spec))),
        )


def _appeal(folder: Path, cases: int) -> tuple[int, int, int]:
    """Ours, the library's, and what a worker keeps of a case beside it for rates, board and map."""
    ours, stock = folder / "appeal.db", folder / "appeal_stock.db"
    with (
        city.founded(f"sqlite:///{ours}") as here,
        stock_database(f"sqlite:///{stock}") as sessions,
    ):
        worker = here.worker()

        def ended() -> None:
            case = Straight.received(here)
            for _ in case.to_the_end():
                pass
            worker.drain()

        library = Library(here)

        def ended_there() -> None:
            # One row a case, written over at every step: only its last is there.
            StockCase.kept(sessions, library.specification, library.ended())

        grown = _grown(ours, cases, ended)
        _count(here)  # what adds up many cases is as large for few
        more = max(1, cases // 2)
        for _ in range(more):
            ended()
        before = size(ours)
        _count(here)
        projections = round((size(ours) - before) / more)
        return grown, _grown(stock, cases, ended_there), projections


def _count(here: City) -> None:
    for refresh in (figures.refresh, boards.refresh, living_map.refresh):
        refresh(here.sessions)


def _grown(path: Path, cases: int, end_one: Callable[[], None]) -> int:
    """By how many bytes a file grows with each ended case."""
    for _ in range(WARM_UP):
        end_one()
    before = size(path)
    for _ in range(cases):
        end_one()
    return round((size(path) - before) / cases)
