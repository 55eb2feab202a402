"""Rules of the flow: splits, defaults, joins in loops, dead ends, endless loops."""

from engine.bpmn.linting.report import Report
from engine.bpmn.linting.scopes import Node, Scope, cyclic, reached

_CHOOSING = ("exclusiveGateway", "inclusiveGateway")
_JOINING = ("parallelGateway", "inclusiveGateway")
_WAITING = ("userTask", "manualTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway")
_CAUGHT = ("intermediateCatchEvent", "receiveTask")
MAX_NODES = 150  # the library goes four calls deeper with each element in a row


def check_flows(report: Report, scope: Scope) -> None:
    """Every rule about the flows of one scope."""
    if len(scope.nodes) > MAX_NODES:
        report.add(
            scope.xml, "too-many",
            f"{len(scope.nodes)} elements on one level, at most {MAX_NODES}; use sub-processes",
        )  # fmt: skip
        return
    for flow in scope.loose:
        report.add(
            flow.xml, "flow-ends",
            "a flow must begin and end at elements of the same process or sub-process; draw it "
            "anew from border to border",
        )  # fmt: skip
    _starts_and_ends(report, scope)
    for node in scope.nodes.values():
        _outgoing(report, node)
        if node.kind in _CHOOSING:
            _choice(report, node)
        elif node.kind == "eventBasedGateway":
            _event_gateway(report, scope, node)
    _ways(report, scope)
    _cycles(report, scope)


def _starts_and_ends(report: Report, scope: Scope) -> None:
    starts = scope.starts()
    if len(starts) != 1:
        report.add(
            scope.xml, "one-start",
            f"exactly one start event is needed on this level, found {len(starts)}; other ways in "
            "are their own processes or flows from one start",
        )  # fmt: skip
    if not scope.ends():
        report.add(scope.xml, "no-end", "an end event is missing on this level; draw one")
    for node in starts:
        if node.incoming:
            report.add(
                node.xml, "start-incoming", "no flow may lead to a start event; use a gateway"
            )
    for node in scope.ends():
        if node.outgoing:
            report.add(node.xml, "end-outgoing", "no flow may leave an end event")


def _outgoing(report: Report, node: Node) -> None:
    if node.kind.endswith("Gateway"):
        if node.kind not in _CHOOSING:
            for flow in node.outgoing:
                if flow.condition is not None:
                    report.add(
                        flow.xml, "condition-ignored",
                        "a condition here is ignored; use an exclusive or inclusive gateway",
                    )  # fmt: skip
        return
    if len(node.outgoing) > 1:
        report.add(
            node.xml, "implicit-split",
            f"{len(node.outgoing)} flows leave this element; put a gateway behind it",
        )  # fmt: skip
    for flow in node.outgoing:
        if flow.condition is not None:
            report.add(
                flow.xml, "condition-on-task",
                "a condition on a flow that leaves a task or event is ignored; put an exclusive "
                "gateway between",
            )  # fmt: skip


def _choice(report: Report, node: Node) -> None:
    default = node.xml.get("default")
    own = {flow.id for flow in node.outgoing if flow.id}
    conditional = [flow for flow in node.outgoing if flow.condition is not None]
    if default and default not in own:
        report.add(
            node.xml, "default-unknown",
            f"its default flow {default[:60]} does not leave this gateway; set the default anew",
        )  # fmt: skip
    elif not default and (len(node.outgoing) > 1 or conditional):
        report.add(
            node.xml, "default-missing",
            "a default flow is missing; mark the flow taken when no condition holds, best the one "
            "that keeps the promise to the citizen",
        )  # fmt: skip
    for flow in node.outgoing:
        if flow.id and flow.id == default:
            if flow.condition is not None:
                report.add(
                    flow.xml, "default-condition",
                    "the default flow has a condition, which is ignored; remove it",
                )  # fmt: skip
        elif flow.condition is not None:
            report.expression(flow.xml, flow.condition, "the condition")
        elif len(node.outgoing) > 1:
            report.add(
                flow.xml, "condition-missing",
                "a flow that is not the default needs a condition",
            )  # fmt: skip


def _event_gateway(report: Report, scope: Scope, node: Node) -> None:
    if node.xml.get("instantiate") == "true" or node.xml.get("eventGatewayType") == "Parallel":
        report.add(node.xml, "event-gateway", "only a plain event-based gateway can be used")
    if len(node.outgoing) < 2:
        report.add(
            node.xml, "event-gateway",
            "an event-based gateway chooses between at least two events",
        )  # fmt: skip
    timers = 0
    messages: set[str] = set()
    for flow in node.outgoing:
        target = scope.nodes[flow.target]
        if target.kind not in _CAUGHT or len(target.incoming) != 1 or target.boundary:
            report.add(
                target.xml, "event-gateway-target",
                "behind an event-based gateway stands a catching event that nothing else leads to",
            )  # fmt: skip
            continue
        xml = target.xml
        timer = any(str(child.tag).endswith("}timerEventDefinition") for child in xml)
        timers += timer
        message = xml.get("messageRef") or next(
            (c.get("messageRef") for c in xml if str(c.tag).endswith("}messageEventDefinition")),
            None,
        )
        if message and message in messages:
            report.add(xml, "event-gateway-same", "two events wait here for the same message")
        messages.add(message or "")
    if timers > 1:
        report.add(
            node.xml, "two-timers",
            "at most one timer may stand behind an event-based gateway: two would share one due "
            "time; keep the shorter",
        )  # fmt: skip


def _ways(report: Report, scope: Scope) -> None:
    starts = [node.id for node in scope.starts()]
    forward = reached(scope, starts) if starts else set(scope.nodes)
    backward = reached(scope, [node.id for node in scope.ends()], forward=False)
    for node in scope.nodes.values():
        if node.kind == "endEvent" and node.id in forward:
            continue
        if node.id not in forward:
            report.add(
                node.xml, "unreachable", "no way leads here from the start; connect or remove it"
            )
        elif not node.outgoing and node.kind != "endEvent":
            report.add(
                node.xml, "dead-end", "the way ends here without an end event; draw a flow to one"
            )
        elif scope.ends() and node.id not in backward:
            report.add(node.xml, "no-way-out", "no way leads from here to an end event")


def _cycles(report: Report, scope: Scope) -> None:
    for group in cyclic(scope):
        for key in sorted(group):
            node = scope.nodes[key]
            if node.kind in _JOINING and len(node.incoming) > 1:
                report.add(
                    node.xml, "join-in-loop",
                    "a parallel or inclusive join inside a loop fires too early on later rounds; "
                    "put what lies between split and join into a sub-process of its own",
                )  # fmt: skip
        if not any(waits(scope.nodes[key]) for key in group):
            first = scope.nodes[min(group)]
            report.add(
                first.xml, "endless-loop",
                "this loop has nothing that waits for a person, a message or a timer and may run "
                "for ever; put a wait into it",
            )  # fmt: skip


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
