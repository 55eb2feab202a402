"""What an attacker tried: each way to take long, to grow or to mean something else is closed."""

import contextlib
import math
import operator
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.bpmn import timers
from engine.bpmn.allow_list import Refused, TooCostly, compiled
from engine.bpmn.decisions import test as cell_test
from engine.bpmn.execution import Execution
from engine.bpmn.expressions import Evaluator
from engine.bpmn.linting.cost import LIMIT, NANOSECONDS, cost, table_cost
from engine.bpmn.linting.documents import read
from engine.bpmn.linting.tables import read_table
from engine.bpmn.names import nearest
from engine.bpmn.values import unfit
from engine.errors import StepFailed
from tests.engine.bpmn import saying
from tests.engine.bpmn.drawing import (
    boundary,
    chain,
    choice,
    end,
    facts,
    flow,
    multi,
    properties,
    rule,
    script,
    service,
    specification,
    start,
    table,
    timer,
    user,
)  # fmt: skip

EVALUATOR = saying.EVALUATOR


def doubled(name: str, first: str) -> str:
    steps = "".join(f"{name}{n + 1} = [{name}{n}, {name}{n}]\n" for n in range(18))
    return f"{name}0 = {first}\n{steps}"


REFUSED_SCRIPTS = {
    "lists in lists grow with every step, and comparing two of them never ends": (
        f"{doubled('a', '[1]')}{doubled('b', '[1]')}c = a18 == b18",
        "too long|a list cannot stand",
    ),
    "a list in a list": ("b = [1]\nc = [b, b]", "a list cannot stand in a list"),
    "a list in a tuple": ("b = [1]\nc = (b, 2) == 1", "a list cannot stand in a list"),
    "a list of long texts": ("z = [t, t, t, t, t, t]", "50000 characters"),
}


@pytest.mark.parametrize("why", REFUSED_SCRIPTS)
def test_a_script_that_would_grow_is_refused(why):
    source, words = REFUSED_SCRIPTS[why]
    began = time.thread_time()
    with pytest.raises(Refused, match=words):
        EVALUATOR.execute(source, dict(saying.DATA))
    assert time.thread_time() - began < 0.1


