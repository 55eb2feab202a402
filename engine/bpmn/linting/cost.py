"""What an expression or a decision table costs at worst, and the rules that refuse too much.

A unit is 50 ns: one step of the interpreter on a machine of two slow cores. What follows is
counted from the source alone, for the largest data there can be: texts of `MAX_TEXT` characters
of four bytes, lists of `MAX_ITEMS` items with `MAX_LIST_TEXT` characters in all.

* A name, a value written out, `and`, `or`, `if`: one unit each. There are no loops and at most
  400 nodes, so that all of them together are 20 µs.
* Each of our functions (`case.x`, `limit(…)`, an operator, `[ ]`): 24 units, 1.2 µs, for the call
  and its checks of types and sizes.
* A comparison with a value written out looks at no more than what is written: the other side is
  of another kind, shorter, or differs by then.
* Two texts compared, or joined: one unit for 50 characters, 200 bytes; joined twice that, as the
  result is written too. A text looked for in another: `MAX_SEARCH` bounds the product of their
  lengths, which bounds the steps of any search; one unit for 50 steps.
* Two lists compared: both are weighed first (two units an item, in our own loop), then one unit
  an item and the characters of all texts. No list stands in a list, so that this is all. A value
  looked for in a list: one list weighed, one compared.
* Joining or copying a list: one unit for five items. Setting a name: the value is looked at once
  more when the script ends (`unfit`), two weighings if it may be a list.
* What a variable is cannot be seen; a fact's kind is known, and so is that of most operations. A
  variable counts as the dearest it can be where it is used.
* A chain `a < b < c` evaluates a plain `b` twice; both branches of an `if` inside an expression
  are counted, the dearer one of a script.

`LIMIT`, 60,000 units or 3 ms, leaves a busy machine its time under 5 ms. What is dearer is not
compiled (`allow_list.compile_tree`), so that nothing dearer runs, wherever it comes from.
"""

from collections.abc import Iterator

from engine.bpmn.allow_list import Mode, Refused, TooCostly, compiled, parse_checked
from engine.bpmn.decisions import Table, cell_tree, test
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.subjects import Decision
from engine.bpmn.worst_case import LIMIT, NANOSECONDS, worst_case

__all__ = ["LIMIT", "NANOSECONDS", "cost", "table_cost"]

ROW_CELL = 20  # to run one compiled cell, besides what it does


def cost(source: str, mode: Mode = "eval") -> int:
    """Units of 50 ns a source takes at worst, whatever the data. Raises `Refused`."""
    return worst_case(parse_checked(source, mode))


def table_cost(table: Table) -> int:
    """Units a decision takes at worst: every cell is asked. Raises `Refused`."""
    total = sum(cost(column.expression) for column in table.inputs)
    results = [sum(cost(one) for one in row.results) for row in table.rows]
    total += sum(results) if table.hit_policy == "COLLECT" else max(results, default=0)
    for row in table.rows:
        for cell in row.tests:
            if cell is not None:
                total += ROW_CELL + worst_case(cell_tree(cell))
    return total


@rule(
    "expression-cost",
    zh="表达式最坏要多少时间，看写法就能算出来，超过 3 毫秒的不收。"
    "少把变量和变量直接比，和写明的值比，或者分成几步。",
    en="What an expression takes at worst can be counted from its source; more than 3 ms is "
    "refused. Compare with values written out rather than variables with each other, or split it.",
)
def expression_cost(context: Context) -> Iterator[Found]:
    """No expression of a diagram can take long."""
    for said in context.expressions:
        if said.text and not said.foreign:
            try:
                compiled(said.text, said.mode)
            except TooCostly as error:
                yield Found(said.node, f"{said.what} {error}")
            except Refused:
                continue  # the rule `expression` says what is wrong with it


@rule(
    "table-cost",
    subject="decision",
    zh="一张决策表最坏要把每个单元格都问一遍，总共不超过 3 毫秒。"
    "单元格里和写明的值比，行太多就拆成两张表。",
    en="At worst every cell of a table is asked; all of them together take 3 ms at most. Compare "
    "with values written out, or split the table in two.",
)
def decision_cost(decision: Decision) -> Iterator[Found]:
    """No decision can take long."""
    for entry, cell, number in decision.cells():
        try:
            test(cell)
        except TooCostly as error:
            yield Found(entry, f"row {number} {error}")
        except Refused:
            continue
    table = decision.answerable
    if table is None:
        return
    total = table_cost(table)
    if total > LIMIT:
        yield Found(
            decision.grid,
            f"the table could take {total * NANOSECONDS / 1e6:.0f} ms, at most "
            f"{LIMIT * NANOSECONDS // 1_000_000} ms; split it in two",
        )
