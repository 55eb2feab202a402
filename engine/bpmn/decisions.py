"""Decision tables: friendly cells translated to checked expressions, rows really compared."""

import ast
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType
from typing import Any

from engine.bpmn.allow_list import MAX_SOURCE, Reads, Refused, compile_tree, compiled, parse_checked
from engine.bpmn.expressions import Evaluator
from engine.bpmn.values import unfit
from engine.facts import FACTS, FactValue

HIT_POLICIES = ("UNIQUE", "FIRST", "COLLECT")
INPUT = "cell_input"
_RANGE = re.compile(r"([\[\(\]])\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*([\]\)\[])")
_COMPARISON = re.compile(r"(<=|>=|==|!=|<|>)\s*(.+)", re.DOTALL)
_OPERATORS: dict[str, type[ast.cmpop]] = {
    "<=": ast.LtE, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, ">": ast.Gt,
}  # fmt: skip
MAX_VALUES = 40
MAX_NOTS = 5
_FEEL_WORDS = {"true": "True", "false": "False", "null": "None"}
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Column:
    """An input: the expression asked and what people call it."""

    label: str
    expression: str


@dataclass(frozen=True, slots=True)
class Output:
    """An output: the variable it sets. default: the expression used when no row fits."""

    label: str
    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A rule. tests: one cell per input, None for any; results: one expression per output.

    words: what its author says of it, both languages with a bar between.
    """

    number: int
    tests: tuple[str | None, ...]
    results: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A decision of one table."""

    key: str
    name: str
    hit_policy: str
    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    rows: tuple[Row, ...]

    def reads(self) -> Reads:
        """Every name and fact the table reads, and the outputs it sets."""
        sources = [compiled(column.expression)[1] for column in self.inputs]
        for row in self.rows:
            sources += [test(cell)[1] for cell in row.tests if cell is not None]
            sources += [compiled(result)[1] for result in row.results]
        sources += [compiled(o.default)[1] for o in self.outputs if o.default is not None]
        return Reads(
            names=frozenset().union(*(s.names for s in sources)),
            facts=frozenset().union(*(s.facts for s in sources)),
            limits=frozenset().union(*(s.limits for s in sources)),
            sets=frozenset(output.name for output in self.outputs),
        )

    def decide(self, evaluator: Evaluator, data: Mapping[str, Any]) -> dict[str, FactValue]:
        """The outputs for this data. Raises `Refused`, naming the table, in words."""
        try:
            values = [evaluator.evaluate(c.expression, data) for c in self.inputs]
            fits = self._fitting(evaluator, data, values)
            return self._outputs(evaluator, data, fits)
        except Refused as error:
            raise Refused(f"decision {self.key}: {error}") from None

    def explained(self, case: Mapping[str, FactValue]) -> tuple[dict[str, FactValue], Row | None]:
        """The outputs for a case outside of any run, and the first row they come from.

        Raises `Refused`, also where the table asks for what only a run knows.
        """
        outputs, fits = self.traced(case, {})
        return outputs, fits[0] if fits else None

    def traced(
        self, case: Mapping[str, FactValue], data: Mapping[str, Any]
    ) -> tuple[dict[str, FactValue], list[Row]]:
        """The outputs for a case and the data of a run, and every row they come from.

        Raises `Refused`, naming the table, in words.
        """
        evaluator = Evaluator(case, {})
        try:
            values = [evaluator.evaluate(column.expression, data) for column in self.inputs]
            fits = self._fitting(evaluator, data, values)
            return self._outputs(evaluator, data, fits), fits
        except Refused as error:
            raise Refused(f"decision {self.key}: {error}") from None

    def _fitting(
        self, evaluator: Evaluator, data: Mapping[str, Any], values: list[Any]
    ) -> list[Row]:
        fits: list[Row] = []
        scopes = [{**data, INPUT: value} for value in values]
        for row in self.rows:
            for column, cell, scope in zip(self.inputs, row.tests, scopes, strict=True):
                if cell is not None and not _asked(evaluator, column, row, cell, scope):
                    break
            else:
                fits.append(row)
                if self.hit_policy == "FIRST":
                    break
        if self.hit_policy == "UNIQUE" and len(fits) > 1:
            numbers = " and ".join(str(row.number) for row in fits[:4])
            raise Refused(f"rows {numbers} both fit, but a UNIQUE table answers once")
        return fits

    def _outputs(
        self, evaluator: Evaluator, data: Mapping[str, Any], fits: list[Row]
    ) -> dict[str, FactValue]:
        found: dict[str, FactValue] = {}
        for index, output in enumerate(self.outputs):
            value: Any
            if self.hit_policy == "COLLECT":
                value = [evaluator.evaluate(row.results[index], data) for row in fits]
            elif fits:
                value = evaluator.evaluate(fits[0].results[index], data)
            elif output.default is not None:
                value = evaluator.evaluate(output.default, data)
            else:
                raise Refused("no row fits and there is no default")
            value = list(value) if isinstance(value, tuple) else value
            wanted = unfit(value) or unfit_fact(output.name, value)
            if wanted:
                raise Refused(f"output {output.name}: expected {wanted}")
            found[output.name] = value
        return found


def _asked(
    evaluator: Evaluator, column: Column, row: Row, cell: str, scope: Mapping[str, Any]
) -> Any:
    try:
        return evaluator.run_code(test(cell)[0], scope, cell)
    except Refused as error:
        told = str(error).replace(INPUT, column.label or column.expression)
        raise Refused(f"row {row.number}: {told}") from None


