"""What an expression of a diagram may say, and its evaluation.

Expressions are Python in syntax only: an allow-list of syntax, four functions, `case.<fact>`
read-only, no loops, and every size bounded before the operation that would make it grow.
"""

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import CodeType
from typing import Any, Literal

from engine.bpmn.values import MAX_ITEMS, MAX_NUMBER, MAX_TEXT, unfit
from engine.facts import FACTS, FactValue

Mode = Literal["eval", "exec"]

MAX_SOURCE = 2_000
MAX_NODES = 400
MAX_CONSTANT = 1_000

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


# Functions a diagram may call ------------------------------------------------------------------


def _budget(unit: str) -> Callable[[object], str]:
    def budget(amount: object) -> str:
        if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= 9999:
            raise Refused("expected a whole number from 1 to 9999")
        return f"{amount} {unit}"

    return budget


def _limit(name: object) -> str:
    if not isinstance(name, str) or not name or len(name) > 100:
        raise Refused('expected the name of a limit, such as limit("handling")')
    return name


FUNCTIONS: dict[str, Callable[[object], str]] = {
    "working_days": _budget("WD"),
    "hours": _budget("h"),
    "days": _budget("d"),
    "limit": _limit,
}


# Operations that could grow --------------------------------------------------------------------


def _numbers(a: object, b: object) -> None:
    for x in (a, b):
        if isinstance(x, bool) or not isinstance(x, (int, float)):
            raise Refused("expected numbers on both sides")
        if not math.isfinite(x) or abs(x) > MAX_NUMBER:
            raise Refused("expected a number within ±10^15")


def _add(a: Any, b: Any) -> Any:
    if isinstance(a, str) and isinstance(b, str):
        if len(a) + len(b) > MAX_TEXT:
            raise Refused(f"expected a text of at most {MAX_TEXT} characters")
        return a + b
    if isinstance(a, list) and isinstance(b, list):
        if len(a) + len(b) > MAX_ITEMS:
            raise Refused(f"expected a list of at most {MAX_ITEMS} items")
        return a + b
    _numbers(a, b)
    return a + b


