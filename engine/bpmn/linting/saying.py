"""The expressions of a diagram, with the element each stands at."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.bpmn import timers
from engine.bpmn.allow_list import Mode, Reads, Refused, compiled
from engine.bpmn.linting.documents import SPIFF, children, local
from engine.bpmn.linting.scopes import Node, Scope


class Said(NamedTuple):
    """One expression.

    node: its element; what: which of its expressions, for people; inside: it sees what the
    instances of a repeated task set.
    """

    node: Any
    source: str
    what: str
    mode: Mode = "eval"
    inside: bool = False

    @property
    def text(self) -> str:
        """The expression without blanks around it."""
        return self.source.strip()

    @property
    def foreign(self) -> bool:
        """Whether it is written for another engine."""
        return self.text.startswith("=") or "${" in self.text or "#{" in self.text

    def reads(self) -> Reads | None:
        """What it reads, None if it cannot be read."""
        if not self.text or self.foreign:
            return None
        try:
            return compiled(self.text, self.mode)[1]
        except Refused:
            return None


def said_in(scope: Scope) -> Iterator[Said]:
    """Every expression of a scope: conditions, scripts, parameters, timers, completion."""
    for node in scope.nodes.values():
        yield from said_at(node)


def said_at(node: Node) -> Iterator[Said]:
    """Every expression of one node, those of the flows it chooses between among them."""
    match node.kind:
        case "exclusiveGateway" | "inclusiveGateway":
            yield from _conditions(node)
        case "scriptTask":
            script = next(children(node.xml, "script"), None)
            text = script.text if script is not None else None
            yield Said(node.xml, text or "", "the script", "exec")
        case "serviceTask":
            for given in node.xml.iter(f"{{{SPIFF}}}parameter"):
                yield Said(node.xml, given.get("value") or "", f"the parameter {given.get('id')}")
        case _:
            for definition in node.definitions:
                source = timer_expression(definition)
                if source is not None:
                    yield Said(node.xml, source, "the timer")
    for loop in children(node.xml, "multiInstanceLoopCharacteristics"):
        for condition in children(loop, "completionCondition"):
            source = condition.text or ""
            yield Said(node.xml, source, "the completion condition", inside=True)


def _conditions(node: Node) -> Iterator[Said]:
    default = node.xml.get("default")
    for flow in node.outgoing:
        if flow.condition is not None and not (flow.id and flow.id == default):
            yield Said(flow.xml, flow.condition, "the condition")


def timer_text(definition: Any) -> str | None:
    """What stands in a timer that is no cycle."""
    parts = {local(child): (child.text or "") for child in children(definition)}
    return parts.get("timeDate") or parts.get("timeDuration")


def timer_expression(definition: Any) -> str | None:
    """The expression of a timer, None if it has none, cannot be read, or it is no timer."""
    if local(definition) != "timerEventDefinition":
        return None
    try:
        return timers.read(timer_text(definition))[1]
    except Refused:
        return None  # the rule `timer-text` says what is wrong with it
