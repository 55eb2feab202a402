"""Answers are checked in words people understand, and become data the diagrams read."""

from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import forms
from engine.errors import InvalidAnswers
from engine.facts import FACTS
from engine.form_schema import problems

CALLBACK = {
    "title": "回访",
    "x-title": {"zh": "回访", "en": "Call back"},
    "x-record": "callback",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "reached": {
            "type": "boolean",
            "x-title": {"zh": "接通", "en": "Reached"},
            "x-routing": True,
        },
        "result": {
            "type": "string",
            "enum": ["solved", "partly", "unsolved"],
            "x-title": {"zh": "解决了吗", "en": "Solved"},
            "x-show-if": {"field": "reached", "op": "==", "value": True},
            "x-required": True,
            "x-routing": True,
        },
        "stars": {
            "type": "integer",
            "minimum": 1,
            "maximum": 5,
            "x-title": {"zh": "几颗星", "en": "Stars"},
            "x-show-if": {"field": "reached", "op": "==", "value": True},
        },
        "why": {
            "type": "string",
            "maxLength": 10,
            "x-title": {"zh": "为什么", "en": "Why"},
            "x-show-if": {"field": "result", "op": "in", "value": ["partly", "unsolved"]},
        },
        "called_on": {
            "type": "string",
            "format": "date",
            "x-title": {"zh": "日期", "en": "Date"},
        },
        "called_at": {
            "type": "string",
            "format": "date-time",
            "x-title": {"zh": "时间", "en": "Time"},
        },
        "category": {
            "type": "string",
            "x-options": "pack.categories",
            "x-title": {"zh": "类别", "en": "Category"},
        },
        "units": {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": 2,
            "uniqueItems": True,
            "x-options": "units",
            "x-title": {"zh": "单位", "en": "Units"},
        },
        "note": {"type": "string", "x-title": {"zh": "备注", "en": "Note"}},
    },
    "required": ["reached"],
    "x-facts": [
        {"fact": "callback_attempts", "add": 1},
        {
            "fact": "handle_again",
            "from": "result",
            "map": {"solved": False, "partly": True, "unsolved": True},
        },
        {
            "fact": "unsolved_times",
            "add": 1,
            "when": {"field": "result", "op": "!=", "value": "solved"},
        },
        {"fact": "may_call_back", "from": "reached", "map": {"true": True}},
        {"fact": "co_units", "from": "units"},
        {"fact": "checked", "set": True},
    ],
    "x-cures": [
        {"cause": "unsolved", "when": {"field": "result", "op": "==", "value": "solved"}},
        {"cause": "always"},
    ],
    "x-refuse": [
        {
            "field": "result",
            "when": {"field": "result", "op": "==", "value": "partly"},
            "case": {"fact": "ruled", "op": "==", "value": True},
            "message": {"zh": "已裁定。", "en": "Ruled."},
        }
    ],
}
OPTIONS = {"pack.categories": {"noise", "food"}, "units": ("a", "b", "c")}


def faults(answers, case=None, schema=CALLBACK):
    with pytest.raises(InvalidAnswers) as caught:
        forms.check(schema, answers, OPTIONS, case)
    return caught.value.fields


def accepted(answers, case=None):
    forms.check(CALLBACK, answers, OPTIONS, case)
    return True


def test_form_of_these_tests_is_sound():
    assert problems(CALLBACK, FACTS) == []


def test_good_answers_pass():
    assert accepted({"reached": False})
    assert accepted({"reached": True, "result": "solved", "stars": 5, "category": "noise"})
    assert accepted(
        {
            "reached": False,
            "called_on": "2026-10-14",
            "called_at": "2026-10-14T09:30:00+08:00",
            "units": ["a", "b"],
        }
    )


