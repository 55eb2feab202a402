"""Decision files to tables, whatever state they are in; the rules look at the result."""

from typing import Any

from engine.bpmn.decisions import Column, Output, Row, Table
from engine.bpmn.linting.documents import Document, local, one_line


def decisions(document: Document) -> list[Any]:
    """The decision elements of a file."""
    return [node for node in document.root if local(node) == "decision"]


def read_table(document: Document) -> Table:
    """The first decision of a file as a table; what is missing is left empty."""
    found = decisions(document)
    decision = found[0] if found else document.root
    table = next((node for node in decision if local(node) == "decisionTable"), None)
    parts = list(table) if table is not None else []
    inputs = [_input(node) for node in parts if local(node) == "input"]
    outputs = [_output(node) for node in parts if local(node) == "output"]
    rules = [node for node in parts if local(node) == "rule"]
    return Table(
        key=decision.get("id") or "",
        name=one_line(decision.get("name")),
        hit_policy=(table.get("hitPolicy") if table is not None else None) or "UNIQUE",
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        rows=tuple(
            Row(
                number,
                tuple(_test(node) for node in rule if local(node) == "inputEntry"),
                tuple(_text(node) for node in rule if local(node) == "outputEntry"),
                _words(rule),
            )
            for number, rule in enumerate(rules, 1)
        ),
    )


def _words(rule: Any) -> str:
    said = next((child for child in rule if local(child) == "description"), None)
    return one_line(said.text) if said is not None else ""


def _input(node: Any) -> Column:
    asked = next((child for child in node if local(child) == "inputExpression"), None)
    return Column(one_line(node.get("label")), _text(asked) if asked is not None else "")


def _output(node: Any) -> Output:
    default = next((child for child in node if local(child) == "defaultOutputEntry"), None)
    text = _text(default) if default is not None else ""
    return Output(one_line(node.get("label")), node.get("name") or "", text or None)


def _test(node: Any) -> str | None:
    text = _text(node)
    return None if text in ("", "-") else text


def _text(node: Any) -> str:
    text = next((child for child in node if local(child) == "text"), None)
    return (text.text or "").strip() if text is not None else ""
