"""What a definition of a rate may say, as JSON Schema, and the words its conditions may use.

A condition is one word of a closed list with its own parameters, {"any": [conditions]} or
{"not": condition}; never a free expression. Conditions in a list hold together.
"""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

_WORD = {"type": "string", "minLength": 1}
_TEXT = {
    "type": "object",
    "properties": {"zh": _WORD, "en": _WORD},
    "required": ["zh", "en"],
    "additionalProperties": False,
}
_KEY = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
_KEYS = {"type": "array", "items": {"type": "string", "maxLength": 64}, "minItems": 1}
_NUMBER = {"type": "integer", "minimum": 1, "maximum": 100_000}
_LIMIT = {"enum": ["handling", "contact"]}

CASE, SLIP = "case", "slip"
# What may be said of a case or a slip; for each word the parameters it takes, all but "plain" and
# the bounds of a mark required.
WORDS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    CASE: {
        "status": {"one_of": _KEYS},
        "outcome": {"one_of": _KEYS},
        "category": {"one_of": _KEYS},
        "channel": {"one_of": _KEYS},
        "kind": {"one_of": _KEYS},
        "level": {"one_of": _KEYS},
        "said": {"one_of": _KEYS},
        "slipped": {},
        "closed": {},
        "handled": {},
        "answered": {},
        "contacted": {},
        "limited": {"limit": _LIMIT},
        "kept": {"limit": _LIMIT, "plain": {"type": "boolean"}},
        "broken": {"limit": _LIMIT},
        "running": {"limit": _LIMIT},
        "paused": {},
        "extended": {},
        "extended_last_day": {},
        "may_call": {},
        "called": {},
        "reached": {},
        "asked": {},
        "rated": {},
        "mark": {"at_least": _NUMBER, "at_most": _NUMBER},
        "sent_back": {},
        "returned": {},
        "repeated": {"within_days": _NUMBER},
        "reviewed": {},
        "failed_review": {},
        "coached": {},
        "own_call": {},
        "drawn": {},
        "spared": {},
        "handled_within": {"minutes": _NUMBER},
        "handled_before_due": {"minutes": _NUMBER},
    },
    SLIP: {
        "category": {"one_of": _KEYS},
        "channel": {"one_of": _KEYS},
        "signed": {},
        "signed_in_time": {},
        "limited": {},
        "running": {},
        "returned": {},
        "return_accepted": {},
    },
}
OPTIONAL_PARAMETERS = frozenset({"plain", "at_least", "at_most"})
CLOCKS = ("due", "close", "receipt", "dispatch")
JUDGES = ("system", "citizen", "callback", "handler", "reviewer", "supervisor", "exchange")
KINDS = ("share", "estimate", "spread", "score", "check", "outside")
_COUNTED = {"share", "estimate", "check"}
# What a source may leave open; it is then our own default and says so.
PARTS = (
    "population",
    "numerator",
    "denominator",
    "exclusions",
    "clock",
    "judge",
    "window",
    "decimals",
    "source",
)


_CONDITIONS = {"type": "array", "items": {"type": "object", "minProperties": 1}, "maxItems": 20}
_DEEPEST = 3  # of conditions within conditions


def loose_ends(rates: Mapping[str, Any]) -> list[str]:
    """What is wrong with the conditions of definitions that fit the schema."""
    found: list[str] = []
    for key, content in rates.items():
        of = content.get("of", CASE)
        said = [content.get("population"), content.get("numerator"), *content.get("exclusions", [])]
        for part in said:
            for one in (part or {}).get("when", []):
                found += [f"rates.{key}: {fault}" for fault in _faults(of, one)]
        if content.get("kind", "share") in _COUNTED and not content.get("population"):
            found.append(f"rates.{key}: there is no population")
        found += [
            f"rates.{key}: there is no rate {part}"
            for part in content.get("parts", {})
            if part not in rates
        ]
    return found


def _faults(of: str, condition: Mapping[str, Any], depth: int = 0) -> list[str]:
    if depth > _DEEPEST or not isinstance(condition, Mapping):
        return ["a condition is an object, three deep at most"]
    if set(condition) == {"any"} and isinstance(condition["any"], list) and condition["any"]:
        return [fault for one in condition["any"] for fault in _faults(of, one, depth + 1)]
    if set(condition) == {"not"} and isinstance(condition["not"], dict):
        return _faults(of, condition["not"], depth + 1)
    word = str(condition.get("is"))[:64]
    if word not in WORDS[of]:
        return [f"no condition {word!r} of a {of}"]
    takes = WORDS[of][word]
    given = set(condition) - {"is"}
    found = [f"{word}: takes no {one}" for one in sorted(given - set(takes))]
    found += [f"{word}: lacks {one}" for one in sorted(set(takes) - given - OPTIONAL_PARAMETERS)]
    for name in sorted(given & set(takes)):
        if not Draft202012Validator(takes[name]).is_valid(condition[name]):
            found.append(f"{word}: {name} is not as it should be")
    return found


def _definition() -> dict[str, Any]:
    when = _CONDITIONS
    said = {"zh": _WORD, "en": _WORD}
    return {
        "type": "object",
        "properties": {
            **said,
            "kind": {"enum": list(KINDS)},
            "of": {"enum": [CASE, SLIP]},
            "population": {
                "type": "object",
                "properties": {**said, "when": when},
                "required": ["zh", "en", "when"],
                "additionalProperties": False,
            },
            "numerator": {
                "type": "object",
                "properties": {**said, "when": when},
                "required": ["zh", "en", "when"],
                "additionalProperties": False,
            },
            "denominator": _TEXT,
            "exclusions": {
                "type": "array",
                "maxItems": 12,
                "items": {
                    "type": "object",
                    "properties": {
                        "key": _KEY,
                        **said,
                        "when": when,
                        "unreached": {"type": "boolean"},
                    },
                    "required": ["key", "zh", "en", "when"],
                    "additionalProperties": False,
                },
            },
            "clock": {"enum": list(CLOCKS)},
            "limit": _LIMIT,
            "judge": {"enum": list(JUDGES)},
            "window": _TEXT,
            "decimals": {"type": "integer", "minimum": 0, "maximum": 4},
            "less_is_better": {"type": "boolean"},
            "measure": {"enum": ["hops", "days", "age"]},
            "days": {"enum": ["from_next_day", "both_counted", "between"]},
            "parts": {
                "type": "object",
                "propertyNames": _KEY,
                "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 100},
            },
            "alert": {
                "type": "object",
                "properties": {
                    "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
                    "cases": _NUMBER,
                    "rise": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
                },
                "required": ["share", "cases"],
                "additionalProperties": False,
            },
            "not_stated": {"type": "array", "items": {"enum": list(PARTS)}, "uniqueItems": True},
            "needs": _TEXT,
            "note": _TEXT,
            "source": _TEXT,
            "mark": {"enum": ["T", "P", "K"]},
        },
        "required": ["zh", "en", "judge", "source", "mark"],
        "additionalProperties": False,
    }


RATES: dict[str, Any] = {
    "type": "object",
    "propertyNames": _KEY,
    "additionalProperties": _definition(),
}
# A place that is only compared with: its definitions over those of the pack it extends.
PLACE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "key": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,63}$"},
        "extends": {"type": "string"},
        "name": _TEXT,
        "source": _TEXT,
        "rates": RATES,
    },
    "required": ["key", "extends", "name", "source", "rates"],
    "additionalProperties": False,
}
