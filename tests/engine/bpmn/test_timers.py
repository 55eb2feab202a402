"""Timers may be written as people write; all become one deadline."""

import pytest

from engine.bpmn import timers
from engine.bpmn.allow_list import Refused
from engine.bpmn.execution import Execution
from engine.bpmn.values import WaitingTimer
from tests.engine.bpmn.drawing import (
    boundary,
    catch,
    chain,
    end,
    events,
    facts,
    message,
    messages,
    multi,
    script,
    specification,
    start,
    sub,
    timer,
    user,
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("handling", "handling"),
        ("5 WD", "5 WD"),
        ("  5   WD ", "5 WD"),
        ("2 h", "2 h"),
        ("3 h office", "3 h office"),
        ("15 d", "15 d"),
        ('"handling"', "handling"),
        ('"P5D"', "5 d"),
        ("P5D", "5 d"),
        ("P2W", "14 d"),
        ("PT2H", "2 h"),
        ("P1DT2H", "26 h"),
        ('limit("contact")', "contact"),
        ("working_days(5)", "5 WD"),
        ("hours(3)", "3 h"),
        ("days(10)", "10 d"),
    ],
)
def test_every_way_of_writing_gives_one_limit(written, limit):
    assert timers.read(written) == (limit, None)


@pytest.mark.parametrize(
    "written",
    ["", None, " ", "P1M", "P1Y", "PT5M", "P0D", "PT", "P", "R3/PT1H", "2026-12-01", "5", "5 days",
     "0 WD", "-5 WD", "Handling", "办理", "=handling", "${x}", "working_days(0)", "working_days()",
     "open('x')", "now()", '""', "5 WD 3 h"],
)  # fmt: skip
def test_what_is_no_limit_is_refused_in_words(written):
    with pytest.raises(Refused) as refused:
        timers.read(written)
    assert len(str(refused.value)) > 10


def drawn(text="handling", part="timeDate", interrupting=False):
    return specification(
        start(), user("u"), boundary("t", "u", timer(text, part), interrupting), user("late"),
        end(), end("e2"), chain("s", "u", "e"), chain("t", "late", "e2"),
    )  # fmt: skip


def test_a_waiting_timer_tells_its_host_and_limit():
    run = Execution.start(drawn(), facts())
    [task], [waiting] = run.open_tasks(), run.waiting_timers()
    assert waiting == WaitingTimer(waiting.token, "t", task.token, "u", "handling", None, False)
    assert {task.token, waiting.token} <= run.active()


def test_a_timer_fires_only_when_its_row_is_due():
    specification_ = drawn()
    run = Execution.start(specification_, facts())
    [waiting] = run.waiting_timers()
    state = run.dump()
    run = Execution.restore(specification_, state, facts())
    run.advance()
    assert [t.element for t in run.open_tasks()] == ["u"]
    run = Execution.restore(specification_, state, facts([waiting.token]))
    assert sorted(t.element for t in run.open_tasks()) == ["late", "u"]
    assert run.waiting_timers() == []
    assert [p.element for p in run.passed] == ["t"]


def test_an_interrupting_timer_takes_the_task_away():
    specification_ = drawn(interrupting=True)
    run = Execution.start(specification_, facts())
    [task], [waiting] = run.open_tasks(), run.waiting_timers()
    assert waiting.interrupting
    run = Execution.restore(specification_, run.dump(), facts([waiting.token]))
    assert [t.element for t in run.open_tasks()] == ["late"]
    assert task.token not in run.active()


def test_completing_the_host_cancels_its_timers():
    run = Execution.start(drawn(), facts())
    run.complete(run.open_tasks()[0].token, {})
    assert run.waiting_timers() == []
    assert run.completed


def test_a_timer_of_a_variable_is_fixed_when_it_begins_to_wait():
    specification_ = specification(
        start(), script("n", "n = 3"), user("u"), boundary("t", "u", timer("working_days(n)")),
        end(), end("e2"), chain("s", "n", "u", "e"), chain("t", "e2"),
    )  # fmt: skip
    run = Execution.start(specification_, facts())
    assert run.waiting_timers()[0].limit == "3 WD"
    run = Execution.restore(specification_, run.dump(), facts())
    assert run.waiting_timers()[0].limit == "3 WD"


def test_a_catching_timer_is_its_own_host():
    run = Execution.start(
        specification(start(), catch("t", timer("1 WD")), end(), chain("s", "t", "e")), facts()
    )
    [waiting] = run.waiting_timers()
    assert (waiting.host, waiting.host_element) == (waiting.token, "t")


def test_a_timer_behind_an_event_gateway_goes_by_its_own_name():
    specification_ = specification(
        start(), events("g"), catch("t", timer("1 WD")), catch("m", message("woken")), user("u"),
        user("v"), end(), end("e2"), chain("s", "g", "t", "u", "e"), chain("g", "m", "v", "e2"),
        extra=messages("woken"),
    )  # fmt: skip
    run = Execution.start(specification_, facts())
    [waiting] = run.waiting_timers()
    assert waiting.element == "t"
    assert run.waiting_messages() == {"woken"}
    state = run.dump()
    fired = Execution.restore(specification_, state, facts([waiting.token]))
    assert [t.element for t in fired.open_tasks()] == ["u"]
    told = Execution.restore(specification_, state, facts())
    assert told.deliver("woken")
    assert [t.element for t in told.open_tasks()] == ["v"]
    assert told.waiting_timers() == []


def test_one_timer_on_a_multi_instance_is_for_all():
    specification_ = specification(
        start(), script("l", "units = case.co_units\nresults = []"),
        user("co", multi("units", "unit", "results", "result")),
        boundary("t", "co", timer("co_handling"), False), end("told"), end(),
        chain("s", "l", "co", "e"), chain("t", "told"),
    )  # fmt: skip
    run = Execution.start(specification_, facts(co_units=["a", "b"]))
    [waiting] = run.waiting_timers()
    assert waiting.host_element == "co"
    assert waiting.host not in {t.token for t in run.open_tasks()}
    assert {t.item for t in run.open_tasks()} == {"a", "b"}


def test_a_timer_on_a_stage_names_the_stage_as_host():
    specification_ = specification(
        start(), sub("h", start("hs"), user("u"), end("he"), chain("hs", "u", "he"), stage="h"),
        boundary("t", "h", timer("contact"), False), end("te"), end(), chain("s", "h", "e"),
        chain("t", "te"),
    )  # fmt: skip
    run = Execution.start(specification_, facts())
    [waiting] = run.waiting_timers()
    assert waiting.host_element == "h"
    assert run.stages() == ["h"]
    assert waiting.host in run.active()
