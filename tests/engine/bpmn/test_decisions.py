"""Decision tables mean what they say."""

import pytest

from engine.bpmn.allow_list import Refused
from engine.bpmn.decisions import test as cell_test
from engine.bpmn.execution import Execution
from engine.bpmn.expressions import Evaluator
from engine.bpmn.linter import check_table
from engine.errors import StepFailed
from tests.engine.bpmn.drawing import (
    chain,
    end,
    facts,
    rule,
    script,
    specification,
    start,
    table,
    user,
)  # fmt: skip

EVALUATOR = Evaluator({}, {})


def fits(cell: str, value: object, **data: object) -> bool:
    return bool(EVALUATOR.run_code(cell_test(cell)[0], {**data, "cell_input": value}, cell))


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ('"a"', ["a"], ["b", "", 1, None]),
        ('"a","b"', ["a", "b"], ["c", "a,b"]),
        ('"a, b", "c"', ["a, b", "c"], ["a", "b"]),
        ("5", [5, 5.0], [4, "5"]),
        ("-5", [-5], [5]),
        ("[1..5]", [1, 3, 5], [0, 6]),
        ("(1..5)", [2, 4], [1, 5]),
        ("]1..5[", [2], [1, 5]),
        ("[1..5)", [1], [5]),
        ("[-2..1.5]", [-2, 0, 1.5], [2]),
        ("[1..3], 7, > 100", [1, 7, 101], [5, 100]),
        ('not("a")', ["b", ""], ["a"]),
        ('not("a", "b")', ["c"], ["a", "b"]),
        ("not([1..5])", [0, 6], [1, 5]),
        ("not(> 2)", [2], [3]),
        ("> 2", [3], [2]),
        (">= 2", [2], [1]),
        ("<2", [1], [2]),
        ("!= 2", [3], [2]),
        ('== "a"', ["a"], ["b"]),
        ('? != ""', ["x"], [""]),
        ('? in ["a", "b"]', ["a"], ["c"]),
        ('? not in ["a", "b"]', ["c"], ["a"]),
        ('in ["a", "b"]', ["a"], ["c"]),
        ('not in ["a", "b"]', ["c"], ["a"]),
        ("? > 1 and ? < 5", [2], [1, 5]),
        ("true", [True], [False]),
        ("False", [False], [True]),
        ("null", [None], ["", 0]),
        ('"true"', ["true"], [True]),
        ('"a?b"', ["a?b"], ["a"]),
        ('"[1..5]"', ["[1..5]"], [3]),
        ("other", ["x"], ["y"]),
        ('"噪声"', ["噪声"], ["噪音"]),
    ],
)
def test_a_cell_fits_what_it_says(cell, yes, no):
    assert [v for v in yes if not fits(cell, v, other="x")] == []
    assert [v for v in no if fits(cell, v, other="x")] == []


