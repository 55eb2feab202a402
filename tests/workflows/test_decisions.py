"""Every decision table answers every question, and answers as its test table says."""

import itertools
import json
import re
from dataclasses import replace
from functools import cache

import pytest

from engine.bpmn.decisions import Row, Table
from engine.bpmn.expressions import Evaluator, Refused
from engine.bpmn.linting.documents import read
from engine.bpmn.linting.tables import read_table
from engine.facts import FACTS
from tests.workflows.shipped import DECISIONS, WORKFLOWS

NAMES = [f"{folder}/{key}" for folder, key in DECISIONS]


@cache
def table(name: str) -> Table:
    return read_table(read((WORKFLOWS / f"{name}.dmn").read_bytes()))


def cases(name: str) -> list[dict]:
    content = json.loads((WORKFLOWS / f"{name}.tests.json").read_text(encoding="utf-8"))
    assert content["decision"] == table(name).key
    return content["rows"]


def decide(asked: Table, given: dict) -> dict:
    """The outputs for `{expression: value}`; names with `case.` are facts, others variables."""
    facts = {k.removeprefix("case."): v for k, v in given.items() if k.startswith("case.")}
    facts = {name: fact.default for name, fact in FACTS.items()} | facts
    variables = {k: v for k, v in given.items() if not k.startswith("case.")}
    return asked.decide(Evaluator(facts, {}), variables)


def fitting(asked: Table, given: dict) -> list[Row]:
    """The rows that fit, each asked alone."""
    fits = []
    for row in asked.rows:
        outputs = tuple(replace(output, default=None) for output in asked.outputs)
        try:
            decide(replace(asked, rows=(row,), hit_policy="FIRST", outputs=outputs), given)
        except Refused:
            continue
        fits.append(row)
    return fits


def values_tested(asked: Table, column: int) -> list:
    """Every value a column tells apart, and one it does not name."""
    expression = asked.inputs[column].expression
    text = " ".join(row.tests[column] or "" for row in asked.rows)
    if isinstance(FACTS.get(expression.removeprefix("case."), FACTS["unit"]).default, bool):
        return [True, False]
    numbers = {int(n) + step for n in re.findall(r"(?<![\w\"])\d+", text) for step in (-1, 0, 1)}
    words = dict.fromkeys(re.findall(r'"(\w+)"', text))
    return sorted(numbers) if numbers else [*words, "", "something_else"]


def every_combination(asked: Table) -> list[dict]:
    names = [column.expression for column in asked.inputs]
    values = [values_tested(asked, column) for column in range(len(names))]
    return [dict(zip(names, combo, strict=True)) for combo in itertools.product(*values)]


def test_all_four_are_shipped():
    assert {table(name).key for name in NAMES} == {
        "classify",
        "assign_unit",
        "time_limit",
        "ladder",
    }
    assert all(table(name).hit_policy in {"UNIQUE", "FIRST"} for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_decision_answers_as_its_test_table_says(name):
    wrong = [(c, decide(table(name), c["in"])) for c in cases(name)]
    assert [(c["in"], c["out"], found) for c, found in wrong if c["out"] != found] == []


@pytest.mark.parametrize("name", NAMES)
def test_test_table_gives_every_input_and_covers_every_row(name):
    asked = table(name)
    wanted = {column.expression for column in asked.inputs}
    assert all(set(case["in"]) == wanted for case in cases(name))
    won = {fitting(asked, case["in"])[0].number for case in cases(name)}
    assert won == {row.number for row in asked.rows}


@pytest.mark.parametrize("name", NAMES)
def test_every_combination_has_an_answer_and_unique_has_one(name):
    asked = table(name)
    won = set()
    for given in every_combination(asked):
        fits = fitting(asked, given)
        assert fits, given
        if asked.hit_policy == "UNIQUE":
            assert len(fits) == 1, (given, [row.number for row in fits])
        won.add(fits[0].number)
        assert set(decide(asked, given)) == {output.name for output in asked.outputs}
    assert won == {row.number for row in asked.rows}


def test_an_overlap_and_a_gap_would_be_found():
    asked = table("appeal/time_limit")
    given = {"case.class_key": "complaint", "case.handled_before": False}
    doubled = replace(asked, rows=(*asked.rows, asked.rows[4]))
    assert len(fitting(doubled, given)) == 2
    assert fitting(replace(asked, rows=asked.rows[:4]), given) == []


@pytest.mark.parametrize("name", NAMES)
def test_rows_and_columns_speak_both_languages(name):
    root = read((WORKFLOWS / f"{name}.dmn").read_bytes()).root
    chinese, latin = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{3}")
    for node in root.iter("{*}input", "{*}output"):
        assert chinese.search(node.get("label"))
        assert latin.search(node.findtext("{*}description"))
    for node in root.iter("{*}rule"):
        zh, en = node.findtext("{*}description").split(" | ")
        assert chinese.search(zh)
        assert latin.search(en)
        assert not chinese.search(en)
