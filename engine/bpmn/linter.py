"""What a diagram may contain: every fault of its files at once, each with a way out.

Refused is what the library would do silently wrong, what cannot be bounded, and what would only
fail when a case gets there. The rules are in `linting.rules`, one subject a module.
"""

import logging
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

import orjson
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.bpmn.decisions import Table
from engine.bpmn.library import build
from engine.bpmn.linting import rules
from engine.bpmn.linting.context import Context, Known
from engine.bpmn.linting.documents import Document, Unreadable, read
from engine.bpmn.linting.faults import Fault
from engine.bpmn.linting.foreign.drawings import Drawing, drawing_of
from engine.bpmn.linting.foreign.rules import DRAWING
from engine.bpmn.linting.registry import RULES, Subject
from engine.bpmn.linting.report import Report
from engine.bpmn.linting.subjects import Decision, Folder, FormFile

__all__ = [
    "DRAWING", "RULES", "Drawing", "Fault", "check", "check_form", "check_table", "drawing",
    "rules",
]  # fmt: skip

PROCESS_FILE = "process.bpmn"
NONE: frozenset[str] = frozenset()
# Of one diagram that is drawn all else stays as it was: such files are kept with their faults.
_KEPT, _SMALL = 256, 100_000
_log = logging.getLogger(__name__)


def check(
    key: str,
    process: bytes,
    decisions: Mapping[str, bytes],
    *,
    forms: Mapping[str, set[str]] | None = None,
    limits: set[str] | None = None,
    roles: set[str] | None = None,
    sealed_roles: set[str] | None = None,
    off: AbstractSet[str] = NONE,
) -> list[Fault]:
    """Every fault of a diagram and its decision tables; never raises, whatever the bytes.

    key: the process id expected; decisions: by file name; forms: form -> routing variables it
    sets; limits, roles, sealed_roles: names there are. What is None is not checked. off: rules
    that are not asked; the library is asked only when all are.
    """
    faults: list[Fault] = []
    tables: dict[str, Table] = {}
    named: list[tuple[str, str]] = []
    for file, content in decisions.items():
        table, found = check_table(file, content, off)
        faults += found
        if table is not None:
            named.append((file, table.key))
            tables.setdefault(table.key, table)
    folder = Report("")
    _ask(folder, "folder", Folder(named), off)
    report = Report(PROCESS_FILE)
    document = _read(report, process, off)
    if document is not None:
        known = Known(tables, forms, limits, roles, sealed_roles)
        _ask(report, "diagram", Context(PROCESS_FILE, document, key, known), off)
        # Of a drawing nothing else needs saying: it is not meant to run.
        drawn = [fault for fault in report.faults if fault.rule == DRAWING]
        report.faults = drawn or report.faults
        found = [*faults, *folder.faults, *report.faults]
        if not off and not drawn and not any(fault.severity == "error" for fault in found):
            _try_library(report, document, key)
    return [*sorted(report.faults, key=lambda fault: fault.line or 0), *folder.faults, *faults]


def drawing(content: bytes) -> Drawing | None:
    """What a file is called that is a drawing rather than a process; None if it is a process."""
    try:
        document = read(content)
    except Unreadable:
        return None
    return drawing_of(document)


def check_table(
    file: str, content: bytes, off: AbstractSet[str] = NONE
) -> tuple[Table | None, list[Fault]]:
    """A decision file's table, if it can be used, and every fault of it."""
    ask = _table if len(content) <= _SMALL else _table.__wrapped__
    table, faults = ask(file, content, frozenset(off))
    return table, list(faults)


@lru_cache(_KEPT)
def _table(
    file: str, content: bytes, off: frozenset[str]
) -> tuple[Table | None, tuple[Fault, ...]]:
    report = Report(file if file.endswith(".dmn") else f"{file}.dmn")
    document = _read(report, content, off)
    if document is None:
        return None, tuple(report.faults)
    decision = Decision(report.file, document)
    _ask(report, "decision", decision, off)
    table: list[Table | None] = []
    _deep(report, lambda: table.append(decision.table))
    return (table[0] if table else None), tuple(report.faults)


def check_form(key: str, content: bytes, off: AbstractSet[str] = NONE) -> list[Fault]:
    """Every fault of a form file."""
    ask = _form if len(content) <= _SMALL else _form.__wrapped__
    return list(ask(key, content, frozenset(off)))


@lru_cache(_KEPT)
def _form(key: str, content: bytes, off: frozenset[str]) -> tuple[Fault, ...]:
    report = Report(f"forms/{key}.json")
    try:
        schema = orjson.loads(content)
    except ValueError:
        schema = None
    _ask(report, "form", FormFile(report.file, key, schema), off)
    return tuple(
        Fault(one.file, key[:100], key[:100], one.line, one.rule, one.severity, one.message)
        for one in report.faults
    )


def _read(report: Report, content: bytes, off: AbstractSet[str]) -> Document | None:
    try:
        return read(content)
    except Unreadable as error:
        _ask(report, "file", error, off)
        return None


def _ask(report: Report, subject: Subject, about: object, off: AbstractSet[str]) -> None:
    """Every rule of a subject. One that fails refuses the file in words and is written down."""
    for rule in RULES.values():
        if rule.id in off or not rule.looks_at(subject):
            continue
        try:
            _deep(report, lambda rule=rule: report.take(rule, rule.find(about)))  # type: ignore[misc]
        except Exception:
            _log.exception("the rule %s failed", rule.id)
            report.at_line(
                None, "internal",
                f"the rule {rule.id} could not be asked about this file; save it anew in the "
                "editor, and tell the administrator if that does not help",
            )  # fmt: skip


def _deep(report: Report, ask: Callable[[], None]) -> None:
    """Ask, and say that the file is too deep, once, if the stack does not reach."""
    try:
        ask()
    except RecursionError:
        if not any(fault.rule == "too-deep" for fault in report.faults):
            report.at_line(None, "too-deep", "the file is nested too deeply; use fewer levels")


def _try_library(report: Report, document: Document, key: str) -> None:
    """The last question: the library takes it too."""
    try:
        build(document, key)
    except (ValidationException, RecursionError) as error:
        if "RecursionError" in repr(error):  # the library wraps its own
            report.at_line(None, "too-many", "too many elements in a row; use sub-processes")
        else:
            report.at_line(getattr(error, "line_number", None), "library", str(error)[:200])
    except Exception as error:
        _log.exception("the library stumbled over a diagram")
        report.at_line(
            None, "library",
            f"the file cannot be taken ({type(error).__name__}); save it anew in the editor",
        )  # fmt: skip
