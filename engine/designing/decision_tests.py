"""The test table of a decision: what it is asked, what it must say, what it says; rules untested.

A file `<decision>.tests.json` is `{"decision": key, "rows": [{"in": {name: value}, "out": {name:
value}}]}`; `case.<fact>` names a fact, any other name a routing variable.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from engine.bpmn import linter
from engine.bpmn.allow_list import Refused, compiled
from engine.bpmn.decisions import Table
from engine.errors import InvalidInput
from engine.facts import FACTS

MOST_TESTS = 500
MOST_TRIES = 300_000  # rules looked at in one run: about a second
MOST_SUGGESTED = 40
DECISION, TESTS = ".dmn", ".tests.json"
_CASE = "case."
_QUOTED = re.compile(r'"([^"\\]{1,80})"')
_WHOLE = re.compile(r"[+-]?\d{1,15}")
Kind = Literal["text", "number", "yes-no", "list"]
_KINDS: dict[type, Kind] = {str: "text", int: "number", bool: "yes-no", list: "list"}


@dataclass(frozen=True)
class Asked:
    """A value that a test gives or expects. values: what the table's cells name of it."""

    name: str
    zh: str
    en: str
    kind: Kind
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Test:
    """One row: what is given, what must come."""

    given: Mapping[str, Any]
    wanted: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """What came of one test. refused: why nothing came, in English words. rules: which fitted."""

    test: Test
    came: Mapping[str, Any]
    refused: str
    rules: tuple[int, ...]

    @property
    def passed(self) -> bool:
        """Whether exactly what was wanted came."""
        return not self.refused and _same(self.came, self.test.wanted)


@dataclass(frozen=True)
class Tested:
    """A decision with its tests run.

    fault: why none could be run, in English words; empty if they were. unreached: numbers of the
    rules that no test reaches. left_out: tests that were too many to run.
    """

    key: str
    name: str
    inputs: tuple[Asked, ...]
    outputs: tuple[Asked, ...]
    results: tuple[Result, ...]
    rules: int
    unreached: tuple[int, ...]
    left_out: int
    fault: str

    @property
    def failed(self) -> int:
        """How many tests did not pass."""
        return sum(not one.passed for one in self.results)

    @property
    def passed(self) -> bool:
        """Whether all is well: every test ran and passed."""
        return not self.fault and not self.failed and not self.left_out


def run(files: Mapping[str, bytes]) -> tuple[Tested, ...]:
    """Every decision among the files by path, with its tests run, by key."""
    keys = sorted(path.removesuffix(DECISION) for path in files if path.endswith(DECISION))
    return tuple(tested(key, files[key + DECISION], files.get(key + TESTS)) for key in keys)


