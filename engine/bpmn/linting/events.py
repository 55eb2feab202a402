"""Rules of events: what may start, wait, be thrown and end, and codes that must not be shared."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn import timers
from engine.bpmn.allow_list import Refused, compiled
from engine.bpmn.expressions import nearest
from engine.bpmn.linting.documents import SPIFF, children, local
from engine.bpmn.linting.report import Report
from engine.bpmn.linting.scopes import TASKS, Node, Scope, definitions

_ALLOWED = {
    "startEvent": {"": ""},
    "endEvent": {"": "", "terminateEventDefinition": "", "errorEventDefinition": "",
                 "escalationEventDefinition": ""},
    "boundaryEvent": {"timerEventDefinition": "", "messageEventDefinition": "",
                      "errorEventDefinition": "", "escalationEventDefinition": ""},
    "intermediateCatchEvent": {"timerEventDefinition": "", "messageEventDefinition": ""},
    "intermediateThrowEvent": {"messageEventDefinition": "", "escalationEventDefinition": ""},
}  # fmt: skip
_WAYS_OUT = {
    "signalEventDefinition": ("signal", "signals are lost here; use a message"),
    "compensateEventDefinition": ("compensation", "compensation does nothing; draw what undoes it"),
    "linkEventDefinition": ("link", "link events hang the process; draw a flow"),
    "conditionalEventDefinition": (
        "conditional", "conditional events are never looked at again; use a message, a gateway",
    ),
    "cancelEventDefinition": ("cancel", "there are no transactions; use an error event"),
    "terminateEventDefinition": ("terminate", "terminate only at an end event"),
    "": ("event-without-trigger", "an event that waits for nothing; choose a message or a timer"),
}  # fmt: skip
_INSTANT = ("serviceTask", "scriptTask", "businessRuleTask", "sendTask")


def check_event(
    report: Report,
    node: Node,
    known: Mapping[str, Mapping[str, Any]],
    limits: set[str] | None,
) -> None:
    """Every rule about one event. known: messages, errors, escalations of the file by id."""
    found = definitions(node.xml)
    if len(found) > 1 or any(local(c) == "eventDefinitionRef" for c in children(node.xml)):
        report.add(
            node.xml, "multiple-events",
            "an event with several triggers cannot be used; draw one event for each",
        )  # fmt: skip
        return
    kind = local(found[0]) if found else ""
    if kind not in _ALLOWED[node.kind]:
        _refuse(report, node, kind)
    elif kind == "timerEventDefinition":
        check_timer(report, node.xml, found[0], limits)
    elif kind == "messageEventDefinition":
        check_message(report, node.xml, found[0], known["message"])
    elif kind in ("errorEventDefinition", "escalationEventDefinition"):
        code(report, node, found[0], known)
    if node.kind == "boundaryEvent":
        _boundary(report, node, kind)


def _refuse(report: Report, node: Node, kind: str) -> None:
    if node.kind == "startEvent" and kind:
        report.add(
            node.xml, "start-event",
            "a start event has no trigger: who starts it (a message, a schedule) is set up outside "
            "of the diagram",
        )  # fmt: skip
    elif node.kind == "endEvent" and kind == "messageEventDefinition":
        report.add(
            node.xml, "message-end",
            "an end event sends no message; put a throwing message event before it",
        )  # fmt: skip
    elif node.kind == "endEvent" and kind == "signalEventDefinition":
        report.add(
            node.xml, "signal-end",
            "an end event sends no signal; put a throwing message event before a plain end",
        )  # fmt: skip
    elif kind in _WAYS_OUT:
        rule, way = _WAYS_OUT[kind]
        report.add(node.xml, rule, way)
    else:
        report.add(
            node.xml, "event", f"this event cannot have {kind.removesuffix('EventDefinition')}"
        )


def _boundary(report: Report, node: Node, kind: str) -> None:
    host = node.host
    interrupting = node.xml.get("cancelActivity", "true") == "true"
    if node.incoming:
        report.add(node.xml, "boundary-incoming", "no flow may lead to a boundary event")
    if host is None or host.kind not in TASKS:
        report.add(
            node.xml, "boundary-host",
            "a boundary event must be drawn on a task or sub-process of the same level",
        )  # fmt: skip
    elif host.kind in _INSTANT:
        report.add(
            node.xml, "boundary-never",
            "this is drawn on a task that takes no time and will never fire; draw it on the task "
            "or stage that takes time",
            "warning",
        )  # fmt: skip
    if kind == "errorEventDefinition" and not interrupting:
        report.add(node.xml, "error-interrupts", "an error always interrupts; make it interrupting")
    if kind == "messageEventDefinition" and not interrupting:
        report.add(
            node.xml, "fires-once",
            "a non-interrupting message event is taken once; later ones find nobody waiting",
            "warning",
        )  # fmt: skip
    if kind in ("errorEventDefinition", "escalationEventDefinition") and (
        host is not None and host.kind not in ("subProcess", "callActivity")
    ):
        report.add(
            node.xml, "boundary-never", "errors and escalations come only from sub-processes"
        )


def check_timer(report: Report, node: Any, definition: Any, limits: set[str] | None) -> None:
    """A timer's text is a limit, a budget or a function; cycles are refused."""
    parts = {local(child): (child.text or "") for child in children(definition)}
    if "timeCycle" in parts:
        report.add(
            node, "timer-cycle",
            "a repeating timer cannot be used; repeats are rungs of a limit: write its name",
        )  # fmt: skip
        return
    text = parts.get("timeDate") or parts.get("timeDuration")
    try:
        limit, expression = timers.read(text)
    except Refused as error:
        report.add(node, "timer-text", str(error))
        return
    if expression is not None:
        report.expression(node, expression, "the timer")
        reads = compiled(expression)[1]
        for name in sorted(reads.limits):
            check_limit(report, node, name, limits)
        return
    check_limit(report, node, limit, limits)


