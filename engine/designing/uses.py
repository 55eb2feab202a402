"""Which steps of a diagram use a form or a decision."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.bpmn.linting.documents import Document, Unreadable, local, read


@dataclass(frozen=True)
class Step:
    """A task of a diagram."""

    element: str
    zh: str
    en: str


def of_forms(process: bytes) -> dict[str, list[Step]]:
    """The user tasks by the form they name; nothing of a file that cannot be read."""
    return _by(process, lambda node: Document.properties(node).get("form", ""))


def of_decisions(process: bytes) -> dict[str, list[Step]]:
    """The business rule tasks by the decision they ask."""
    return _by(process, _decision)


def _by(process: bytes, named: Any) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for node in _tasks(process):
        key = named(node)
        if key:
            en = Document.properties(node).get("name_en", "")
            found.setdefault(key, []).append(
                Step(node.get("id") or "", node.get("name") or node.get("id") or "", en)
            )
    return found


def _tasks(process: bytes) -> Iterator[Any]:
    try:
        document = read(process)
    except Unreadable:
        return
    for node in document.root.iter():
        if isinstance(node.tag, str) and local(node).endswith("Task"):
            yield node


def _decision(node: Any) -> str:
    called = Document.extension(node, "calledDecisionId")
    return "" if called is None else (called.text or "").strip()
