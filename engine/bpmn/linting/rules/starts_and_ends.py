"""Rules of beginnings and ends: one way in, at least one way out, on every level."""

from collections.abc import Iterator

from engine.bpmn.linting.context import MAX_NODES, Context
from engine.bpmn.linting.registry import Found, rule


@rule(
    "too-many",
    zh="一层里图元太多，引擎一步走不完，人也看不清。每层最多 150 个，其余收进子流程。",
    en="With too many elements on one level the engine cannot go through in one step, and "
    "nobody can read the drawing. Use at most 150 on a level; put the others into "
    "sub-processes.",
)
def too_many(context: Context) -> Iterator[Found]:
    """Every level is of a size that can be followed."""
    for scope in context.scopes:
        if len(scope.nodes) > MAX_NODES:
            yield Found(
                scope.xml,
                f"{len(scope.nodes)} elements on one level, at most {MAX_NODES}; use sub-processes",
            )


@rule(
    "one-start",
    zh="没有开始事件就无从进入，有几个就说不清从哪里开始。每一层正好画一个，别的入口另画流程或者"
    "汇成一条连线。",
    en="Without a start event there is no way in, with several it is unclear where a case "
    "begins. Draw exactly one on each level; other ways in are processes of their own, or "
    "flows from the one start.",
)
def one_start(context: Context) -> Iterator[Found]:
    """Every level has one start event."""
    for scope in context.small:
        if len(scope.starts()) != 1:
            yield Found(
                scope.xml,
                f"exactly one start event is needed on this level, found {len(scope.starts())}; "
                "other ways in are their own processes or flows from one start",
            )


@rule(
    "no-end",
    zh="没有结束事件，诉求永远办不结。画一个结束事件。",
    en="Without an end event a case can never be closed. Draw one.",
)
def no_end(context: Context) -> Iterator[Found]:
    """Every level has an end event."""
    for scope in context.small:
        if not scope.ends():
            yield Found(scope.xml, "an end event is missing on this level; draw one")


@rule(
    "start-incoming",
    zh="走回开始事件的连线会让流程从头再来一遍，从前的办理就丢了。把连线引到开始后面的网关上。",
    en="A flow back to the start would begin everything anew and lose what was done. Lead it to "
    "a gateway behind the start.",
)
def start_incoming(context: Context) -> Iterator[Found]:
    """No flow leads to a start event."""
    for scope in context.small:
        for node in scope.starts():
            if node.incoming:
                yield Found(node.xml, "no flow may lead to a start event; use a gateway behind it")


@rule(
    "end-outgoing",
    zh="结束以后什么也不会再发生，从结束事件出去的连线没人走。删掉连线，或者改用中间事件。",
    en="After an end nothing happens any more; a flow out of it is never taken. Remove the "
    "flow, or draw an event in the middle.",
)
def end_outgoing(context: Context) -> Iterator[Found]:
    """No flow leaves an end event."""
    for scope in context.small:
        for node in scope.ends():
            if node.outgoing:
                yield Found(node.xml, "no flow may leave an end event; remove it")
