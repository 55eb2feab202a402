"""The kinds of digests there are, read from `workflows/digests`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from engine.errors import InvalidPack, NotFound

Texts = Mapping[str, str]
FOLDER = Path(__file__).resolve().parent.parent.parent / "workflows" / "digests"
NUMBERS = "numbers.json"
WEEK, MONTH = "week", "month"
SHOWS = ("numerator", "denominator", "percent")
_TEXT = {
    "type": "object",
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
    "required": ["zh", "en"],
    "additionalProperties": False,
}
_KEY = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,31}$"}
_NUMBER = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "rate": _KEY,
        "show": {"enum": list(SHOWS)},
        "back": {"type": "integer", "minimum": 0, "maximum": 12},
    },
    "required": ["name", "rate", "show"],
    "additionalProperties": False,
}
_MOST = {"type": "integer", "minimum": 1, "maximum": 20}


def _part(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"is": {"const": name}, **fields},
        "required": ["is", *fields],
        "additionalProperties": False,
    }


_SECTION = {
    "type": "object",
    "properties": {
        "key": _KEY,
        "heading": _TEXT,
        "body": _TEXT,
        "instead": _TEXT,
        "numbers": {"type": "object", "propertyNames": _KEY, "additionalProperties": _NUMBER},
        "parts": {
            "type": "array",
            "items": {
                "oneOf": [
                    _part("instructions"),
                    _part("rates", title=_TEXT, rates={"type": "array", "items": _KEY}),
                    _part(
                        "trend",
                        title=_TEXT,
                        back={"type": "integer", "minimum": 1, "maximum": 12},
                        series={
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 3,
                            "items": {
                                "type": "object",
                                "properties": {
                                    "name": _TEXT,
                                    "rate": _KEY,
                                    "show": {"enum": list(SHOWS)},
                                },
                                "required": ["name", "rate", "show"],
                                "additionalProperties": False,
                            },
                        },
                    ),
                    _part("units", title=_TEXT, rate=_KEY, most=_MOST),
                    _part("hot", title=_TEXT, most=_MOST),
                    _part("oldest", title=_TEXT, most=_MOST),
                    _part("repeated", title=_TEXT, most=_MOST),
                ]
            },
        },
    },
    "required": ["key", "heading"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "key": _KEY,
        "name": _TEXT,
        "period": {"enum": [WEEK, MONTH]},
        "packs": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "drafted": {
            "type": "object",
            "properties": {
                "day": {"type": "integer", "minimum": 1, "maximum": 28},
                "time": {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"},
            },
            "required": ["day", "time"],
            "additionalProperties": False,
        },
        "sections": {"type": "array", "items": _SECTION, "minItems": 1, "maxItems": 20},
    },
    "required": ["key", "name", "period", "packs", "sections"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Drafted:
    """From when on a draft is made by itself: a day of the next period, from 1, and a time."""

    day: int
    at: time


@dataclass(frozen=True)
class Kind:
    """A kind of digest, as its file says."""

    key: str
    name: Texts
    period: str
    packs: frozenset[str]
    drafted: Drafted | None
    sections: Sequence[Mapping[str, Any]]


@cache
def kinds(folder: Path = FOLDER) -> Mapping[str, Kind]:
    """Every kind by its key. Raises `InvalidPack`."""
    found = [read(path) for path in sorted(folder.glob("*.json")) if path.name != NUMBERS]
    return {one.key: one for one in found}


def kind(key: str) -> Kind:
    """The kind of this key. Raises `NotFound`."""
    try:
        return kinds()[key]
    except KeyError:
        raise NotFound("No such kind of digest.") from None


def read(path: Path) -> Kind:
    """One kind. Raises `InvalidPack`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidPack(f"{path.name} is not JSON") from error
    faults = [
        f"{'/'.join(map(str, error.absolute_path)) or 'the kind'}: {error.message}"
        for error in Draft202012Validator(SCHEMA).iter_errors(content)
    ]
    if faults:
        raise InvalidPack(f"{path.name}: {'; '.join(faults)}", faults=faults)
    drafted = content.get("drafted")
    return Kind(
        content["key"],
        content["name"],
        content["period"],
        frozenset(content["packs"]),
        Drafted(drafted["day"], time.fromisoformat(drafted["time"])) if drafted else None,
        content["sections"],
    )