def _subtract(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a - b


def _multiply(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a * b


def _divide(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a / b


def _divide_whole(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a // b


def _remainder(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a % b


def _item(value: object, index: object) -> object:
    if not isinstance(value, (list, tuple, str)):
        raise Refused("expected a list or a text before [ ]")
    if isinstance(index, bool) or not isinstance(index, int):
        raise Refused("expected a whole number between [ ]")
    return value[index]


_OPERATORS: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("_add", _add),
    ast.Sub: ("_subtract", _subtract),
    ast.Mult: ("_multiply", _multiply),
    ast.Div: ("_divide", _divide),
    ast.FloorDiv: ("_divide_whole", _divide_whole),
    ast.Mod: ("_remainder", _remainder),
}
_GLOBALS: dict[str, Any] = {
    "__builtins__": {},
    "_item": _item,
    **dict(_OPERATORS.values()),
    **{f"_call_{name}": function for name, function in FUNCTIONS.items()},
}


# Checking and compiling ------------------------------------------------------------------------


def _check(node: ast.AST, allowed: tuple[type[ast.AST], ...]) -> None:
    if not isinstance(node, allowed):
        word = next((w for kind, w in _WORDS.items() if isinstance(node, kind)), None)
        raise Refused(f"{word or type(node).__name__} cannot be used here")
    match node:
        case ast.Name(id=name) if name.startswith("_"):
            raise Refused(f"a name cannot begin with an underscore: {name[:40]}")
        case ast.Constant(value=value):
            _check_constant(value)
        case ast.Attribute(value=value, attr=attr):
            if not (isinstance(value, ast.Name) and value.id == "case"):
                raise Refused("only case.<fact> can be read with a dot")
            if attr.startswith("_"):
                raise Refused(f"a fact cannot begin with an underscore: {attr[:40]}")
        case ast.Call(func=function, args=args, keywords=keywords):
            if not (isinstance(function, ast.Name) and function.id in FUNCTIONS):
                known = ", ".join(FUNCTIONS)
                raise Refused(f"only these functions can be called: {known}")
            if len(args) != 1 or keywords:
                raise Refused(f"{function.id} takes one value")
        case ast.List(elts=items) | ast.Tuple(elts=items) if len(items) > MAX_ITEMS:
            raise Refused(f"a list of at most {MAX_ITEMS} items can be written")
        case ast.Assign(targets=targets):
            if len(targets) != 1 or not isinstance(targets[0], ast.Name):
                raise Refused("only one plain name can be set at a time")
        case ast.AugAssign(target=target):
            if not isinstance(target, ast.Name):
                raise Refused("only a plain name can be set")
        case _:
            pass


def _check_constant(value: object) -> None:
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


class _Guard(ast.NodeTransformer):
    """Rewrites a checked tree: `case.x` to a look-up, operators and calls to bounded ones."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.facts: set[str] = set()
        self.limits: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.facts.add(node.attr)
        return _look_up("_case", node.attr)

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
        return _call(_OPERATORS[type(node.op)][0], node.left, node.right)

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
    nodes = 0
    allowed = _EXPRESSION if mode == "eval" else _SCRIPT
    for node in ast.walk(tree):
        nodes += 1
        if nodes > MAX_NODES:
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


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean x?` if a known name is near, else what is known."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(names[:12])}" if names else ""


class CaseView:
    """The case's facts, read-only: first what this run changed, then the row."""

    __slots__ = ("_case", "_changed")

    def __init__(self, case: Mapping[str, FactValue], changed: Mapping[str, FactValue]) -> None:
        self._case = case
        self._changed = changed

    def __getitem__(self, name: str) -> FactValue:
        value: FactValue
        if name in self._changed:
            value = self._changed[name]
        elif name in self._case:
            value = self._case[name]
        else:
            raise UnknownFact(f"case.{name} is not known{nearest(name, FACTS)}")
        return list(value) if isinstance(value, (list, tuple)) else value


class Evaluator:
    """Evaluates checked sources against one run's data and its case."""

    def __init__(self, case: Mapping[str, FactValue], changed: Mapping[str, FactValue]) -> None:
        self._globals = {**_GLOBALS, "_case": CaseView(case, changed)}

    def evaluate(self, source: str, data: Mapping[str, Any]) -> Any:
        """The value of an expression. Raises `Refused`, in words."""
        return self.run_code(compiled(source)[0], data, source)

    def run_code(self, code: CodeType, data: Mapping[str, Any], source: str) -> Any:
        """The value of compiled code; `source` is only named in what goes wrong."""
        try:
            return eval(code, self._globals, data)
        except Exception as error:
            raise Refused(_reason(error, source, data)) from None

    def execute(self, source: str, data: dict[str, Any]) -> None:
        """Run a script's assignments on `data`; nothing is changed if it fails."""
        code, _ = compiled(source, "exec")
        scratch = dict(data)
        try:
            exec(code, self._globals, scratch)
        except Exception as error:
            raise Refused(_reason(error, source, data)) from None
        for name, value in scratch.items():
            if name in data and data[name] is value:
                continue
            kept = list(value) if isinstance(value, tuple) else value
            wanted = unfit(kept)
            if wanted:
                raise Refused(f"{name}: expected {wanted}")
            data[name] = list(kept) if isinstance(kept, list) else kept


def _reason(error: Exception, source: str, data: Mapping[str, Any]) -> str:
    """What went wrong, naming expression and variable, without any value of the data."""
    shown = source.strip().replace("\n", "; ")
    shown = shown if len(shown) <= 200 else shown[:197] + "..."
    if isinstance(error, NameError) and error.name:
        why = f"{error.name} is not set{nearest(error.name, data)}"
    elif isinstance(error, Refused):
        why = str(error)
    elif isinstance(error, ZeroDivisionError):
        why = "division by zero"
    elif isinstance(error, IndexError):
        why = "the list has no such item"
    elif isinstance(error, TypeError):
        why = str(error)[:200]
    else:
        why = type(error).__name__
    return f"`{shown}`: {why}"
