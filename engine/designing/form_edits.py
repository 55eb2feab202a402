"""A form's file changed field by field; what the page does not show of a field stays with it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.designing.form_fields import Condition, Field, Schema, entries, kind_of, writes
from engine.errors import InvalidInput

DRAFT = "https://json-schema.org/draft/2020-12/schema"
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
MOST_FIELDS = 60
_CHOSEN = frozenset({"choice", "tiles", "several"})
# What a kind is in the file; the rest of a field is kept over it.
_MADE: dict[str, dict[str, Any]] = {
    "text": {"type": "string", "maxLength": 200},
    "long": {"type": "string", "maxLength": 2000, "x-widget": "textarea"},
    "choice": {"type": "string"},
    "tiles": {"type": "string", "x-widget": "tiles"},
    "several": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 20},
    "yes-no": {"type": "boolean", "x-widget": "radio"},
    "tick": {"type": "boolean"},
    "whole": {"type": "integer"},
    "number": {"type": "number"},
    "stars": {"type": "integer", "x-widget": "stars", "minimum": 1, "maximum": 5},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time", "x-widget": "datetime"},
    "unit": {"type": "string", "maxLength": 80, "x-widget": "unit", "x-options": "units"},
    "units": {
        "type": "array", "items": {"type": "string", "maxLength": 80}, "uniqueItems": True,
        "maxItems": 10, "x-widget": "units", "x-options": "units",
    },
    "files": {
        "type": "array", "items": {"type": "string", "maxLength": 64}, "uniqueItems": True,
        "maxItems": 20, "x-widget": "files",
    },
}  # fmt: skip
KINDS: tuple[str, ...] = tuple(_MADE)
# What a kind brings with it, and another takes away.
_OF_KIND = frozenset(
    {"type", "x-widget", "format", "items", "uniqueItems", "maxItems", "minItems", "enum",
     "x-labels", "x-options", "maxLength", "minLength", "pattern", "minimum", "maximum",
     "exclusiveMinimum", "exclusiveMaximum", "x-phase"}
)  # fmt: skip


def dumped(schema: Schema) -> bytes:
    """The form as its file is written."""
    return (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()


def new(process: str, key: str, zh: str, en: str) -> bytes:
    """The file of a form with one field to begin with."""
    title = {"zh": zh, "en": en} if en else {"zh": zh}
    return dumped(
        {
            "$schema": DRAFT,
            "$id": f"urn:huiyin:form:{process}:{key}",
            "title": zh,
            "x-title": title,
            "type": "object",
            "properties": {
                "note": {
                    "type": "string",
                    "maxLength": 2000,
                    "x-title": {"zh": "说明", "en": "Note"},
                    "x-widget": "textarea",
                }
            },
            "required": ["note"],
            "additionalProperties": False,
            "layout": [["note"]],
        }
    )


def titled(schema: Schema, zh: str, en: str) -> dict[str, Any]:
    """The form under another title."""
    title = {"zh": zh, "en": en} if en else {"zh": zh}
    return {**schema, "title": zh, "x-title": title}


def with_field(schema: Schema, field: Field) -> dict[str, Any]:
    """The form with this field as it is given; a new one comes last. Raises `InvalidInput`."""
    properties = dict(schema["properties"])
    old = properties.get(field.name, {})
    if field.name not in properties and len(properties) >= MOST_FIELDS:
        raise InvalidInput("field", f"at most {MOST_FIELDS} fields")
    properties[field.name] = _raw(field, old)
    required = [one for one in entries(schema, "required") if one != field.name]
    if field.required and field.condition is None:
        required.append(field.name)
    made = {**schema, "properties": properties, "required": _ordered(required, properties)}
    layout = _layout(schema, properties)
    made["layout"] = layout
    facts = _facts(schema, field)
    made.pop("x-facts", None)
    if facts:
        made["x-facts"] = facts
    return made


def _facts(schema: Schema, field: Field) -> list[Any]:
    """What the form writes, in its order: of what the field writes only the first is edited."""
    facts = entries(schema, "x-facts")
    at = next((n for n, one in enumerate(facts) if writes(one, field.name)), None)
    told = {"fact": field.fact, "from": field.name}
    if at is None:
        return [*facts, told] if field.fact else facts
    if facts[at].get("fact") == field.fact:
        return facts
    return [*facts[:at], *([told] if field.fact else []), *facts[at + 1 :]]


def without(schema: Schema, name: str) -> dict[str, Any]:
    """The form without a field and what it wrote; what else names it is left to be mended."""
    properties = {key: one for key, one in schema["properties"].items() if key != name}
    made = {
        **schema,
        "properties": properties,
        "required": [one for one in entries(schema, "required") if one != name],
        "layout": [
            row for row in ([one for one in row if one != name] for row in _rows(schema)) if row
        ],
        "x-facts": [one for one in entries(schema, "x-facts") if one.get("from") != name],
    }
    return {key: one for key, one in made.items() if key != "x-facts" or one}


def moved(schema: Schema, name: str, step: int) -> dict[str, Any]:
    """The form with a field one place up (-1) or down (1)."""
    names = list(schema["properties"])
    at = names.index(name) if name in names else -1
    to = at + step
    if at < 0 or not 0 <= to < len(names):
        return dict(schema)
    other = names[to]
    names[at], names[to] = other, name
    swap = {name: other, other: name}
    return {
        **schema,
        "properties": {key: schema["properties"][key] for key in names},
        "layout": [[swap.get(one, one) for one in row] for row in _layout(schema, names)],
    }


def _raw(field: Field, old: Mapping[str, Any]) -> dict[str, Any]:
    """A field as the file says it."""
    same = bool(old) and kind_of(old) == field.kind
    made: dict[str, Any] = dict(old)
    if not same and field.kind != "other":
        made = {key: one for key, one in old.items() if key not in _OF_KIND} | _MADE[field.kind]
    made["x-title"] = _said(field.zh, field.en)
    for key, value in (
        ("x-help", _said(field.help_zh, field.help_en) if field.help_zh else None),
        ("x-routing", True if field.routing else None),
        ("x-show-if", _show_if(field.condition) if field.condition else None),
        ("x-required", True if field.required and field.condition else None),
    ):
        made.pop(key, None) if value is None else made.update({key: value})
    if field.kind in {"text", "long"}:
        made.pop("maxLength", None) if field.longest is None else made.update(
            maxLength=field.longest
        )
    if field.kind in _CHOSEN:
        _choose(made, field)
    return made


def _choose(made: dict[str, Any], field: Field) -> None:
    """Give a field its list: a pack's, or its own with what each choice is called."""
    for key in ("enum", "x-labels", "x-options"):
        made.pop(key, None)
    items = {key: one for key, one in made.get("items", {}).items() if key != "enum"}
    if field.listed:
        made["x-options"] = field.listed
    elif field.kind == "several":
        items["enum"] = [one.key for one in field.options]
    else:
        whole = made.get("type") == "integer"
        made["enum"] = [int(one.key) if whole else one.key for one in field.options]
    if field.kind == "several":
        made["items"] = items
    if field.options and not field.listed:
        made["x-labels"] = {one.key: _said(one.zh, one.en) for one in field.options}


def _show_if(condition: Condition) -> dict[str, Any]:
    many = condition.op in {"in", "not in"}
    value = list(condition.values) if many else condition.values[0]
    return {"field": condition.field, "op": condition.op, "value": value}


def _said(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en} if en else {"zh": zh}


def _rows(schema: Schema) -> list[list[str]]:
    layout = schema.get("layout")
    if not isinstance(layout, list):
        return [[name] for name in schema["properties"]]
    return [[str(one) for one in row] for row in layout if isinstance(row, list)]


def _layout(schema: Schema, names: Sequence[str] | Mapping[str, Any]) -> list[list[str]]:
    """The rows of the form; a field that stands in none has one of its own."""
    rows = _rows(schema)
    laid = {name for row in rows for name in row}
    return [*rows, *([name] for name in names if name not in laid)]


def _ordered(required: list[str], properties: Mapping[str, Any]) -> list[str]:
    return [name for name in properties if name in required]
