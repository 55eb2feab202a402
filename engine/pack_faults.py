"""What keeps a pack from being used, each fault named by section, entry and field.

A fault is words in English for whoever deploys at the command line, and its parts for a page that
says it in two languages.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from engine.errors import InvalidInput
from engine.pack_schema import PACK, SECTIONS
from engine.rate_schema import loose_ends as of_rates
from engine.working_time import Budget

_LACKS = re.compile(r"^'(.*)' is a required property$")
_SHORTEST = 40  # of what was found, in words
_VALIDATOR = Draft202012Validator(PACK)
_POINTS = (
    ("categories", "parent", "categories"),
    ("refusal_reasons", "channel", "legal_channels"),
    ("roles", "office", "offices"),
    ("channels", "office", "offices"),
    ("routes", "office", "offices"),
    ("ladder", "role", "roles"),
)


@dataclass(frozen=True)
class Fault:
    """One fault. entry: by its key; field: where in the entry; rule: what it breaks.

    found: what is there instead. text: the same in English, as a terminal shows it.
    """

    section: str
    entry: str
    field: str
    rule: str
    found: str
    text: str
    severity: str = "error"


def of_schema(content: Any) -> list[Fault]:
    """Where a content does not fit the schema, each place once."""
    found: dict[tuple[str, ...], Fault] = {}
    for error in _VALIDATOR.iter_errors(content):
        one = _of_schema(content, error)
        found.setdefault((one.section, one.entry, one.field, one.rule), one)
    return list(found.values())


def loose_ends(content: Mapping[str, Any]) -> list[Fault]:
    """Sections that are missing in the whole, keys given twice, names that point nowhere.

    content: it fits the schema.
    """
    missing = [
        Fault(section, "", "", "missing", "", f"{section}: missing")
        for section in SECTIONS
        if section not in content
    ]
    return missing or [
        *_twice(content),
        *_pointing_nowhere(content),
        *_too_long(content),
        *(Fault("rates", *_rate(text), "rate", "", text) for text in of_rates(content["rates"])),
        *(
            Fault("processes", part, "", "missing", "", f"processes: {part} is missing")
            for part in ("appeal", "supervision")
            if part not in content["processes"]
        ),
    ]


def _of_schema(content: Any, error: ValidationError) -> Fault:
    path: list[Any] = list(error.absolute_path)
    lacks = _LACKS.match(error.message)
    text = f"{'/'.join(map(str, path)) or 'the pack'}: {error.message}"
    section = str(path[0]) if path else (lacks[1] if lacks else "")
    entry, inside = "", path[1:]
    if inside and isinstance(inside[0], int):
        entry, inside = _named(content, path[:2]), inside[1:]
    elif inside and section in ("limits", "rates", "offices", "processes", "sources"):
        entry, inside = str(inside[0]), inside[1:]
    if len(inside) > 1 and inside[0] == "rungs" and isinstance(inside[1], int):
        entry = f"{entry}.{_named(content, [*path[: len(path) - len(inside)], *inside[:2]])}"
        inside = inside[2:]
    fields = [str(part) for part in inside] + ([lacks[1]] if lacks and path else [])
    found = error.instance if isinstance(error.instance, str | int | float) else ""
    return Fault(section, entry, ".".join(fields), str(error.validator), _short(found), text)


def _named(content: Any, path: list[Any]) -> str:
    """The key of an entry of a list, or its place in it from 1."""
    for part in path:
        content = content[part]
    key = (content.get("key") or content.get("name")) if isinstance(content, Mapping) else None
    return key if isinstance(key, str) else str(path[-1] + 1)


def _twice(content: Mapping[str, Any]) -> Iterator[Fault]:
    for section, named in _keys(content).items():
        for key in sorted({key for key in named if named.count(key) > 1}):
            yield Fault(section, key, "key", "twice", key, f"{section}: {key} is there twice")
    for limit, entry in content["limits"].items():
        names = [rung["name"] for rung in entry.get("rungs", [])]
        for name in sorted({name for name in names if names.count(name) > 1}):
            text = f"limits.{limit}: the rung {name} is there twice"
            yield Fault("limits", f"{limit}.{name}", "name", "twice", name, text)


def _pointing_nowhere(content: Mapping[str, Any]) -> Iterator[Fault]:
    keys = {**_keys(content), "offices": list(content["offices"])}
    for section, field, target in _POINTS:
        for entry in content[section]:
            if field in entry and entry[field] not in keys[target]:
                text = f"{section}.{entry['key']}: there is no {field} {entry[field]}"
                yield Fault(section, entry["key"], field, "nowhere", entry[field], text)
    for entry in content["review_checks"]:
        for outcome in entry.get("outcomes", []):
            if outcome not in keys["outcomes"]:
                text = f"review_checks.{entry['key']}: there is no outcome {outcome}"
                yield Fault("review_checks", entry["key"], "outcomes", "nowhere", outcome, text)
    for entry in content["routes"]:
        if entry.get("sealed") and not {entry.get("office"), "compartment"} & {*keys["offices"]}:
            text = f"routes.{entry['key']}: sealed, and there is no office compartment"
            yield Fault("routes", entry["key"], "sealed", "compartment", "", text)


def _too_long(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Budgets longer than any rule means: they could not be counted."""
    for limit, entry in content["limits"].items():
        yield from _budgets("limits", limit, entry, "budget")
        for rung in entry.get("rungs", []):
            yield from _budgets("limits", f"{limit}.{rung['name']}", rung, "before", "after")
    for entry in content["classes"]:
        yield from _budgets("classes", entry["key"], entry, "contact", "handling")
    yield from _budgets("rehandling", "", content["rehandling"], "contact", "handling")


def _budgets(section: str, key: str, entry: Mapping[str, Any], *fields: str) -> Iterator[Fault]:
    for field in fields:
        try:
            Budget.parse(entry.get(field, "1 WD"))
        except InvalidInput as error:
            text = f"{section}.{key}: {field}: {error.message}"
            yield Fault(section, key, field, "long", entry[field], text)


def _keys(content: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        section: [entry["key"] for entry in entries]
        for section, entries in content.items()
        if isinstance(entries, list) and section in SECTIONS
    }


def _rate(text: str) -> tuple[str, str]:
    """Entry and field of a fault in the definition of a rate."""
    return text.removeprefix("rates.").partition(":")[0], ""


def _short(found: object) -> str:
    return str(found)[:_SHORTEST]
