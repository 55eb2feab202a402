"""People at random: answers that fit a form, made from the form alone."""

from random import Random
from typing import Any

from engine import forms
from engine.errors import InvalidAnswers

OPTIONS = {"units": ("bureau_a", "bureau_b", "bureau_c")}

# Where people are not as likely to say one thing as another, and a walk must come to its end.
WEIGHTS: dict[str, dict[Any, int]] = {
    "opinion": {"accept": 8, "refuse": 1, "duplicate": 2},
    "signing": {"sign": 5, "return": 4},
    "review": {"pass": 7, "send_back": 3},
    "result": {"solved": 9, "partly": 4, "unsolved": 7},
    "reached_citizen": {True: 6, False: 4},
    "judgement": {"reasonable": 6, "explained": 4},
    "hazard": {"none": 4, "life": 1, "many_units": 2},
    "callback": {"allowed": 6, "declined": 1},
    "finding": {"good": 6, "bad": 4},
    "competence": {"yes": 6, "no": 4},
    "follow_on": {"yes": 5, "no": 5},
    "mode": {"push": 5, "pull": 3, "join": 1},
}


def answers(
    schema: dict[str, Any], rnd: Random, case: dict[str, Any], options: dict[str, Any]
) -> dict[str, Any]:
    """Random answers that pass the form's check for this case."""
    while True:
        given = forms.clean(schema, _draw(schema, rnd, case, options))
        try:
            forms.check(schema, given, options, case)
        except InvalidAnswers as error:
            # Only the case itself may forbid a random answer; then the person thinks again.
            if set(error.fields) - {r["field"] for r in schema.get("x-refuse", [])}:
                raise
        else:
            return given


def _draw(
    schema: dict[str, Any], rnd: Random, case: dict[str, Any], options: dict[str, Any]
) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, field in schema["properties"].items():
        must = name in schema["required"] or field.get("x-required")
        if name in forms.shown(schema, given) and (must or rnd.random() < 0.6):
            given[name] = _value(name, field, rnd, case, options)
    return given


def _value(
    name: str, field: dict[str, Any], rnd: Random, case: dict[str, Any], options: dict[str, Any]
) -> Any:
    if name == "result" and case["unsolved_times"] >= 4:
        return "solved"
    choices = field.get("enum") or ([True, False] if field["type"] == "boolean" else None)
    if choices:
        weights = WEIGHTS.get(name, {})
        return rnd.choices(choices, [weights.get(choice, 1) for choice in choices])[0]
    if field["type"] in {"integer", "number"}:
        return rnd.randint(int(field.get("minimum", 1)), int(field.get("maximum", 1000)))
    listed = options.get(field.get("x-options", ""))
    if field["type"] == "array":
        some = rnd.sample(listed, rnd.randint(0, len(listed))) if listed else ["photo"]
        return some or list(listed or ())[: field.get("minItems", 0)]
    if listed:
        return rnd.choice(listed)
    return {
        "date": "2026-10-14",
        "date-time": "2026-10-14T09:30:00+08:00",
    }.get(field.get("format", ""), "修好了，附照片。")
