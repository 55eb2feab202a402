"""How long a checked expression can take at worst, whatever its data, counted before it runs.

Counted in units of 50 ns; `engine.bpmn.linting.cost` says how the figures are come by.
"""

import ast
from collections.abc import Callable
from typing import Any, Literal

from engine.bpmn.guard import inline, repeatable
from engine.bpmn.reads import surely_set
from engine.bpmn.values import MAX_ITEMS, MAX_LIST_TEXT, MAX_SEARCH, MAX_TEXT
from engine.facts import FACTS

# What a value can be: `plain` are numbers, yes and no, and nothing.
Kind = Literal["plain", "text", "list", "any"]

NANOSECONDS = 50  # of a unit
LIMIT = 60_000  # 3 ms, so that 5 ms hold on a busy machine

STEP = 1
CALL = 24  # one of our functions with the checks in it
_CHARACTERS = 50  # of four bytes each, looked at or copied in a unit
TEXTS = CALL + MAX_TEXT // _CHARACTERS
WEIGH = 2 * MAX_ITEMS
LISTS = CALL + 2 * WEIGH + MAX_ITEMS + MAX_LIST_TEXT // _CHARACTERS
SEARCH = CALL + MAX_SEARCH // 50
WITHIN = max(SEARCH, CALL + WEIGH + MAX_ITEMS + MAX_LIST_TEXT // _CHARACTERS)
COPY = CALL + MAX_ITEMS // 5
_JOIN: dict[Kind, int] = {
    "plain": CALL,
    "text": 2 * TEXTS,
    "list": COPY,
    "any": max(2 * TEXTS, COPY),
}
_KEEP: dict[Kind, int] = {"plain": CALL, "text": CALL, "list": 2 * WEIGH, "any": 2 * WEIGH}
_FACTS: dict[type, Kind] = {str: "text", list: "list"}


def worst_case(tree: ast.AST) -> int:
    """Units a tree of `parse_checked` takes at worst; the tree is not yet rewritten."""
    if isinstance(tree, ast.Module):
        kept: dict[str, int] = {}
        total = _body(tree.body, kept)
        return total + sum(kept.values())
    assert isinstance(tree, ast.Expression)
    return _cost(tree.body)[0]


def _body(statements: list[ast.stmt], kept: dict[str, int]) -> int:
    """Units statements take; kept: what it takes to look at each name's value at the end."""
    total = 0
    for statement in statements:
        if isinstance(statement, ast.If):
            branches = max(_body(statement.body, kept), _body(statement.orelse, kept))
            total += STEP + _cost(statement.test)[0] + branches
        elif isinstance(statement, (ast.Assign, ast.AugAssign)):
            value = statement.value
            if isinstance(statement, ast.AugAssign):
                read = ast.Name(id="", ctx=ast.Load())
                value = ast.BinOp(left=read, op=statement.op, right=value)
            cost, kind = _cost(value)
            total += STEP + cost
            for name in surely_set([statement]):
                kept[name] = max(kept.get(name, 0), _KEEP[kind])
    return total


def _cost(node: ast.expr) -> tuple[int, Kind]:
    """Units a part takes, and what it can be."""
    measure = _MEASURES.get(type(node))
    return (STEP, "any") if measure is None else measure(node)


def _constant(node: ast.Constant) -> tuple[int, Kind]:
    return STEP, "text" if isinstance(node.value, str) else "plain"


def _fact(node: ast.Attribute) -> tuple[int, Kind]:
    known = FACTS.get(node.attr)
    kind: Kind = "any" if known is None else _FACTS.get(known.type, "plain")
    return CALL + (COPY if kind in ("list", "any") else 0), kind


def _called(node: ast.Call) -> tuple[int, Kind]:
    return CALL + sum(_cost(one)[0] for one in node.args), "text"


def _item(node: ast.Subscript) -> tuple[int, Kind]:
    # An item is no list: at most as long to compare as a text.
    return CALL + _cost(node.value)[0] + _cost(node.slice)[0], "text"


def _listed(node: ast.List | ast.Tuple) -> tuple[int, Kind]:
    return CALL + sum(STEP + _cost(item)[0] for item in node.elts), "list"


def _signed(node: ast.UnaryOp) -> tuple[int, Kind]:
    return CALL + _cost(node.operand)[0], "plain"


def _chosen(node: ast.IfExp) -> tuple[int, Kind]:
    cost, kind = _either([node.body, node.orelse])
    return cost + _cost(node.test)[0], kind


def _either(nodes: list[ast.expr]) -> tuple[int, Kind]:
    parts = [_cost(node) for node in nodes]
    kinds = {kind for _, kind in parts}
    return STEP + sum(cost for cost, _ in parts), kinds.pop() if len(kinds) == 1 else "any"


def _joined(node: ast.BinOp) -> tuple[int, Kind]:
    (left, one), (right, other) = _cost(node.left), _cost(node.right)
    kind: Kind = "plain"
    if isinstance(node.op, ast.Add):
        # Only alike can be joined, so the side that is known says what the other must be.
        known = {one, other} - {"any"}
        kind = known.pop() if len(known) == 1 else "any"
    return left + right + _JOIN[kind], kind


def _compared(node: ast.Compare) -> tuple[int, Kind]:
    """A chain of comparisons; its short operands in the middle are evaluated twice."""
    operands = [node.left, *node.comparators]
    parts = [_cost(one) for one in operands]
    total = CALL + sum(cost for cost, _ in parts)
    total += sum(
        cost for one, (cost, _) in zip(operands[1:-1], parts[1:-1], strict=True) if repeatable(one)
    )
    for place, op in enumerate(node.ops):
        left, right = operands[place], operands[place + 1]
        kinds = (parts[place][1], parts[place + 1][1])
        total += _written(left) + _written(right)
        total += STEP if inline(op, left, right) else _pair(op, *kinds)
    return total, "plain"


def _pair(op: ast.cmpop, left: Kind, right: Kind) -> int:
    """Two values compared of which neither is written out."""
    if isinstance(op, (ast.In, ast.NotIn)):
        return {"plain": CALL, "text": SEARCH, "list": WITHIN, "any": WITHIN}[right]
    if "plain" in (left, right):
        return CALL
    return TEXTS if "text" in (left, right) else LISTS


def _written(node: ast.expr) -> int:
    """Units for looking at all that is written out."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return sum(_written(item) for item in node.elts)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return STEP + len(node.value) // _CHARACTERS
    return STEP


_MEASURES: dict[type[ast.expr], Callable[[Any], tuple[int, Kind]]] = {
    ast.Constant: _constant,
    ast.Attribute: _fact,
    ast.Call: _called,
    ast.Subscript: _item,
    ast.List: _listed,
    ast.Tuple: _listed,
    ast.UnaryOp: _signed,
    ast.BinOp: _joined,
    ast.Compare: _compared,
    ast.BoolOp: lambda node: _either(node.values),
    ast.IfExp: _chosen,
}
