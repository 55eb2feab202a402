"""Rules of decision tables: cells that can be read, rows that answer every question once."""

import ast
import itertools
import re
from collections.abc import Mapping
from typing import Any

from engine.bpmn.allow_list import Refused
from engine.bpmn.decisions import HIT_POLICIES, Table, test, unfit_fact
from engine.bpmn.expressions import Evaluator
from engine.bpmn.linting.documents import Document, local, one_line
from engine.bpmn.linting.report import Report
from engine.bpmn.linting.tables import decisions, read_table
from engine.facts import FACTS

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FEEL = re.compile(
    r"\b(date|time|duration|contains|starts with|ends with|matches|some|every|if|instance of)\b"
)
MAX_ROWS = 500
MAX_COMBINATIONS = 5_000
OTHER = "\x00another value"


def check_decision(report: Report, document: Document) -> Table | None:
    """Every rule about one decision file; its table if it can be used at all."""
    found = decisions(document)
    if not found:
        report.add(document.root, "no-decision", "the file holds no decision")
        return None
    if len(found) > 1:
        report.add(found[1], "one-decision", "one decision per file; move the others out")
    decision = found[0]
    tables = [node for node in decision if local(node) == "decisionTable"]
    if any(local(n) == "informationRequirement" for n in decision):
        report.add(decision, "drd", "decisions cannot ask decisions; draw two business rule tasks")
    if len(tables) != 1:
        report.add(decision, "one-table", "a decision is one decision table, no literal expression")
        return None
    if not _NAME.fullmatch(decision.get("id") or ""):
        report.add(decision, "decision-id", "the decision's id must be a plain name")
    table = read_table(document)
    report_policy(report, tables[0], table)
    if _shape(report, tables[0], table) and _cells(report, tables[0], table):
        _answers(report, tables[0], table)
    return table


def report_policy(report: Report, node: Any, table: Table) -> None:
    """Only policies that are really carried out."""
    if table.hit_policy not in HIT_POLICIES:
        report.add(
            node, "hit-policy",
            f"hit policy {table.hit_policy[:40]} cannot be used; choose UNIQUE, FIRST or COLLECT",
        )  # fmt: skip
    if node.get("aggregation"):
        report.add(node, "aggregation", "aggregations are not carried out; COLLECT gives the list")


def _shape(report: Report, node: Any, table: Table) -> bool:
    before = len(report.faults)
    if not table.inputs or not table.outputs or not table.rows:
        report.add(node, "empty-table", "a table needs an input, an output and a row")
    if len(table.rows) > MAX_ROWS:
        report.add(node, "too-many", f"{len(table.rows)} rows, at most {MAX_ROWS}")
    names = [output.name for output in table.outputs]
    for name in names:
        if not _NAME.fullmatch(name):
            report.add(
                node, "output-name",
                f"output name {name[:40]!r}: write a plain name without dots or spaces",
            )  # fmt: skip
    if len(set(names)) != len(names):
        report.add(node, "output-name", "two outputs have the same name")
    rules = [child for child in node if local(child) == "rule"]
    for rule, row in zip(rules, table.rows, strict=True):
        if len(row.tests) != len(table.inputs) or len(row.results) != len(table.outputs):
            report.add(
                rule, "row-width",
                f"row {row.number} has {len(row.tests)} tests and {len(row.results)} results, "
                f"expected {len(table.inputs)} and {len(table.outputs)}",
            )  # fmt: skip
    return len(report.faults) == before


def _cells(report: Report, node: Any, table: Table) -> bool:
    before = sum(fault.severity == "error" for fault in report.faults)
    for column, xml in zip(table.inputs, _parts(node, "input"), strict=True):
        report.expression(xml, column.expression, f"the input {column.label}".strip())
    for output, xml in zip(table.outputs, _parts(node, "output"), strict=True):
        if output.default is not None:
            _result(report, xml, output.name, output.default, "the default", table)
    for row, xml in zip(table.rows, _parts(node, "rule"), strict=True):
        for cell, entry in zip(row.tests, _parts(xml, "inputEntry"), strict=True):
            if cell is not None:
                _cell(report, entry, cell, row.number)
        entries = zip(table.outputs, row.results, _parts(xml, "outputEntry"), strict=True)
        for output, result, entry in entries:
            _result(report, entry, output.name, result, f"row {row.number}", table)
    return sum(fault.severity == "error" for fault in report.faults) == before


def _cell(report: Report, node: Any, cell: str, number: int) -> None:
    try:
        reads = test(cell)[1]
    except Refused as error:
        feel = " (FEEL functions are not known)" if _FEEL.search(cell) else ""
        report.add(
            node, "cell",
            f"row {number}, cell `{one_line(cell)[:80]}`: {error}{feel}; write a value, "
            '"a", "b", [1..5], > 2, not("a") or a test with ?',
        )  # fmt: skip
        return
    report.facts(node, reads.facts, f"row {number}")


