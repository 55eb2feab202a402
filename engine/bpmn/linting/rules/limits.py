"""Rules of limits, model checks among them: whose clock runs, that one does, and never anew."""

from collections.abc import Iterator

from engine.bpmn import timers
from engine.bpmn.allow_list import Refused
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.saying import timer_text
from engine.bpmn.linting.scopes import Node

_CLOCKS = ("citizen", "unit")


def _timers_on(node: Node) -> Iterator[tuple[Node, str]]:
    """The timers drawn on a task or sub-process, and the limit or expression of each."""
    for event in node.boundary:
        yield from ((event, limit) for limit in _limits_of(event))


def _limits_of(event: Node) -> Iterator[str]:
    """The limit or expression of an event's timer; empty if it cannot be read."""
    for definition in event.definitions:
        if local(definition) == "timerEventDefinition":
            try:
                yield timers.read(timer_text(definition))[0]
            except Refused:
                yield ""  # the rule `timer-text` says what is wrong with it


@rule(
    "clock",
    zh="时钟只有两个：市民的 citizen 和单位的 unit，写别的就没有时钟。改成其中一个。",
    en="There are two clocks, the citizen's and the unit's; under another name none runs. Write "
    "citizen or unit.",
)
def clock(context: Context) -> Iterator[Found]:
    """A clock is the citizen's or the unit's."""
    for node in context.nodes():
        given = node.properties.get("clock", "").strip()
        if given and given not in _CLOCKS:
            yield Found(node.xml, f"clock is citizen or unit, not {given[:40]}")


@rule(
    "user-limit",
    "warning",
    zh="没有时限的待办可以永远放着，市民等不到头。写属性 limit，或者在任务、阶段上画定时器；确实"
    "不限时的，用属性 no_limit（英文 no_limit_en）写明理由。",
    en="A task without a limit may lie for ever while the citizen waits. Write the property "
    "limit, or draw a timer on the task or its stage; if it really has none, say why in the "
    "property no_limit (English: no_limit_en).",
)
def user_limit(context: Context) -> Iterator[Found]:
    """Every user task has a limit, or says why not."""
    for node in context.nodes("userTask"):
        if node.properties.get("limit", "").strip() or node.properties.get("no_limit", "").strip():
            continue
        around = (node, *context.around(context.scope_of(node)))
        if not any(True for one in around for _ in _timers_on(one)):
            yield Found(
                node.xml,
                "this task has no limit: write the property limit, draw a timer on it or its "
                "stage, or say in the property no_limit why it has none",
            )


def _citizens(context: Context) -> Iterator[tuple[Node, str, bool]]:
    """What runs a citizen's clock: the element, its limit, and whether that outlives the element.

    A timer on a sub-process runs on until its promise is kept; what a task has ends with the task.
    """
    for node in context.nodes("userTask", "manualTask"):
        limit = node.properties.get("limit", "").strip()
        if not limit or node.properties.get("clock", "").strip() != "citizen":
            continue
        around = context.around(context.scope_of(node))
        stage = any(limit == kept for owner in around for _, kept in _timers_on(owner))
        yield node, limit, stage
    for node in context.nodes("boundaryEvent", "intermediateCatchEvent"):
        if node.properties.get("clock", "").strip() == "citizen":
            lasts = node.host is not None and node.host.inner is not None
            yield from ((node, limit, lasts) for limit in _limits_of(node) if limit)


def _again(context: Context, node: Node) -> bool:
    """Whether a loop, here or around, comes back to a node or what it is drawn on."""
    around = context.around(context.scope_of(node))
    return any(id(one) in context.looping for one in (node.host or node, *around))


@rule(
    "clock-reset",
    zh="任务一办完，它的市民时限就了结；绕回来再办会重新起算，市民等得更久却算没超期。把时限画成"
    "阶段上的定时器，它跨轮连续计时；每一轮确实是一次新承诺的，把时限名写进流程属性 renewed。",
    en="When a task is done its citizen's limit is settled; a loop that comes back opens it "
    "anew, so that the citizen waits longer and nothing is late. Draw the limit as a timer "
    "on the stage, where it runs on through all rounds; if each round really is a promise of "
    "its own, name the limit in the process's property renewed.",
)
def clock_reset(context: Context) -> Iterator[Found]:
    """No loop opens a limit of the citizen's clock anew, unless it is said that it does."""
    renewed = set(context.properties.get("renewed", "").replace(",", " ").split())
    for node, limit, lasts in _citizens(context):
        if not lasts and limit not in renewed and _again(context, node):
            yield Found(
                node.xml,
                f"a loop comes back here and opens the citizen's limit {limit[:60]} anew; draw it "
                "as a timer on the stage, or name it in the process's property renewed",
            )


@rule(
    "renewed-unknown",
    zh="renewed 里的名字写错，那条时限就没有豁免，也没人发现。改成本图中某个市民时限的名字，或者"
    "删掉。",
    en="A wrong name in renewed exempts nothing, and nobody notices. Write a limit of the "
    "citizen's clock in this diagram, or remove it.",
)
def renewed_unknown(context: Context) -> Iterator[Found]:
    """What is renewed is a limit of the citizen's clock in this diagram."""
    there = {limit for _, limit, _ in _citizens(context)}
    for name in context.properties.get("renewed", "").replace(",", " ").split():
        if name not in there:
            yield Found(
                context.process,
                f"renewed names {name[:60]}, which is no limit of the citizen's clock in this "
                "diagram; correct or remove it",
            )


@rule(
    "clock-mixed",
    zh="同一个时限一处走市民的钟、一处走单位的钟：单位的钟每轮重来，对市民的承诺就断了。两处写同"
    "一个时钟，或者用两个时限。",
    en="One limit on the citizen's clock here and on the unit's there: the unit's begins anew "
    "on each round, and breaks the promise to the citizen. Write one clock for both, or use "
    "two limits.",
)
def clock_mixed(context: Context) -> Iterator[Found]:
    """A limit runs on one clock."""
    clocks: dict[str, Node] = {}
    for node in context.nodes("userTask", "manualTask", "boundaryEvent", "intermediateCatchEvent"):
        limit = node.properties.get("limit", "").strip()
        given = node.properties.get("clock", "").strip()
        if not limit or given not in _CLOCKS or timers.BUDGET.fullmatch(limit):
            continue
        first = clocks.setdefault(limit, node)
        if first.properties.get("clock", "").strip() != given:
            yield Found(
                node.xml,
                f"the limit {limit[:60]} runs on the clock {given} here, but on another at "
                f"{first.id[:60]}; write one clock for both, or use two limits",
            )
