"""Rules of decision files: one decision, one whole table, carried out as it says."""

from collections.abc import Iterator

from engine.bpmn.decisions import HIT_POLICIES
from engine.bpmn.linting.documents import local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.rules.people import NAME
from engine.bpmn.linting.subjects import Decision

MAX_ROWS = 500


@rule(
    "no-decision",
    subject="decision",
    zh="文件里没有决策，业务规则任务问不到答案。用 DMN 编辑器画一张决策表。",
    en="The file holds no decision, so there is nothing to ask. Draw a decision table with a "
    "DMN editor.",
)
def no_decision(decision: Decision) -> Iterator[Found]:
    """The file holds a decision."""
    if not decision.found:
        yield Found(decision.root, "the file holds no decision; draw one")


@rule(
    "one-decision",
    subject="decision",
    zh="一个文件里有几个决策，只有第一个会被问到。一个文件放一个决策，其余另存。",
    en="Of several decisions in a file only the first is asked. Keep one per file, and move the "
    "others out.",
)
def one_decision(decision: Decision) -> Iterator[Found]:
    """The file holds one decision only."""
    for other in decision.found[1:2]:
        yield Found(other, "one decision per file; move the others out")


@rule(
    "drd",
    subject="decision",
    zh="决策不能再问别的决策，箭头画了也没人去问。在流程里依次画两个业务规则任务。",
    en="A decision does not ask another one; the arrow is not followed. Draw two business rule "
    "tasks, one after the other.",
)
def drd(decision: Decision) -> Iterator[Found]:
    """Decisions ask no decisions."""
    if decision.xml is not None and any(
        local(n) == "informationRequirement"
        and not any(local(part) == "requiredInput" for part in n)
        for n in decision.xml
    ):
        yield Found(decision.xml, "decisions cannot ask decisions; draw two business rule tasks")


@rule(
    "one-table",
    subject="decision",
    zh="决策只能是一张表；写成公式或空着的，引擎不会算。改成决策表。",
    en="A decision is one table; a formula, or nothing, is not carried out. Make it a decision "
    "table.",
)
def one_table(decision: Decision) -> Iterator[Found]:
    """A decision is one table."""
    if decision.xml is not None and len(decision.grids) != 1:
        yield Found(decision.xml, "a decision is one decision table, no literal expression")


@rule(
    "decision-id",
    subject="decision",
    zh="流程靠决策的 id 找到它，id 里有空格或符号就对不上。用字母开头，只用字母、数字和下划线。",
    en="A diagram finds a decision by its id; blanks and signs in it do not match. Begin with a "
    "letter, use letters, digits and _.",
)
def decision_id(decision: Decision) -> Iterator[Found]:
    """The decision's id is a plain name."""
    if decision.table is not None and not NAME.fullmatch(decision.table.key):
        yield Found(decision.xml, "the decision's id must be a plain name of letters, digits and _")


@rule(
    "hit-policy",
    subject="decision",
    zh="别的命中策略引擎会不声不响地当成“取第一行”。改成 UNIQUE、FIRST 或 COLLECT。",
    en="Any other hit policy would quietly be taken as “the first row”. Choose UNIQUE, FIRST or "
    "COLLECT.",
)
def hit_policy(decision: Decision) -> Iterator[Found]:
    """The hit policy is one that is carried out."""
    if decision.table is not None and decision.table.hit_policy not in HIT_POLICIES:
        yield Found(
            decision.grid,
            f"hit policy {decision.table.hit_policy[:40]} cannot be used; choose UNIQUE, FIRST or "
            "COLLECT",
        )


@rule(
    "aggregation",
    subject="decision",
    zh="求和、最大值这类汇总引擎不做，得到的是整个列表。去掉汇总，用列表判断。",
    en="Sums, maxima and the like are not reckoned; you get the whole list. Remove the "
    "aggregation and use the list.",
)
def aggregation(decision: Decision) -> Iterator[Found]:
    """Nothing is aggregated."""
    if decision.table is not None and decision.grid.get("aggregation"):
        yield Found(decision.grid, "aggregations are not carried out; COLLECT gives the list")


@rule(
    "empty-table",
    subject="decision",
    zh="空表没有答案，问到它的诉求会停住。至少要有一个输入、一个输出和一行。",
    en="An empty table has no answer, and a case that asks it stops. It needs an input, an "
    "output and a row.",
)
def empty_table(decision: Decision) -> Iterator[Found]:
    """A table has an input, an output and a row."""
    table = decision.table
    if table is not None and not (table.inputs and table.outputs and table.rows):
        yield Found(
            decision.grid, "a table needs an input, an output and a row; add what is missing"
        )


@rule(
    "too-many-rows",
    subject="decision",
    zh="行太多的表没人核得过来，问一次也慢。最多 500 行，拆成两张表或合并相同的行。",
    en="Nobody can check a table of so many rows, and asking it is slow. Keep to 500; split it, "
    "or merge rows that answer alike.",
)
def too_many_rows(decision: Decision) -> Iterator[Found]:
    """A table is of a size that can be checked."""
    if decision.table is not None and len(decision.table.rows) > MAX_ROWS:
        yield Found(
            decision.grid,
            f"{len(decision.table.rows)} rows, at most {MAX_ROWS}; split the table in two",
        )


@rule(
    "output-name",
    subject="decision",
    zh="输出名就是答案存放的变量名，有点、空格或重名就会丢。每个输出用一个不同的名字，只用字母、"
    "数字和下划线。",
    en="An output's name is the variable its answer goes to; with dots, blanks or twice the "
    "same, answers are lost. Give each a plain name of its own.",
)
def output_name(decision: Decision) -> Iterator[Found]:
    """Outputs have plain names, each its own."""
    if decision.table is None:
        return
    names = [output.name for output in decision.table.outputs]
    for name in names:
        if not NAME.fullmatch(name):
            yield Found(
                decision.grid,
                f"output name {name[:40]!r}: write a plain name without dots or spaces",
            )
    if len(set(names)) != len(names):
        yield Found(decision.grid, "two outputs have the same name; rename one")


@rule(
    "row-width",
    subject="decision",
    zh="格数和列数对不上的行，答案会错位。每行的格数补齐，最好用 DMN 编辑器改。",
    en="In a row with too few or too many cells answers move to the wrong column. Give each row "
    "a cell for every column, best in a DMN editor.",
)
def row_width(decision: Decision) -> Iterator[Found]:
    """Every row has a cell for every column."""
    table = decision.table
    if table is None:
        return
    for xml, row in zip(decision.parts("rule"), table.rows, strict=True):
        if len(row.tests) != len(table.inputs) or len(row.results) != len(table.outputs):
            yield Found(
                xml,
                f"row {row.number} has {len(row.tests)} tests and {len(row.results)} results, "
                f"expected {len(table.inputs)} and {len(table.outputs)}",
            )
