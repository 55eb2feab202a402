"""Rules of flows: where they begin and end, and that nothing splits unseen."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import Node

CHOOSING = ("exclusiveGateway", "inclusiveGateway")


def _plain(context: Context) -> Iterator[Node]:
    """Tasks and events of scopes that can be followed."""
    for scope in context.small:
        for node in scope.nodes.values():
            if not node.kind.endswith("Gateway"):
                yield node


@rule(
    "flow-ends",
    zh="连线的一端没接上，走到那里就断了。把连线从图元边到图元边重新画一次；子流程里外不能相连。",
    en="A flow that hangs loose leads nowhere. Draw it anew from border to border; a flow "
    "cannot cross the border of a sub-process.",
)
def flow_ends(context: Context) -> Iterator[Found]:
    """Flows begin and end at elements of one level."""
    for scope in context.small:
        for flow in scope.loose:
            yield Found(
                flow.xml,
                "a flow must begin and end at elements of the same process or sub-process; draw "
                "it anew from border to border",
            )


@rule(
    "implicit-split",
    zh="任务后面直接分出几条连线，是并行还是择一，看图的人各有各的理解。后面画一个网关。",
    en="When several flows leave a task, one reader takes them as parallel, another as a "
    "choice. Put a gateway behind it.",
)
def implicit_split(context: Context) -> Iterator[Found]:
    """One flow at most leaves a task or event."""
    for node in _plain(context):
        if len(node.outgoing) > 1 and node.kind != "endEvent":
            yield Found(
                node.xml,
                f"{len(node.outgoing)} flows leave this element; put a gateway behind it",
            )


@rule(
    "condition-on-task",
    zh="任务或事件后面的连线上写的条件没人看，总是照走。中间加一个排他网关。",
    en="A condition on a flow that leaves a task or event is not looked at; the flow is always "
    "taken. Put an exclusive gateway between.",
)
def condition_on_task(context: Context) -> Iterator[Found]:
    """No condition stands on a flow out of a task."""
    for node in _plain(context):
        for flow in node.outgoing:
            if flow.condition is not None:
                yield Found(
                    flow.xml,
                    "a condition on a flow that leaves a task or event is ignored; put an "
                    "exclusive gateway between",
                )


@rule(
    "condition-ignored",
    zh="并行网关和事件网关不看条件。要按条件走，改用排他网关或包容网关。",
    en="Parallel and event-based gateways do not look at conditions. To go by a condition use "
    "an exclusive or inclusive gateway.",
)
def condition_ignored(context: Context) -> Iterator[Found]:
    """Conditions stand only behind gateways that look at them."""
    for node in context.gateways("parallelGateway", "eventBasedGateway"):
        for flow in node.outgoing:
            if flow.condition is not None:
                yield Found(
                    flow.xml,
                    "a condition here is ignored; use an exclusive or inclusive gateway",
                )
