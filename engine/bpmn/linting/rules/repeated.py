"""Rules of repeated tasks: multi-instances over a list, with a list of results."""

from collections.abc import Iterator
from typing import Any

from engine.bpmn.linting.asked import multi_names
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import children, local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.rules.people import NAME
from engine.bpmn.linting.scopes import TASKS, Node


def _loops(context: Context) -> Iterator[tuple[Node, Any, set[str]]]:
    """Every multi-instance: its task, its element, the parts it has."""
    for node in context.nodes(*TASKS):
        loop = next(children(node.xml, "multiInstanceLoopCharacteristics"), None)
        if loop is not None:
            yield node, loop, {local(child) for child in children(loop)}


@rule(
    "standard-loop",
    zh="标准循环看不出何时停，也停不下来。用网关把循环画出来。",
    en="A standard loop does not show when it ends, and may not. Draw the loop with a gateway.",
)
def standard_loop(context: Context) -> Iterator[Found]:
    """No task loops by itself."""
    for node in context.nodes(*TASKS):
        if next(children(node.xml, "standardLoopCharacteristics"), None) is not None:
            yield Found(node.xml, "a looping task cannot be used; draw the loop with a gateway")


@rule(
    "multi-input",
    zh="多实例要对着一张名单逐个来办：名单里有谁，就开谁的待办。写明名单（loopDataInputRef）和其"
    "中一项（inputDataItem），不写次数。",
    en="A multi-instance goes over a list: one task for each entry. Name the list "
    "(loopDataInputRef) and its item (inputDataItem), not a number.",
)
def multi_input(context: Context) -> Iterator[Found]:
    """A multi-instance names its list and its item."""
    for node, loop, parts in _loops(context):
        if "loopCardinality" in parts:
            yield Found(
                node.xml,
                "a multi-instance goes over a list, not a number; name the list in "
                "loopDataInputRef",
            )
        for part, what in (("loopDataInputRef", "list"), ("inputDataItem", "item")):
            if part not in parts:
                yield Found(node.xml, f"a multi-instance needs its {what}: {part}")
        for name in multi_names(loop).values():
            if not NAME.fullmatch(name):
                yield Found(node.xml, f"{name[:40]!r} is no name for a variable; write a plain one")


@rule(
    "multi-output",
    zh="不收结果的多实例会漏出当前项，办到第二个就出错。写明结果名单（loopDataOutputRef）和单个"
    "结果（outputDataItem）。",
    en="A multi-instance that gathers no results leaks its item and fails on the second. Name "
    "the list of results (loopDataOutputRef) and the result of each (outputDataItem).",
)
def multi_output(context: Context) -> Iterator[Found]:
    """A multi-instance gathers its results."""
    for node, _loop, parts in _loops(context):
        for part in ("loopDataOutputRef", "outputDataItem"):
            if part not in parts:
                yield Found(
                    node.xml,
                    f"a multi-instance without {part} leaks its item and fails on the second; "
                    "name a list for the results",
                )


@rule(
    "multi-result",
    zh="每个实例的结果来自表单，表单里没有这个变量就收不到结果。在表单里给它 x-routing，或者改结"
    "果的名字。",
    en="The result of each instance comes from its form; if the form does not give it there is "
    "nothing to gather. Mark it x-routing in the form, or name another result.",
)
def multi_result(context: Context) -> Iterator[Found]:
    """The form of a repeated user task gives the result of each instance."""
    for node, loop, _parts in _loops(context):
        output = multi_names(loop).get("outputDataItem")
        form = node.properties.get("form", "")
        given = (context.known.forms or {}).get(form)
        if node.kind == "userTask" and output and given is not None and output not in given:
            yield Found(
                node.xml,
                f"the form {form} must give {output} (x-routing), the result of each instance",
            )
