"""A form's fields as they are edited, read from its file whatever state it is in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Option:
    """A choice of a list that the form holds itself."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True)
class Condition:
    """When a field is asked."""

    field: str
    op: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Field:
    """A field as it is edited. listed: a pack's list it is chosen from. fact: what it writes."""

    name: str
    zh: str
    en: str = ""
    help_zh: str = ""
    help_en: str = ""
    kind: str = "text"
    required: bool = False
    longest: int | None = None
    options: tuple[Option, ...] = ()
    listed: str = ""
    condition: Condition | None = None
    routing: bool = False
    fact: str = ""


def parsed(content: bytes) -> dict[str, Any] | None:
    """The form as a dictionary with fields; None if the file is none."""
    try:
        schema = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return None
    fields = schema["properties"].values()
    return schema if all(isinstance(field, dict) for field in fields) else None


_BY_WIDGET = {
    "array": {"files": "files", "units": "units"},
    "integer": {"stars": "stars"},
    "boolean": {"radio": "yes-no"},
    "string": {"unit": "unit", "tiles": "tiles"},
}
_BY_TYPE = {"array": "several", "boolean": "tick", "number": "number"}


def kind_of(field: Mapping[str, Any]) -> str:
    """Which kind of field it is; "other" for one that only the file can say."""
    told, wanted, form = (str(field.get(name)) for name in ("type", "x-widget", "format"))
    if told == "string" and form in {"date", "date-time"}:
        return "date" if form == "date" else "moment"
    kind = _BY_WIDGET.get(told, {}).get(wanted) or _BY_TYPE.get(told)
    if kind is None and told in {"string", "integer"}:
        chosen = "enum" in field or "x-options" in field
        texts = "long" if wanted == "textarea" else "text"
        kind = "choice" if chosen else texts if told == "string" else "whole"
    return kind or "other"


def field_of(schema: Schema, name: str) -> Field:
    """One field as it is edited."""
    raw = schema["properties"][name]
    title, said = _texts(raw.get("x-title")), _texts(raw.get("x-help"))
    labels = raw.get("x-labels") if isinstance(raw.get("x-labels"), dict) else {}
    items = raw.get("items") if isinstance(raw.get("items"), dict) else {}
    keys = raw.get("enum") or (items or {}).get("enum") or ()
    options = [
        Option(str(key), *_texts((labels or {}).get(str(key)), str(key)))
        for key in (keys if isinstance(keys, list) else ())
    ]
    condition = raw.get("x-show-if")
    facts = entries(schema, "x-facts")
    fact = next((str(one.get("fact", "")) for one in facts if writes(one, name)), "")
    longest = raw.get("maxLength")
    return Field(
        name,
        *title,
        *said,
        kind_of(raw),
        name in entries(schema, "required") or bool(raw.get("x-required")),
        longest if isinstance(longest, int) else None,
        tuple(options),
        str(raw.get("x-options") or ""),
        _condition(condition) if isinstance(condition, dict) else None,
        bool(raw.get("x-routing")),
        fact,
    )


def writes(effect: Mapping[str, Any], name: str) -> bool:
    """Whether this is the plain writing of a field's answer into a fact."""
    return effect.get("from") == name and "map" not in effect and "when" not in effect


def _condition(raw: Mapping[str, Any]) -> Condition:
    value = raw.get("value")
    values = tuple(value) if isinstance(value, list) else (value,)
    return Condition(str(raw.get("field", "")), str(raw.get("op", "==")), values)


def _texts(raw: Any, without: str = "") -> tuple[str, str]:
    if not isinstance(raw, dict):
        return without, ""
    return str(raw.get("zh", without)), str(raw.get("en", ""))


def entries(schema: Schema, name: str) -> list[Any]:
    """The entries of a list of the form; none where it is no list."""
    found = schema.get(name)
    wanted = str if name == "required" else dict
    return [one for one in found if isinstance(one, wanted)] if isinstance(found, list) else []
