"""Changes of a decision's file, one at a time, so that the rest of it stays as it was."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from engine.designing.decision_grid import (
    BAR,
    Column,
    Rule,
    child,
    children,
    root_of,
    rule_of,
    table_of,
    text_of,
)
from engine.errors import InvalidInput

DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
LONGEST_CELL = 2000
LARGEST = 10_000  # rows no file reaches
_EMPTY = re.compile(rb"<((?:\w+:)?text)/>")


def written(content: bytes, rules: Sequence[Rule]) -> bytes:
    """The file with these rows as they are given; one that is not there comes at the end.

    Raises `InvalidInput`.
    """

    def act(table: Any) -> None:
        there = {one.get("id"): one for one in children(table, "rule")}
        for rule in rules:
            _require_short(rule)
            if rule.id in there:
                _fill(there[rule.id], rule)
            else:
                _append(table, rule)

    return _changed(content, act)


def added(content: bytes, rule: Rule, place: int | None = None) -> bytes:
    """The file with another row, its id made here; place: its number, at the end without one.

    Raises `InvalidInput`.
    """

    def act(table: Any) -> None:
        _require_short(rule)
        made = _append(table, rule)
        behind = sum(1 for _ in children(table, "rule")) - (place or LARGEST)
        for _ in range(behind):
            _swap(table, made.get("id"), -1)

    return _changed(content, act)


def removed(content: bytes, rule_id: str) -> bytes:
    """The file without a row; as it is if there is no such row. Raises `InvalidInput`."""

    def act(table: Any) -> None:
        for one in children(table, "rule"):
            if one.get("id") == rule_id:
                _take_out(one)

    return _changed(content, act)


def moved(content: bytes, rule_id: str, step: int) -> bytes:
    """The file with a row one place up (-1) or down (1). Raises `InvalidInput`."""
    return _changed(content, lambda table: _swap(table, rule_id, step))


def with_hit_policy(content: bytes, policy: str) -> bytes:
    """The file with another hit policy. Raises `InvalidInput`."""
    return _changed(content, lambda table: table.set("hitPolicy", policy))


def new(
    key: str, zh: str, en: str, policy: str, inputs: Sequence[Column], outputs: Sequence[Column]
) -> bytes:
    """A file with a table that has these columns and one row that fits always."""
    cells = "".join(
        f'\n    <inputEntry id="{key}_r0i{n}"><text></text></inputEntry>'
        for n in range(len(inputs))
    ) + "".join(
        f'\n    <outputEntry id="{key}_r0o{n}"><text></text></outputEntry>'
        for n in range(len(outputs))
    )
    columns = "".join(
        f'\n   <input id="{key}_in{n}" label={quoteattr(one.zh)}>\n'
        f"    <description>{escape(one.en)}</description>\n"
        f'    <inputExpression id="{key}_ine{n}" typeRef="string">'
        f"<text>{escape(one.name)}</text></inputExpression>\n   </input>"
        for n, one in enumerate(inputs)
    ) + "".join(
        f'\n   <output id="{key}_out{n}" label={quoteattr(one.zh)} name={quoteattr(one.name)} '
        f'typeRef="string">\n    <description>{escape(one.en)}</description>\n   </output>'
        for n, one in enumerate(outputs)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<definitions xmlns="{DMN}" id="definitions_{key}" name={quoteattr(zh)} '
        f'namespace="urn:huiyin">\n <decision id="{key}" name={quoteattr(zh)}>\n'
        f"  <description>{escape(en)}</description>\n"
        f'  <decisionTable id="{key}_table" hitPolicy="{policy}">{columns}\n'
        f'   <rule id="{key}_r0">{cells}\n   </rule>\n'
        "  </decisionTable>\n </decision>\n</definitions>\n"
    ).encode()


def _changed(content: bytes, act: Callable[[Any], None]) -> bytes:
    root = root_of(content)
    act(table_of(root))
    body: bytes = etree.tostring(root.getroottree(), encoding="UTF-8")
    body = _EMPTY.sub(rb"<\1></\1>", body)  # as the files are written
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body.rstrip() + b"\n"


def _require_short(rule: Rule) -> None:
    for text in (*rule.cells, *rule.results, rule.zh, rule.en):
        if len(text) > LONGEST_CELL:
            raise InvalidInput("cell", f"at most {LONGEST_CELL} characters")


def _fill(xml: Any, rule: Rule) -> None:
    """Write a row into its element; what is the same is not touched."""
    for name, texts in (("inputEntry", rule.cells), ("outputEntry", rule.results)):
        for entry, text in zip(children(xml, name), texts, strict=False):
            if text_of(entry) != text:
                said = child(entry, "text")
                if said is None:
                    said = etree.SubElement(entry, _name(entry, "text"))
                said.text = text
    was = rule_of(xml)
    if (was.zh, was.en) != (rule.zh, rule.en):
        _describe(xml, rule)


def _describe(xml: Any, rule: Rule) -> None:
    said = child(xml, "description")
    if said is None:
        said = etree.Element(_name(xml, "description"))
        xml.insert(0, said)
        said.tail = xml.text
    said.text = f"{rule.zh}{BAR}{rule.en}" if rule.en else rule.zh


def _swap(table: Any, rule_id: str, step: int) -> None:
    """Let a row and its neighbour change places; nothing where there is none."""
    rules = list(children(table, "rule"))
    ids = [one.get("id") for one in rules]
    place = ids.index(rule_id) if rule_id in ids else -1
    other = place + step
    if place < 0 or not 0 <= other < len(rules):
        return
    upper, lower = rules[min(place, other)], rules[max(place, other)]
    # The white space behind an element goes with it: it stays at its place instead.
    upper.tail, lower.tail = lower.tail, upper.tail
    at = table.index(upper)
    table.remove(lower)
    table.insert(at, lower)


def _append(table: Any, rule: Rule) -> Any:
    """A row behind the last, indented like it."""
    ids = {one.get("id") for one in table.iter() if isinstance(one.tag, str)}
    key = table.getparent().get("id", "decision")
    number = sum(1 for _ in children(table, "rule"))
    while f"{key}_r{number}" in ids or f"{key}_r{number}i0" in ids:
        number += 1
    made = etree.Element(_name(table, "rule"), id=f"{key}_r{number}")
    last = [*children(table, "rule"), *children(table, "output"), *children(table, "input")]
    before = next(iter([*children(table, "rule")][-1:] or last[-1:]), None)
    indent = (table.text or "\n   ").rstrip(" ") + " " * _depth(table)
    made.text = indent + " "
    for name, letter, count, texts in (
        ("inputEntry", "i", sum(1 for _ in children(table, "input")), rule.cells),
        ("outputEntry", "o", sum(1 for _ in children(table, "output")), rule.results),
    ):
        for index in range(count):
            entry = etree.SubElement(made, _name(table, name), id=f"{key}_r{number}{letter}{index}")
            said = etree.SubElement(entry, _name(table, "text"))
            said.text = texts[index] if index < len(texts) else ""
            entry.tail = indent + " "
    if len(made):
        made[-1].tail = indent
    if rule.zh or rule.en:
        _describe(made, rule)
    if before is None:
        table.append(made)
    else:
        made.tail, before.tail = before.tail, indent
        table.insert(table.index(before) + 1, made)
    return made


def _depth(table: Any) -> int:
    """How many blanks stand before the parts of the table."""
    return len((table.text or "").rpartition("\n")[2])


def _take_out(xml: Any) -> None:
    """Remove an element with the white space before it."""
    before, tail = xml.getprevious(), xml.tail
    table = xml.getparent()
    if before is not None:
        before.tail = tail
    table.remove(xml)


def _name(beside: Any, name: str) -> str:
    space = etree.QName(beside).namespace
    return f"{{{space}}}{name}" if space else name
