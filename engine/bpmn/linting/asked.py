"""What tasks name: the decision or operation they ask for, the variables they repeat over."""

from typing import Any

from engine.bpmn.linting.documents import Document, children, local
from engine.bpmn.linting.scopes import Node


def operation_of(node: Node) -> str:
    """The operation a service task asks for, empty if it names none."""
    operator = Document.extension(node.xml, "serviceTaskOperator")
    return (operator.get("id") or "").strip() if operator is not None else ""


def decision_of(node: Node) -> str:
    """The decision a business rule task asks, empty if it names none."""
    called = Document.extension(node.xml, "calledDecisionId")
    return (called.text or "").strip() if called is not None else ""


def roles_of(node: Node) -> list[str]:
    """The roles that may do a task."""
    return node.properties.get("roles", "").replace(",", " ").replace(";", " ").split()


def multi_names(loop: Any) -> dict[str, str]:
    """The variables a multi-instance names: its list, item, results and result."""
    found: dict[str, str] = {}
    for child in children(loop):
        name = local(child)
        if name in ("loopDataInputRef", "loopDataOutputRef"):
            found[name] = (child.text or "").strip()
        elif name in ("inputDataItem", "outputDataItem"):
            found[name] = (child.get("id") or "").strip()
    return found


def names_at(node: Node) -> dict[str, str]:
    """The variables of a node's multi-instance, empty if it has none."""
    loop = next(children(node.xml, "multiInstanceLoopCharacteristics"), None)
    return multi_names(loop) if loop is not None else {}
