"""Rules of messages: named, and nothing but a call to wake up."""

from collections.abc import Iterator
from typing import Any

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import SPIFF, children, local
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.rules.events import ALLOWED, single
from engine.bpmn.linting.scopes import Node

_CARRYING = ("messagePayload", "messageVariable", "processVariableCorrelation")


def message_of(node: Node) -> Any:
    """What has the `messageRef` of a node, None if the node is not for messages."""
    if node.kind in ("receiveTask", "sendTask"):
        if node.xml.get("messageRef"):
            return node.xml
        return next(children(node.xml, "messageEventDefinition"), node.xml)
    return next(iter(node.definitions), None)


def _bearers(context: Context) -> Iterator[tuple[Any, Any]]:
    """Every element that waits for or sends a message, and what names the message."""
    for node in context.nodes("receiveTask", "sendTask"):
        yield node.xml, message_of(node)
    for node, kind in single(context):
        if kind == "messageEventDefinition" and kind in ALLOWED[node.kind]:
            yield node.xml, message_of(node)


@rule(
    "message-missing",
    zh="没有消息名的接收任务不会等，直接就走过去了。选定一个有名字的消息。",
    en="Without a message a receiving task does not wait but passes through. Choose a message "
    "with a name.",
)
def message_missing(context: Context) -> Iterator[Found]:
    """What waits or sends names its message."""
    for node, bearer in _bearers(context):
        message = context.messages.get(bearer.get("messageRef") or "")
        if message is None or not (message.get("name") or "").strip():
            yield Found(
                node,
                "its message is missing: without one it does not wait; choose a message with a "
                "name",
            )


@rule(
    "message-payload",
    zh="消息只负责唤醒，带的内容不会被读取；事实记在诉求里。删掉消息内容，在网关上读 case 的事实。",
    en="A message only wakes; what it carries is not read, since the facts stand in the case. "
    "Remove the payload and read the case's facts at a gateway.",
)
def message_payload(context: Context) -> Iterator[Found]:
    """No message carries anything."""
    for node, bearer in _bearers(context):
        for one in (bearer, context.messages.get(bearer.get("messageRef") or "")):
            if one is not None and any(
                isinstance(n.tag, str)
                and n.tag.startswith(f"{{{SPIFF}}}")
                and local(n) in _CARRYING
                for n in one.iter()
            ):
                yield Found(
                    node,
                    "a message carries nothing here: it only wakes, and the facts of the case "
                    "decide; remove the payload",
                )
