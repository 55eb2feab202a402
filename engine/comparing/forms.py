"""Differences between two forms, field by field and keyword by keyword; and of decision tests."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from engine.comparing.changes import Change, Text, differing, out_of_order
from engine.comparing.json_facts import flat, text

_NOTHING: frozenset[str] = frozenset()
_OF_FIELDS = frozenset({"properties", "required", "x-title", "title", "layout"})
# A title in one language beside the same in both says nothing more.
_DOUBLE = frozenset({"$schema", "$id"})


def form(content: bytes) -> dict[str, Any]:
    """A form's schema. Raises `ValueError` if it is none."""
    found = orjson.loads(content)
    if not isinstance(found, dict) or not isinstance(found.get("properties", {}), dict):
        raise ValueError("no schema of a form")
    return found


def changes(file: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Every difference: the form's own keywords, fields that came or went, keywords of fields."""
    title = _title(new, file)
    yield from differing(file, "", title, _own(old), _own(new), moved=_NOTHING)
    before, after = _fields(old), _fields(new)
    for key, facts in after.items():
        name = _title(new["properties"][key], key)
        if key in before:
            yield from differing(file, key, name, before[key], facts, moved=_NOTHING)
        else:
            yield Change(file, key, name, "added", "field", details=tuple(facts.items()))
    for key, facts in before.items():
        if key not in after:
            name = _title(old["properties"][key], key)
            yield Change(file, key, name, "removed", "field", details=tuple(facts.items()))
    yield from _arranged(file, old, new)


def _own(schema: Mapping[str, Any]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in schema.items()
        if name not in _OF_FIELDS and name not in _DOUBLE
    }
    found = {f"form.{what}": value for what, value in flat(kept).items() if what}
    titles = schema.get("x-title")
    said = titles if isinstance(titles, dict) else {"zh": schema.get("title", "")}
    return {**{f"title.{language}": text(value) for language, value in said.items()}, **found}


def _fields(schema: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    required = schema.get("required", [])
    found = {}
    for key, field in schema.get("properties", {}).items():
        facts = _field(field) if isinstance(field, dict) else {"form": text(field)}
        if isinstance(required, list) and key in required:
            facts["required"] = "true"
        found[key] = facts
    return found


def _field(field: Mapping[str, Any]) -> dict[str, str]:
    labels: Any = field.get("x-labels")
    labels = labels if isinstance(labels, dict) else {}
    options: Any = field.get("enum")
    options = options if isinstance(options, list) else []
    rest = {name: value for name, value in field.items() if name not in {"x-labels", "enum"}}
    found = {what.replace("x-title", "title"): value for what, value in flat(rest).items() if what}
    for option in [*options, *(one for one in labels if one not in options)]:
        label = labels.get(option) if isinstance(option, str) else None
        words = [label.get(one, "") for one in ("zh", "en")] if isinstance(label, dict) else []
        found[f"option.{text(option)}"] = " / ".join(filter(None, words)) or text(option)
    return found


def _arranged(file: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Fields that stand at another place, and those that share a line with others than before."""
    before, after = _lines(old), _lines(new)
    flat_before = [key for line in before for key in line]
    flat_after = [key for line in after for key in line]
    moved = out_of_order(flat_before, flat_after)
    for key in moved:
        yield Change(
            file,
            key,
            _title(new["properties"].get(key, {}), key),
            "changed",
            "order",
            str(flat_before.index(key) + 1),
            str(flat_after.index(key) + 1),
        )
    stays = {*flat_before} & {*flat_after}
    shape = [[[key for key in line if key in stays] for line in lines] for lines in (before, after)]
    was, now = ([line for line in lines if line] for lines in shape)
    if not moved and was != now:
        yield Change(file, "", _title(new, file), "changed", "lines", _shown(was), _shown(now))


def _lines(schema: Mapping[str, Any]) -> list[list[str]]:
    layout = schema.get("layout")
    fields = list(schema.get("properties", {}))
    if not isinstance(layout, list):
        return [[key] for key in fields]
    lines = [
        [key for key in (line if isinstance(line, list) else [line]) if key in fields]
        for line in layout
    ]
    placed = {key for line in lines for key in line}
    return [*lines, *([key] for key in fields if key not in placed)]


def _shown(lines: list[list[str]]) -> str:
    return " / ".join(" ".join(line) for line in lines)


def _title(schema: Any, otherwise: str) -> Text:
    bare = otherwise.removeprefix("forms/").removesuffix(".json")
    said = schema.get("x-title") if isinstance(schema, dict) else None
    if not isinstance(said, dict):
        return {"zh": bare, "en": bare}
    zh = str(said.get("zh") or bare)
    return {"zh": zh, "en": str(said.get("en") or zh)}


def tested(content: bytes) -> list[dict[str, Any]]:
    """The rows of a decision's tests. Raises `ValueError`."""
    found = orjson.loads(content)
    rows = found.get("rows") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("no rows of tests")
    return rows


def changed_tests(
    file: str, old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> Iterator[Change]:
    """Tests that came, went, or expect something else for the same inputs."""
    before, after = ({_input(row): text(row.get("out")) for row in rows} for rows in (old, new))
    key = file.removesuffix(".tests.json")
    name = {"zh": key, "en": key}
    for asked in [*after, *(one for one in before if one not in after)]:
        was, now = before.get(asked), after.get(asked)
        if was is None or now is None:
            kind = "added" if was is None else "removed"
            said = (("in", asked), ("out", now or was or ""))
            yield Change(file, "", name, kind, "test", details=said)  # type: ignore[arg-type]
        elif was != now:
            yield Change(file, "", name, "changed", "test", was, now, details=(("in", asked),))


def _input(row: Mapping[str, Any]) -> str:
    return orjson.dumps(row.get("in"), option=orjson.OPT_SORT_KEYS).decode()