@pytest.mark.parametrize(
    ("answers", "field", "zh", "en"),
    [
        ({}, "reached", "「接通」还没有选。", "Choose “Reached”."),
        ({"reached": "yes"}, "reached", "「接通」要答是或否。", "Answer “Reached” with yes or no."),
        ({"reached": 1}, "reached", "「接通」要答是或否。", "Answer “Reached” with yes or no."),
        ({"reached": True}, "result", "「解决了吗」还没有选。", "Choose “Solved”."),
        (
            {"reached": True, "result": "maybe"},
            "result",
            "「解决了吗」要从列表里选。",
            "Choose “Solved” from the list.",
        ),
        (
            {"reached": True, "result": "solved", "stars": 6},
            "stars",
            "「几颗星」要在 1 到 5 之间。",
            "“Stars” must be from 1 to 5.",
        ),
        (
            {"reached": True, "result": "solved", "stars": "5"},
            "stars",
            "「几颗星」要填整数。",
            "“Stars” must be a whole number.",
        ),
        (
            {"reached": True, "result": "partly", "why": "x" * 11},
            "why",
            "「为什么」最多 10 个字，现在有 11 个。",
            "“Why” may have 10 characters; it has 11.",
        ),
        (
            {"reached": False, "stars": 3},
            "stars",
            "按前面的选择，「几颗星」不用填。",
            "With the choices above, “Stars” is not asked.",
        ),
        (
            {"reached": False, "called_on": "14.10.2026"},
            "called_on",
            "「日期」要写成日期，例如 2026-10-14。",
            "“Date” must be a date, such as 2026-10-14.",
        ),
        (
            {"reached": False, "called_at": "2026-10-14T09:30"},
            "called_at",
            "「时间」要写日期和时间，例如 2026-10-14T09:30:00+08:00。",
            "“Time” must be a date and time, such as 2026-10-14T09:30:00+08:00.",
        ),
        (
            {"reached": False, "category": "moon"},
            "category",
            "「类别」要从列表里选。",
            "Choose “Category” from the list.",
        ),
        (
            {"reached": False, "units": ["a", "z"]},
            "units",
            "「单位」里有一项不在列表里。",
            "One entry of “Units” is not on the list.",
        ),
        (
            {"reached": False, "units": ["a", "a"]},
            "units",
            "「单位」里有重复的项。",
            "“Units” has an entry twice.",
        ),
        (
            {"reached": False, "units": ["a", "b", "c"]},
            "units",
            "「单位」最多 2 项，现在有 3 项。",
            "“Units” may have 2 entries; it has 3.",
        ),
        (
            {"reached": False, "units": "a"},
            "units",
            "「单位」要是一个列表。",
            "“Units” must be a list.",
        ),
        ({"reached": False, "note": 3}, "note", "「备注」要填文字。", "“Note” must be text."),
        (
            {"reached": False, "note": "x" * 5001},
            "note",
            "「备注」最多 5000 个字，现在有 5001 个。",
            "“Note” may have 5000 characters; it has 5001.",
        ),
        (
            {"reached": False, "moon": "full"},
            "moon",
            "表单里没有「moon」这一项。",
            "The form has no field “moon”.",
        ),
    ],
)
def test_fault_says_what_was_expected(answers, field, zh, en):
    assert faults(answers) == {field: {"zh": zh, "en": en}}


def test_text_that_must_be_there_is_asked_for():
    schema = {**deepcopy(CALLBACK), "required": ["reached", "note"]}
    assert faults({"reached": False}, schema=schema) == {
        "note": {"zh": "「备注」还没有填。", "en": "Fill in “Note”."}
    }


def test_all_faults_are_told_at_once():
    assert set(faults({"reached": True, "stars": 9, "moon": 1})) == {"result", "stars", "moon"}


def test_answer_is_refused_because_of_the_case():
    answers = {"reached": True, "result": "partly"}
    assert faults(answers, {"ruled": True}) == {"result": {"zh": "已裁定。", "en": "Ruled."}}
    assert accepted(answers, {"ruled": False})
    assert accepted({"reached": True, "result": "solved"}, {"ruled": True})


def test_lists_needed_are_named_and_a_missing_one_is_no_silent_pass():
    assert forms.options_needed(CALLBACK) == {"pack.categories", "units"}
    with pytest.raises(KeyError):
        forms.check(CALLBACK, {"reached": False, "category": "noise"}, {})


