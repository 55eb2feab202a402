"""A run of all benchmarks as a page's table: the marks, what was measured, whether it holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BEGIN = "<!-- the run, written by `huiyin bench all --into` -->"
END = "<!-- end of the run -->"
Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Mark:
    """One mark. name: the benchmark; path: where its figure lies in that one's JSON."""

    name: str
    says: str
    path: tuple[str, ...]
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def found(self, results: Results) -> float | None:
        """The figure, None where that benchmark did not run."""
        value: Any = results.get(self.name)
        for key in self.path:
            if value is None:
                return None
            value = value.get(key)
        return None if value is None else float(value)

    def holds(self, value: float) -> bool:
        """Whether a figure is within the mark."""
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    @property
    def wanted(self) -> str:
        """The mark in words."""
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"


MARKS = (
    Mark("engine", "five tasks, ours against stock", ("five_tasks", "ratio"), least=1.0),
    Mark("engine", "26 steps, ours against stock", ("long_case", "ratio"), least=3.5),
    Mark("engine", "state of the 26-step case", ("long_case", "state_bytes"), most=2000, unit="B"),
    Mark("engine", "a step in round 50 against round 2", ("rehandling", "ratio"), most=1.2),
    Mark("storage", "an ended case of five tasks", ("five_tasks_bytes",), most=10_000, unit="B"),
    Mark("storage", "an ended appeal", ("appeal_bytes",), most=20_000, unit="B"),
    Mark("timers", "10,000 due at once, SQLite", ("seconds",), most=20, unit="s"),
    Mark("timers", "lag p99 of 1,000 due at once, SQLite", ("lag_p99_s",), most=2, unit="s"),
    Mark("timers", "fired twice, SQLite", ("twice",), most=0),
    Mark("timers", "lost, SQLite", ("lost",), most=0),
    Mark("timers_postgresql", "10,000 due at once, PostgreSQL", ("seconds",), most=20, unit="s"),
    Mark("timers_postgresql", "lag p99 of 1,000, PostgreSQL", ("lag_p99_s",), most=2, unit="s"),
    Mark("timers_postgresql", "fired twice, PostgreSQL", ("twice",), most=0),
    Mark("timers_postgresql", "lost, PostgreSQL", ("lost",), most=0),
    Mark("growth", "a completion with many cases against 1,000", ("ratio",), most=1.3),
    Mark("inbox", "a page of the inbox, PostgreSQL", ("page_ms_p95",), most=50, unit="ms"),
    Mark("inbox", "a search, PostgreSQL", ("search_ms_p95",), most=100, unit="ms"),
    Mark("inbox", "duplicates, PostgreSQL", ("duplicates_ms_p95",), most=200, unit="ms"),
    Mark("inbox_sqlite", "a page of the inbox, SQLite", ("page_ms_p95",), most=50, unit="ms"),
    Mark("inbox_sqlite", "a search, SQLite", ("search_ms_p95",), most=100, unit="ms"),
    Mark("inbox_sqlite", "duplicates, SQLite", ("duplicates_ms_p95",), most=200, unit="ms"),
    Mark("rates", "any rate, PostgreSQL", ("rate_ms_p95",), most=500, unit="ms"),
    Mark("rates", "the board, PostgreSQL", ("board_ms_p95",), most=300, unit="ms"),
    Mark("rates_sqlite", "any rate, SQLite", ("rate_ms_p95",), most=500, unit="ms"),
    Mark("rates_sqlite", "the board, SQLite", ("board_ms_p95",), most=300, unit="ms"),
    Mark("map", "the living map, PostgreSQL", ("map_ms_p95",), most=500, unit="ms"),
    Mark("map_sqlite", "the living map, SQLite", ("map_ms_p95",), most=500, unit="ms"),
    Mark("workers", "two workers against one, PostgreSQL", ("ratio",), least=1.6),
)


def markdown(results: Results, on: str) -> str:
    """The run as a table of marks, and under it every figure. on: the day."""
    return "\n".join([f"### {on}", "", *_conditions(results), "", *_marks(results), *_all(results)])


def put_in(page: str, run: str) -> str:
    """A page with this run in place of the one it held. Raises `ValueError` if it has no place."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"expected a place between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{run}\n\n{END}{after}"


def _conditions(results: Results) -> Iterator[str]:
    told = [one["conditions"] for one in results.values() if "machine" in one["conditions"]]
    if not told:
        return
    machine = told[0]["machine"]
    versions: dict[str, str] = {}
    for one in told:
        versions |= one["versions"]
    yield (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['filesystem']}. " + ", ".join(f"{k} {v}" for k, v in versions.items()) + "."
    )


def _marks(results: Results) -> Iterator[str]:
    yield from _table(
        ("mark", "wanted", "measured", "holds"),
        (
            (mark.says, f"{mark.wanted} {mark.unit}", f"{value:g} {mark.unit}", _yes(mark, value))
            for mark in MARKS
            if (value := mark.found(results)) is not None
        ),
    )


def _yes(mark: Mark, value: float) -> str:
    return "yes" if mark.holds(value) else "**no**"


def _all(results: Results) -> Iterator[str]:
    """Every figure of every benchmark, its baseline and settings."""
    for name, figures in results.items():
        yield ""
        yield f"`{name}`"
        yield ""
        yield from _table(("figure", "value"), _flat(figures))


def _flat(figures: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in figures.items():
        if key in {"machine", "versions"}:
            yield from [(f"{before}load", str(value["load"]))] if "load" in value else []
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", str(value)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.strip() for cell in row)} |"
