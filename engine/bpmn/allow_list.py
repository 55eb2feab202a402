"""What an expression of a diagram may say: an allow-list of syntax, checked and compiled once.

Expressions are Python in syntax only. There are no loops, four functions, `case.<fact>` read-only,
and every operation that could make a value grow is rewritten to one that is bounded.
"""

import ast
import math
import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any, Literal

from engine.bpmn.guard import CASE, FUNCTIONS, Guard, Refused, UnknownFact
from engine.bpmn.reads import Reads, surely_set, unset_reads
from engine.bpmn.values import MAX_ITEMS, MAX_NUMBER
from engine.bpmn.worst_case import LIMIT, worst_case

__all__ = [
    "CASE", "FUNCTIONS", "MAX_SOURCE", "Mode", "Reads", "Refused", "TooCostly", "UnknownFact",
    "compile_tree", "compiled", "parse_checked",
]  # fmt: skip

Mode = Literal["eval", "exec"]

MAX_SOURCE = 2_000
MAX_NODES = 400
MAX_DEPTH = 50
MAX_CONSTANT = 1_000
MAX_NAME = 64
FILE = "<diagram>"

# What a backslash may stand before; elsewhere Python itself is in two minds.
_ESCAPED = re.compile(r"(?:[^\\]|\\['\"\\nt])*")

# `1if x` would be let through with a warning, and showing that opens a file.
warnings.filterwarnings("error", "invalid (decimal|hexadecimal|octal|binary|imaginary) literal")

_EXPRESSION: tuple[type[ast.AST], ...] = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.BinOp, ast.UnaryOp, ast.Not, ast.USub,
    ast.UAdd, ast.IfExp, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In,
    ast.NotIn, ast.Is, ast.IsNot, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod,
    ast.Call, ast.Name, ast.Load, ast.Constant, ast.Subscript, ast.List, ast.Tuple, ast.Attribute,
)  # fmt: skip
_SCRIPT = (*_EXPRESSION, ast.Module, ast.Assign, ast.AugAssign, ast.If, ast.Pass, ast.Store)

_WORDS = {
    ast.For: "loops", ast.While: "loops", ast.ListComp: "loops", ast.GeneratorExp: "loops",
    ast.SetComp: "loops", ast.DictComp: "loops", ast.Import: "imports", ast.ImportFrom: "imports",
    ast.FunctionDef: "functions of your own", ast.Lambda: "functions of your own",
    ast.ClassDef: "classes", ast.Try: "try", ast.With: "with", ast.Pow: "powers (**)",
    ast.JoinedStr: "formatted texts", ast.Dict: "dictionaries", ast.Set: "sets",
    ast.Slice: "slices", ast.NamedExpr: "assignments inside expressions", ast.Await: "await",
    ast.Starred: "stars", ast.keyword: "named arguments",
}  # fmt: skip


# Checking -------------------------------------------------------------------------------------


def _check(node: ast.AST, allowed: tuple[type[ast.AST], ...]) -> None:
    if not isinstance(node, allowed):
        word = next((w for kind, w in _WORDS.items() if isinstance(node, kind)), None)
        raise Refused(f"{word or type(node).__name__} cannot be used here")
    rule = _RULES.get(type(node))
    if rule is not None:
        rule(node)


def _check_name(node: ast.Name) -> None:
    if node.id.startswith("_"):
        raise Refused(f"a name cannot begin with an underscore: {node.id[:40]}")
    if len(node.id) > MAX_NAME:
        raise Refused(f"a name has at most {MAX_NAME} characters: {node.id[:40]}")


def _check_attribute(node: ast.Attribute) -> None:
    if not (isinstance(node.value, ast.Name) and node.value.id == "case"):
        raise Refused("only case.<fact> can be read with a dot")
    if node.attr.startswith("_"):
        raise Refused(f"a fact cannot begin with an underscore: {node.attr[:40]}")
    if len(node.attr) > MAX_NAME:
        raise Refused(f"there is no such fact: case.{node.attr[:40]}")


def _check_call(node: ast.Call) -> None:
    if not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
        raise Refused(f"only these functions can be called: {', '.join(FUNCTIONS)}")
    if len(node.args) != 1 or node.keywords:
        raise Refused(f"{node.func.id} takes one value")


