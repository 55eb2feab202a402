"""Rules of what a diagram asks of others: decisions and processes that are there."""

from collections.abc import Iterator

from engine.bpmn.expressions import nearest
from engine.bpmn.linting.asked import decision_of
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule


@rule(
    "decision-missing",
    zh="业务规则任务没写决策表，不知道问谁。写上决策的 id。",
    en="A business rule task without a decision has nothing to ask. Write the id of its decision.",
)
def decision_missing(context: Context) -> Iterator[Found]:
    """Every business rule task names its decision."""
    for node in context.nodes("businessRuleTask"):
        if not decision_of(node):
            yield Found(node.xml, "a business rule task needs the id of its decision")


@rule(
    "unknown-decision",
    zh="没有这张决策表，诉求走到这里会出故障。改成同一文件夹里有的决策 id，或者把 .dmn 放进来。",
    en="There is no such decision; a case that gets here would fail. Write the id of a decision "
    "in the same folder, or add its .dmn.",
)
def unknown_decision(context: Context) -> Iterator[Found]:
    """Every decision named is there."""
    tables = context.known.tables
    for node in context.nodes("businessRuleTask"):
        name = decision_of(node)
        if name and name not in tables:
            yield Found(node.xml, f"there is no decision {name[:60]}{nearest(name, tables)}")


@rule(
    "unknown-process",
    zh="调用的流程不在这个文件里，引擎找不到。改用子流程；各自独立的流程用消息联系。",
    en="The called process is not in this file, and the engine would not find it. Use a "
    "sub-process; processes that stand by themselves speak by messages.",
)
def unknown_process(context: Context) -> Iterator[Found]:
    """Every process called is in the file."""
    for node in context.nodes("callActivity"):
        called = node.xml.get("calledElement") or ""
        if called not in context.called:
            yield Found(
                node.xml,
                f"it calls {called[:60] or 'nothing'}, which is no process of this file; use a "
                "sub-process",
            )
