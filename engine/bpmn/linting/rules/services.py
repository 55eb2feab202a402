"""Rules of service tasks: an operation that there is, with what it takes."""

import re
from collections.abc import Iterator

from engine.bpmn.expressions import nearest
from engine.bpmn.linting.asked import operation_of
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import SPIFF, Document
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.scopes import Node
from engine.bpmn.service_tasks import OPERATIONS, Operation

_TYPES = {str: "a text", int: "a whole number", bool: "yes or no"}


@rule(
    "operation-missing",
    zh="没有指定操作的服务任务什么也不做。在服务任务里选一个操作。",
    en="A service task without an operation has nothing to do. Choose one.",
)
def operation_missing(context: Context) -> Iterator[Found]:
    """Every service task names its operation."""
    for node in context.nodes("serviceTask"):
        if not operation_of(node):
            yield Found(
                node.xml, f"a service task needs an operation, one of {', '.join(OPERATIONS)}"
            )


@rule(
    "unknown-operation",
    zh="引擎没有这个操作，诉求走到这里会出故障。改成列出的操作之一。",
    en="The engine has no such operation; a case that gets here would fail. Choose one of those "
    "listed.",
)
def unknown_operation(context: Context) -> Iterator[Found]:
    """Every operation named is there."""
    for node in context.nodes("serviceTask"):
        name = operation_of(node)
        if name and name not in OPERATIONS:
            yield Found(node.xml, f"there is no operation {name[:60]}{nearest(name, OPERATIONS)}")


@rule(
    "operation-parameters",
    zh="参数缺了、多了或者类型不对，服务任务走到时才会失败。按操作的要求补齐参数。",
    en="With a parameter missing, unknown or of the wrong type the task fails when a case gets "
    "there. Give it what the operation takes.",
)
def operation_parameters(context: Context) -> Iterator[Found]:
    """An operation gets what it takes."""
    for node in context.nodes("serviceTask"):
        operation = OPERATIONS.get(operation_of(node))
        if operation is not None:
            yield from _parameters(node, operation)


def _parameters(node: Node, operation: Operation) -> Iterator[Found]:
    name, xml = operation.name, node.xml
    operator = Document.extension(xml, "serviceTaskOperator")
    given: dict[str, str] = {}
    for parameter in operator.iter(f"{{{SPIFF}}}parameter"):
        key = parameter.get("id") or ""
        if key in given:
            yield Found(xml, f"{name}: {key[:40]} is given twice; remove one")
        if "value" in parameter.attrib and "type" not in parameter.attrib:
            yield Found(xml, f"{name}: {key[:40]} needs a type, such as any")
        given[key] = parameter.get("value") or ""
    for key in operation.parameters:
        if key not in given:
            yield Found(xml, f"{name} needs the parameter {key}")
    for key, value in given.items():
        wanted = operation.parameters.get(key)
        if wanted is None:
            takes = ", ".join(operation.parameters) or "none"
            yield Found(xml, f"{name} has no parameter {key[:40]}; it takes {takes}")
            continue
        text = value.strip()
        what = f"{name}: {key}"
        if wanted is int and text[:1] in ("'", '"'):
            yield Found(xml, f"{what} expects {_TYPES[wanted]}, not a text")
        if wanted is str and re.fullmatch(r"-?\d+(\.\d+)?|True|False", text):
            yield Found(xml, f'{what} expects {_TYPES[wanted]}; write "{text}"')