REFUSED = {
    "n is 'x'": "`is` goes with",
    "n is 1": "`is` goes with",
    "n is m": "`is` goes with",
    "'\\d'": "backslash",
    "'\\x41'": "backslash",
    "'\\N{BULLET}'": "backslash",
    "1if n else 2": "cannot be read",
    "0x1for": "cannot be read",
    "[[1]]": "a list cannot stand in a list",
    "n" * 65: "at most 64",
    f"case.{'n' * 65}": "no such fact",
    "1e15 / 1e-300": "no number",
    "1e15 // 1e-300": "no number",
    "not " * 60 + "n": "too deep",
    "n + " * 60 + "n": "too deep",
    "(" * 60 + "n" + ",)" * 60: "too deep|a list cannot stand",
    "h in t": "shorter texts",
    "s * 2 in t": "numbers",
    "n in 3": "after `in`",
    "3 in t": "before `in`",
    "t + 'more'": "at most 10000",
    "a + b": "at most 1000",
    "a[yes]": "whole number",
    "a[0, 1]": "whole number",
    "ｅｖａｌ('1')": "only these functions",
    "ｃａｓｅ.__class__": "underscore",
    "＿case": "cannot be read",
    "a < n": "one kind",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_was_tried_is_refused_in_words(source):
    with pytest.raises(Refused, match=REFUSED[source]):
        EVALUATOR.evaluate(source, saying.DATA)


def test_a_name_in_its_compatibility_form_is_the_name():
    assert EVALUATOR.evaluate("ｎ if ｃａｓｅ.bounces == 0 else ｎ", {"n": 7}) == 7


@pytest.mark.parametrize("text", [1e999, math.nan, 10**16, "x" * 10_001, ["x" * 5_001] * 10])
def test_what_is_too_large_is_not_kept(text):
    assert unfit(text)


# What it costs ---------------------------------------------------------------------------------

DEAR = [
    "t == u",
    "a == b",
    "i == j",
    "s in h",
    "s not in t",
    "'没有' in b",
    "case.co_units == a",
    "case.category == t and case.category == u",
    " and ".join(["a == b"] * 9),
    " and ".join(["i == j"] * 9),
    " and ".join(["h[0] not in b"] * 11),
    " and ".join(["s not in h"] * 11),
    " and ".join(["s + 'z' not in h"] * 10),
    " or ".join(["case.category != t"] * 40),
    " and ".join(["n"] * 190),
    f"n in [{', '.join(['7'] * 180)}]",
    f"[{', '.join(['n'] * 180)}] == a",
    "n[0] < " * 30 + "n",
    "0 <= " + "n <= " * 8 + "n",
    " and ".join(["i + [] != j + []"] * 8),
    "(t[0] + h) == (u[0] + h)",
]


@pytest.mark.slow  # where no coverage slows our own loops down
@pytest.mark.parametrize("source", DEAR)
def test_nothing_takes_longer_than_its_worst_case(source):
    counted = cost(source)
    assert counted <= LIMIT
    code = compiled(source)[0]

    def taken() -> int:
        began = time.thread_time_ns()
        with contextlib.suppress(Refused):  # it took its time before it was refused
            EVALUATOR.run_code(code, saying.DATA, source)
        return time.thread_time_ns() - began

    # Besides what is counted: to begin, and to say what is wrong.
    assert min(taken() for _ in range(7)) <= counted * NANOSECONDS + 200_000


TOO_DEAR = [
    " and ".join(["a == b"] * 10),
    " or ".join(["x in a"] * 15),
    "a < " * 12 + "a",
    " and ".join(["[n] == a"] * 25),
]


@pytest.mark.parametrize("source", TOO_DEAR)
def test_what_could_take_too_long_is_not_even_compiled(source):
    assert cost(source) > LIMIT
    with pytest.raises(TooCostly, match="too long"):
        compiled(source)


def test_values_written_out_cost_little():
    assert cost('opinion == "refuse"') < cost("opinion == other") / 100
    assert cost("case.bounces >= n") < cost("bounces >= n") / 50
    assert cost('opinion in ["a", "b"]') < 100


def test_a_script_costs_what_its_dearer_branch_does():
    assert cost("if n:\n  a = 1\nelse:\n  a = t == u", "exec") > cost("a = t == u", "exec")
    once, twice = (cost("x = a == b\n" * times, "exec") for times in (1, 2))
    assert once < twice < 2 * once  # what is kept is looked at once


def test_a_table_costs_what_its_cells_do():
    rows = [[f'"a{n}"', f"> {n}", "1"] for n in range(20)]
    small = read_table(read(table("d", ["x", "y"], ["z"], *rows)))
    large = read_table(read(table("d", ["x", "y"], ["z"], *rows, *rows)))
    assert table_cost(small) < table_cost(large) < 2 * table_cost(small)


def test_the_nearest_name_is_found_soon_among_alike_names():
    known = [f"{'l' * 60}{n:04}" for n in range(5_000)]
    began = time.thread_time()
    for _ in range(10):
        assert "did you mean" in nearest("l" * 60 + "000x", known)
    assert time.thread_time() - began < 0.3
    assert nearest("opinon", ["opinion", "option", "n"]) == "; did you mean opinion?"
    assert nearest("zzz", ["a"]) == "; known are a"


# What it means ---------------------------------------------------------------------------------

_RELATIONS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
    "!=": operator.ne,
}  # fmt: skip


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    some.lists(some.integers(-2, 2), min_size=2, max_size=5),
    some.lists(some.sampled_from(sorted(_RELATIONS)), min_size=4, max_size=4),
    some.booleans(),
)
def test_a_chain_of_comparisons_means_what_python_means(numbers, relations, plain):
    names = [f"n{place}" for place in range(len(numbers))]
    shown = [name if plain else f"({name} + 0)" for name in names]
    source = shown[0] + "".join(
        f" {op} {right}" for op, right in zip(relations, shown[1:], strict=False)
    )
    expected = all(
        _RELATIONS[op](a, b) for op, a, b in zip(relations, numbers, numbers[1:], strict=False)
    )
    data = dict(zip(names, numbers, strict=True))
    assert Evaluator({}, {}).evaluate(source, data) is expected


BREAKOUTS = {
    "> 1) or (True": "cannot be read",
    "== 1) or (1": "cannot be read",
    "1\n) or (True": "cannot be read",
    "in [1]) or (True": "cannot be read",
    "> 1 # )": None,
    "ｃell_input > 1": "reserved",
    "cell_input": "reserved",
    "not(" * 7 + "1" + ")" * 7: "too often",
    ", ".join(["1"] * 41): "several rows",
    ", ".join(["other == ?"] * 12): "too long",
}


