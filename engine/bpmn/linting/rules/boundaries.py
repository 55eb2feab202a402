"""Rules of boundary events: drawn on something that takes time and that they can interrupt."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.rules.events import single
from engine.bpmn.linting.scopes import TASKS, Node, cyclic

_INSTANT = ("serviceTask", "scriptTask", "businessRuleTask", "sendTask")
_CODED = ("errorEventDefinition", "escalationEventDefinition")


def _interrupts(node: Node) -> bool:
    return bool(node.xml.get("cancelActivity", "true") == "true")


@rule(
    "boundary-host",
    zh="边界事件要附在同一层的任务或子流程上，悬空的永远不会触发。重新拖到图元的边上。",
    en="A boundary event belongs to a task or sub-process of its own level; one that hangs "
    "loose never fires. Drag it onto the border anew.",
)
def boundary_host(context: Context) -> Iterator[Found]:
    """A boundary event is drawn on a task."""
    for node, _ in single(context, "boundaryEvent"):
        if node.host is None or node.host.kind not in TASKS:
            yield Found(
                node.xml,
                "a boundary event must be drawn on a task or sub-process of the same level",
            )


@rule(
    "boundary-incoming",
    zh="边界事件由它所在的任务触发，没有连线能走进去。删掉通向它的连线。",
    en="A boundary event is set off by its task; no flow leads into it. Remove the flow.",
)
def boundary_incoming(context: Context) -> Iterator[Found]:
    """No flow leads to a boundary event."""
    for node, _ in single(context, "boundaryEvent"):
        if node.incoming:
            yield Found(node.xml, "no flow may lead to a boundary event; remove it")


@rule(
    "boundary-never",
    "warning",
    zh="画在瞬间完成的任务上的事件没有机会触发；错误和升级只会从子流程里出来。画到要花时间的任务"
    "或阶段上，错误和升级画到子流程上。",
    en="On a task that takes no time an event has no chance to fire, and errors and escalations "
    "come only out of sub-processes. Draw it on the task or stage that takes time, errors "
    "and escalations on the sub-process.",
)
def boundary_never(context: Context) -> Iterator[Found]:
    """A boundary event can happen."""
    for node, kind in single(context, "boundaryEvent"):
        if node.host is None:
            continue
        if node.host.kind in _INSTANT:
            yield Found(
                node.xml,
                "this is drawn on a task that takes no time and will never fire; draw it on the "
                "task or stage that takes time",
            )
        if kind in _CODED and node.host.kind not in ("subProcess", "callActivity"):
            yield Found(
                node.xml,
                "errors and escalations come only from sub-processes; draw it on one",
                "error",
            )


@rule(
    "error-interrupts",
    zh="错误总是打断所在的子流程，画成“不打断”也没用。改成打断，或者用升级事件。",
    en="An error always interrupts, whatever is drawn. Make the event interrupting, or use an "
    "escalation.",
)
def error_interrupts(context: Context) -> Iterator[Found]:
    """An error event interrupts."""
    for node, kind in single(context, "boundaryEvent"):
        if kind == "errorEventDefinition" and not _interrupts(node):
            yield Found(node.xml, "an error always interrupts; make it interrupting")


@rule(
    "fires-once",
    "warning",
    zh="不打断的消息或升级事件只接一次，后来的没人接。会来多次的事另画一个流程，由消息启动。",
    en="A non-interrupting message or escalation is taken once; later ones find nobody. What "
    "may come again is a process of its own, started by the message.",
)
def fires_once(context: Context) -> Iterator[Found]:
    """What may come more than once is not awaited by an event that fires once."""
    for node, kind in single(context, "boundaryEvent"):
        if _interrupts(node):
            continue
        if kind == "messageEventDefinition":
            yield Found(
                node.xml,
                "a non-interrupting message event is taken once; later ones find nobody waiting; "
                "start a process of its own by the message",
            )
        elif kind == "escalationEventDefinition" and _thrown_in_loop(node):
            yield Found(
                node.xml,
                "its escalation is thrown in a loop but taken once; make it interrupting, or throw "
                "it outside of the loop",
            )


def _thrown_in_loop(node: Node) -> bool:
    """Whether a loop inside the host throws the escalation of this boundary event."""
    wanted = {d.get("escalationRef") for d in node.definitions}
    inner = node.host.inner if node.host is not None else None
    for group in cyclic(inner) if inner is not None else ():
        for key in group:
            one = inner.nodes[key] if inner is not None else node
            if one.kind == "intermediateThrowEvent" and wanted & {
                d.get("escalationRef") for d in one.definitions
            }:
                return True
    return False
