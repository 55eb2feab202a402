"""What a diagram may contain: every fault of its files at once, each with a way out.

Refused is what the library would do silently wrong, what cannot be bounded, and what would only
fail when a case gets there.
"""

from collections.abc import Mapping

from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.bpmn.decisions import Table
from engine.bpmn.library import build
from engine.bpmn.linting.answers import check_decision
from engine.bpmn.linting.documents import Document, Unreadable, read
from engine.bpmn.linting.events import check_codes, check_event
from engine.bpmn.linting.faults import Fault
from engine.bpmn.linting.flows import MAX_NODES, check_flows
from engine.bpmn.linting.report import Report
from engine.bpmn.linting.scopes import EVENTS, TASKS, Scope, references, scopes
from engine.bpmn.linting.structure import check_contents, check_names, check_structure
from engine.bpmn.linting.tasks import Known, check_task
from engine.bpmn.linting.variables import Variables

__all__ = ["Fault", "check", "check_table"]

PROCESS_FILE = "process.bpmn"


def check(
    key: str,
    process: bytes,
    decisions: Mapping[str, bytes],
    *,
    forms: Mapping[str, set[str]] | None = None,
    limits: set[str] | None = None,
    roles: set[str] | None = None,
) -> list[Fault]:
    """Every fault of a diagram and its decision tables; never raises, whatever the bytes.

    key: the process id expected; decisions: by file name; forms: form -> routing variables it
    sets; limits, roles: names there are. What is None is not checked.
    """
    faults: list[Fault] = []
    tables: dict[str, Table] = {}
    for file, content in decisions.items():
        table, found = check_table(file, content)
        faults += found
        if table is not None and table.key in tables:
            report = Report(file)
            report.at_line(None, "duplicate-decision", f"the decision {table.key} is there twice")
            faults += report.faults
        elif table is not None:
            tables[table.key] = table
    report = Report(PROCESS_FILE)
    document = _read(report, process)
    if document is not None:
        _guarded(report, document, key, tables, forms, limits, roles)
        if not any(fault.severity == "error" for fault in (*faults, *report.faults)):
            _try_library(report, document, key)
    return [*sorted(report.faults, key=lambda fault: fault.line or 0), *faults]


def check_table(file: str, content: bytes) -> tuple[Table | None, list[Fault]]:
    """A decision file's table, if it can be used, and every fault of it."""
    report = Report(file if file.endswith(".dmn") else f"{file}.dmn")
    document = _read(report, content)
    if document is None:
        return None, report.faults
    try:
        return check_decision(report, document), report.faults
    except RecursionError:
        report.at_line(None, "too-deep", "the file is nested too deeply")
        return None, report.faults


def _read(report: Report, content: bytes) -> Document | None:
    try:
        return read(content)
    except Unreadable as error:
        report.at_line(error.line, "unreadable", str(error))
        return None


def _guarded(
    report: Report,
    document: Document,
    key: str,
    tables: Mapping[str, Table],
    forms: Mapping[str, set[str]] | None,
    limits: set[str] | None,
    roles: set[str] | None,
) -> None:
    try:
        _check_process(report, document, key, tables, forms, limits, roles)
    except RecursionError:
        report.at_line(None, "too-deep", "the diagram is nested too deeply")


def _check_process(
    report: Report,
    document: Document,
    key: str,
    tables: Mapping[str, Table],
    forms: Mapping[str, set[str]] | None,
    limits: set[str] | None,
    roles: set[str] | None,
) -> None:
    process = check_structure(report, document, key)
    if process is None:
        return
    check_names(report, process)
    events = {kind: references(document, kind) for kind in ("message", "error", "escalation")}
    processes = {p.get("id"): p for p in document.processes() if p is not process and p.get("id")}
    known = Known(
        messages=events["message"],
        decisions=frozenset(tables),
        processes=frozenset(processes),
        forms=forms,
        limits=limits,
        roles=roles,
    )
    everything = scopes(process)
    for called in processes.values():
        everything += scopes(called)
    for scope in everything:
        check_contents(report, scope.xml)
        for node in scope.nodes.values():
            if node.kind in TASKS:
                check_task(report, node, known)
            elif node.kind in EVENTS:
                check_event(report, node, events, limits)
        check_flows(report, scope)
    check_codes(report, everything, events)
    _variables(report, everything, tables, forms, Document.properties(process))


def _variables(
    report: Report,
    everything: list[Scope],
    tables: Mapping[str, Table],
    forms: Mapping[str, set[str]] | None,
    properties: Mapping[str, str],
) -> None:
    if any(len(scope.nodes) > MAX_NODES for scope in everything):
        return
    given = frozenset(properties.get("given", "").replace(",", " ").split())
    Variables(everything, tables, forms).check(report, everything, given)


def _try_library(report: Report, document: Document, key: str) -> None:
    """The last question: the library takes it too."""
    try:
        build(document, key)
    except (ValidationException, RecursionError) as error:
        if "RecursionError" in repr(error):  # the library wraps its own
            report.at_line(None, "too-many", "too many elements in a row; use sub-processes")
        else:
            report.at_line(getattr(error, "line_number", None), "library", str(error)[:200])
