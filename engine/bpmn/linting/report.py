"""Collects faults of one file, with the element, its name and line."""

from collections.abc import Iterable

from engine.bpmn.linting.documents import one_line
from engine.bpmn.linting.faults import Fault
from engine.bpmn.linting.registry import Found, Rule

MAX_FAULTS = 500


class Report:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def take(self, rule: Rule, found: Iterable[Found]) -> None:
        """What a rule found, as faults of this file."""
        for one in found:
            if len(self.faults) >= MAX_FAULTS:
                return
            node = one.node
            self.faults.append(
                Fault(
                    one.file or self.file,
                    (node.get("id") or "")[:100] if node is not None else "",
                    one_line(node.get("name"))[:100] if node is not None else "",
                    (one.line or 1) if node is None else node.sourceline,
                    rule.id,
                    one.severity or rule.severity,
                    one.message,
                )
            )

    def at_line(self, line: int | None, rule: str, message: str) -> None:
        """One fault of the file, at a line."""
        self.faults.append(Fault(self.file, "", "", line or 1, rule, "error", message))
