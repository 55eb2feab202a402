"""A form as the page of its editor lists it."""

import json
from collections.abc import Mapping
from typing import Any

from engine.designing import form_fields
from web import form_typing, form_words, i18n


def above(schema: Mapping[str, Any] | None, name: str) -> list[tuple[str, str]]:
    """The fields above this one, or all for a new one: those a condition may look at."""
    names = list(schema["properties"]) if schema else []
    above = names[: names.index(name)] if name in names else names
    return [(one, title_of(schema, one)) for one in above]


def title_of(schema: Mapping[str, Any] | None, name: str) -> str:
    """What a field is called in the page's language."""
    field = form_fields.field_of(schema or {}, name)
    return i18n.pick({"zh": field.zh or name, "en": field.en or field.zh or name})


def title(schema: Mapping[str, Any] | None, key: str) -> Mapping[str, str]:
    """What a form is called, in both languages."""
    title = (schema or {}).get("x-title")
    if not isinstance(title, dict):
        return {"zh": key, "en": key}
    zh = str(title.get("zh") or key)
    return {"zh": zh, "en": str(title.get("en") or zh)}


def table(schema: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The fields as rows."""
    if schema is None:
        return []
    return [
        {
            "field": form_fields.field_of(schema, name),
            "kind": form_words.kind(form_fields.kind_of(raw)),
            "when": form_typing.told_when(schema, name),
        }
        for name, raw in schema["properties"].items()
    ]


def no_json(content: bytes) -> int | None:
    """The line at which the file stops being JSON; None if it is."""
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        return error.lineno
    except (ValueError, RecursionError):
        return 1
    return None
