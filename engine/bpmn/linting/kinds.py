"""What kind of value an expression has, where it can be known without running it.

Facts say their kind, constants show it, and operators need some and give some.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from engine.bpmn.allow_list import Mode, Refused, parse_checked
from engine.facts import FACTS

Kind = Literal["text", "number", "yes or no", "list"]

_OF_TYPE: dict[type, Kind] = {
    bool: "yes or no", str: "text", int: "number", float: "number", list: "list",
}  # fmt: skip
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_SAME = (ast.Eq, ast.NotEq)
_ALIKE: set[Kind] = {"yes or no", "number"}  # True is 1
_MEMBER = (ast.In, ast.NotIn)


@lru_cache(maxsize=5_000)
def misfits(source: str, mode: Mode) -> tuple[str, ...]:
    """What in an expression cannot be meant, because the kinds do not fit; in words."""
    return tuple(_misfits(source, mode))


def _misfits(source: str, mode: Mode) -> Iterator[str]:
    try:
        tree = parse_checked(source, mode)
    except Refused:
        return  # the rule `expression` says what is wrong with it
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            left = node.left
            for operator, right in zip(node.ops, node.comparators, strict=True):
                yield from _compared(left, operator, right)
                left = right
        elif isinstance(node, ast.BinOp):
            yield from _reckoned(node)


def kind_of(node: ast.expr) -> Kind | None:
    """The kind of a value, None if it is not known."""
    kind: Kind | None = None
    match node:
        case ast.Constant(value=value):
            kind = _OF_TYPE.get(type(value))
        case ast.Attribute(attr=name):
            kind = _OF_TYPE.get(FACTS[name].type) if name in FACTS else None
        case ast.List() | ast.Tuple():
            kind = "list"
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            kind = "yes or no"
        case (
            ast.UnaryOp()
            | ast.BinOp(op=ast.Sub() | ast.Mult() | ast.Div() | ast.FloorDiv() | ast.Mod())
        ):
            kind = "number"
        case ast.Call():
            kind = "text"  # each function gives a budget or a limit
    return kind


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Iterator[str]:
    one, other = kind_of(left), kind_of(right)
    shown = f"`{ast.unparse(left)[:40]}` and `{ast.unparse(right)[:40]}`"
    if isinstance(operator, _MEMBER):
        if other in ("number", "yes or no"):
            yield f"`{ast.unparse(right)[:40]}` is a {other}, and nothing can be in it"
        elif other == "text" and one not in ("text", None):
            yield f"{shown}: a {one} is never in a text"
    elif one is None or other is None:
        return
    elif isinstance(operator, _ORDER) and (one != other or one not in ("number", "text")):
        yield f"{shown}: a {one} and a {other} have no order"
    elif isinstance(operator, _SAME) and one != other and {one, other} != _ALIKE:
        yield f"{shown}: a {one} is never the same as a {other}"


def _reckoned(node: ast.BinOp) -> Iterator[str]:
    kinds = {kind_of(node.left), kind_of(node.right)} - {None}
    if isinstance(node.op, ast.Add):
        if len(kinds) > 1 or "yes or no" in kinds:
            yield f"`{ast.unparse(node)[:60]}` adds what cannot be added"
    elif kinds - {"number"}:
        yield f"`{ast.unparse(node)[:60]}` reckons with what is no number"
