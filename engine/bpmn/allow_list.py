"""What an expression of a diagram may say: an allow-list of syntax, checked and compiled once.

Expressions are Python in syntax only. There are no loops, four functions, `case.<fact>` read-only,
and every operation that could make a value grow is rewritten to one that is bounded.
"""

import ast
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, Literal

from engine.bpmn.values import MAX_ITEMS, MAX_NUMBER

Mode = Literal["eval", "exec"]

MAX_SOURCE = 2_000
MAX_NODES = 400
MAX_CONSTANT = 1_000

FUNCTIONS = ("working_days", "hours", "days", "limit")
CASE = "_case"
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "_add",
    ast.Sub: "_subtract",
    ast.Mult: "_multiply",
    ast.Div: "_divide",
    ast.FloorDiv: "_divide_whole",
    ast.Mod: "_remainder",
}

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


class Refused(ValueError):
    """The expression is not allowed, or would grow too large."""


class UnknownFact(Refused):
    """The case has no such fact."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What a source reads and sets: routing variables, facts, limits it names, names it sets.

    sets: only names set whatever branch a script takes.
    """

    names: frozenset[str]
    facts: frozenset[str]
    limits: frozenset[str]
    sets: frozenset[str]


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


def _check_attribute(node: ast.Attribute) -> None:
    if not (isinstance(node.value, ast.Name) and node.value.id == "case"):
        raise Refused("only case.<fact> can be read with a dot")
    if node.attr.startswith("_"):
        raise Refused(f"a fact cannot begin with an underscore: {node.attr[:40]}")


def _check_call(node: ast.Call) -> None:
    if not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
        raise Refused(f"only these functions can be called: {', '.join(FUNCTIONS)}")
    if len(node.args) != 1 or node.keywords:
        raise Refused(f"{node.func.id} takes one value")


def _check_list(node: ast.List | ast.Tuple) -> None:
    if len(node.elts) > MAX_ITEMS:
        raise Refused(f"a list of at most {MAX_ITEMS} items can be written")


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
    ast.Assign: _check_assignment,
    ast.AugAssign: _check_growth,
    ast.Constant: _check_constant,
}


# Rewriting and compiling ----------------------------------------------------------------------


class _Guard(ast.NodeTransformer):
    """Rewrites a checked tree: `case.x` to a look-up, operators and calls to bounded ones."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.facts: set[str] = set()
        self.limits: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.facts.add(node.attr)
        return _look_up(CASE, node.attr)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == "case":
            raise Refused("write case.<fact>; the case itself cannot be read or set")
        if isinstance(node.ctx, ast.Load):
            self.names.add(node.id)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = node.func.id  # type: ignore[attr-defined]
        argument = node.args[0]
        if name == "limit" and isinstance(argument, ast.Constant):
            self.limits.add(str(argument.value))
        return _call(f"_call_{name}", self.visit(argument))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _call(OPERATORS[type(node.op)], node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        name = node.target.id  # type: ignore[union-attr]
        grown = ast.BinOp(left=ast.Name(id=name, ctx=ast.Load()), op=node.op, right=node.value)
        return ast.Assign(targets=[self.visit(node.target)], value=self.visit(grown))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            raise Refused("only a plain name can be set")
        self.generic_visit(node)
        return _call("_item", node.value, node.slice)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not):
            return node
        return _call(
            "_subtract" if isinstance(node.op, ast.USub) else "_add",
            ast.Constant(value=0),
            node.operand,
        )


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=list(args), keywords=[])


def _look_up(mapping: str, key: str) -> ast.Subscript:
    return ast.Subscript(
        value=ast.Name(id=mapping, ctx=ast.Load()), slice=ast.Constant(value=key), ctx=ast.Load()
    )


def _sets(body: Iterable[ast.stmt]) -> set[str]:
    """Names that are set whichever way the script's ifs go."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.Assign):
            found |= {t.id for t in statement.targets if isinstance(t, ast.Name)}
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            found.add(statement.target.id)
        elif isinstance(statement, ast.If):
            found |= _sets(statement.body) & _sets(statement.orelse)
    return found


def _unset_reads(body: Iterable[ast.stmt], known: set[str]) -> set[str]:
    """Names a script reads that it has not surely set before."""
    missing: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.If):
            missing |= _loaded(statement.test) - known
            missing |= _unset_reads(statement.body, set(known))
            missing |= _unset_reads(statement.orelse, set(known))
        elif isinstance(statement, (ast.Assign, ast.AugAssign)):
            missing |= _loaded(statement.value) - known
            if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                missing |= {statement.target.id} - known
        known |= _sets([statement])
    return missing


def _loaded(node: ast.AST) -> set[str]:
    called = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    return {
        n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and n.id != "case" and id(n) not in called
    }


def parse_checked(source: str, mode: Mode) -> ast.AST:
    """The checked, not yet rewritten tree of a source. Raises `Refused`."""
    if len(source) > MAX_SOURCE:
        raise Refused(f"at most {MAX_SOURCE} characters can be written")
    try:
        tree = ast.parse(source.strip(), mode=mode)
    except SyntaxError as error:
        raise Refused(f"cannot be read: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError):
        raise Refused("cannot be read: too deep, or with characters that do not belong") from None
    allowed = _EXPRESSION if mode == "eval" else _SCRIPT
    for number, node in enumerate(ast.walk(tree)):
        if number >= MAX_NODES:
            raise Refused("too long: split it into several steps")
        _check(node, allowed)
    return tree


def compile_tree(tree: ast.AST, mode: Mode) -> tuple[CodeType, Reads]:
    """Code and reads of a tree made by `parse_checked`, possibly joined with others."""
    names: set[str] | None = None
    sets: set[str] = set()
    if isinstance(tree, ast.Module):
        sets = _sets(tree.body)
        names = _unset_reads(tree.body, set())
    guard = _Guard()
    try:
        guarded = ast.fix_missing_locations(guard.visit(tree))
        code = compile(guarded, "<diagram>", mode)
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
