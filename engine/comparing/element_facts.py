"""What one element of a diagram says, as flat facts under the names the comparison shows."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from engine.bpmn.linting.documents import BPMN, local
from engine.comparing.shapes import DI
from engine.comparing.xml_facts import SPIFF, XSI, called, flat, split, text_of

# Attributes by the name they are shown under.
_ATTRIBUTES = {
    "sourceRef": "from", "targetRef": "to", "attachedToRef": "host", "calledElement": "called",
    "messageRef": "message", "cancelActivity": "interrupting", "isInterrupting": "interrupting",
    "scriptFormat": "script_format",
}  # fmt: skip
# What an attribute is where it is not written.
_DEFAULTS = {
    "interrupting": "true", "isExecutable": "false", "isClosed": "false",
    "triggeredByEvent": "false", "isForCompensation": "false", "startQuantity": "1",
    "completionQuantity": "1", "parallelMultiple": "false", "instantiate": "false",
    "gatewayDirection": "Unspecified", "processType": "None", "implementation": "##unspecified",
    "eventGatewayType": "Exclusive", "associationDirection": "None", "isCollection": "false",
    "isUnlimited": "true", "textFormat": "text/plain",
}  # fmt: skip
_EVENTS = {
    "messageRef": "message", "signalRef": "signal", "errorRef": "error",
    "escalationRef": "escalation", "name": "link",
}  # fmt: skip
_EXTENSIONS = {
    "calledDecisionId": "decision", "preScript": "before", "postScript": "after",
    "instructionsForEndUser": "instructions",
}  # fmt: skip
_TEXTS = {
    "documentation": "documentation", "conditionExpression": "condition", "script": "script",
    "text": "text",
}  # fmt: skip
_NOT_TOLD = frozenset({"incoming", "outgoing", "flowNodeRef"})
CONTAINERS = frozenset(
    {
        "definitions",
        "process",
        "subProcess",
        "adHocSubProcess",
        "transaction",
        "collaboration",
        "choreography",
        "subChoreography",
        "laneSet",
        "lane",
        "childLaneSet",
        "category",
        "interface",
    }
)
# What belongs to the element it stands in, with an id or without.
_PARTS = frozenset(
    {
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "laneSet",
        "childLaneSet",
        "flowNodeRef",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "ioSpecification",
        "property",
        "dataInputAssociation",
        "dataOutputAssociation",
        "performer",
        "humanPerformer",
        "potentialOwner",
        "resourceRole",
        "monitoring",
        "auditing",
        "supports",
        "correlationSubscription",
        "completionCondition",
        "ordering",
        "partitionElement",
        "relationship",
        "import",
        "extension",
    }
)
Pairs = Iterator[tuple[str, str]]


def facts_of(node: Any, parent: str) -> dict[str, str]:
    """The facts of an element; parent: the id of the process or sub-process it lies in."""
    found: dict[str, str] = {"parent": parent} if parent else {}
    seen: Counter[str] = Counter()
    for what, value in _told(node):
        # A written default says no more than none; a second of a name has a number.
        if _DEFAULTS.get(what) == value:
            continue
        seen[what] += 1
        found[what if seen[what] == 1 else f"{what}[{seen[what]}]"] = value
    return found


def _told(node: Any) -> Pairs:
    for name, value in node.attrib.items():
        namespace, bare = split(name)
        if namespace == XSI or name == "id":
            continue
        if namespace and namespace != BPMN:
            yield f"extension.{called(name, BPMN)}", value
        else:
            yield _ATTRIBUTES.get(bare, bare), " ".join(value.split(" "))
    for child in node:
        namespace, name = split(child.tag)
        if not name or name in _NOT_TOLD or namespace == DI:
            continue
        if namespace != BPMN:
            yield from _put(f"extension.{called(child.tag, BPMN)}", flat(child, BPMN))
        else:
            yield from _part(node, child, name)


def _part(node: Any, child: Any, name: str) -> Pairs:
    if name == "extensionElements":
        for one in child:
            yield from _extension(one)
    elif name.endswith("EventDefinition"):
        yield from _event(child, name)
    elif name in _TEXTS:
        yield _TEXTS[name], text_of(child)
        yield from _but_text(_TEXTS[name], flat(child, BPMN, ids=False))
    elif name == "multiInstanceLoopCharacteristics":
        yield from _many(child)
    elif name in {"laneSet", "childLaneSet"}:
        yield f"xml.{name}", child.get("name") or ""
    elif not is_own(node, child):
        yield from _put(f"xml.{name}", flat(child, BPMN))


def is_own(node: Any, child: Any) -> bool:
    """Whether `child` is told by its own id rather than as a part of `node`."""
    return bool(local(node) in CONTAINERS and child.get("id") and local(child) not in _PARTS)


def _extension(node: Any) -> Pairs:
    namespace, name = split(node.tag)
    if namespace == SPIFF and name == "properties":
        for one in node:
            if one.get("name"):
                yield f"property.{one.get('name')}", one.get("value") or ""
    elif namespace == SPIFF and name in _EXTENSIONS:
        yield _EXTENSIONS[name], text_of(node)
    elif namespace == SPIFF and name == "serviceTaskOperator":
        for what, value in flat(node, SPIFF).items():
            yield ("operator" if what == "@id" else f"operator.{_parameter(what)}"), value
    elif name:
        yield from _put(f"extension.{called(node.tag, BPMN)}", flat(node, BPMN))


def _parameter(path: str) -> str:
    """`parameters/parameter[2]/@value` as people see it."""
    return path.removeprefix("parameters/").replace("parameter", "").replace("/@", " ").strip("/")


def _event(node: Any, name: str) -> Pairs:
    kind = name.removesuffix("EventDefinition")
    yield "event", kind
    for attribute, value in node.attrib.items():
        if attribute in _EVENTS:
            yield _EVENTS[attribute], value
        elif attribute != "id" and split(attribute)[0] != XSI:
            yield f"{kind}.{called(attribute, BPMN)}", value
    for child in node:
        part = local(child)
        if kind == "timer" and part.startswith("time"):
            yield "timer", f"{part} {text_of(child)}"
            yield from _but_text("timer", flat(child, BPMN, ids=False))
        elif kind == "conditional" and part == "condition":
            yield "condition", text_of(child)
            yield from _but_text("condition", flat(child, BPMN, ids=False))
        elif part == "extensionElements":
            for one in child:
                yield from _extension(one)
        elif part:
            yield from _put(f"{kind}.{called(child.tag, BPMN)}", flat(child, BPMN, ids=False))


def _many(node: Any) -> Pairs:
    """A task done several times: how, over what, and until when."""
    yield "many", "sequential" if node.get("isSequential") == "true" else "parallel"
    for what, value in flat(node, BPMN).items():
        # The id of an item is the variable's name; other ids mean nothing.
        if what not in {"@id", "@isSequential"} and (
            not what.endswith("/@id") or "DataItem" in what
        ):
            yield f"many.{what}", value


def _put(path: str, facts: dict[str, str]) -> Pairs:
    for what, value in (facts or {"": ""}).items():
        yield f"{path}/{what}".rstrip("/"), value


def _but_text(path: str, facts: dict[str, str]) -> Pairs:
    for what, value in facts.items():
        if what and _DEFAULTS.get(what.removeprefix("@")) != value:
            yield f"{path}.{what.removeprefix('@')}", value
