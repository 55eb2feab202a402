"""A step is passed over once, as if it were done; what cannot be says why."""

import pytest

from engine.bpmn import skipping
from engine.bpmn.execution import Execution
from engine.errors import StepFailed
from tests.engine.bpmn.drawing import (
    boundary,
    catch,
    chain,
    choice,
    end,
    events,
    facts,
    flow,
    message,
    messages,
    multi,
    rule,
    script,
    service,
    specification,
    start,
    sub,
    table,
    throw,
    timer,
    user,
)  # fmt: skip


def waiting(run: Execution) -> list[str]:
    return sorted(task.element for task in run.open_tasks())


def test_a_service_a_script_and_a_message_are_passed_without_what_they_do():
    spec = specification(
        start(), script("count", "n = 6 // case.bounces"),
        service("tell", "notice/send", kind='"k"'), throw("say", message("answered")), user("u"),
        end(), chain("s", "count", "tell", "say", "u", "e"), extra=messages("answered"),
    )  # fmt: skip
    with pytest.raises(StepFailed):
        Execution.start(spec, facts())
    run = Execution.start(spec, facts(), {}, ["count", "tell", "say", "later"])
    assert (waiting(run), run.effects) == (["u"], [])
    assert run.skips == {"later"}, "what was not come to is still to be passed"
    assert run.routing(run.open_tasks()[0].token) == {}


def test_it_is_passed_once_and_done_the_next_time():
    spec = specification(
        start(), choice("m"), service("tell", "notice/send", kind='"k"'), user("u"),
        choice("x", "x__e"), end(), chain("s", "m", "tell", "u", "x"),
        flow("x", "m", "again"), flow("x", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts(), {}, ["tell"])
    assert run.effects == []
    run.complete(run.open_tasks()[0].token, {"again": True})
    assert [effect.operation for effect in run.effects] == ["notice/send"]


def test_a_timer_in_the_flow_is_over_at_once_and_one_at_a_step_never_comes():
    spec = specification(
        start(), catch("wait", timer("working_days(n)")), user("u"),
        boundary("late", "u", timer("working_days(n)")), end(), end("l"),
        chain("s", "wait", "u", "e"), chain("late", "l"),
    )  # fmt: skip
    wrong = {"n": "many"}
    for skips in ([], ["wait"]):
        with pytest.raises(StepFailed):
            Execution.start(spec, facts(), wrong, skips)
    run = Execution.start(spec, facts(), wrong, ["wait", "late"])
    assert (waiting(run), run.waiting_timers(), run.skips) == (["u"], [], set())
    run = Execution.restore(spec, run.dump(), facts())
    assert (waiting(run), run.waiting_timers()) == (["u"], [])
    run.complete(run.open_tasks()[0].token, {})
    assert run.completed


def test_what_cannot_be_passed_says_why():
    grade = table("grade", ["case.kind"], ["class_key"], ['"help"', '"a"'], ["", '"b"'])
    spec = specification(
        start(), user("u"), rule("decide", "grade"), choice("g", "g__inner"),
        sub("inner", start("is"), user("iu"), end("ie"), chain("is", "iu", "ie")),
        script("l", 'units = ["a"]\nresults = []'),
        user("each", multi("units", "unit", "results", "result")), events("wait"),
        catch("late", timer("2 WD")), catch("told", message("undone")), service(
            "tell", "notice/send", kind='"k"'), end(), end("e2"),
        chain("s", "u", "decide", "g", "inner", "l", "each", "wait", "late", "tell", "e"),
        flow("g", "l", "class_key == 1"), chain("wait", "told", "e2"),
        extra=messages("undone"), decisions={"grade.dmn": grade},
    )  # fmt: skip
    told = {key: skipping.refusal(spec, key) for key in (*spec.elements, "nowhere")}
    assert told == {
        "s": "nothing-to-pass", "u": "work-of-a-person", "decide": "decides-the-way",
        "g": "no-way-known", "inner": "holds-others", "is": "nothing-to-pass",
        "iu": "work-of-a-person", "ie": "nothing-to-pass", "l": None, "each": "several",
        "wait": "no-way-known", "late": "waits-for-others", "told": "waits-for-others",
        "tell": None, "e": "nothing-to-pass", "e2": "nothing-to-pass", "nowhere": "unknown",
    }  # fmt: skip
    assert set(told.values()) - {None} <= skipping.REFUSALS