@pytest.mark.parametrize(
    "cell",
    ['"a" or "b"', "1 < 2", '["a", "b"]', "contains(?, 1)", 'date("2026-01-01")', "[5..1]",
     '"a', "[1..", "1..5", '"a",', ",", "in", "=5", "a b", "not(", "not()", "cell_input", "open(?)",
     "?.x", "[x for x in ?]", "[1..x]", "> ", '"a""b"c', "(" * 300 + "1" + ")" * 300,
     "not(" * 390 + "1" + ")" * 390,
     '"a", ' * 900 + '"a"'],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_is_refused(cell):
    with pytest.raises(Refused):
        cell_test(cell)


def decided(content: bytes, outputs=("answer",), **data):
    specification_ = specification(
        start(),
        script("given", "\n".join(f"{k} = {v!r}" for k, v in data.items()) or "pass"),
        rule("ask", "d"),
        user("u"),
        end(),
        chain("s", "given", "ask", "u", "e"),
        decisions={"d.dmn": content},
    )
    run = Execution.start(specification_, facts(kind="help", category="noise"))
    seen = run.routing(run.open_tasks()[0].token)
    return {name: seen[name] for name in outputs}, run


def test_first_takes_the_first_row_that_fits():
    content = table("d", ["x"], ["answer"], ["> 1", '"one"'], ["> 2", '"two"'], ["", '"none"'])
    assert decided(content, x=5)[0] == {"answer": "one"}
    assert decided(content, x=0)[0] == {"answer": "none"}


def test_collect_gives_every_answer_and_none_is_an_empty_list():
    rows = (["> 1", '"a"'], ["> 2", '"b"'])
    content = table("d", ["x"], ["answer"], *rows, policy="COLLECT")
    assert decided(content, x=5)[0] == {"answer": ["a", "b"]}
    assert decided(content, x=0)[0] == {"answer": []}


def test_unique_is_really_checked_when_it_runs():
    content = table(
        "d", ["x", "y"], ["answer"], ["> z", "", '"a"'], ["<= z", "", '"b"'], ["", "> z", '"c"'],
        policy="UNIQUE", default='"d"',
    )  # fmt: skip
    with pytest.raises(StepFailed) as failure:
        decided(content, x=5, y=5, z=1)
    assert failure.value.element == "ask"
    assert "rows 1 and 3 both fit" in failure.value.reason


def test_a_default_result_answers_when_no_row_fits():
    content = table("d", ["x"], ["answer"], ["1", '"a"'], policy="UNIQUE", default='"other"')
    assert decided(content, x=2)[0] == {"answer": "other"}


def test_no_row_and_no_default_is_a_failed_step():
    # Three columns of many numbers: more combinations than are tried, and one that fits nothing.
    content = table("d", ["x"], ["answer"], ["<= 3", '"a"'], [">= 4", '"b"'])
    with pytest.raises(StepFailed) as failure:
        decided(content, x=3.5)
    assert "no row fits" in failure.value.reason


def test_an_answer_named_like_a_fact_becomes_a_fact_of_the_run():
    content = table(
        "d", ["case.kind"], ["class_key", "note"], ['"help"', '"ordinary"', "1"], ["", '"x"', "2"]
    )
    values, run = decided(content, ("class_key", "note"))
    assert values == {"class_key": "ordinary", "note": 1}
    assert run.changed == {"class_key": "ordinary"}


def test_a_row_may_answer_with_a_fact():
    content = table("d", ["case.kind"], ["answer"], ["", "case.category"])
    assert decided(content)[0] == {"answer": "noise"}


def test_a_fact_of_the_wrong_type_is_a_failed_step():
    content = table("d", ["x"], ["bounces"], ["", "x"])
    with pytest.raises(StepFailed, match="whole number"):
        decided(content, ("bounces",), x="many")


def test_an_unset_variable_names_the_decision_and_the_nearest_name():
    content = table("d", ["urgensy"], ["answer"], ["", '"a"'])
    with pytest.raises(StepFailed) as failure:
        decided(content, urgency=1)
    assert "decision d" in failure.value.reason
    assert "did you mean urgency?" in failure.value.reason


BAD = {
    "hit-policy": table("d", ["x"], ["y"], ["", "1"], policy="ANY"),
    "default-row": table("d", ["x"], ["y"], ['"a"', "1"]),
    "rows-overlap": table("d", ["x"], ["y"], ["> 1", "1"], ["> 5", "2"], ["<= 1", "3"],
                          policy="UNIQUE"),
    "cell": table("d", ["x"], ["y"], ['"a" or "b"', "1"], ["", "2"]),
    "empty-result": table("d", ["x"], ["y"], ["", ""]),
    "expression-missing": table("d", [""], ["y"], ["", "1"]),
    "expression": table("d", ["open(x)"], ["y"], ["", "1"]),
    "unknown-fact": table("d", ["case.categori"], ["y"], ["", "1"]),
    "output-name": table("d", ["x"], ["y.z"], ["", "1"]),
    "row-width": table("d", ["x"], ["y"], ["", "1", "2"]),
    "empty-table": table("d", ["x"], ["y"]),
    "result-type": table("d", ["x"], ["bounces"], ["", '"many"']),
    "decision-id": table("d d", ["x"], ["y"], ["", "1"]),
    "no-decision": b"<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/'/>",
    "one-table": b"<definitions><decision id='d'><literalExpression/></decision></definitions>",
    "one-decision": table("d", ["x"], ["y"], ["", "1"]).replace(
        b"</definitions>", b"<decision id='z'/></definitions>"),
    "drd": table("d", ["x"], ["y"], ["", "1"]).replace(
        b"<decisionTable", b"<informationRequirement/><decisionTable"),
    "aggregation": table("d", ["x"], ["y"], ["", "1"], policy="COLLECT").replace(
        b'hitPolicy', b'aggregation="SUM" hitPolicy'),
    "unreadable": b"<definitions",
}  # fmt: skip


@pytest.mark.parametrize("rule_name", BAD)
def test_a_bad_table_is_refused_with_its_line(rule_name):
    _, faults = check_table("d.dmn", BAD[rule_name])
    assert rule_name in {fault.rule for fault in faults}
    assert all(fault.file == "d.dmn" and fault.message for fault in faults)


GOOD = [
    table("d", ["x"], ["y"], ['"a"', "1"], ["", "2"]),
    table("d", ["x"], ["y"], ['"a"', "1"], ['not("a")', "2"], policy="UNIQUE"),
    table("d", ["x", "case.ruled"], ["y"], ['"a"', "True", "1"], ['not("a")', "True", "2"],
          ["", "False", "3"], policy="UNIQUE"),
    table("d", ["x"], ["y"], ["< 5", "1"], [">= 5", "2"], policy="UNIQUE"),
    table("d", ["x"], ["y"], ['"a"', "1"], policy="COLLECT"),
    table("d", ["x"], ["y"], ['"a"', "1"], default="0"),
]  # fmt: skip


@pytest.mark.parametrize("content", GOOD)
def test_a_good_table_has_no_fault(content):
    assert check_table("d.dmn", content)[1] == []


def test_a_gap_between_rows_is_named():
    content = table("d", ["x"], ["y"], ["< 3", "1"], ["> 3", "2"], policy="UNIQUE")
    [fault] = check_table("d.dmn", content)[1]
    assert "x = 3" in fault.message
