"""Answers against their form, and what they become: routing variables, facts, cures.

A form is a JSON Schema 2020-12 with our keywords (`engine.form_schema`). Use: `clean` what came
from outside, `check` it, then ask for `routing`, `facts` and `cures`; these three expect answers
that passed.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from engine.errors import InvalidAnswers
from engine.facts import FactValue
from engine.form_messages import Sentence, not_asked, required, sentence, unknown

Scalar = str | int | float | bool | None

LONGEST_TEXT = 5000  # characters, where a form states no maxLength
LONGEST_LIST = 100  # entries, where a form states no maxItems
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199  # of an instant; beyond, zones lead out of the calendar
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # Cc and Cs but \n and \t


def clean(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without hidden and empty fields and control characters.

    Line ends become line feeds, outer white space goes. Unknown fields stay: `check` refuses them.
    """
    tidy = {name: _tidy(value) for name, value in answers.items()}
    filled = {name: value for name, value in tidy.items() if value not in (None, "", [])}
    visible = set(shown(schema, filled))
    known = schema["properties"]
    return {name: value for name, value in filled.items() if name in visible or name not in known}


def shown(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> list[str]:
    """The fields to show for these answers, in the order of the form.

    A condition on a field that is hidden or not answered does not hold.
    """
    visible: list[str] = []
    for name, field in schema["properties"].items():
        condition = field.get("x-show-if")
        if condition is None or (
            condition["field"] in visible and _holds(condition, answers, condition["field"])
        ):
            visible.append(name)
    return visible


def options_needed(schema: Mapping[str, Any]) -> frozenset[str]:
    """Names of the lists `check` needs for this form, such as `pack.categories` and `units`."""
    return frozenset(
        field["x-options"] for field in schema["properties"].values() if "x-options" in field
    )


def check(
    schema: Mapping[str, Any],
    answers: Mapping[str, Any],
    options: Mapping[str, Collection[str]] | None = None,
    case: Mapping[str, FactValue] | None = None,
) -> None:
    """Accept the answers or say, field by field, what was expected.

    options: list name -> the keys that may be chosen; every name of `options_needed` must be
    there. case: the facts, for forms that refuse an answer because of them (`x-refuse`).
    Raises `InvalidAnswers` with all faults.
    """
    faults = _uncalled_for(schema, answers)
    must = set(schema.get("required", []))
    for name in shown(schema, answers):
        field = schema["properties"][name]
        if name in answers:
            error = _first_error(field, answers[name], options or {})
            if error is not None:
                faults[name] = sentence(field, error)
        elif name in must or field.get("x-required"):
            faults[name] = required(field)
    for refusal in schema.get("x-refuse", []):
        when, fact = refusal["when"], refusal["case"]
        if _holds(when, answers, when["field"]) and _holds(fact, case or {}, fact["fact"]):
            faults.setdefault(refusal["field"], refusal["message"])
    if faults:
        raise InvalidAnswers(faults)


def routing(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Scalar]:
    """The variables the gateways behind the task read.

    Every field with `x-routing` is there, so that no path meets an unset name: one without
    an answer has its `default`, else None.
    """
    return {
        name: answers.get(name, field.get("default"))
        for name, field in schema["properties"].items()
        if field.get("x-routing")
    }


def facts(
    schema: Mapping[str, Any], answers: Mapping[str, Any], case: Mapping[str, FactValue]
) -> dict[str, FactValue]:
    """The facts these answers change, with their new values.

    case: the facts before. `from` without an answer changes nothing; `map` gives the fact for
    each answer, and an answer it does not name changes nothing either.
    """
    changed: dict[str, FactValue] = {}
    for effect in schema.get("x-facts", []):
        when = effect.get("when")
        if when is not None and not _holds(when, answers, when["field"]):
            continue
        fact = effect["fact"]
        if "set" in effect:
            changed[fact] = effect["set"]
        elif "add" in effect:
            changed[fact] = _number(changed.get(fact, case.get(fact))) + effect["add"]
        elif effect["from"] in answers:
            answer = answers[effect["from"]]
            if "map" not in effect:
                changed[fact] = answer
            elif _key(answer) in effect["map"]:
                changed[fact] = effect["map"][_key(answer)]
    return changed


def cures(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Causes of supervision that these answers take away."""
    return tuple(
        entry["cause"]
        for entry in schema.get("x-cures", [])
        if "when" not in entry or _holds(entry["when"], answers, entry["when"]["field"])
    )


def record(schema: Mapping[str, Any]) -> str | None:
    """The kind of record the answers are kept as (`engine.form_schema.RECORDS`)."""
    kind: str | None = schema.get("x-record")
    return kind


def _uncalled_for(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Sentence]:
    """Answers to fields the form does not have or does not ask now."""
    visible = shown(schema, answers)
    fields = schema["properties"]
    return {
        name: not_asked(fields[name]) if name in fields else unknown(name)
        for name in answers
        if name not in visible
    }


def _holds(condition: Mapping[str, Any], values: Mapping[str, Any], name: str) -> bool:
    if name not in values:
        return False
    found, wanted = values[name], condition["value"]
    match condition["op"]:
        case "==":
            return _same(found, wanted)
        case "!=":
            return not _same(found, wanted)
        case "in":
            return any(_same(found, one) for one in wanted)
        case _:
            return not any(_same(found, one) for one in wanted)


def _same(one: Any, other: Any) -> bool:
    """Equal in value and kind: `True` is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _key(answer: Any) -> str:
    """An answer as the key of a `map`; booleans as JSON writes them."""
    return str(answer).lower() if isinstance(answer, bool) else str(answer)


def _number(value: FactValue) -> int:
    return value if isinstance(value, int) else 0


def _tidy(value: Any) -> Any:
    if isinstance(value, list):
        return [one for one in map(_tidy, value) if one not in (None, "")]
    if not isinstance(value, str):
        return value
    for end in ("\r\n", "\r", "\u2028", "\u2029", "\x85"):
        value = value.replace(end, "\n")
    return _UNSEEN.sub("", value).strip()


def _is_instant(text: str) -> bool:
    """Whether Python can hold it: RFC 3339 also knows leap seconds, and the year 1 in any zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return False
    return at.tzinfo is not None and EARLIEST_YEAR <= at.year <= LATEST_YEAR


def _first_error(
    field: Mapping[str, Any], answer: Any, options: Mapping[str, Collection[str]]
) -> ValidationError | None:
    """What JSON Schema says first, or that the choice is not on its list."""
    for error in _validator(orjson.dumps(field)).iter_errors(answer):
        found: ValidationError = error
        return found
    if field.get("format") == "date-time" and not _is_instant(answer):
        return ValidationError("", validator="format", validator_value="date-time", instance=answer)
    if "x-options" in field:
        allowed = options[field["x-options"]]
        chosen = answer if isinstance(answer, list) else [answer]
        if any(one not in allowed for one in chosen):
            return ValidationError("", validator="enum", instance=answer)
    return None


@lru_cache(maxsize=4096)
def _validator(field: bytes) -> Any:
    """What checks answers to a field, given as JSON; it takes longer to make than to use."""
    schema = {
        name: value for name, value in orjson.loads(field).items() if not name.startswith("x-")
    }
    if schema["type"] == "string":
        schema.setdefault("maxLength", LONGEST_TEXT)
    elif schema["type"] == "array":
        schema.setdefault("maxItems", LONGEST_LIST)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