def tested(key: str, decision: bytes, tests: bytes | None) -> Tested:
    """One decision with its tests run; never raises, whatever the bytes."""
    table, faults = linter.check_table(key, decision)
    rows: tuple[Test, ...] = ()
    fault = ""
    try:
        rows = read(tests) if tests else ()
    except InvalidInput as error:
        fault = error.message
    if table is None or not _whole(table):
        told = next((one.message for one in faults if one.severity == "error"), "")
        fault = fault or told or "the table has no columns or no rows yet"
        results = tuple(Result(one, {}, fault, ()) for one in rows)
        name = table.name if table else key
        return Tested(key, name, (), (), results, 0, (), 0, fault)
    room = max(1, MOST_TRIES // len(table.rows))
    results = tuple(_result(table, one) for one in rows[:room])
    reached = {number for one in results for number in one.rules}
    return Tested(
        key,
        table.name or key,
        _inputs(table),
        _outputs(table),
        results,
        len(table.rows),
        tuple(row.number for row in table.rows if row.number not in reached),
        len(rows) - len(results),
        fault,
    )


def read(content: bytes) -> tuple[Test, ...]:
    """The tests of a file. Raises `InvalidInput` naming the row."""
    try:
        found = orjson.loads(content)
    except ValueError:
        raise InvalidInput("tests", "JSON with a list of rows") from None
    rows = found.get("rows") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise InvalidInput("tests", 'an object with "decision" and a list "rows"')
    if len(rows) > MOST_TESTS:
        raise InvalidInput("tests", f"at most {MOST_TESTS} rows", str(len(rows)))
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not all(isinstance(row.get(k), dict) for k in _SIDES):
            raise InvalidInput(f"tests, row {number}", 'objects "in" and "out"')
    return tuple(Test(row["in"], row["out"]) for row in rows)


_SIDES = ("in", "out")


def write(key: str, tests: Sequence[Test]) -> bytes:
    """The file of these tests, one row a line. Raises `InvalidInput` if they are too many."""
    if len(tests) > MOST_TESTS:
        raise InvalidInput("tests", f"at most {MOST_TESTS} rows", str(len(tests)))
    rows = [orjson.dumps({"in": one.given, "out": one.wanted}).decode() for one in tests]
    body = ",\n".join(f"    {row}" for row in rows)
    return (
        f'{{\n  "decision": {orjson.dumps(key).decode()},\n  "rows": [\n{body}\n  ]\n}}\n'.encode()
    )


def typed(kind: Kind, text: str) -> Any:
    """What is written in a cell of the test table, as the table's own kind of value.

    Raises `ValueError` if it is none.
    """
    text = text.strip()
    if kind == "number":
        if not _WHOLE.fullmatch(text):
            raise ValueError(text)
        return int(text)
    if kind == "yes-no":
        return {"true": True, "false": False}[text] if text in {"true", "false"} else _no(text)
    if kind == "list":
        return [one.strip() for one in re.split("[,，]", text) if one.strip()]
    return text


def spelled(value: Any) -> str:
    """The reverse."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(spelled, value))
    return "" if value is None else str(value)


def _no(text: str) -> Any:
    raise ValueError(text)


def _whole(table: Table) -> bool:
    """Whether every row has a cell for every column and all of them can be read."""
    if not (table.inputs and table.outputs and table.rows):
        return False
    try:
        table.reads()
    except Refused:
        return False
    return all(
        len(row.tests) == len(table.inputs) and len(row.results) == len(table.outputs)
        for row in table.rows
    )


def _result(table: Table, test: Test) -> Result:
    facts = {name: fact.default for name, fact in FACTS.items()}
    given = {name: value for name, value in test.given.items() if not name.startswith(_CASE)}
    for name, value in test.given.items():
        if name.startswith(_CASE):
            facts[name.removeprefix(_CASE)] = value
    try:
        came, rows = table.traced(facts, given)
    except Refused as error:
        return Result(test, {}, str(error), ())
    reached = rows if table.hit_policy == "COLLECT" else rows[:1]
    return Result(test, came, "", tuple(row.number for row in reached))


def _inputs(table: Table) -> tuple[Asked, ...]:
    """Every fact and variable the table reads, those of its columns first."""
    found: dict[str, Asked] = {}
    for index, column in enumerate(table.inputs):
        reads = compiled(column.expression)[1]
        names = [*sorted(reads.names), *(_CASE + fact for fact in sorted(reads.facts))]
        cells = " ".join(row.tests[index] or "" for row in table.rows)
        values = tuple(dict.fromkeys(_QUOTED.findall(cells)))[:MOST_SUGGESTED]
        for name in names:
            label = column.label if column.expression == name else ""
            found.setdefault(name, _asked(name, label, values))
    reads = table.reads()
    for name in [*sorted(reads.names), *(_CASE + fact for fact in sorted(reads.facts))]:
        found.setdefault(name, _asked(name, "", ()))
    return tuple(found.values())


def _asked(name: str, label: str, values: tuple[str, ...]) -> Asked:
    fact = FACTS.get(name.removeprefix(_CASE)) if name.startswith(_CASE) else None
    zh, en = (fact.zh, fact.en) if fact else (name, name)
    return Asked(name, label or zh, en, _KINDS[fact.type] if fact else "text", values)


def _outputs(table: Table) -> tuple[Asked, ...]:
    found = []
    for index, output in enumerate(table.outputs):
        fact = FACTS.get(output.name)
        kind: Kind = (
            _KINDS[fact.type] if fact else _kind_of(row.results[index] for row in table.rows)
        )
        if table.hit_policy == "COLLECT":
            kind = "list"
        cells = " ".join(row.results[index] for row in table.rows)
        values = tuple(dict.fromkeys(_QUOTED.findall(cells)))[:MOST_SUGGESTED]
        zh, en = (fact.zh, fact.en) if fact else (output.name, output.name)
        found.append(Asked(output.name, output.label or zh, en, kind, values))
    return tuple(found)


def _kind_of(cells: Any) -> Kind:
    """The kind of value that the results of an output are, where no fact says it."""
    written = {cell.strip().lower() for cell in cells}
    if written and written <= {"true", "false"}:
        return "yes-no"
    if written and all(_WHOLE.fullmatch(cell) for cell in written):
        return "number"
    return "text"


def _same(came: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Equal in value and kind: `True` is not 1."""
    return orjson.dumps(came, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        wanted, option=orjson.OPT_SORT_KEYS
    )
