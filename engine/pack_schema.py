"""What a pack file may contain, as JSON Schema. Everything but `key` may come from the base."""

from typing import Any

from engine.rate_schema import RATES

BUDGET = r"^[1-9][0-9]{0,3} (WD|d|h|h office)$"
MARKS = ("T", "P", "K")  # text of the rule read; press or agency summary; our own default

_KEY = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
_WORD = {"type": "string", "minLength": 1}
_TEXT = {
    "type": "object",
    "properties": {"zh": _WORD, "en": _WORD},
    "required": ["zh", "en"],
    "additionalProperties": False,
}
_BUDGET = {"type": "string", "pattern": BUDGET}
_URL = {"type": "string", "pattern": "^https?://[^\\s]+$"}
_SOURCE = {"source": _TEXT, "mark": {"enum": list(MARKS)}}
_TIME = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}


def _item(*required: str, **more: Any) -> dict[str, Any]:
    """An entry of a list: a key, a name in both languages, and what else it may say."""
    return {
        "type": "object",
        "properties": {"key": _KEY, "zh": _WORD, "en": _WORD, **_SOURCE, **more},
        "required": ["key", "zh", "en", *required],
        "additionalProperties": False,
    }


def _items(*required: str, **more: Any) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": _item(*required, **more)}


def _any_items(*required: str, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": _item(*required, **more)}


def _map(value: Any) -> dict[str, Any]:
    return {"type": "object", "propertyNames": _KEY, "additionalProperties": value}


_SOURCED = {"type": "object", "properties": _SOURCE, "required": list(_SOURCE)}
_RUNG = {
    "type": "object",
    "properties": {
        "name": _KEY,
        "zh": _WORD,
        "en": _WORD,
        "before": _BUDGET,
        "after": _BUDGET,
        **_SOURCE,
    },
    "required": ["name", "zh", "en", *_SOURCE],
    "oneOf": [{"required": ["before"]}, {"required": ["after"]}],
    "additionalProperties": False,
}
_LIMIT = {
    "type": "object",
    "properties": {
        "zh": _WORD,
        "en": _WORD,
        "budget": _BUDGET,
        "clock": {"enum": ["citizen", "unit"]},
        "rungs": {"type": "array", "items": _RUNG},
        "settled_by": _KEY,
        "decided_by": _KEY,
        "overdue": _KEY,
        **_SOURCE,
    },
    "required": ["zh", "en", "budget", "clock", *_SOURCE],
    "additionalProperties": False,
}
_LIMITS_OF_A_CLASS = {"contact": _BUDGET, "handling": _BUDGET}

PACK: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "key": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,63}$"},
        "extends": {"type": "string"},
        "name": _TEXT,
        "prefix": {"type": "string", "pattern": "^[A-Z][A-Z0-9]{1,7}$"},
        "processes": {
            "type": "object",
            "properties": dict.fromkeys(("appeal", "supervision", "extension", "opinion"), _KEY),
            "additionalProperties": False,
        },
        "stages": _items(covers={"type": "array", "items": _TEXT}),
        "channels": _items(office=_KEY),
        "categories": _items(
            parent=_KEY, unit=_KEY, examples=_TEXT, words={"type": "array", "items": _WORD}
        ),
        "classes": _items(*_LIMITS_OF_A_CLASS, *_SOURCE, **_LIMITS_OF_A_CLASS),
        "rehandling": {
            "type": "object",
            "properties": {**_LIMITS_OF_A_CLASS, **_SOURCE},
            "required": [*_LIMITS_OF_A_CLASS, *_SOURCE],
            "additionalProperties": False,
        },
        "extension": {
            "type": "object",
            "properties": {
                "most": {"type": "integer", "minimum": 1},
                "times": {"type": "integer", "minimum": 1},
                **_SOURCE,
            },
            "required": ["most", "times", *_SOURCE],
            "additionalProperties": False,
        },
        "limits": _map(_LIMIT),
        "office_hours": {
            "type": "object",
            "properties": {
                "segments": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "array", "items": _TIME, "minItems": 2, "maxItems": 2},
                },
                "close": _TIME,
                "start_rule": {"enum": ["next_day", "same_day_before_cutoff"]},
                "cutoff": _TIME,
                **_SOURCE,
            },
            "required": ["segments", "close", "start_rule", *_SOURCE],
            "additionalProperties": False,
        },
        "offices": _map(_KEY),
        "roles": _items(office=_KEY),
        "ladder": _items("role", *_SOURCE, role=_KEY),
        "refusal_reasons": _items("channel", *_SOURCE, channel=_KEY),
        "legal_channels": _items(phone=_WORD, url=_URL, address=_TEXT, how=_TEXT),
        "return_reasons": _items(*_SOURCE),
        "review_faults": _items(*_SOURCE),
        "review_checks": _any_items(
            *_SOURCE, outcomes={"type": "array", "items": _KEY, "minItems": 1}
        ),
        "callback_bands": _any_items("from", "to", **{"from": _TIME, "to": _TIME}),
        "callback_sampling": {
            "type": "object",
            "properties": {
                "calls": {"type": "integer", "minimum": 1, "maximum": 100_000},
                **_SOURCE,
            },
            "anyOf": [{"maxProperties": 0}, {"required": ["calls", *_SOURCE]}],
            "additionalProperties": False,
        },
        "outcomes": _items(),
        "routes": _any_items("process", process=_KEY, office=_KEY, sealed={"type": "boolean"}),
        "topics": _any_items(),
        "rates": RATES,
        "work_units": _any_items(),
        "not_stated": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"key": {"type": "string"}, "zh": _WORD, "en": _WORD},
                "required": ["key", "zh", "en"],
                "additionalProperties": False,
            },
        },
        "sources": _map(_SOURCED),
        "stated": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["key"],
    "additionalProperties": False,
}

_ABOUT = ("key", "extends", "not_stated", "sources", "stated")
SECTIONS = tuple(name for name in PACK["properties"] if name not in _ABOUT)
# Joined entry by entry; other sections are replaced.
MERGED = ("processes", "limits", "offices", "rates", "callback_sampling")
OPTIONAL = (
    "routes",
    "topics",
    "review_checks",
    "callback_bands",
    "callback_sampling",
    "work_units",
    "rates",
)  # empty in a pack that says nothing of them
