"""What a form file may contain: JSON Schema 2020-12 of objects, and our own `x-` keywords.

A form is data: which answers become routing variables, facts, cures and records is written
in it, so that no code knows a form by name.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

RECORDS = frozenset(
    {
        "case",
        "screening",
        "refusal",
        "dispatch",
        "take_up",
        "ruling",
        "slip_sign",
        "contact",
        "handling",
        "co_handling",
        "answer",
        "review",
        "answer_sent",
        "callback",
        "judgement",
        "spot_check",
        "follow_up",
        "clue",
        "rung",
        "extension_request",
        "extension_decision",
        "opinion",
    }
)

_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
_TEXT = {
    "type": "object",
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
    "required": ["zh"],
    "additionalProperties": False,
}
_VALUE = {"type": ["string", "integer", "number", "boolean"]}
_CONDITION = {
    "type": "object",
    "properties": {
        "field": _NAME,
        "op": {"enum": ["==", "!=", "in", "not in"]},
        "value": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]},
    },
    "required": ["field", "op", "value"],
    "additionalProperties": False,
}
_EFFECT = {
    "type": "object",
    "properties": {
        "fact": _NAME,
        "from": _NAME,
        "set": True,
        "add": {"type": "integer"},
        "map": {"type": "object", "minProperties": 1},
        "when": _CONDITION,
    },
    "required": ["fact"],
    "oneOf": [{"required": ["from"]}, {"required": ["set"]}, {"required": ["add"]}],
    "dependentRequired": {"map": ["from"]},
    "additionalProperties": False,
}
_PROPERTY = {
    "type": "object",
    "properties": {
        "type": {"enum": ["string", "integer", "number", "boolean", "array"]},
        "x-title": _TEXT,
        "x-help": _TEXT,
        "x-labels": {"type": "object", "additionalProperties": _TEXT},
        "x-widget": {
            "enum": ["textarea", "datetime", "unit", "units", "files", "stars", "radio", "tiles"]
        },
        "x-options": {"type": "string", "pattern": r"^[a-z_]+(\.[a-z_]+)?$"},
        "x-show-if": _CONDITION,
        "x-required": {"type": "boolean"},
        "x-phase": {"enum": ["before", "after"]},
        "x-routing": {"type": "boolean"},
    },
    "required": ["type", "x-title"],
    "dependentRequired": {"x-required": ["x-show-if"]},
}
FORM: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "$schema": {"const": "https://json-schema.org/draft/2020-12/schema"},
        "$id": {"type": "string"},
        "title": {"type": "string", "minLength": 1},
        "description": {"type": "string"},
        "type": {"const": "object"},
        "properties": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 60,
            "propertyNames": _NAME,
            "additionalProperties": _PROPERTY,
        },
        "required": {"type": "array", "items": _NAME, "uniqueItems": True},
        "additionalProperties": {"const": False},
        "layout": {"type": "array", "items": {"type": "array", "items": _NAME, "minItems": 1}},
        "x-title": _TEXT,
        "x-record": {"enum": sorted(RECORDS)},
        "x-facts": {"type": "array", "items": _EFFECT},
        "x-cures": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"cause": _NAME, "when": _CONDITION},
                "required": ["cause"],
                "additionalProperties": False,
            },
        },
        "x-refuse": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": _NAME,
                    "when": _CONDITION,
                    "case": {
                        "type": "object",
                        "properties": {
                            "fact": _NAME,
                            "op": _CONDITION["properties"]["op"],  # type: ignore[index]
                            "value": _CONDITION["properties"]["value"],  # type: ignore[index]
                        },
                        "required": ["fact", "op", "value"],
                        "additionalProperties": False,
                    },
                    "message": _TEXT,
                },
                "required": ["field", "when", "case", "message"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["title", "type", "properties", "additionalProperties", "x-title"],
    "additionalProperties": False,
}


def problems(schema: Any, facts: Collection[str]) -> list[str]:
    """Everything wrong with a form file, one sentence each; empty when it can be used.

    facts: the names a form may write (`engine.facts.FACTS`).
    """
    found = [
        f"{'/'.join(map(str, error.absolute_path)) or 'the form'}: {error.message}"
        for error in Draft202012Validator(FORM).iter_errors(schema)
    ]
    if found:
        return found
    try:
        Draft202012Validator.check_schema(
            {"type": "object", "properties": schema["properties"]},
        )
    except SchemaError as error:
        found.append(f"{'/'.join(map(str, error.absolute_path))}: {error.message}")
    return [*found, *_loose_ends(schema, facts)]


def _loose_ends(schema: Mapping[str, Any], facts: Collection[str]) -> Iterator[str]:
    """Names that point nowhere, and fields that could never be answered."""
    fields = list(schema["properties"])
    yield from _wrong_fields(schema, fields)
    laid_out = [name for row in schema.get("layout", [fields]) for name in row]
    if sorted(laid_out) != sorted(fields):
        yield "layout: must hold every field once"
    for keyword in ("x-facts", "x-cures", "x-refuse"):
        for entry in schema.get(keyword, []):
            named = [entry.get("from"), entry.get("field"), entry.get("when", {}).get("field")]
            for name in named:
                if name is not None and name not in fields:
                    yield f"{keyword}: there is no field {name}"
            for fact in (entry.get("fact"), entry.get("case", {}).get("fact")):
                if fact is not None and fact not in facts:
                    yield f"{keyword}: there is no fact {fact}"


def _wrong_fields(schema: Mapping[str, Any], fields: list[str]) -> Iterator[str]:
    """Fields that are required or shown on conditions that cannot be met."""
    for name in schema.get("required", []):
        if name not in fields:
            yield f"required: there is no field {name}"
        elif "x-show-if" in schema["properties"][name]:
            yield f"{name}: a field with x-show-if is made required by x-required"
    for place, name in enumerate(fields):
        condition = schema["properties"][name].get("x-show-if")
        if condition and condition["field"] not in fields[:place]:
            yield f"{name}: x-show-if must name a field above it, found {condition['field']}"
