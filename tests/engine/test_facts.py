"""The facts of a case: names that every deployed diagram relies on."""

import pytest

from engine.facts import FACTS, defaults
from engine.work import restored, stored


def test_every_fact_is_a_plain_name_of_a_known_type_in_two_languages():
    for name, fact in FACTS.items():
        assert name.isidentifier()
        assert name == name.lower()
        assert fact.type in {str, int, bool, list}, name
        assert fact.zh.strip(), name
        assert fact.en.strip(), name
    assert len({fact.zh for fact in FACTS.values()}) == len(FACTS), "no two are called the same"
    assert len({fact.en for fact in FACTS.values()}) == len(FACTS)


def test_two_cases_never_share_a_list():
    first, second = defaults(), defaults()
    first["co_units"].append("housing_bureau")
    assert second["co_units"] == []
    assert defaults()["co_units"] == []
    assert FACTS["co_units"].default == []


def test_only_what_differs_from_a_fresh_case_is_kept():
    assert stored(defaults()) == {}
    facts = defaults() | {"unit": "housing_bureau", "bounces": 2, "co_units": ["police_bureau"]}
    assert stored(facts) == {"unit": "housing_bureau", "bounces": 2, "co_units": ["police_bureau"]}
    assert restored(stored(facts)) == facts


@pytest.mark.parametrize(
    ("name", "value"), [("may_call_back", False), ("bounces", 0), ("slips", 3), ("contacted", True)]
)
def test_what_is_kept_comes_back(name, value):
    facts = defaults() | {name: value}
    assert restored(stored(facts))[name] == value
    assert type(restored(stored(facts))[name]) is type(value)


def test_the_host_s_own_notes_are_kept_whatever_they_say():
    assert stored(defaults() | {"slips": 0, "answer_forms": []}) == {"slips": 0, "answer_forms": []}


def test_restored_facts_share_no_list_with_the_next_case():
    restored({})["co_units"].append("housing_bureau")
    assert restored({})["co_units"] == []