def check_limit(report: Report, node: Any, limit: str, limits: set[str] | None) -> None:
    """A limit is a budget or a name of the pack's limits."""
    if timers.BUDGET.fullmatch(limit):
        return
    if not timers.NAME.fullmatch(limit):
        report.add(
            node, "unknown-limit",
            f"{limit[:60]} is neither a limit's name nor a budget such as 5 WD, 2 h, 15 d",
        )  # fmt: skip
    elif limits is not None and limit not in limits:
        report.add(
            node, "unknown-limit", f"the pack has no limit {limit[:60]}{nearest(limit, limits)}"
        )


def check_message(report: Report, node: Any, bearer: Any, messages: Mapping[str, Any]) -> None:
    """A message is named, and carries nothing. bearer: what has the `messageRef`."""
    message = messages.get(bearer.get("messageRef") or "")
    if message is None or not (message.get("name") or "").strip():
        report.add(
            node, "message-missing",
            "its message is missing: without one it does not wait; choose a message with a name",
        )  # fmt: skip
    for one in (bearer, message):
        if one is not None and any(
            isinstance(n.tag, str)
            and n.tag.startswith(f"{{{SPIFF}}}")
            and local(n) in ("messagePayload", "messageVariable", "processVariableCorrelation")
            for n in one.iter()
        ):
            report.add(
                node, "message-payload",
                "a message carries nothing here: it only wakes, and the facts of the case decide",
            )  # fmt: skip


def code(
    report: Report, node: Node, definition: Any, known: Mapping[str, Mapping[str, Any]]
) -> str | None:
    """The error or escalation code of an event; a fault if it has none."""
    kind = "error" if local(definition) == "errorEventDefinition" else "escalation"
    thing = known[kind].get(definition.get(f"{kind}Ref") or "")
    found = (thing.get(f"{kind}Code") or "").strip() if thing is not None else ""
    if not found:
        report.add(
            node.xml, "code-missing",
            f"its {kind} needs a code of its own; without one it catches what is not meant for it",
        )  # fmt: skip
        return None
    return f"{kind} {found}"


def check_codes(
    report: Report, scopes: list[Scope], known: Mapping[str, Mapping[str, Any]]
) -> None:
    """Each sub-process has codes of its own, and what is thrown is caught."""
    catching: dict[str, list[Node]] = {}
    throwing: list[tuple[str, Node, Scope]] = []
    for scope, node, found in _coded(scopes, known):
        if node.kind == "boundaryEvent":
            catching.setdefault(found, []).append(node)
        else:
            throwing.append((found, node, scope))
    for found, nodes in catching.items():
        hosts = {node.xml.get("attachedToRef") for node in nodes}
        if len(hosts) > 1:
            for node in nodes:
                report.add(
                    node.xml, "shared-code",
                    f"{found[:60]} is caught on {len(hosts)} sub-processes: if one throws it, all "
                    "catch it; give each sub-process a code of its own",
                )  # fmt: skip
    for found, node, scope in throwing:
        around = _around(scope, scopes)
        if not any(c.xml.get("attachedToRef") in around for c in catching.get(found, ())):
            error = found.startswith("error")
            report.add(
                node.xml, "uncaught",
                f"nothing catches {found[:60]}; draw a boundary event with this code on the "
                "sub-process around it",
                "error" if error else "warning",
            )  # fmt: skip


def _coded(
    scopes: list[Scope], known: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[Scope, Node, str]]:
    quiet = Report("")  # what is missing was said before
    for scope in scopes:
        for node in scope.nodes.values():
            for definition in definitions(node.xml) if node.kind in _ALLOWED else ():
                if local(definition) in ("errorEventDefinition", "escalationEventDefinition"):
                    found = code(quiet, node, definition, known)
                    if found:
                        yield scope, node, found


def _around(scope: Scope, scopes: list[Scope]) -> set[str]:
    found: set[str] = set()
    step: Scope | None = scope
    while step is not None and step.owner is not None:
        owner = step.owner
        found.add(owner.id)
        step = next((s for s in scopes if s.nodes.get(owner.id) is owner), None)
    return found
