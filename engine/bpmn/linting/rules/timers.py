"""Rules of timers: written so that they can be counted, and limits that are there."""

from collections.abc import Iterator
from typing import Any

from engine.bpmn import timers
from engine.bpmn.allow_list import Refused, compiled
from engine.bpmn.expressions import nearest
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import SPIFF, Document, children, local
from engine.bpmn.linting.foreign.translating import is_foreign
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.rules.events import single
from engine.bpmn.linting.saying import timer_text


def _timers(context: Context) -> Iterator[tuple[Any, Any]]:
    """Every event with a timer where one is allowed: its element and the timer."""
    for node, kind in single(context, "boundaryEvent", "intermediateCatchEvent"):
        if kind == "timerEventDefinition":
            yield node.xml, node.definitions[0]


def _repeats(definition: Any) -> bool:
    return any(local(child) == "timeCycle" for child in children(definition))


@rule(
    "timer-cycle",
    zh="错过的重复会一次全部补发，市民和承办人会连收几条提醒。重复提醒写在时限的各级里，这里只写"
    "时限名。",
    en="A repeating timer fires all rounds it missed at once, so that people get a heap of "
    "reminders. Repeats are rungs of a limit: write the limit's name here.",
)
def timer_cycle(context: Context) -> Iterator[Found]:
    """No timer repeats."""
    for node, definition in _timers(context):
        if _repeats(definition):
            yield Found(
                node,
                "a repeating timer cannot be used; repeats are rungs of a limit: write its name",
            )


@rule(
    "timer-text",
    zh="写法不对的定时器走到那一步才会出错。写时限名，或者 5 WD、2 h、15 d、P5D 这样的期限。",
    en="A timer that cannot be read fails when a case gets there. Write the name of a limit, or "
    "a budget such as 5 WD, 2 h, 15 d, P5D.",
)
def timer_text_read(context: Context) -> Iterator[Found]:
    """A timer's text can be read."""
    for node, definition in _timers(context):
        text = timer_text(definition)
        # What another engine's expression would be here, `foreign-expression` says.
        if not _repeats(definition) and not is_foreign((text or "").strip()):
            try:
                timers.read(text)
            except Refused as error:
                yield Found(node, str(error))


@rule(
    "unknown-limit",
    zh="时限名写错，就没有人会被催办。改成方案包里有的时限名，或者 5 WD、2 h、15 d 这样的期限。",
    en="Under a wrong name nobody is ever reminded. Write a limit that the pack has, or a "
    "budget such as 5 WD, 2 h, 15 d.",
)
def unknown_limit(context: Context) -> Iterator[Found]:
    """Every limit named is a budget or one of the pack's."""
    for node, limit in _named(context):
        if timers.BUDGET.fullmatch(limit):
            continue
        limits = context.known.limits
        if not timers.NAME.fullmatch(limit):
            yield Found(
                node,
                f"{limit[:60]} is neither a limit's name nor a budget such as 5 WD, 2 h, 15 d",
            )
        elif limits is not None and limit not in limits:
            yield Found(node, f"the pack has no limit {limit[:60]}{nearest(limit, limits)}")


def _named(context: Context) -> Iterator[tuple[Any, str]]:
    """Every limit that a diagram names as a text: in timers, properties and parameters."""
    for node, definition in _timers(context):
        if _repeats(definition):
            continue
        try:
            limit, expression = timers.read(timer_text(definition))
            reads = compiled(expression)[1] if expression is not None else None
        except Refused:
            continue  # the rules `timer-text` and `expression` say what is wrong with it
        for name in [limit] if reads is None else sorted(reads.limits):
            yield node, name
    for one in context.nodes():
        limit = one.properties.get("limit", "").strip()
        if limit and one.kind not in ("boundaryEvent", "intermediateCatchEvent"):
            yield one.xml, limit
    for one in context.nodes("serviceTask"):
        operator = Document.extension(one.xml, "serviceTaskOperator")
        given = operator.iter(f"{{{SPIFF}}}parameter") if operator is not None else ()
        for parameter in given:
            text = (parameter.get("value") or "").strip()
            if parameter.get("id") == "limit" and text[:1] in ('"', "'") and text[-1:] == text[:1]:
                yield one.xml, text[1:-1]
