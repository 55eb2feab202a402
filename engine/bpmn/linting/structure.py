"""Rules of the file as a whole: its process, ids, and elements that cannot be used."""

import re
from typing import Any

from engine.bpmn.linting.documents import BPMN, SPIFF, Document, children, local
from engine.bpmn.linting.report import Report
from engine.bpmn.linting.scopes import NODES, TASKS

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")  # as long as our columns
LONGEST_NAME = 200
_ANY_ID = re.compile(r"[^\s\"'<>&\[\]]{1,200}")
_RESERVED = ("Start", "End", "Root", "StartEventSplit", "StartEventJoin")
_DRAWN_ONLY = (
    "laneSet", "sequenceFlow", "textAnnotation", "association", "group", "dataObject",
    "dataObjectReference", "dataStoreReference", "documentation", "extensionElements", "property",
    "incoming", "outgoing", "dataInputAssociation", "dataOutputAssociation", "ioSpecification",
    "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "category", "auditing",
    "monitoring",
)  # fmt: skip
_REFUSED = {
    "task": "a task without a kind; make it a user, manual, service, script or business rule task",
    "complexGateway": "complex gateways cannot be used; draw exclusive or parallel ones",
    "adHocSubProcess": "ad-hoc sub-processes cannot be used; draw the order of the work",
    "transaction": "transactions cannot be used; use a sub-process with an error event",
    "globalUserTask": "global tasks cannot be used",
}  # fmt: skip
_KNOWN_EXTENSIONS = (
    "properties", "serviceTaskOperator", "calledDecisionId", "instructionsForEndUser",
)  # fmt: skip


def check_structure(report: Report, document: Document, key: str) -> Any:
    """Every rule about the file; the process element if there is one to look into."""
    root = document.root
    if root.tag != f"{{{BPMN}}}definitions":
        report.add(root, "not-bpmn", "this is no BPMN 2.0 diagram: the root is not definitions")
        return None
    _ids(report, document)
    processes = document.processes()
    process = document.process(key)
    if process is None:
        found = ", ".join(str(p.get("id"))[:60] for p in processes) or "none"
        report.add(
            processes[0] if processes else root, "process-key",
            f"the process id must be {key}, the name of its folder; found {found}",
        )  # fmt: skip
        return processes[0] if processes else None
    called = {node.get("calledElement") for node in root.iter(f"{{{BPMN}}}callActivity")}
    for other in processes:
        if other is not process and other.get("id") not in called:
            report.add(
                other, "several-processes",
                "one process per file: one pool; move the others into files of their own",
            )  # fmt: skip
    for one in processes:
        if one.get("isExecutable", "true") != "true":
            report.add(one, "not-executable", "mark the process as executable")
    if next(root.iter(f"{{{BPMN}}}correlationProperty"), None) is not None:
        report.add(process, "correlation", "correlations are not used: a message names its case")
    return process


def check_contents(report: Report, xml: Any) -> None:
    """Every element of a process or sub-process can be used."""
    for child in children(xml):
        name = local(child)
        if name in NODES:
            if name == "subProcess" and child.get("triggeredByEvent") == "true":
                report.add(
                    child, "event-subprocess",
                    "event sub-processes cannot be used; use boundary events, or a process of its "
                    "own beside this one",
                )  # fmt: skip
            if child.get("isForCompensation") == "true":
                report.add(child, "compensation", "compensation does nothing; draw what undoes it")
            _extensions(report, child)
            _inside(report, child)
        elif name not in _DRAWN_ONLY:
            way = _REFUSED.get(name, f"{name[:60]} cannot be used in a diagram")
            report.add(child, "refused-element", way)


def _inside(report: Report, node: Any) -> None:
    """What stands in a task or event belongs there."""
    kind = local(node)
    for child in children(node):
        name = local(child)
        if kind != "subProcess" and name in (*NODES, "sequenceFlow"):
            report.add(child, "misplaced", f"a {name} cannot stand inside a {kind}; draw it anew")
        if name.endswith("LoopCharacteristics") and kind not in TASKS:
            report.add(node, "misplaced", f"a {kind} cannot be repeated; draw it on a task")
        if name in ("performer", "potentialOwner", "humanPerformer", "resourceRole", "rendering"):
            report.add(node, "ignored", f"{name} is ignored; use the property roles", "warning")


def _extensions(report: Report, node: Any) -> None:
    holder = node.find(f"{{{BPMN}}}extensionElements")
    if holder is None:
        return
    for child in holder:
        if not isinstance(child.tag, str):
            continue
        name = local(child)
        if not child.tag.startswith(f"{{{SPIFF}}}"):
            report.add(
                node, "foreign-extension",
                f"{name[:60]} belongs to another engine and is ignored here",
                "warning",
            )  # fmt: skip
        elif name in ("preScript", "postScript"):
            report.add(
                node, "hidden-script", "scripts hidden in a task cannot be used; draw a script task"
            )
        elif name not in _KNOWN_EXTENSIONS:
            report.add(node, "foreign-extension", f"{name[:60]} is ignored", "warning")


def check_names(report: Report, process: Any) -> None:
    """Names fit; a Chinese one has an English one beside it, or the designer is told."""
    named = (*NODES, "lane")
    for node in (process, *process.iter()):
        if not isinstance(node.tag, str) or not node.get("name"):
            continue
        if not (node is process or local(node) in named):
            continue
        english = Document.properties(node).get("name_en") or ""
        if not english:
            report.add(node, "name-en", "the property name_en is missing", "warning")
        if max(len(node.get("name")), len(english)) > LONGEST_NAME:
            report.add(node, "name-long", f"a name has at most {LONGEST_NAME} characters")


def _ids(report: Report, document: Document) -> None:
    seen: dict[str, Any] = {}
    items: list[Any] = []
    for node in document.root.iter():
        if not isinstance(node.tag, str) or not node.tag.startswith(f"{{{BPMN}}}"):
            continue
        key = node.get("id")
        name = local(node)
        if key is None:
            if name in NODES or name in ("process", "sequenceFlow"):
                report.add(node, "id-missing", f"this {name} has no id")
            continue
        if name in ("inputDataItem", "outputDataItem"):
            items.append(node)  # names of variables, which several tasks may share
        if name in ("property", "inputDataItem", "outputDataItem"):
            continue
        _spelling(report, node, key, name)
        if key in seen:
            report.add(
                node, "duplicate-id",
                f"the id {key[:60]} is used twice (also in line {seen[key].sourceline}); choose "
                "another",
            )  # fmt: skip
        else:
            seen[key] = node
    for item in items:
        if item.get("id") in seen:
            report.add(
                item, "duplicate-id",
                f"the item {item.get('id')[:60]} has the id of an element; give the variable "
                "another name",
            )  # fmt: skip


def _spelling(report: Report, node: Any, key: str, name: str) -> None:
    pattern = _ID if name in NODES or name == "process" else _ANY_ID
    if not pattern.fullmatch(key):
        report.add(
            node, "bad-id",
            "an id begins with a letter and has letters, digits, _ and -, at most 64",
        )  # fmt: skip
    elif key in _RESERVED and name in NODES:
        report.add(node, "bad-id", f"the id {key} is reserved; choose another")
