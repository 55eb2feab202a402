"""Collects faults of one file, with the element, its name and line."""

import re
from collections.abc import Iterable
from typing import Any

from engine.bpmn.allow_list import Mode, Reads, Refused, compiled
from engine.bpmn.expressions import nearest
from engine.bpmn.linting.documents import one_line
from engine.bpmn.linting.faults import Fault, Severity
from engine.facts import FACTS

NOTHING = Reads(frozenset(), frozenset(), frozenset(), frozenset())
MAX_FAULTS = 500


class Report:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def add(self, node: Any, rule: str, message: str, severity: Severity = "error") -> None:
        """One fault at a node; None for the file itself."""
        if len(self.faults) >= MAX_FAULTS:
            return
        element = (node.get("id") or "")[:100] if node is not None else ""
        name = one_line(node.get("name"))[:100] if node is not None else ""
        line = node.sourceline if node is not None else None
        self.faults.append(Fault(self.file, element, name, line, rule, severity, message))

    def at_line(self, line: int | None, rule: str, message: str) -> None:
        """One fault of the file, at a line."""
        self.faults.append(Fault(self.file, "", "", line, rule, "error", message))

    def expression(self, node: Any, source: str | None, what: str, mode: Mode = "eval") -> Reads:
        """Check an expression and the facts it names; what it reads, nothing if it is wrong."""
        text = (source or "").strip()
        if not text:
            self.add(node, "expression-missing", f"{what} is empty; write an expression")
            return NOTHING
        if text.startswith("=") or "${" in text or "#{" in text:
            self.add(
                node, "expression",
                f"{what} looks like another engine's: `{_short(text)}`; write it plainly, such as "
                'opinion == "refuse" or case.bounces >= 3',
            )  # fmt: skip
            return NOTHING
        try:
            reads = compiled(text, mode)[1]
        except Refused as error:
            self.add(node, "expression", f"{what} `{_short(text)}`: {error}")
            return NOTHING
        self.facts(node, reads.facts, what)
        return reads

    def facts(self, node: Any, names: Iterable[str], what: str) -> None:
        """Every fact named exists."""
        for fact in sorted(names):
            if fact not in FACTS:
                self.add(
                    node, "unknown-fact",
                    f"{what} reads case.{fact[:60]}, which no case has{nearest(fact, FACTS)}",
                )  # fmt: skip


def _short(text: str) -> str:
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= 80 else line[:77] + "..."