def test_a_list_without_a_bound_still_has_one():
    schema = deepcopy(CALLBACK)
    del schema["properties"]["units"]["maxItems"]
    del schema["properties"]["units"]["x-options"]
    found = faults({"reached": False, "units": [str(n) for n in range(101)]}, schema=schema)
    assert "101" in found["units"]["en"]


@pytest.mark.parametrize(
    ("bounds", "answer", "zh"),
    [
        ({"type": "number"}, "x", "「项」要填数字。"),
        ({"type": "integer", "minimum": 2}, 1, "「项」至少 2。"),
        ({"type": "integer", "maximum": 2}, 3, "「项」最多 2。"),
        ({"type": "string", "minLength": 3}, "x", "「项」至少 3 个字。"),
        ({"type": "array", "minItems": 2}, [1], "「项」至少 2 项。"),
        ({"type": "string", "const": "a"}, "b", "「项」要从列表里选。"),
        ({"type": "string", "pattern": "^a$"}, "b", "「项」的写法不对。"),
        ({"type": "array", "items": {"type": "integer"}}, ["x"], "「项」里有一项不在列表里。"),
    ],
)
def test_other_bounds_have_words_too(bounds, answer, zh):
    schema = {"properties": {"x": {**bounds, "x-title": {"zh": "项", "en": "Thing"}}}}
    with pytest.raises(InvalidAnswers) as caught:
        forms.check(schema, {"x": answer})
    assert caught.value.fields["x"]["zh"] == zh
    assert "“Thing”" in caught.value.fields["x"]["en"]


def test_hidden_fields_follow_the_answers():
    assert "result" not in forms.shown(CALLBACK, {"reached": False})
    assert "result" in forms.shown(CALLBACK, {"reached": True})
    assert "why" in forms.shown(CALLBACK, {"reached": True, "result": "unsolved"})
    # A condition on a hidden field does not hold, even if an answer to it was sent along.
    assert "why" not in forms.shown(CALLBACK, {"reached": False, "result": "unsolved"})
    assert "result" not in forms.shown(CALLBACK, {"reached": 1})


def test_clean_drops_what_is_hidden_and_empty_and_leaves_what_is_unknown():
    answers = {
        "reached": False,
        "result": "solved",
        "category": "  ",
        "note": " a\r\nb\x00\u2028c\x1b[31m\ud800 ",
        "units": ["a", " ", ""],
        "moon": "full",
        "called_on": None,
    }
    assert forms.clean(CALLBACK, answers) == {
        "reached": False,
        "note": "a\nb\nc[31m",
        "units": ["a"],
        "moon": "full",
    }
    assert forms.clean(CALLBACK, {"units": [""]}) == {}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*CALLBACK["properties"], "moon"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text())),
    )
)
def test_cleaning_twice_is_cleaning_once_and_checking_only_ever_refuses(answers):
    cleaned = forms.clean(CALLBACK, answers)
    assert forms.clean(CALLBACK, cleaned) == cleaned
    refused = {}
    try:
        forms.check(CALLBACK, cleaned, OPTIONS)
    except InvalidAnswers as error:
        refused = error.fields
    assert all(text["zh"] and text["en"] for text in refused.values())
    assert bool(refused) != (type(cleaned.get("reached")) is bool and _fits(cleaned))
    assert set(forms.routing(CALLBACK, cleaned)) == {"reached", "result"}


def _fits(cleaned):
    """Judged apart from JSON Schema: what is left for these random answers to be right."""
    units = cleaned.get("units", [])
    return (
        not {"moon", "called_on", "called_at", "category"} & set(cleaned)
        and not cleaned["reached"]
        and isinstance(cleaned.get("note", ""), str)
        and isinstance(units, list)
        and set(units) <= set(OPTIONS["units"])
        and len(set(units)) == len(units) <= 2
    )


