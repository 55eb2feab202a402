"""Rules of errors and escalations: codes of their own, and somebody who catches them."""

from collections.abc import Iterator
from typing import Any

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.rules.events import ALLOWED, single
from engine.bpmn.linting.scopes import Node

_CODED = ("errorEventDefinition", "escalationEventDefinition")


def _thing(context: Context, definition: Any) -> tuple[str, str]:
    """Kind and code of an error's or escalation's definition; the code empty if there is none."""
    kind = local(definition).removesuffix("EventDefinition")
    thing = context.coded[kind].get(definition.get(f"{kind}Ref") or "")
    return kind, (thing.get(f"{kind}Code") or "").strip() if thing is not None else ""


def _coded(context: Context) -> Iterator[tuple[Node, str, str]]:
    for node, kind in single(context):
        if kind in _CODED and kind in ALLOWED[node.kind]:
            yield node, *_thing(context, node.definitions[0])


@rule(
    "code-missing",
    zh="没有代码的错误或升级事件什么都接，会接走不该它管的。给它自己的代码。",
    en="Without a code it catches everything, also what is not meant for it. Give the error or "
    "escalation a code of its own.",
)
def code_missing(context: Context) -> Iterator[Found]:
    """Every error and escalation has a code."""
    for node, kind, code in _coded(context):
        if not code:
            yield Found(
                node.xml,
                f"its {kind} needs a code of its own; without one it catches what is not meant "
                "for it",
            )


@rule(
    "shared-code",
    zh="一个子流程抛出，所有用同一代码的子流程都会接到并被打断。每个子流程用自己的代码。",
    en="When one sub-process throws, every sub-process that waits for the same code catches it "
    "and is cancelled too. Give each sub-process a code of its own.",
)
def shared_code(context: Context) -> Iterator[Found]:
    """No two sub-processes are left by one code."""
    catching: dict[tuple[str, str], list[Node]] = {}
    for node, kind, code in _coded(context):
        if node.kind == "boundaryEvent" and code:
            catching.setdefault((kind, code), []).append(node)
    for (kind, code), nodes in catching.items():
        hosts = {node.xml.get("attachedToRef") for node in nodes}
        for node in nodes if len(hosts) > 1 else ():
            yield Found(
                node.xml,
                f"{kind} {code[:60]} is caught on {len(hosts)} sub-processes: if one throws it, "
                "all catch it; give each sub-process a code of its own",
            )


@rule(
    "uncaught",
    zh="没人接的错误会让流程当作正常结束，没人接的升级会丢。在外层子流程上画一个同代码的边界事件。",
    en="An error that nobody catches ends the process as if all were well; such an escalation "
    "is lost. Draw a boundary event with its code on the sub-process around it.",
)
def uncaught(context: Context) -> Iterator[Found]:
    """What is thrown is caught by a sub-process around it."""
    coded = list(_coded(context))
    catching: dict[tuple[str, str], set[str]] = {}
    for node, kind, code in coded:
        if node.kind == "boundaryEvent":
            catching.setdefault((kind, code), set()).add(node.xml.get("attachedToRef") or "")
    for node, kind, code in coded:
        if node.kind == "boundaryEvent" or not code:
            continue
        around = {owner.id for owner in context.around(context.scope_of(node))}
        if not around & catching.get((kind, code), set()):
            yield Found(
                node.xml,
                f"nothing catches {kind} {code[:60]}; draw a boundary event with this code on the "
                "sub-process around it",
                "error" if kind == "error" else "warning",
            )
