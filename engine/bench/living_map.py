"""`huiyin bench map`: the living map of many cases, as it opens for whoever looks.

One city, filled with copies of cases that were really played. The map is looked at over a month, a
quarter and a year, of the city, of a unit, of a category, and of two periods at once; its lists of
cases beside it. Counter-measure in the same run: how long it takes to bring the map up to date
after a batch of fresh cases, and to count everything from the start.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from engine.bench import city, databases, filling, office
from engine.bench.city import City, Straight
from engine.bench.conditions import conditions
from engine.commands import living_map as keeping
from engine.db import reading, transaction
from engine.models import Case, MapCount, MapState, Person
from engine.permissions import Actor
from engine.queries import living_map, living_map_cases, people
from engine.queries.living_map import Asked, Period
from engine.traces import months
from engine.traces.tally import PROCESS

PATTERN, DAYS = 250, 30  # cases that are played, and over how many days
_ROUNDS = 5
_FRESH = 20
_PROCESS = "appeal"
_STEP = "handle"


def run(
    folder: Path | None = None,
    cases: int = 200_000,
    *,
    server: str | None = None,
    pattern: int = PATTERN,
    rounds: int = _ROUNDS,
    home: Path = Path("var"),
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """The 95th percentile in milliseconds, as JSON. server: as `databases.chosen` takes it."""
    with (
        office.work_folder(folder, home) as here,
        databases.chosen(here, server) as place,
        place.database("map") as url,
    ):
        probes = [office.commit_probe(here)]
        with city.founded(url) as town:
            town.play(pattern, DAYS)
            keeping.refresh(town.sessions)
        tell(f"map: {pattern} cases played")
        filled = filling.fill(url, cases, tell=tell)
        tell(f"map: filled in {filled.seconds:.1f} s")
        with city.opened(url) as town:
            counting = _counted(town)
            tell(f"map: counted in {counting:.1f} s")
            looker = _supervisor(town)
            views = _views(town, looker, rounds)
            lists = _lists(town, looker, rounds)
            refreshing = _refreshing(town)
            with reading(town.sessions) as session:
                rows = session.scalar(select(func.count()).select_from(MapCount))
        probes.append(office.commit_probe(here))
        every = [each for some in views.values() for each in some]
        return {
            "cases": filled.cases,
            "map_ms_p95": _p95(every),
            "map_ms_median": round(statistics.median(every), 1),
            "views": {what: _p95(some) for what, some in views.items()},
            "lists": {what: _p95(some) for what, some in lists.items()},
            "count_s": round(counting, 1),
            "count_rows": rows,
            "refresh": refreshing,
            "fill": {"seconds": round(filled.seconds, 1), "rows": filled.rows},
            "conditions": conditions(place, probes, played=pattern, days=DAYS, rounds=rounds),
        }


def _supervisor(town: City) -> Actor:
    """Who supervises the office with the most cases."""
    with reading(town.sessions) as session:
        office_key = session.scalars(
            select(Case.office_key).group_by(Case.office_key).order_by(func.count().desc())
        ).first()
        keys = session.scalars(select(Person.id).where(Person.active).order_by(Person.login))
        everybody = [people.actor(session, key) for key in keys]
    return next(one for one in everybody if one.acts_for("supervisor", office_key))


def _asked(town: City, looker: Actor) -> dict[str, tuple[Asked, list[Period]]]:
    """Each way of looking: what is asked, and the periods."""
    with reading(town.sessions) as session:
        over = living_map.ground(session, looker)
        now = over.this_month()
        year = Period(months.later(now, -11), now)
        busy = session.execute(
            select(Case.unit_key, Case.category)
            .where(Case.unit_key.is_not(None), Case.category != "")
            .group_by(Case.unit_key, Case.category)
            .order_by(func.count().desc())
        ).first()
    assert busy is not None
    last, quarter = Period(now, now), Period(months.later(now, -2), now)
    before = Period(months.later(now, -1), months.later(now, -1))
    return {
        "month": (Asked(_PROCESS), [last]),
        "quarter": (Asked(_PROCESS), [quarter]),
        "year": (Asked(_PROCESS), [year]),
        "unit": (Asked(_PROCESS, busy.unit_key), [year]),
        "category": (Asked(_PROCESS, "", busy.category), [year]),
        "unit and category": (Asked(_PROCESS, busy.unit_key, busy.category), [year]),
        "two periods": (Asked(_PROCESS), [last, before]),
        "ladders": (Asked("supervision"), [year]),
    }


def _views(town: City, looker: Actor, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of the map, by way of looking."""
    taken: dict[str, list[float]] = {}
    asked = _asked(town, looker)
    for turn in range(rounds + 1):
        for what, (wanted, periods) in asked.items():
            with reading(town.sessions) as session:
                begun = time.perf_counter()
                over = living_map.ground(session, looker)
                told = [living_map.numbers(session, over, wanted, one) for one in periods]
                drawn = living_map.drawing(session, wanted.process, told)
                spent = 1000 * (time.perf_counter() - begun)
            assert drawn.stages or wanted.process != _PROCESS
            assert told[0].counted_at is not None, "a worker has counted"
            if turn:
                taken.setdefault(what, []).append(spent)
    return taken


def _lists(town: City, looker: Actor, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of a page of the cases behind a number."""
    asked = _asked(town, looker)
    views = {
        "all": ("year", PROCESS, "", 1),
        "a step": ("year", _STEP, "", 1),
        "late at a step": ("year", _STEP, "late", 1),
        "a step of a unit": ("unit", _STEP, "", 1),
        "page 20": ("year", _STEP, "", 20),
    }
    taken: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        for what, (way, element, only, page) in views.items():
            wanted, periods = asked[way]
            with reading(town.sessions) as session:
                begun = time.perf_counter()
                over = living_map.ground(session, looker)
                told = living_map.numbers(session, over, wanted, periods[0])
                most = living_map_cases.total(told.of(element), only)
                period = periods[0]
                living_map_cases.page(session, over, wanted, period, element, only, page, most)
                if turn:
                    taken.setdefault(what, []).append(1000 * (time.perf_counter() - begun))
    return taken


def _counted(town: City) -> float:
    """Seconds in which a worker compares and counts everything, as it does once a day."""
    with transaction(town.sessions) as session:
        session.execute(update(MapState).values(swept_on=None))
    begun = time.perf_counter()
    keeping.refresh(town.sessions)
    return time.perf_counter() - begun


def _refreshing(town: City) -> dict[str, float]:
    """How long it takes to bring the map up to date after fresh cases."""
    for _ in range(_FRESH):
        Straight.received(town)
    begun = time.perf_counter()
    done = keeping.refresh(town.sessions).cases
    return {"cases": done or 0, "ms": round(1000 * (time.perf_counter() - begun), 1)}


def _p95(taken: Sequence[float]) -> float:
    ordered = sorted(taken)
    return round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1)