def test_routing_sets_every_variable_on_every_path():
    assert forms.routing(CALLBACK, {"reached": False}) == {"reached": False, "result": None}
    with_default = deepcopy(CALLBACK)
    with_default["properties"]["result"]["default"] = "unsolved"
    assert forms.routing(with_default, {"reached": False})["result"] == "unsolved"


def test_answers_become_facts():
    case = {"callback_attempts": 2, "unsolved_times": 1}
    assert forms.facts(CALLBACK, {"reached": False}, case) == {
        "callback_attempts": 3,
        "checked": True,
    }
    assert forms.facts(CALLBACK, {"reached": True, "result": "partly", "units": ["a"]}, case) == {
        "callback_attempts": 3,
        "handle_again": True,
        "unsolved_times": 2,
        "may_call_back": True,
        "co_units": ["a"],
        "checked": True,
    }
    assert forms.facts(CALLBACK, {"reached": True, "result": "solved"}, {}) == {
        "callback_attempts": 1,
        "handle_again": False,
        "may_call_back": True,
        "checked": True,
    }


def test_answers_cure_causes_and_name_their_record():
    assert forms.cures(CALLBACK, {"reached": True, "result": "solved"}) == ("unsolved", "always")
    assert forms.cures(CALLBACK, {"reached": False}) == ("always",)
    assert forms.record(CALLBACK) == "callback"
    assert forms.record({"properties": {}}) is None


def condition(op, value):
    return {"x": {"field": "a", "op": op, "value": value}}


@pytest.mark.parametrize(
    ("op", "value", "answer", "shows"),
    [
        ("==", 1, 1, True),
        ("==", 1, True, False),
        ("!=", "a", "b", True),
        ("!=", "a", "a", False),
        ("in", ["a", "b"], "b", True),
        ("in", ["a"], "b", False),
        ("not in", ["a"], "b", True),
        ("not in", ["a"], "a", False),
    ],
)
def test_conditions(op, value, answer, shows):
    field = {"type": "string", "x-title": {"zh": "甲", "en": "A"}}
    schema = {
        "properties": {
            "a": field,
            "x": {**field, "x-show-if": {"field": "a", "op": op, "value": value}},
        }
    }
    assert ("x" in forms.shown(schema, {"a": answer})) is shows
    assert "x" not in forms.shown(schema, {})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda s: s.pop("title"), "'title' is a required property"),
        (lambda s: s["properties"]["note"].pop("x-title"), "'x-title' is a required property"),
        (lambda s: s.update({"x-record": "dream"}), "x-record"),
        (lambda s: s["properties"]["note"].update({"maxLength": "long"}), "note/maxLength"),
        (lambda s: s["required"].append("moon"), "required: there is no field moon"),
        (lambda s: s["required"].append("result"), "result: a field with x-show-if"),
        (
            lambda s: s["properties"]["reached"].update(
                {"x-show-if": {"field": "note", "op": "==", "value": "a"}}
            ),
            "reached: x-show-if must name a field above it, found note",
        ),
        (lambda s: s.update({"layout": [["reached"]]}), "layout: must hold every field once"),
        (lambda s: s["x-facts"].append({"fact": "moon", "add": 1}), "there is no fact moon"),
        (
            lambda s: s["x-facts"].append({"fact": "unit", "from": "moon"}),
            "x-facts: there is no field moon",
        ),
        (lambda s: s["x-facts"].append({"fact": "unit"}), "x-facts/6"),
        (lambda s: s["x-refuse"][0]["case"].update({"fact": "moon"}), "there is no fact moon"),
        (
            lambda s: s["x-cures"].append(
                {"cause": "c", "when": {"field": "moon", "op": "==", "value": 1}}
            ),
            "x-cures: there is no field moon",
        ),
    ],
)
def test_unsound_form_is_told_with_its_place(change, problem):
    schema = deepcopy(CALLBACK)
    change(schema)
    assert any(problem in told for told in problems(schema, FACTS)), problems(schema, FACTS)


def test_what_is_no_form_at_all_is_told():
    assert problems([], FACTS)
    assert problems({}, FACTS)