@pytest.mark.parametrize("cell", BREAKOUTS)
def test_no_cell_reaches_out_of_its_place(cell):
    words = BREAKOUTS[cell]
    if words is None:
        code = cell_test(cell)[0]
        assert [EVALUATOR.run_code(code, {"cell_input": n}, cell) for n in (1, 2)] == [False, True]
        return
    with pytest.raises(Refused, match=words):
        cell_test(cell)


def test_a_quoted_word_is_a_value_and_no_question():
    code = cell_test('"cell_input" if true else "x"')[0]
    asked = [EVALUATOR.run_code(code, {"cell_input": v}, "") for v in ("x", "cell_input")]
    assert asked == [False, True]


@pytest.mark.parametrize(
    "text",
    ["'" * 5_000, '"' * 1_999, "hours(2) == (3)", "days(1) + days(2)", "1٣ WD", "limit('A b')",
     "working_days(n) == " + " == ".join(["(n)"] * 20)],
)  # fmt: skip
def test_a_timer_is_a_limit_or_refused(text):
    with pytest.raises(Refused):
        timers.read(text)


# What is said when it fails --------------------------------------------------------------------

SECRET = "市民的原话"
BROKEN = {
    "gate": ([choice("gate", "d"), end("e2"), flow("s", "gate"), flow("gate", "e", key="d"),
              flow("gate", "e2", "opinon == 1")], "`opinon == 1`"),
    "late": ([user("u"), boundary("late", "u", timer("limit(opinon)")), end("e2"),
              chain("s", "u", "e"), flow("late", "e2")], "`limit(opinon)`"),
    "job": ([service("job", "notice/send", kind="opinon"), chain("s", "job", "e")], "`opinon`"),
    "sums": ([script("sums", "total = opinon + 1"), chain("s", "sums", "e")], "opinon + 1"),
    "ask": ([rule("ask", "grade"), chain("s", "ask", "e")], "decision grade"),
    "cell": ([rule("cell", "cells"), chain("s", "cell", "e")], "decision cells: row 2"),
}  # fmt: skip
DECISIONS = {
    "grade": table("grade", ["opinon"], ["g"], ["1", "1"], ["", "2"]),
    "cells": table("cells", ["n"], ["g"], ["1", "1"], ["> opinon", "2"], ["", "3"]),
}


@pytest.mark.parametrize("element", BROKEN)
def test_a_failed_step_names_element_expression_variable_and_the_nearest_name(element):
    parts, shown = BROKEN[element]
    diagram = specification(properties(given="opinon"), start(), end(), *parts, decisions=DECISIONS)
    with pytest.raises(StepFailed) as failed:
        Execution.start(diagram, facts(), {"opinion": SECRET, "n": 5})
    assert failed.value.element == element
    assert shown in failed.value.reason
    assert "opinon is not set; did you mean opinion?" in failed.value.reason
    assert SECRET not in str(failed.value)


def test_a_failed_completion_names_the_repeated_task():
    loop = multi("units", "unit", "results", "result").replace(
        "</bpmn:multi",
        "<bpmn:completionCondition>opinon</bpmn:completionCondition></bpmn:multi",
    )
    diagram = specification(
        start(), script("list", "units = ['a', 'b']"), user("each", loop), end(),
        chain("s", "list", "each", "e"),
    )  # fmt: skip
    run = Execution.start(diagram, facts(), {"opinion": SECRET})
    with pytest.raises(StepFailed, match="opinon is not set; did you mean opinion") as failed:
        run.complete(run.open_tasks()[0].token, {"result": "x"})
    assert failed.value.element == "each"
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("opinion > n", "expected values of one kind; opinion is a text; n is a number"),
        ("n + yes", "expected numbers on both sides; n is a number; yes is yes or no"),
        ("names[n]", "the list has no such item; names is a list; n is a number"),
        ("gone + 1", "expected numbers on both sides; gone is nothing"),
    ],
)
def test_kinds_are_told_and_values_are_not(source, words):
    data = {"opinion": SECRET, "n": 5, "yes": True, "names": [SECRET], "gone": None}
    with pytest.raises(Refused) as failed:
        EVALUATOR.evaluate(source, data)
    assert str(failed.value) == f"`{source}`: {words}"
