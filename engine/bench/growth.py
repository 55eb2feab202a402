"""`huiyin bench growth`: what one completion costs as the database grows.

Two databases of one city, a small one and one with many cases, filled with copies of cases that
were really played. Fresh cases are taken straight through both, act by act, taking turns.
Counter-measure in the same run: a look-up that uses no index, which must grow with the database.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from engine.bench import city, filling, office
from engine.bench.city import ROAD, City, Straight
from engine.bench.conditions import conditions
from engine.bench.databases import Place
from engine.bench.filling import Filled
from engine.bench.storage import size
from engine.db import reading

FEW = 1_000
PATTERN, DAYS = 250, 30  # cases that are played, and over how many days
_LOOKS = 3
# The plus keeps SQLite from its index on the column.
_WITHOUT_INDEX = text("SELECT count(*) FROM user_task WHERE +case_id = :case AND status = 'open'")


@dataclass
class Side:
    """One of the two databases. seconds: of each completion, in order."""

    city: City
    case: Straight = field(init=False)
    seconds: list[float] = field(default_factory=list)

    def receive(self) -> None:
        """A fresh case, which is not measured."""
        self.case = Straight.received(self.city)

    def act(self) -> None:
        """One completion, timed; finding out what is to be done is not."""
        act = self.case.next()
        begun = time.perf_counter()
        self.case.complete(act)
        self.seconds.append(time.perf_counter() - begun)

    def look(self) -> float:
        """Seconds of the look-up without an index, the middle of a few."""
        taken = []
        for _ in range(_LOOKS):
            with reading(self.city.sessions) as session:
                begun = time.perf_counter()
                session.execute(_WITHOUT_INDEX, {"case": self.case.case_id.bytes}).all()
                taken.append(time.perf_counter() - begun)
        return statistics.median(taken)

    @property
    def milliseconds(self) -> float:
        """The median of a completion."""
        return 1000 * statistics.median(self.seconds)


def run(
    folder: Path | None = None,
    cases: int = 200_000,
    *,
    few: int = FEW,
    pattern: int = PATTERN,
    measured: int = 40,
    home: Path = Path("var"),
    tell: Callable[[str], None] = lambda _text: None,
) -> dict[str, Any]:
    """The ratio of a completion's median time with many cases to that with few, as JSON.

    pattern: cases that are played; measured: fresh cases that are completed in each database.
    """
    with office.work_folder(folder, home) as here:
        place, probes = Place(here), [office.commit_probe(here)]
        small, large = here / "small.db", here / "large.db"
        begun = time.perf_counter()
        with city.founded(f"sqlite:///{large}") as town:
            town.play(pattern, DAYS)
        played = time.perf_counter() - begun
        tell(f"growth: {pattern} cases played in {played:.1f} s")
        started = size(large)
        first = filling.fill(f"sqlite:///{large}", few, tell=tell)
        shutil.copyfile(large, small)
        then = filling.fill(f"sqlite:///{large}", cases, tell=tell)
        tell(f"growth: filled in {first.seconds + then.seconds:.1f} s")
        of_file = size(large)
        with city.opened(f"sqlite:///{small}") as one, city.opened(f"sqlite:///{large}") as other:
            sides = [Side(one), Side(other)]
            _take_turns(sides, measured, tell)
            looks = [side.look() for side in sides]
        probes.append(office.commit_probe(here))
        return {
            "cases": then.cases,
            "ratio": round(sides[1].milliseconds / sides[0].milliseconds, 3),
            "few": first.cases,
            "few_ms": round(sides[0].milliseconds, 3),
            "many_ms": round(sides[1].milliseconds, 3),
            "completions": len(sides[0].seconds),
            "without_index": {
                "few_ms": round(1000 * looks[0], 3),
                "many_ms": round(1000 * looks[1], 3),
                "ratio": round(looks[1] / looks[0], 1),
            },
            "fill": _filled(first, then, played, (of_file - started) / (then.cases - pattern)),
            "conditions": conditions(place, probes, played=pattern, days=DAYS),
        }


def _take_turns(sides: Sequence[Side], cases: int, tell: Callable[[str], None]) -> None:
    """Fresh cases through both; neither side always comes first. The first case is not counted."""
    for number in range(cases + 1):
        for side in sides:
            side.receive()
        for place in range(len(ROAD)):
            for side in sides if (number + place) % 2 else reversed(sides):
                side.act()
        if number == 0:
            for side in sides:
                side.seconds.clear()
    few, many = (side.milliseconds for side in sides)
    tell(f"growth: a completion takes {few:.2f} ms with few cases, {many:.2f} ms with many")


def _filled(first: Filled, then: Filled, played: float, bytes_each: float) -> dict[str, Any]:
    seconds, added = first.seconds + then.seconds, first.added + then.added
    return {
        "played_seconds": round(played, 2),
        "seconds": round(seconds, 2),
        "rows": first.rows + then.rows,
        "cases_per_s": round(added / seconds, 1),
        "bytes_per_case": round(bytes_each),
    }
