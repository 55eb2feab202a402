"""Differences between two decision files: tables, columns, rows and cells."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.linting.documents import local, read
from engine.comparing.changes import Change, Text, differing, out_of_order
from engine.comparing.xml_facts import XSI, called, flat, split, text_of

_COLUMNS = {"input": "input", "output": "output", "annotation": "annotation"}
_ENTRIES = {"inputEntry": "input", "outputEntry": "output", "annotationEntry": "annotation"}
# What is drawn: column widths and the places in the file's own diagram.
_WIDTHS = ("@biodi:width", "@width", "@biodi:annotationsWidth")
_WRITER = frozenset({"id", "exporter", "exporterVersion"})  # how the file is written
_DRAWN = frozenset({"width", "place"})
_WHAT = {
    "@label": "label", "description": "description", "inputExpression/text": "expression",
    "inputExpression": "expression", "inputExpression/@typeRef": "type", "@typeRef": "type",
    "@name": "variable", "inputValues/text": "values", "outputValues/text": "values",
    "defaultOutputEntry/text": "otherwise", "inputExpression/@expressionLanguage": "language",
}  # fmt: skip


@dataclass
class Decision:
    """One decision: what it says itself, its columns and its rows, each by id."""

    name: Text
    facts: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Tables:
    """A decision file: its decisions by id, everything else in it by id, names of columns."""

    decisions: dict[str, Decision] = field(default_factory=dict)
    others: dict[str, dict[str, str]] = field(default_factory=dict)
    names: dict[str, Text] = field(default_factory=dict)


def tables(content: bytes) -> Tables:
    """What a file says. Raises `Unreadable`."""
    root = read(content).root
    own = split(root.tag)[0]
    found = Tables()
    found.others[""] = {
        called(name, own): value
        for name, value in root.attrib.items()
        if name not in _WRITER and split(name)[0] != XSI
    }
    for node in root:
        kind, key = local(node), node.get("id") or local(node)
        if kind == "decision":
            found.decisions[key] = _decision(node, own, found.names)
        elif split(node.tag)[1] == "DMNDI":
            _places(node, found)
        elif kind:
            found.others[key] = {"type": kind, **flat(node, own)}
    return found


def changes(file: str, old: Tables, new: Tables) -> Iterator[Change]:
    """Every difference, in the order of the new file."""
    nothing: Text = {"zh": "", "en": ""}
    for key, decision in new.decisions.items():
        if key not in old.decisions:
            yield Change(file, key, decision.name, "added", "decision")
        else:
            yield from _within(file, key, old.decisions[key], decision)
    for key, decision in old.decisions.items():
        if key not in new.decisions:
            yield Change(file, key, decision.name, "removed", "decision")
    for key in [*new.others, *(one for one in old.others if one not in new.others)]:
        was, now = old.others.get(key), new.others.get(key)
        name = {"zh": key, "en": key} if key else nothing
        if was is None or now is None:
            kind = (now or was or {}).get("type", "")
            yield Change(file, key, name, "removed" if now is None else "added", kind)
        else:
            yield from differing(file, key, name, was, now, moved=_DRAWN)


def _within(file: str, key: str, old: Decision, new: Decision) -> Iterator[Change]:
    yield from differing(file, key, new.name, old.facts, new.facts, moved=_DRAWN)
    for one in [*new.columns, *(one for one in old.columns if one not in new.columns)]:
        was, now = old.columns.get(one), new.columns.get(one)
        name = _joined(new.name, _title(now or was or {}))
        if was is None or now is None:
            side = new if old.columns.get(one) is None else old
            cells = tuple(
                (f"row.{at}", row[one])
                for at, row in enumerate(side.rows.values(), 1)
                if row.get(one)
            )
            kind = f"column.{(now or was or {}).get('kind')}"
            yield Change(
                file, one, name, "removed" if now is None else "added", kind, details=cells
            )
        else:
            yield from differing(file, one, name, was, now, moved=_DRAWN)
    yield from _reordered(file, new.name, old.columns, new.columns, "column_order")
    yield from _rows(file, old, new)


def _rows(file: str, old: Decision, new: Decision) -> Iterator[Change]:
    shared = {*old.columns} & {*new.columns} | {"description"}
    for at, (key, row) in enumerate(new.rows.items(), 1):
        name = _row(new.name, at)
        if key not in old.rows:
            yield Change(file, key, name, "added", "row", details=_cells(row))
            continue
        was = {what: value for what, value in old.rows[key].items() if what in shared}
        now = {what: value for what, value in row.items() if what in shared}
        cells = [{f"cell.{what}": value for what, value in one.items()} for one in (was, now)]
        yield from differing(file, key, name, cells[0], cells[1], moved=_DRAWN)
    for at, (key, row) in enumerate(old.rows.items(), 1):
        if key not in new.rows:
            name = _row(old.name, at)
            yield Change(file, key, name, "removed", "row", details=_cells(row))
    yield from _reordered(file, new.name, old.rows, new.rows, "row_order")


def _reordered(
    file: str, name: Text, old: Mapping[str, Any], new: Mapping[str, Any], what: str
) -> Iterator[Change]:
    before, after = list(old), list(new)
    for key in out_of_order(before, after):
        at = after.index(key) + 1
        one = _row(name, at) if what == "row_order" else _joined(name, _title(new[key]))
        yield Change(file, key, one, "changed", what, str(before.index(key) + 1), str(at))


def _decision(node: Any, own: str, names: dict[str, Text]) -> Decision:
    shown = node.get("name") or node.get("id") or ""
    found = Decision({"zh": shown, "en": shown})
    seen: Counter[str] = Counter()
    for child in node:
        if local(child) == "decisionTable":
            _table(child, own, found)
        elif split(child.tag)[1]:
            step = local(child)
            seen[step] += 1
            step = step if seen[step] == 1 else f"{step}[{seen[step]}]"
            for what, value in flat(child, own, ids=False).items():
                path = f"{step}/{what}".rstrip("/")
                found.facts[_WHAT.get(path, path)] = value
    found.facts |= {called(name, own): value for name, value in node.attrib.items() if name != "id"}
    english = (found.facts.get("description") or "").split(";")[0]
    found.name = {"zh": shown, "en": english or shown}
    names[node.get("id") or ""] = found.name
    for key, column in found.columns.items():
        names[key] = _title(column)
    return found


def _table(node: Any, own: str, found: Decision) -> None:
    found.facts["hit_policy"] = node.get("hitPolicy") or "UNIQUE"
    for name, value in node.attrib.items():
        what = called(name, own)
        if f"@{what}" in _WIDTHS:
            found.facts["width"] = value
        elif what not in {"hitPolicy", "id"}:
            found.facts[f"table.{what}"] = value
    for child in node:
        kind = _COLUMNS.get(local(child))
        if kind:
            key = child.get("id") or f"{kind}{len(found.columns) + 1}"
            found.columns[key] = {"kind": kind, **_column(flat(child, own, ids=False))}
    by_kind = {
        kind: [key for key, one in found.columns.items() if one["kind"] == kind]
        for kind in _COLUMNS.values()
    }
    for child in node:
        if local(child) == "rule":
            key = child.get("id") or f"row{len(found.rows) + 1}"
            found.rows[key] = _cells_of(child, by_kind, own)


def _column(facts: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for what, value in facts.items():
        if what in _WIDTHS:
            found["width"] = value
        elif value:
            found[_WHAT.get(what, what)] = value
    return found


def _cells_of(rule: Any, columns: Mapping[str, list[str]], own: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = dict.fromkeys(columns, 0)
    for child in rule:
        kind = _ENTRIES.get(local(child))
        if local(child) == "description":
            found["description"] = text_of(child)
        elif kind:
            at = place[kind]
            place[kind] = at + 1
            key = columns[kind][at] if at < len(columns[kind]) else f"{kind}{at + 1}"
            texts = flat(child, own, ids=False)
            found[key] = texts.get("text", texts.get("", ""))
            language = texts.get("@expressionLanguage")
            if language:
                found[f"{key}.language"] = language
    return {what: value for what, value in found.items() if value}


def _places(node: Any, found: Tables) -> None:
    """Where tables are drawn in the file's own diagram, as facts of the decisions."""
    for drawn in node.iter():
        key = (drawn.get("dmnElementRef") or "").removeprefix("#")
        if key in found.decisions:
            boxes = [" ".join(one.attrib.values()) for one in drawn if local(one) == "Bounds"]
            found.decisions[key].facts["place"] = " ".join(boxes)


def _cells(row: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((f"cell.{what}", value) for what, value in row.items())


def _title(column: Mapping[str, str]) -> Text:
    shown = column.get("label") or column.get("variable") or column.get("expression") or ""
    return {"zh": shown, "en": column.get("description") or shown}


def _row(name: Text, at: int) -> Text:
    return _joined(name, {"zh": f"第 {at} 行", "en": f"row {at}"})


def _joined(name: Text, part: Text) -> Text:
    return {one: f"{name[one]} · {part[one]}" for one in ("zh", "en")}
