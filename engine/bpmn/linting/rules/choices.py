"""Rules of choices: every exclusive and inclusive gateway has a way for every case."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.rules.flows import CHOOSING
from engine.bpmn.linting.scopes import Flow, Node


def _default(node: Node) -> Flow | None:
    key = node.xml.get("default")
    return next((flow for flow in node.outgoing if key and flow.id == key), None)


@rule(
    "default-missing",
    zh="条件都不成立时网关就走不下去，诉求停在那里。标出默认连线，最好是对市民守诺的那一条。",
    en="When no condition holds the case stops at the gateway. Mark the default flow, best the "
    "one that keeps the promise to the citizen.",
)
def default_missing(context: Context) -> Iterator[Found]:
    """Every choice has a default."""
    for node in context.gateways(*CHOOSING):
        conditional = any(flow.condition is not None for flow in node.outgoing)
        if not node.xml.get("default") and (len(node.outgoing) > 1 or conditional):
            yield Found(
                node.xml,
                "a default flow is missing; mark the flow taken when no condition holds, best the "
                "one that keeps the promise to the citizen",
            )


@rule(
    "default-unknown",
    zh="网关的默认连线不是从它出去的，等于没有默认。重新设置默认连线。",
    en="The default of this gateway does not leave it, which is as good as none. Set the "
    "default anew.",
)
def default_unknown(context: Context) -> Iterator[Found]:
    """The default leaves its gateway."""
    for node in context.gateways(*CHOOSING):
        default = node.xml.get("default")
        if default and _default(node) is None:
            yield Found(
                node.xml,
                f"its default flow {default[:60]} does not leave this gateway; set the default "
                "anew",
            )


@rule(
    "default-condition",
    zh="默认连线上的条件不起作用，看图的人却会当真。删掉条件。",
    en="A condition on the default flow does nothing, though readers will believe it. Remove it.",
)
def default_condition(context: Context) -> Iterator[Found]:
    """The default has no condition."""
    for node in context.gateways(*CHOOSING):
        default = _default(node)
        if default is not None and default.condition is not None:
            yield Found(
                default.xml, "the default flow has a condition, which is ignored; remove it"
            )


@rule(
    "condition-missing",
    zh='不是默认的连线没写条件，不知道什么时候走。写上条件，比如 opinion == "refuse"。',
    en="A flow that is neither the default nor has a condition is never meant by anything. "
    'Write one, such as opinion == "refuse".',
)
def condition_missing(context: Context) -> Iterator[Found]:
    """Every flow of a choice but the default has a condition."""
    for node in context.gateways(*CHOOSING):
        default = _default(node)
        for flow in node.outgoing if len(node.outgoing) > 1 else ():
            if flow is not default and flow.condition is None:
                yield Found(
                    flow.xml,
                    'a flow that is not the default needs a condition, such as opinion == "refuse"',
                )