def unfit_fact(name: str, value: object) -> str | None:
    """Why `value` may not become the fact `name`, or None; a name that is no fact takes any."""
    if name not in FACTS or value is None:
        return None
    wanted = FACTS[name].type
    fits = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
    words = {str: "a text", int: "a whole number", bool: "yes or no", list: "a list"}
    return None if fits else words[wanted]


# Cells -----------------------------------------------------------------------------------------


@lru_cache(maxsize=50_000)
def test(cell: str) -> tuple[CodeType, Reads]:
    """Code answering whether a cell fits the input, and what it reads. Raises `Refused`."""
    code, reads = compile_tree(cell_tree(cell), "eval")
    return code, replace(reads, names=reads.names - {INPUT})


def cell_tree(cell: str) -> ast.Expression:
    """The checked, not yet rewritten tree of a cell, on the name `INPUT`. Raises `Refused`."""
    if len(cell) > MAX_SOURCE:
        raise Refused(f"at most {MAX_SOURCE} characters can be written")
    return ast.Expression(body=_alternatives(cell, MAX_NOTS))


def _alternatives(cell: str, nots: int) -> ast.expr:
    parts = _split(cell)
    if len(parts) > MAX_VALUES:
        raise Refused(f"at most {MAX_VALUES} values stand in a cell; split it into several rows")
    tests = [_one(part.strip(), nots) for part in parts]
    return tests[0] if len(tests) == 1 else ast.BoolOp(op=ast.Or(), values=tests)


def _one(part: str, nots: int) -> ast.expr:
    """One test. What stands beside ours is read by itself, so that no bracket reaches over."""
    if not part:
        raise Refused("a value is missing beside the comma")
    if part.startswith("not(") and part.endswith(")") and _closes_at(part, 3) == len(part) - 1:
        if nots == 0:
            raise Refused("not(…) stands in itself too often")
        return ast.UnaryOp(op=ast.Not(), operand=_alternatives(part[4:-1], nots - 1))
    match = _RANGE.fullmatch(part)
    if match:
        return _range(match)
    match = _COMPARISON.match(part)
    if match:
        return _compare(_OPERATORS[match[1]](), _expression(_plain(match[2])))
    if re.match(r"(not\s+)?in\b", part):
        return _expression(f"{INPUT} {_plain(part)}")
    tree = _expression(_plain(part))
    if any(isinstance(node, ast.Name) and node.id == INPUT for node in ast.walk(tree)):
        return tree
    if isinstance(tree, (ast.BoolOp, ast.Compare)):
        raise Refused('write ? where the input stands, such as ? != "" or ? in ["a", "b"]')
    return _equal(tree)


def _compare(op: ast.cmpop, tree: ast.expr) -> ast.expr:
    name = ast.Name(id=INPUT, ctx=ast.Load())
    return ast.Compare(left=name, ops=[op], comparators=[tree])


def _equal(tree: ast.expr) -> ast.expr:
    if isinstance(tree, (ast.Tuple, ast.List)):
        raise Refused('a list of values is written "a", "b" without brackets')
    return _compare(ast.Eq(), tree)


def _range(match: re.Match[str]) -> ast.expr:
    opening, low, high, closing = match.groups()
    if float(low) > float(high):
        raise Refused(f"the range {match[0]} runs backwards")
    lower = "<=" if opening == "[" else "<"
    upper = "<=" if closing == "]" else "<"
    return _expression(f"({low}) {lower} {INPUT} {upper} ({high})")


def _expression(source: str) -> ast.expr:
    tree = parse_checked(source, "eval")
    assert isinstance(tree, ast.Expression)
    return tree.body


def _plain(source: str) -> str:
    """`?` as the input, true, false and null as Python writes them, outside of quotes."""
    pieces: list[str] = []
    for text, quoted in _quoted(source):
        if quoted:
            pieces.append(text)
            continue
        # Python reads names in their compatibility form, so that ｃell_input is cell_input.
        if INPUT in unicodedata.normalize("NFKC", text):
            raise Refused(f"{INPUT} is a reserved name")
        asked = text.replace("?", f" {INPUT} ")
        pieces.append(re.sub(r"\b(true|false|null)\b", lambda m: _FEEL_WORDS[m[0]], asked))
    return "".join(pieces).strip()


def _quoted(source: str) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    start, quote, index = 0, "", 0
    while index < len(source):
        mark = source[index]
        if quote:
            if mark == "\\":
                index += 1
            elif mark == quote:
                pieces.append((source[start : index + 1], True))
                start, quote = index + 1, ""
        elif mark in "\"'":
            pieces.append((source[start:index], False))
            start, quote = index, mark
        index += 1
    if quote:
        raise Refused("a quotation mark is not closed")
    return [*pieces, (source[start:], False)]


def _split(cell: str) -> list[str]:
    """The parts between commas that stand outside of quotes and brackets."""
    parts, depth, part = [], 0, ""
    # A range such as ]1..5[ has its brackets the wrong way round: take ranges out whole.
    for text, quoted in _quoted(cell):
        if quoted:
            part += text
            continue
        position = 0
        while position < len(text):
            match = _RANGE.match(text, position) if depth == 0 else None
            if match:
                part += match[0]
                position = match.end()
                continue
            mark = text[position]
            depth += (mark in _OPENING) - (mark in _CLOSING)
            if mark == "," and depth == 0:
                parts.append(part)
                part = ""
            else:
                part += mark
            position += 1
    return [*parts, part]


def _closes_at(part: str, opening: int) -> int:
    """Where the bracket at `opening` is closed, outside of quotes; -1 if nowhere."""
    depth, position = 0, 0
    for text, quoted in _quoted(part):
        for mark in text:
            if not quoted and position >= opening:
                depth += (mark in _OPENING) - (mark in _CLOSING)
                if depth == 0:
                    return position
            position += 1
    return -1