def _result(report: Report, node: Any, name: str, source: str, where: str, table: Table) -> None:
    if not source.strip():
        report.add(
            node, "empty-result", f'{where} gives nothing for {name}; write "" for an empty text'
        )
        return
    report.expression(node, source, f"{where}, {name}")
    value = _constant(source)
    if value is OTHER:
        return
    wanted = unfit_fact(name, [value] if table.hit_policy == "COLLECT" else value)
    if wanted:
        report.add(
            node, "result-type", f"{where}: the fact {name} ({FACTS[name].zh}) expects {wanted}"
        )


def _parts(node: Any, name: str) -> list[Any]:
    return [child for child in node if local(child) == name]


def _constant(source: str) -> Any:
    try:
        return ast.literal_eval(source.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return OTHER


# Does every question get one answer? -----------------------------------------------------------


def _answers(report: Report, node: Any, table: Table) -> None:
    """Every combination of tested values has an answer, and in a UNIQUE table only one."""
    catches_all = any(all(cell is None for cell in row.tests) for row in table.rows)
    has_default = all(output.default is not None for output in table.outputs)
    open_ended = table.hit_policy == "COLLECT" or has_default or catches_all
    if table.hit_policy != "UNIQUE" and open_ended:
        return
    if any(test(cell)[1].names or test(cell)[1].facts for row in table.rows for cell in row.tests
           if cell is not None) and not open_ended:  # fmt: skip
        report.add(
            node, "default-row",
            "rows compare with variables, so it cannot be seen that one always fits; add a row "
            "whose tests are all empty, or default results",
        )  # fmt: skip
        return
    values = [_values(table, index) for index in range(len(table.inputs))]
    total = 1
    for column in values:
        total *= len(column)
    if total > MAX_COMBINATIONS and not open_ended:
        report.add(
            node, "default-row",
            "too many combinations to see that a row always fits; add a row whose tests are all "
            "empty (FIRST) or default results",
        )  # fmt: skip
        return
    _try_all(report, node, table, values, open_ended)


def _try_all(
    report: Report, node: Any, table: Table, values: list[list[Any]], open_ended: bool
) -> None:
    evaluator = Evaluator({}, {})
    for combination in itertools.islice(itertools.product(*values), MAX_COMBINATIONS):
        fits = [
            row.number
            for row in table.rows
            if all(
                cell is None or _fits(evaluator, cell, value)
                for cell, value in zip(row.tests, combination, strict=True)
            )
        ]
        shown = ", ".join(
            f"{column.label or column.expression} = {_shown(value)}"
            for column, value in zip(table.inputs, combination, strict=True)
        )
        if not fits and not open_ended:
            report.add(
                node, "default-row",
                f"no row fits {shown}; add a default row (all tests empty, or not(...) of the "
                "others) or default results",
            )  # fmt: skip
            return
        if table.hit_policy == "UNIQUE" and len(fits) > 1:
            report.add(
                node, "rows-overlap",
                f"rows {' and '.join(map(str, fits[:4]))} both fit {shown}, but a UNIQUE table "
                "answers once; narrow one of them or choose FIRST",
            )  # fmt: skip
            return


def _fits(evaluator: Evaluator, cell: str, value: Any) -> bool:
    scope: Mapping[str, Any] = {"cell_input": value}
    try:
        return bool(evaluator.run_code(test(cell)[0], scope, cell))
    except Refused:
        return False  # the value is of another type than this cell means


def _values(table: Table, index: int) -> list[Any]:
    """Values worth trying in a column: those its cells name, their neighbours, another one."""
    found: list[Any] = []
    numbers = False
    for row in table.rows:
        cell = row.tests[index]
        if cell is None:
            continue
        found += [text[1:-1] for text in re.findall(r"\"[^\"\\]*\"|'[^'\\]*'", cell)]
        bare = re.sub(r"\"[^\"\\]*\"|'[^'\\]*'", "", cell)
        for text in re.findall(r"-?\d+(?:\.\d+)?", bare.replace("..", " ")):
            number = float(text) if "." in text else int(text)
            found += [number - 1, number, number + 1]
            numbers = True
        if re.search(r"\b(True|False|true|false)\b", bare):
            found += [True, False]
    fact = table.inputs[index].expression.strip().removeprefix("case.")
    if fact in FACTS and FACTS[fact].type is bool:
        found += [True, False]
    closed = any(value is True for value in found)
    if not closed and not numbers:
        found.append(OTHER)
    unique: list[Any] = []
    for value in found:
        if not any(value is other or (type(value) is type(other) and value == other)
                   for other in unique):  # fmt: skip
            unique.append(value)
    return unique or [OTHER]


def _shown(value: Any) -> str:
    return "any other value" if value is OTHER else repr(value)[:40]
