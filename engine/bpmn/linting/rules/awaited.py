"""Rules of event-based gateways: real choices between things that are awaited."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import Node

_CAUGHT = ("intermediateCatchEvent", "receiveTask")


def _targets(context: Context) -> Iterator[tuple[Node, Node]]:
    for node in context.gateways("eventBasedGateway"):
        nodes = context.scope_of(node).nodes
        for flow in node.outgoing:
            yield node, nodes[flow.target]


def _catches(target: Node) -> bool:
    return target.kind in _CAUGHT and len(target.incoming) == 1 and not target.boundary


@rule(
    "event-gateway",
    zh="事件网关在几件先后未定的事之间等，只有一条出路就不用等。至少接两个事件，不用“启动流程”和"
    "“并行”两种变体。",
    en="An event-based gateway waits for the first of several events; with one way out there is "
    "nothing to choose. Give it at least two, and do not use its instantiating and parallel "
    "kinds.",
)
def event_gateway(context: Context) -> Iterator[Found]:
    """An event-based gateway is a plain one, with two ways at least."""
    for node in context.gateways("eventBasedGateway"):
        if node.xml.get("instantiate") == "true" or node.xml.get("eventGatewayType") == "Parallel":
            yield Found(node.xml, "only a plain event-based gateway can be used; change its kind")
        if len(node.outgoing) < 2:
            yield Found(
                node.xml, "an event-based gateway chooses between at least two events; draw them"
            )


@rule(
    "event-gateway-target",
    zh="事件网关后面只能直接接等待的事件或接收任务，别的东西引擎等不了。在中间加一个等待事件。",
    en="Right behind an event-based gateway stands something that waits; anything else cannot "
    "be waited for. Put a catching event between.",
)
def event_gateway_target(context: Context) -> Iterator[Found]:
    """Behind an event-based gateway stand catching events."""
    for _node, target in _targets(context):
        if not _catches(target):
            yield Found(
                target.xml,
                "behind an event-based gateway stands a catching event that nothing else leads to; "
                "put one between",
            )


@rule(
    "event-gateway-same",
    zh="两个事件等同一个消息，来了算谁的说不清。留一个，后面再用网关分。",
    en="When two events wait for one message it is chance which gets it. Keep one, and choose "
    "behind it.",
)
def event_gateway_same(context: Context) -> Iterator[Found]:
    """No two events behind a gateway wait for one message."""
    seen: set[tuple[str, str]] = set()
    for node, target in _targets(context):
        if not _catches(target):
            continue
        message = target.xml.get("messageRef") or next(
            (d.get("messageRef") for d in target.definitions if d.get("messageRef")), ""
        )
        if message and (node.id, message) in seen:
            yield Found(target.xml, "two events wait here for the same message; keep one of them")
        seen.add((node.id, message))


@rule(
    "two-timers",
    zh="同一个事件网关后面的两个定时器会共用第一个的到期时间。只留较短的那个。",
    en="Two timers behind one event-based gateway share the due time of the first. Keep the "
    "shorter one.",
)
def two_timers(context: Context) -> Iterator[Found]:
    """At most one timer stands behind an event-based gateway."""
    timers: dict[str, list[Node]] = {}
    for node, target in _targets(context):
        if _catches(target) and any(local(d) == "timerEventDefinition" for d in target.definitions):
            timers.setdefault(node.id, []).append(node)
    for nodes in timers.values():
        if len(nodes) > 1:
            yield Found(
                nodes[0].xml,
                "at most one timer may stand behind an event-based gateway: two would share one "
                "due time; keep the shorter",
            )
