"""Rules of tasks: people's work, services, decisions, scripts, messages, multi-instances."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.bpmn.expressions import nearest
from engine.bpmn.linting.documents import SPIFF, Document, children, local
from engine.bpmn.linting.events import check_limit, check_message
from engine.bpmn.linting.report import Report
from engine.bpmn.linting.scopes import Node
from engine.bpmn.service_tasks import OPERATIONS, Operation

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CLOCKS = ("citizen", "unit")
_TYPES = {str: "a text", int: "a whole number", bool: "yes or no"}


@dataclass(frozen=True, slots=True)
class Known:
    """What the rest of a deployment knows; None where it is not known here."""

    messages: Mapping[str, Any]
    decisions: frozenset[str]
    processes: frozenset[str]
    forms: Mapping[str, set[str]] | None
    limits: set[str] | None
    roles: set[str] | None


def check_task(report: Report, node: Node, known: Known) -> None:
    """Every rule about one task or sub-process."""
    properties = Document.properties(node.xml)
    match node.kind:
        case "userTask":
            _form(report, node.xml, properties, known.forms)
            _roles(report, node.xml, properties, known.roles)
        case "manualTask":
            _roles(report, node.xml, properties, known.roles)
        case "serviceTask":
            _operation(report, node.xml, known.limits)
        case "businessRuleTask":
            _decision(report, node.xml, known.decisions)
        case "scriptTask":
            script = next(children(node.xml, "script"), None)
            text = script.text if script is not None else None
            report.expression(node.xml, text, "the script", "exec")
        case "receiveTask" | "sendTask":
            check_message(report, node.xml, _bearer(node.xml), known.messages)
        case "callActivity":
            called = node.xml.get("calledElement") or ""
            if called not in known.processes:
                report.add(
                    node.xml, "unknown-process",
                    f"it calls {called[:60] or 'nothing'}, which is no process of this file; use a "
                    "sub-process",
                )  # fmt: skip
        case _:
            pass
    _limits(report, node.xml, properties, known.limits)
    _loops(report, node, known)


def _bearer(xml: Any) -> Any:
    if xml.get("messageRef"):
        return xml
    return next(children(xml, "messageEventDefinition"), xml)


def _form(
    report: Report, xml: Any, properties: Mapping[str, str], forms: Mapping[str, set[str]] | None
) -> None:
    form = properties.get("form", "").strip()
    if not form:
        report.add(
            xml, "user-form", "a user task needs the property form: the name of what is filled in"
        )
    elif not _NAME.fullmatch(form):
        report.add(xml, "user-form", f"{form[:60]} is no form's name; write letters, digits and _")
    elif forms is not None and form not in forms:
        report.add(xml, "unknown-form", f"there is no form {form[:60]}{nearest(form, forms)}")


def _roles(report: Report, xml: Any, properties: Mapping[str, str], roles: set[str] | None) -> None:
    found = properties.get("roles", "").replace(",", " ").replace(";", " ").split()
    if not found:
        report.add(xml, "user-roles", "the property roles is missing: name who may do this task")
    for role in found:
        if roles is not None and role not in roles:
            report.add(xml, "unknown-role", f"there is no role {role[:60]}{nearest(role, roles)}")


def _limits(
    report: Report, xml: Any, properties: Mapping[str, str], limits: set[str] | None
) -> None:
    limit = properties.get("limit", "").strip()
    if limit:
        check_limit(report, xml, limit, limits)
    unit = properties.get("unit", "").strip()
    if unit and not _NAME.fullmatch(unit):
        report.expression(xml, unit, "the property unit")
    clock = properties.get("clock", "").strip()
    if clock and clock not in _CLOCKS:
        report.add(xml, "clock", f"clock is citizen or unit, not {clock[:40]}")


def _operation(report: Report, xml: Any, limits: set[str] | None) -> None:
    operator = Document.extension(xml, "serviceTaskOperator")
    name = (operator.get("id") or "").strip() if operator is not None else ""
    if not name:
        report.add(
            xml, "operation-missing",
            f"a service task needs an operation, one of {', '.join(OPERATIONS)}",
        )  # fmt: skip
        return
    operation = OPERATIONS.get(name)
    if operation is None:
        report.add(
            xml,
            "unknown-operation",
            f"there is no operation {name[:60]}{nearest(name, OPERATIONS)}",
        )
        return
    _parameters(report, xml, operator, operation, limits)


def _parameters(
    report: Report, xml: Any, operator: Any, operation: Operation, limits: set[str] | None
) -> None:
    name = operation.name
    given: dict[str, str] = {}
    for parameter in operator.iter(f"{{{SPIFF}}}parameter"):
        key = parameter.get("id") or ""
        if key in given:
            report.add(xml, "operation-parameters", f"{name}: {key[:40]} is given twice")
        if "value" in parameter.attrib and "type" not in parameter.attrib:
            report.add(xml, "operation-parameters", f"{name}: {key[:40]} needs a type, such as any")
        given[key] = parameter.get("value") or ""
    for key in operation.parameters:
        if key not in given:
            report.add(xml, "operation-parameters", f"{name} needs the parameter {key}")
    for key, value in given.items():
        if key not in operation.parameters:
            takes = ", ".join(operation.parameters) or "none"
            report.add(
                xml, "operation-parameters", f"{name} has no parameter {key[:40]}; it takes {takes}"
            )
            continue
        report.expression(xml, value, f"the parameter {key}")
        _parameter_type(report, xml, f"{name}: {key}", operation.parameters[key], value.strip())
        text = value.strip()
        if key == "limit" and re.fullmatch(r"\"[a-z0-9_]+\"|'[a-z0-9_]+'", text):
            check_limit(report, xml, text[1:-1], limits)


def _parameter_type(report: Report, xml: Any, what: str, wanted: type, text: str) -> None:
    """A value written out has the type the operation takes; others are checked when they run."""
    if wanted is int and text[:1] in ("'", '"'):
        report.add(xml, "operation-parameters", f"{what} expects {_TYPES[wanted]}, not a text")
    if wanted is str and re.fullmatch(r"-?\d+(\.\d+)?|True|False", text):
        report.add(xml, "operation-parameters", f'{what} expects {_TYPES[wanted]}; write "{text}"')


def _decision(report: Report, xml: Any, decisions: frozenset[str]) -> None:
    called = Document.extension(xml, "calledDecisionId")
    name = (called.text or "").strip() if called is not None else ""
    if not name:
        report.add(xml, "decision-missing", "a business rule task needs the id of its decision")
    elif name not in decisions:
        report.add(
            xml, "unknown-decision",
            f"there is no decision {name[:60]}{nearest(name, decisions)}",
        )  # fmt: skip


def _loops(report: Report, node: Node, known: Known) -> None:
    if next(children(node.xml, "standardLoopCharacteristics"), None) is not None:
        report.add(
            node.xml, "standard-loop", "a looping task cannot be used; draw the loop with a gateway"
        )
    loop = next(children(node.xml, "multiInstanceLoopCharacteristics"), None)
    if loop is None:
        return
    parts = {local(child): child for child in children(loop)}
    _multi_parts(report, node, loop, parts)
    if "completionCondition" in parts:
        report.expression(node.xml, parts["completionCondition"].text, "the completion condition")
    output = multi_names(loop).get("outputDataItem")
    form = Document.properties(node.xml).get("form", "")
    if node.kind == "userTask" and output and known.forms is not None:
        given = known.forms.get(form)
        if given is not None and output not in given:
            report.add(
                node.xml, "multi-result",
                f"the form {form} must give {output} (x-routing), the result of each instance",
            )  # fmt: skip


def _multi_parts(report: Report, node: Node, loop: Any, parts: Mapping[str, Any]) -> None:
    if "loopCardinality" in parts:
        report.add(
            node.xml, "multi-input",
            "a multi-instance goes over a list, not a number; name the list in loopDataInputRef",
        )  # fmt: skip
    for part, what in (("loopDataInputRef", "list"), ("inputDataItem", "item")):
        if part not in parts:
            report.add(node.xml, "multi-input", f"a multi-instance needs its {what}: {part}")
    for part in ("loopDataOutputRef", "outputDataItem"):
        if part not in parts:
            report.add(
                node.xml, "multi-output",
                f"a multi-instance without {part} leaks its item and fails on the second; name a "
                "list for the results",
            )  # fmt: skip
    for name in multi_names(loop).values():
        if not _NAME.fullmatch(name):
            report.add(node.xml, "multi-input", f"{name[:40]} is no name for a variable")


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