def _check_list(node: ast.List | ast.Tuple) -> None:
    if len(node.elts) > MAX_ITEMS:
        raise Refused(f"a list of at most {MAX_ITEMS} items can be written")
    if any(isinstance(item, (ast.List, ast.Tuple)) for item in node.elts):
        raise Refused("a list cannot stand in a list")


def _check_compare(node: ast.Compare) -> None:
    for op, right in zip(node.ops, node.comparators, strict=True):
        same = isinstance(op, (ast.Is, ast.IsNot))
        if same and not (isinstance(right, ast.Constant) and _is_one_of_a_kind(right.value)):
            raise Refused("`is` goes with None, True and False only; write == or !=")


def _is_one_of_a_kind(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _check_assignment(node: ast.Assign) -> None:
    if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        raise Refused("only one plain name can be set at a time")


def _check_growth(node: ast.AugAssign) -> None:
    if not isinstance(node.target, ast.Name):
        raise Refused("only a plain name can be set")


def _check_constant(node: ast.Constant) -> None:
    value = node.value
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if len(value) > MAX_CONSTANT:
            raise Refused(f"a text of at most {MAX_CONSTANT} characters can be written")
    elif isinstance(value, (int, float)):
        if not math.isfinite(value) or abs(value) > MAX_NUMBER:
            raise Refused("a number within ±10^15 can be written")
    else:
        raise Refused(f"{type(value).__name__} values cannot be written")


_RULES: dict[type[ast.AST], Callable[[Any], None]] = {
    ast.Name: _check_name,
    ast.Attribute: _check_attribute,
    ast.Call: _check_call,
    ast.List: _check_list,
    ast.Tuple: _check_list,
    ast.Compare: _check_compare,
    ast.Assign: _check_assignment,
    ast.AugAssign: _check_growth,
    ast.Constant: _check_constant,
}


# Parsing and compiling ---------------------------------------------------------------------


class TooCostly(Refused):
    """The expression could take too long."""


def parse_checked(source: str, mode: Mode) -> ast.AST:
    """The checked, not yet rewritten tree of a source. Raises `Refused`."""
    if len(source) > MAX_SOURCE:
        raise Refused(f"at most {MAX_SOURCE} characters can be written")
    if not _ESCAPED.fullmatch(source):
        raise Refused("cannot be read: write a backslash in a text twice")
    try:
        tree = ast.parse(source.strip(), FILE, mode)
    except SyntaxError as error:
        raise Refused(f"cannot be read: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError):
        raise Refused("cannot be read: too deep, or with characters that do not belong") from None
    _check_tree(tree, _EXPRESSION if mode == "eval" else _SCRIPT)
    return tree


def _check_tree(tree: ast.AST, allowed: tuple[type[ast.AST], ...]) -> None:
    """Every node is allowed, and there are neither too many nor too deep ones."""
    level: list[ast.AST] = [tree]
    count = 0
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_NODES:
            raise Refused("too long: split it into several steps")
        for node in level:
            _check(node, allowed)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise Refused("too deep: split it into several steps")


def compile_tree(tree: ast.AST, mode: Mode) -> tuple[CodeType, Reads]:
    """Code and reads of a tree made by `parse_checked`, possibly joined with others."""
    if worst_case(tree) > LIMIT:
        raise TooCostly("could take too long: compare fewer variables with each other in one step")
    names: set[str] | None = None
    sets: set[str] = set()
    if isinstance(tree, ast.Module):
        sets = surely_set(tree.body)
        names = unset_reads(tree.body, set())
    guard = Guard()
    try:
        guarded = ast.fix_missing_locations(guard.visit(tree))
        code = compile(guarded, FILE, mode)
    except (RecursionError, MemoryError, SyntaxError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("cannot be read: too deep") from None
    return code, Reads(
        names=frozenset(guard.names if names is None else names),
        facts=frozenset(guard.facts),
        limits=frozenset(guard.limits),
        sets=frozenset(sets),
    )


@lru_cache(maxsize=20_000)
def compiled(source: str, mode: Mode = "eval") -> tuple[CodeType, Reads]:
    """The code of a source, checked, and what it reads. Raises `Refused`."""
    return compile_tree(parse_checked(source, mode), mode)
