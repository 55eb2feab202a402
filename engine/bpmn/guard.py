"""Rewrites a checked expression: every operation that could take long or grow is a bounded one.

What cannot grow stays as it is and as quick as it is: a comparison with a value written out, a
list of values written out, `and`, `or`, `not`, names.
"""

import ast

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
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "_equal",
    ast.NotEq: "_unequal",
    ast.Lt: "_less",
    ast.LtE: "_at_most",
    ast.Gt: "_more",
    ast.GtE: "_at_least",
    ast.In: "_within",
    ast.NotIn: "_without",
}


class Refused(ValueError):
    """The expression is not allowed, or would grow too large."""


class UnknownFact(Refused):
    """The case has no such fact."""


class Guard(ast.NodeTransformer):
    """Rewrites a tree that `allow_list` has checked.

    names: every name it reads; facts: every `case.<fact>`; limits: those it names outright.
    """

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

    def visit_List(self, node: ast.List) -> ast.AST:
        self.generic_visit(node)
        return node if _written_out(node) else _call("_flat", node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        return node if _written_out(node) else _call("_flat", node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not):
            return node
        value = node.operand.value if isinstance(node.operand, ast.Constant) else None
        minus = isinstance(node.op, ast.USub)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return ast.Constant(value=-value if minus else value)
        return _call("_subtract" if minus else "_add", ast.Constant(value=0), node.operand)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        operands = [node.left, *node.comparators]
        if all(map(repeatable, operands[1:-1])):
            pairs = [
                _pair(a, op, b) for a, op, b in zip(operands, node.ops, operands[1:], strict=False)
            ]
            return pairs[0] if len(pairs) == 1 else ast.BoolOp(op=ast.And(), values=pairs)
        names = [ast.Constant(value=COMPARISONS[type(op)]) for op in node.ops]
        return _call("_chain", ast.Tuple(elts=list(names), ctx=ast.Load()), *operands)


def repeatable(node: ast.expr) -> bool:
    """Whether the middle of `a < node < b` may be evaluated twice: it is short, once rewritten."""
    return isinstance(node, (ast.Name, ast.Constant, ast.Attribute)) or (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == CASE
    )


def inline(op: ast.cmpop, left: ast.expr, right: ast.expr) -> bool:
    """Whether a comparison takes no longer than what is written out in it."""
    if isinstance(op, (ast.Is, ast.IsNot)):
        return True
    if isinstance(op, (ast.In, ast.NotIn)):
        return isinstance(right, (ast.List, ast.Tuple)) and _written_out(right)
    return isinstance(left, ast.Constant) or isinstance(right, ast.Constant)


def _pair(left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
    if inline(op, left, right):
        return ast.Compare(left=left, ops=[op], comparators=[right])
    return _call(COMPARISONS[type(op)], left, right)


def _written_out(node: ast.List | ast.Tuple) -> bool:
    return all(isinstance(item, ast.Constant) for item in node.elts)


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=list(args), keywords=[])


def _look_up(mapping: str, key: str) -> ast.Subscript:
    return ast.Subscript(
        value=ast.Name(id=mapping, ctx=ast.Load()), slice=ast.Constant(value=key), ctx=ast.Load()
    )
