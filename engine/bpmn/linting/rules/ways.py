"""Rules of ways, the first model checks: everything is reached, and an end from everywhere."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import Node, Scope, reached

_WAITING = ("userTask", "manualTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway")


def _reachable(scope: Scope) -> set[str]:
    starts = [node.id for node in scope.starts()]
    return reached(scope, starts) if starts else set(scope.nodes)


@rule(
    "unreachable",
    zh="从开始走不到的图元永远轮不到，画图的人多半漏了一条连线。连上，或者删掉。",
    en="What cannot be reached from the start never has its turn; most often a flow was "
    "forgotten. Connect or remove it.",
)
def unreachable(context: Context) -> Iterator[Found]:
    """Everything is reached from the start."""
    for scope in context.small:
        forward = _reachable(scope)
        for node in scope.nodes.values():
            if node.id not in forward:
                yield Found(node.xml, "no way leads here from the start; connect or remove it")


@rule(
    "dead-end",
    zh="路在这里断了，没有结束事件，诉求就停住不动。画一条连线到结束事件。",
    en="The way stops here without an end event, so a case would stand still. Draw a flow to an "
    "end event.",
)
def dead_end(context: Context) -> Iterator[Found]:
    """Ways end at end events."""
    for scope in context.small:
        forward = _reachable(scope) if scope.ends() else set()
        for node in scope.nodes.values():
            if node.id in forward and not node.outgoing and node.kind != "endEvent":
                yield Found(node.xml, "the way ends here without an end event; draw a flow to one")


@rule(
    "no-way-out",
    zh="从这里走不到任何结束事件，进来的诉求永远办不结。加一条离开这一圈的连线。",
    en="From here no end event can be reached: a case that comes here is never closed. Draw a "
    "way out of the loop.",
)
def no_way_out(context: Context) -> Iterator[Found]:
    """From everything that is reached an end can be reached."""
    for scope in context.small:
        if not scope.ends():
            continue
        forward = _reachable(scope)
        backward = reached(scope, [node.id for node in scope.ends()], forward=False)
        stops = [n.id for n in scope.nodes.values() if not n.outgoing and n.kind != "endEvent"]
        told = reached(scope, stops, forward=False) if stops else set()  # `dead-end` tells of them
        for node in scope.nodes.values():
            if node.id in forward and node.id not in backward and node.id not in told:
                yield Found(node.xml, "no way leads from here to an end event; draw one")


@rule(
    "endless-loop",
    zh="这一圈里没有人、没有消息、没有定时器，引擎可能一直转下去。在圈里加一个等待。",
    en="In this loop nothing waits for a person, a message or a timer; the engine might go "
    "round for ever. Put a wait into it.",
)
def endless_loop(context: Context) -> Iterator[Found]:
    """Every loop has something that waits."""
    for scope, group in context.cycles:
        if not any(waits(scope.nodes[key]) for key in group):
            yield Found(
                scope.nodes[min(group)].xml,
                "this loop has nothing that waits for a person, a message or a timer and may run "
                "for ever; put a wait into it",
            )


def waits(node: Node) -> bool:
    """Whether something in the node waits for a person, a message or a timer."""
    stack = [node]
    while stack:
        one = stack.pop()
        if one.kind in _WAITING or one.kind == "callActivity":
            return True
        if one.kind == "boundaryEvent":
            continue
        if one.inner is not None:
            stack.extend(one.inner.nodes.values())
    return False
