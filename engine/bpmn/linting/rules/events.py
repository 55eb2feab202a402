"""Rules of events: what may start, wait, be thrown and end a process."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import EVENTS, Node

ALLOWED = {
    "startEvent": ("",),
    "endEvent": (
        "", "terminateEventDefinition", "errorEventDefinition", "escalationEventDefinition",
    ),
    "boundaryEvent": (
        "timerEventDefinition", "messageEventDefinition", "errorEventDefinition",
        "escalationEventDefinition",
    ),
    "intermediateCatchEvent": ("timerEventDefinition", "messageEventDefinition"),
    "intermediateThrowEvent": ("messageEventDefinition", "escalationEventDefinition"),
}  # fmt: skip
_TOLD_ELSEWHERE = (
    "signalEventDefinition", "compensateEventDefinition", "linkEventDefinition",
    "conditionalEventDefinition", "cancelEventDefinition", "terminateEventDefinition", "",
)  # fmt: skip


def several(node: Node) -> bool:
    """Whether an event has more than one trigger."""
    return len(node.definitions) > 1 or any(
        local(one) == "eventDefinitionRef" for one in node.definitions
    )


def single(context: Context, *kinds: str) -> Iterator[tuple[Node, str]]:
    """Events with one trigger at most, and what it is; empty without one."""
    for node in context.nodes(*(kinds or EVENTS)):
        if not several(node):
            found = node.definitions
            yield node, local(found[0]) if found else ""


def _misused(context: Context, kind: str) -> Iterator[Node]:
    """Events with this trigger where it is not allowed, starts left out."""
    for node, found in single(context):
        if found == kind and kind not in ALLOWED[node.kind] and node.kind != "startEvent":
            yield node


@rule(
    "multiple-events",
    zh="一个事件只能等一样东西，多个触发器的事件只会认一个。每个触发器画一个事件。",
    en="An event waits for one thing; of several triggers only one is heard. Draw one event for "
    "each.",
)
def multiple_events(context: Context) -> Iterator[Found]:
    """Every event has one trigger at most."""
    for node in context.nodes(*EVENTS):
        if several(node):
            yield Found(
                node.xml,
                "an event with several triggers cannot be used; draw one event for each",
            )


@rule(
    "start-event",
    zh="流程由来件、按钮或者定时计划启动，这些在图外设置；带触发器的开始事件会一直等下去。改成普"
    "通的开始事件。",
    en="A process is started by a contact, a button or a schedule, set up outside of the "
    "drawing; a start event with a trigger would wait for ever. Make it a plain start event.",
)
def start_event(context: Context) -> Iterator[Found]:
    """Start events have no trigger."""
    for node, kind in single(context, "startEvent"):
        if kind:
            yield Found(
                node.xml,
                "a start event has no trigger: who starts it (a message, a schedule) is set up "
                "outside of the diagram",
            )


@rule(
    "signal-end",
    zh="信号结束事件会变成普通结束，信号根本没发出去。在普通结束前画一个抛出消息的事件。",
    en="A signal end event becomes a plain end, and the signal is never sent. Put a throwing "
    "message event before a plain end.",
)
def signal_end(context: Context) -> Iterator[Found]:
    """No end event sends a signal."""
    for node in _misused(context, "signalEventDefinition"):
        if node.kind == "endEvent":
            yield Found(
                node.xml,
                "an end event sends no signal; put a throwing message event before a plain end",
            )


@rule(
    "signal",
    zh="信号没有对象，在这里会丢。改用消息。",
    en="Signals have no addressee and are lost here. Use a message.",
)
def signal(context: Context) -> Iterator[Found]:
    """No event throws or catches a signal."""
    for node in _misused(context, "signalEventDefinition"):
        if node.kind != "endEvent":
            yield Found(node.xml, "signals are lost here; use a message")


@rule(
    "message-end",
    zh="结束事件发不出消息。在结束前画一个抛出消息的事件。",
    en="An end event sends no message. Put a throwing message event before the end.",
)
def message_end(context: Context) -> Iterator[Found]:
    """No end event sends a message."""
    for node in _misused(context, "messageEventDefinition"):
        if node.kind == "endEvent":
            yield Found(
                node.xml,
                "an end event sends no message; put a throwing message event before it",
            )


@rule(
    "link",
    zh="走到链接事件流程就停住：没有待办、没有等待、也没有结束。直接画一条连线。",
    en="At a link event the process hangs: no task, nothing awaited, no end. Draw a flow instead.",
)
def link(context: Context) -> Iterator[Found]:
    """There are no link events."""
    for node in _misused(context, "linkEventDefinition"):
        yield Found(node.xml, "link events hang the process; draw a flow")


@rule(
    "conditional",
    zh="条件事件的条件只看一次，以后变了也没人再看。改用消息，或者排他网关。",
    en="The condition of such an event is looked at once and never again. Use a message, or an "
    "exclusive gateway.",
)
def conditional(context: Context) -> Iterator[Found]:
    """There are no conditional events."""
    for node in _misused(context, "conditionalEventDefinition"):
        yield Found(
            node.xml, "conditional events are never looked at again; use a message, a gateway"
        )


@rule(
    "cancel",
    zh="这里没有事务，取消事件没有对象。用错误事件离开子流程。",
    en="There are no transactions here that could be cancelled. Leave a sub-process by an error "
    "event.",
)
def cancel(context: Context) -> Iterator[Found]:
    """There are no cancel events."""
    for node in _misused(context, "cancelEventDefinition"):
        yield Found(node.xml, "there are no transactions; use an error event")


@rule(
    "terminate",
    zh="终止只能是结束事件，画在别处不起作用。把它画成终止结束事件。",
    en="Only an end event can terminate; elsewhere it does nothing. Draw a terminate end event.",
)
def terminate(context: Context) -> Iterator[Found]:
    """Only end events terminate."""
    for node in _misused(context, "terminateEventDefinition"):
        yield Found(node.xml, "terminate only at an end event")


@rule(
    "event-without-trigger",
    zh="没有触发器的中间事件或边界事件等的是空气。选定消息或者时限，或者删掉。",
    en="An event in the middle without a trigger waits for nothing. Choose a message or a "
    "timer, or remove it.",
)
def event_without_trigger(context: Context) -> Iterator[Found]:
    """What waits or throws has a trigger."""
    for node in _misused(context, ""):
        yield Found(node.xml, "an event that waits for nothing; choose a message or a timer")


@rule(
    "event",
    zh="这种事件不能带这种触发器，引擎会不理它。换成允许的触发器或另一种事件。",
    en="This kind of event cannot have this trigger; the engine would pass over it. Choose "
    "another trigger or kind.",
)
def event(context: Context) -> Iterator[Found]:
    """An event has a trigger that its kind can have."""
    for node, kind in single(context):
        if kind not in (*ALLOWED[node.kind], *_TOLD_ELSEWHERE) and node.kind != "startEvent":
            if node.kind == "endEvent" and kind == "messageEventDefinition":
                continue  # `message-end` says it
            can = ", ".join(k.removesuffix("EventDefinition") or "none" for k in ALLOWED[node.kind])
            yield Found(
                node.xml,
                f"this event cannot have {kind.removesuffix('EventDefinition')[:60]}; it can have "
                f"{can}",
            )
