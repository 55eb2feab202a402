"""What is typed into a decision's test table, as its file; what is wrong with tables and forms."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.bpmn import linter
from engine.bpmn.linting.faults import Fault
from engine.designing import decision_tests, fault_words
from engine.designing.decision_tests import MOST_TESTS, Asked, Test, Tested


class Typed(Exception):
    """Cells that hold no value of their column's kind. controls: their names."""

    def __init__(self, controls: frozenset[str]) -> None:
        super().__init__("cells that cannot be read")
        self.controls = controls


@dataclass(frozen=True)
class Line:
    """A fault of a file in both languages."""

    severity: str
    zh: str
    en: str


def table_faults(key: str, content: bytes) -> list[Line]:
    """Every fault of a decision file."""
    return _lines(linter.check_table(key, content)[1])


def form_faults(key: str, content: bytes) -> list[Line]:
    """Every fault of a form file."""
    return _lines(linter.check_form(key, content))


def _lines(faults: list[Fault]) -> list[Line]:
    return [Line(one.severity, fault_words.zh(one), one.message) for one in faults]


def tests_file(tested: Tested, typed: Mapping[str, str], *, without: int | None) -> bytes:
    """The test table as it was typed: `i.<row>.<column>` given, `o.<row>.<column>` wanted.

    An empty row is left out, and the one numbered `without`. Raises `Typed`, `InvalidInput` if
    there are too many.
    """
    bad: set[str] = set()
    rows: list[Test] = []
    for number in range(MOST_TESTS + 2):
        given = _cells("i", number, tested.inputs, typed)
        wanted = _cells("o", number, tested.outputs, typed)
        if number == without or not any(text for _, text, _ in (*given, *wanted)):
            continue
        rows.append(Test(_values(given, bad), _values(wanted, bad)))
    if bad:
        raise Typed(frozenset(bad))
    return decision_tests.write(tested.key, rows)


_Cell = tuple[Asked, str, str]


def _cells(
    letter: str, number: int, columns: tuple[Asked, ...], typed: Mapping[str, str]
) -> list[_Cell]:
    return [
        (column, typed.get(f"{letter}.{number}.{index}", "").strip(), f"{letter}.{number}.{index}")
        for index, column in enumerate(columns)
    ]


def _values(cells: list[_Cell], bad: set[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for column, text, control in cells:
        try:
            found[column.name] = decision_tests.typed(column.kind, text)
        except ValueError:
            bad.add(control)
    return found
