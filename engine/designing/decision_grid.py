"""A decision table as rows of texts, whatever state its file is in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.bpmn.linting.documents import Unreadable, local, read
from engine.errors import InvalidInput

BAR = " | "  # between the languages of a rule's words


@dataclass(frozen=True)
class Column:
    """An input or output: what people call it in both languages, what it asks or sets."""

    zh: str
    en: str
    name: str


@dataclass(frozen=True)
class Rule:
    """A row. cells, results: as written, empty for any value."""

    id: str
    cells: tuple[str, ...]
    results: tuple[str, ...]
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Grid:
    """The first decision table of a file."""

    key: str
    name: str
    hit_policy: str
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[Rule, ...]


def grid(content: bytes) -> Grid | None:
    """The table of a decision file; None if it cannot be read as one."""
    try:
        table = table_of(root_of(content))
    except InvalidInput:
        return None
    decision = table.getparent()
    return Grid(
        decision.get("id", ""),
        decision.get("name") or decision.get("id", ""),
        table.get("hitPolicy") or "UNIQUE",
        tuple(
            Column(one.get("label") or "", said_of(one), text_of(child(one, "inputExpression")))
            for one in children(table, "input")
        ),
        tuple(
            Column(one.get("label") or "", said_of(one), one.get("name") or "")
            for one in children(table, "output")
        ),
        tuple(rule_of(one) for one in children(table, "rule")),
    )


def root_of(content: bytes) -> Any:
    """The root of a decision file, comments kept. Raises `InvalidInput`."""
    try:
        read(content)  # refuses what is not safe to look at
    except Unreadable as error:
        raise InvalidInput("dmn", str(error)) from None
    # `read` drops comments, which are to stay.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(content, parser)


def table_of(root: Any) -> Any:
    """The first decision's table. Raises `InvalidInput`."""
    decision = next(children(root, "decision"), None)
    table = None if decision is None else next(children(decision, "decisionTable"), None)
    if table is None:
        raise InvalidInput("dmn", "one decision with a decision table")
    return table


def children(of: Any, name: str) -> Iterator[Any]:
    """Its parts of that name."""
    return (one for one in of if isinstance(one.tag, str) and local(one) == name)


def child(of: Any, name: str) -> Any:
    """The first of them, or None."""
    return next(children(of, name), None)


def text_of(of: Any) -> str:
    """What stands in its `text`."""
    said = None if of is None else child(of, "text")
    return "" if said is None else (said.text or "").strip()


def said_of(of: Any) -> str:
    """Its description in one line."""
    said = child(of, "description")
    return "" if said is None else " ".join((said.text or "").split())


def rule_of(xml: Any) -> Rule:
    """A row from its element."""
    zh, _, en = said_of(xml).partition(BAR)
    return Rule(
        xml.get("id") or "",
        tuple(text_of(one) for one in children(xml, "inputEntry")),
        tuple(text_of(one) for one in children(xml, "outputEntry")),
        zh.strip(),
        en.strip(),
    )
