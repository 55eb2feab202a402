"""Making answers fit a form: fields it lacks are left out, required ones that are missing filled.

So a player goes on playing when a designer changes a form.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from engine import forms


def fitted(
    schema: Mapping[str, Any],
    answers: Mapping[str, Any],
    options: Mapping[str, Collection[str]],
    now: datetime,
) -> dict[str, Any]:
    """The answers that the form asks for, with something plain wherever it must have more.

    options: list name -> what may be chosen. now: aware and local.
    """
    fields = schema["properties"]
    kept = {name: value for name, value in answers.items() if name in fields}
    while True:
        kept = forms.clean(schema, kept)
        missing = [
            name
            for name in forms.shown(schema, kept)
            if name not in kept and _needed(schema, name, fields[name])
        ]
        if not missing:
            return kept
        kept |= {name: _plain(fields[name], options, now) for name in missing}


def _needed(schema: Mapping[str, Any], name: str, field: Mapping[str, Any]) -> bool:
    return name in schema.get("required", ()) or bool(field.get("x-required"))


def _plain(field: Mapping[str, Any], options: Mapping[str, Collection[str]], now: datetime) -> Any:
    """Any answer that the field takes."""
    if "enum" in field:
        return field["enum"][0]
    chosen = min(options[field["x-options"]]) if "x-options" in field else "见办理记录。"
    by_type: dict[str, Any] = {
        "array": [chosen],
        "boolean": False,
        "integer": field.get("minimum", 1),
        "string": chosen,
    }
    by_format = {"date": now.date().isoformat(), "date-time": now.isoformat(timespec="seconds")}
    return by_format.get(field.get("format", ""), by_type[field["type"]])
