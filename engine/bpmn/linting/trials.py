"""A decision tried out: with every value its cells name, their neighbours and another one."""

import itertools
import math
import re
from collections.abc import Iterator
from typing import Any

from engine.bpmn.allow_list import Refused
from engine.bpmn.decisions import INPUT, Table, test
from engine.bpmn.expressions import Evaluator
from engine.facts import FACTS

MAX_COMBINATIONS = 5_000
MAX_CELLS = 150_000  # cells asked, all values together: about a tenth of a second
_OTHER = "\x00another value"
_TEXT = re.compile(r"\"[^\"\\]*\"|'[^'\\]*'")


class Trials:
    """Which rows of a table fit which questions.

    whole: every combination is tried; if not, there are too many and only some are.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._values = [_values(table, index) for index in range(len(table.inputs))]
        asked = len(table.rows) * sum(map(len, self._values))
        self.whole = math.prod(map(len, self._values)) <= MAX_COMBINATIONS and asked <= MAX_CELLS
        if asked > MAX_CELLS:
            room = max(1, MAX_CELLS // (len(table.rows) * len(table.inputs)))
            self._values = [column[:room] for column in self._values]

    def __iter__(self) -> Iterator[tuple[str, list[int]]]:
        """Each question, as people say it, and the numbers of the rows that fit it."""
        everything = (1 << len(self._table.rows)) - 1
        columns = [
            [(value, self._fitting(index, value)) for value in column]
            for index, column in enumerate(self._values)
        ]
        labels = [column.label or column.expression for column in self._table.inputs]
        for combination in itertools.islice(itertools.product(*columns), MAX_COMBINATIONS):
            fits = everything
            for _, rows in combination:
                fits &= rows
            if fits and not fits & (fits - 1):
                continue  # one row fits, as it should be
            shown = ", ".join(
                f"{label} = {_shown(value)}"
                for label, (value, _) in zip(labels, combination, strict=True)
            )
            yield shown, [row.number for n, row in enumerate(self._table.rows) if fits >> n & 1]

    def _fitting(self, index: int, value: Any) -> int:
        """The rows whose cell in this column fits a value, one bit for each."""
        evaluator = Evaluator({}, {})
        scope = {INPUT: value}
        told: dict[str, bool] = {}
        found = 0
        for number, row in enumerate(self._table.rows):
            cell = row.tests[index]
            if cell is not None and cell not in told:
                try:
                    told[cell] = bool(evaluator.run_code(test(cell)[0], scope, cell))
                except Refused:
                    told[cell] = False  # the value is of another type than this cell means
            if cell is None or told[cell]:
                found |= 1 << number
        return found


def _values(table: Table, index: int) -> list[Any]:
    """Values worth trying in a column: those its cells name, their neighbours, another one."""
    found: list[Any] = []
    numbers = False
    for row in table.rows:
        cell = row.tests[index]
        if cell is None:
            continue
        found += [text[1:-1] for text in _TEXT.findall(cell)]
        bare = _TEXT.sub("", cell)
        for text in re.findall(r"-?\d+(?:\.\d+)?", bare.replace("..", " ")):
            number = float(text) if "." in text else int(text)
            found += [number - 1, number, number + 1]
            numbers = True
        if re.search(r"\b(True|False|true|false)\b", bare):
            found += [True, False]
    fact = table.inputs[index].expression.strip().removeprefix("case.")
    if fact in FACTS and FACTS[fact].type is bool:
        found += [True, False]
    if not numbers and not any(value is True for value in found):
        found.append(_OTHER)
    unique = {(type(value), value): value for value in found}
    return list(unique.values()) or [_OTHER]


def _shown(value: Any) -> str:
    return "any other value" if value is _OTHER else repr(value)[:40]
