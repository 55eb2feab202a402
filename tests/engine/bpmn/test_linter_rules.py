"""Each registered rule has an example that breaks it, which passes when the rule is off."""

import re

import pytest

from engine.bpmn.linter import RULES
from engine.bpmn.linting import showing
from engine.commands import linting
from tests.databases import ROOT

HAN = re.compile(r"[\u4e00-\u9fff]")


def errors(faults):
    return {fault.rule for fault in faults if fault.severity == "error"}


def rules(faults):
    return {fault.rule for fault in faults}


@pytest.mark.parametrize("key", RULES)
def test_a_bad_example_breaks_its_rule_alone_and_passes_without_it(key):
    example = showing.example(key)
    assert example is not None, f"no example of {key}"
    told = showing.faults(example.bad)
    assert key in rules(told)
    assert errors(told) <= {key}, told
    for fault in told:
        assert fault.element or fault.line
        assert len(fault.message) >= 20, fault
    without = showing.faults(example.bad, off={key})
    assert key not in rules(without)
    assert errors(without) == set(), without


@pytest.mark.parametrize("key", RULES)
def test_a_good_example_passes_with_and_without_its_rule(key):
    example = showing.example(key)
    for off in (frozenset(), {key}):
        told = showing.faults(example.good, off=off)
        assert errors(told) == set(), told
        assert key not in rules(told)


@pytest.mark.parametrize("key", RULES)
def test_a_rule_says_in_both_languages_why_it_matters(key):
    rule = RULES[key]
    assert rule.id == key
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)
    assert rule.severity in ("error", "warning")
    assert len(HAN.findall(rule.zh)) >= 12, "no explanation in Chinese"
    assert len(rule.en.split()) >= 10, "no explanation in English"
    assert not HAN.search(rule.en)
    assert rule.zh.endswith("。")
    assert rule.en.endswith(".")


def test_the_page_of_rules_is_what_the_command_prints():
    page = ROOT / "docs" / "rules.md"
    assert page.read_text("utf-8") == linting.page_of_rules(), (
        "print it anew: huiyin lint --rules --format markdown > docs/rules.md"
    )


def test_there_are_rules_enough():
    assert len(RULES) >= 40


def test_every_example_belongs_to_a_rule():
    folders = {path.name for path in showing.FOLDER.iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == set(RULES)
