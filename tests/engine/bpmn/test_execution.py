"""One run in memory: start, act, see, dump, restore."""

import inspect
import sys
from threading import Thread

import pytest

from engine.bpmn.execution import MAX_STEPS, Execution
from engine.bpmn.parser import parse
from engine.bpmn.values import Passed, Service, Thrown
from engine.errors import Conflict, InvalidDiagram, InvalidInput, StepFailed
from tests.engine.bpmn.drawing import (
    boundary,
    catch,
    chain,
    choice,
    end,
    error,
    errors,
    escalation,
    escalations,
    facts,
    flow,
    message,
    messages,
    multi,
    node,
    parallel,
    process,
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
from tests.engine.bpmn.hard import DECISIONS, HARD
from tests.engine.bpmn.walking import hard, walk


def waiting(run: Execution) -> list[str]:
    return sorted(task.element for task in run.open_tasks())


def complete(run: Execution, element: str, **routing) -> None:
    run.complete(next(t.token for t in run.open_tasks() if t.element == element), routing)


@pytest.fixture
def straight():
    return specification(
        start(),
        user("ask"),
        choice("g", "g__yes"),
        user("no"),
        end("yes", outcome="done"),
        end("refused", outcome="refused"),
        chain("s", "ask", "g", "yes"),
        flow("g", "no", 'opinion == "refuse"'),
        chain("no", "refused"),
    )


def test_a_process_runs_to_its_first_person(straight):
    run = Execution.start(straight, facts())
    assert waiting(run) == ["ask"]
    assert run.passed == [Passed("s")]
    assert not run.completed


def test_completing_goes_on_and_tells_what_was_passed(straight):
    run = Execution.start(straight, facts())
    run.passed.clear()
    complete(run, "ask", opinion="accept")
    assert [p.element for p in run.passed] == ["ask", "g", "yes"]
    assert run.completed
    assert run.outcome == "done"
    assert run.dump() == b""
    assert run.open_tasks() == []
    assert run.active() == frozenset()


def test_a_token_stays_the_same_through_dump_and_restore(straight):
    run = Execution.start(straight, facts())
    again = Execution.restore(straight, run.dump(), facts())
    assert again.open_tasks() == run.open_tasks()
    complete(again, "ask", opinion="refuse")
    assert waiting(again) == ["no"]


def test_a_task_that_is_not_open_is_a_conflict(straight):
    run = Execution.start(straight, facts())
    [task] = run.open_tasks()
    run.complete(task.token, {"opinion": "refuse"})
    with pytest.raises(Conflict):
        run.complete(task.token, {"opinion": "refuse"})


def test_a_gateway_cannot_be_completed_by_hand(straight):
    run = Execution.start(straight, facts())
    tokens = run.active() - {t.token for t in run.open_tasks()}
    assert tokens == frozenset()


@pytest.mark.parametrize(
    "routing", [{"_x": 1}, {"a b": 1}, {"case": 1}, {"a": {}}, {"a": object()}, {"a": "x" * 20_000}]
)
def test_variables_that_cannot_be_kept_are_refused(straight, routing):
    run = Execution.start(straight, facts())
    with pytest.raises(InvalidInput):
        run.complete(run.open_tasks()[0].token, routing)


def test_an_unset_variable_is_a_failed_step_with_the_nearest_name(straight):
    run = Execution.start(straight, facts())
    with pytest.raises(StepFailed) as failure:
        complete(run, "ask", opinon="accept")
    assert failure.value.element == "g"
    assert "opinion is not set; did you mean opinon?" in failure.value.reason


def test_outcome_is_kept_while_a_side_branch_is_open():
    spec = specification(
        start(), parallel("f"), user("a"), user("b"), end("one", outcome="explained"), end("two"),
        chain("s", "f", "a", "one"), chain("f", "b", "two"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    complete(run, "a")
    run = Execution.restore(spec, run.dump(), facts())
    complete(run, "b")
    assert run.completed
    assert run.outcome == "explained"


def test_terminate_ends_everything():
    spec = specification(
        start(), parallel("f"), user("a"), user("b"),
        end("stop", "<bpmn:terminateEventDefinition/>", outcome="withdrawn"), end("two"),
        chain("s", "f", "a", "stop"), chain("f", "b", "two"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    complete(run, "a")
    assert run.completed
    assert run.outcome == "withdrawn"
    assert run.open_tasks() == []


def test_services_and_messages_are_effects_in_order():
    spec = specification(
        start(), service("first", "supervision/start", cause='"unsolved"', target="case.unit"),
        throw("tell", message("answered")), node("sendTask", "send", messageRef="closed"),
        service("last", "notice/send", kind="kind"), user("u"), end(),
        chain("s", "first", "tell", "send", "last", "u", "e"), extra=messages("answered", "closed"),
    )  # fmt: skip
    run = Execution.start(spec, facts(unit="roads"), {"kind": "extension"})
    assert run.effects == [
        Service("first", "supervision/start", {"cause": "unsolved", "target": "roads"}),
        Thrown("tell", "answered"),
        Thrown("send", "closed"),
        Service("last", "notice/send", {"kind": "extension"}),
    ]
    assert run.routing(run.open_tasks()[0].token) == {"kind": "extension"}


def test_what_a_service_changes_is_seen_in_the_same_run():
    spec = specification(
        start(), service("ask", "supervision/start", cause='"x"', target='"y"'),
        choice("g", "g__e"), user("u"), end(), end("e2"), chain("s", "ask", "g", "e"),
        flow("g", "u", "case.open_supervisions == 3"), chain("u", "e2"),
    )  # fmt: skip
    run = Execution.start(spec, facts(open_supervisions=2))
    assert waiting(run) == ["u"]
    assert run.changed == {"open_supervisions": 3}


def test_closing_never_counts_below_zero():
    spec = specification(
        start(), service("close", "supervision/close"), end(), chain("s", "close", "e")
    )
    assert Execution.start(spec, facts()).changed == {"open_supervisions": 0}


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [("ledger/extend", {"limit": '"handling"', "days": "n"}),
     ("notice/send", {"kind": "n"})],
)  # fmt: skip
def test_a_parameter_of_the_wrong_type_is_a_failed_step(operation, parameters):
    spec = specification(
        start(), service("do", operation, **parameters), end(), chain("s", "do", "e")
    )
    wrong = {"n": "many"} if operation == "ledger/extend" else {"n": 5}
    with pytest.raises(StepFailed, match="do: ") as failure:
        Execution.start(spec, facts(), wrong)
    assert "many" not in str(failure.value)


def test_a_failed_script_names_its_element():
    spec = specification(
        start(), script("count", "n = case.co_units[3]"), end(), chain("s", "count", "e")
    )
    with pytest.raises(StepFailed) as failure:
        Execution.start(spec, facts())
    assert failure.value.element == "count"


def test_a_message_wakes_who_waits_and_nobody_else():
    spec = specification(
        start(), node("receiveTask", "wait", messageRef="closed"), user("u"), end(),
        chain("s", "wait", "u", "e"), extra=messages("closed", "other"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    run = Execution.restore(spec, run.dump(), facts())
    assert run.waiting_messages() == {"closed"}
    assert not run.deliver("other")
    assert run.deliver("closed")
    assert waiting(run) == ["u"]
    assert not run.deliver("closed")


def test_a_message_boundary_takes_the_whole_frame_away():
    spec = specification(
        start(), sub("frame", start("fs"), user("a"), catch("t", timer("5 WD")), user("b"),
                     end("fe"), chain("fs", "a", "t", "b", "fe")),
        boundary("cure", "frame", message("cured")), end("well", outcome="cured"), end(),
        chain("s", "frame", "e"), chain("cure", "well"), extra=messages("cured"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    complete(run, "a")
    run = Execution.restore(spec, run.dump(), facts())
    assert len(run.waiting_timers()) == 1
    assert run.deliver("cured")
    assert run.completed
    assert run.outcome == "cured"


def test_the_fact_decides_after_the_message_woke():
    spec = specification(
        start(), choice("look"), choice("g", "g__e"), node("receiveTask", "wait", messageRef="m"),
        end(), chain("s", "look", "g", "e"), flow("g", "wait", "case.open_supervisions &gt; 0"),
        chain("wait", "look"), extra=messages("m"),
    )  # fmt: skip
    state = Execution.start(spec, facts(open_supervisions=1)).dump()
    still = Execution.restore(spec, state, facts(open_supervisions=1))
    assert still.deliver("m")
    assert still.waiting_messages() == {"m"}
    done = Execution.restore(spec, still.dump(), facts(open_supervisions=0))
    assert done.deliver("m")
    assert done.completed


def test_an_error_leaves_its_sub_process_by_its_own_way():
    spec = specification(
        start(), sub("work", start("ws"), user("a"), choice("g", "g__we"), end("we"),
                     end("bad", error("E1")), chain("ws", "a", "g", "we"),
                     flow("g", "bad", "wrong")),
        boundary("failed", "work", error("E1")), user("mend"), end(), end("e2"),
        chain("s", "work", "e"), chain("failed", "mend", "e2"), extra=errors("E1"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    complete(run, "a", wrong=True)
    assert waiting(run) == ["mend"]


def test_an_escalation_calls_the_boss_beside_the_work():
    spec = specification(
        start(), sub("work", start("ws"), throw("up", escalation("X")), user("a"), end("we"),
                     chain("ws", "up", "a", "we")),
        boundary("raised", "work", escalation("X"), False), user("boss"), end(), end("e2"),
        chain("s", "work", "e"), chain("raised", "boss", "e2"), extra=escalations("X"),
    )  # fmt: skip
    assert waiting(Execution.start(spec, facts())) == ["a", "boss"]


def test_stages_are_the_sub_processes_with_a_stage():
    spec = specification(
        start(),
        sub("one", start("s1"), sub("inner", start("s2"), user("a"), end("e2"),
            chain("s2", "a", "e2")), end("e1"), chain("s1", "inner", "e1"), stage="one"),
        sub("two", start("s3"), user("b"), end("e3"), chain("s3", "b", "e3"), stage="two"),
        end(), chain("s", "one", "two", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    assert run.stages() == ["one"]
    assert spec.elements["a"].stage == "one"
    assert spec.elements["a"].parent == "inner"
    assert spec.elements["inner"].stage == "one"
    assert spec.elements["inner"].parent == "one"
    assert [stage.id for stage in spec.stages] == ["one", "two"]
    assert len(run.active()) == 3
    complete(run, "a")
    assert run.stages() == ["two"]
    assert [p.element for p in run.passed][-5:] == ["e2", "inner", "e1", "one", "s3"]


def test_each_co_handler_has_a_task_and_the_results_come_together():
    spec = specification(
        start(), script("l", "units = case.co_units\nresults = []"),
        user("co", multi("units", "unit", "results", "result")), user("after"), end(),
        chain("s", "l", "co", "after", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts(co_units=["a", "b", "c"]))
    assert [t.item for t in run.open_tasks()] == ["a", "b", "c"]
    for unit in ("b", "c", "a"):
        run = Execution.restore(spec, run.dump(), facts())
        run.complete(next(t.token for t in run.open_tasks() if t.item == unit), {"result": unit})
        assert run.passed == [Passed("co")]
    assert waiting(run) == ["after"]
    assert run.routing(run.open_tasks()[0].token)["results"] == ["b", "c", "a"]


def test_an_empty_list_of_co_handlers_passes_straight_through():
    spec = specification(
        start(), script("l", "units = case.co_units\nresults = []"),
        user("co", multi("units", "unit", "results", "result")), user("after"), end(),
        chain("s", "l", "co", "after", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    assert waiting(run) == ["after"]
    assert Passed("co") not in run.passed


def test_a_co_handler_without_a_result_is_a_failed_step():
    spec = specification(
        start(), script("l", "units = case.co_units\nresults = []"),
        user("co", multi("units", "unit", "results", "result")), end(), chain("s", "l", "co", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts(co_units=["a"]))
    with pytest.raises(StepFailed) as failure:
        complete(run, "co")
    assert failure.value.element == "co"


def test_a_multi_instance_without_its_list_is_a_failed_step():
    spec = specification(
        start(), user("say"), user("co", multi("units", "unit", "results", "result")), end(),
        chain("s", "say", "co", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    with pytest.raises(StepFailed, match="co: units is not set to a list"):
        complete(run, "say")


def test_a_task_inside_a_repeated_sub_process_knows_its_item():
    spec = parse("p", HARD["multi-instance of a sub-process"], DECISIONS)
    run = Execution.start(spec, facts(co_units=["a", "b"]), {"again": False})
    assert [(t.element, t.item) for t in run.open_tasks()] == [("c1", "a"), ("c1", "b")]


def test_a_process_may_call_another_of_the_same_file():
    called = (
        '<bpmn:process id="other" isExecutable="true">'
        + start("os") + user("inside") + end("oe") + chain("os", "inside", "oe")
        + "</bpmn:process>"
    )  # fmt: skip
    content = process(
        start(), node("callActivity", "call", calledElement="other"), user("after"), end(),
        chain("s", "call", "after", "e"), extra=called,
    )  # fmt: skip
    spec = parse("p", content, {})
    run = Execution.start(spec, facts())
    assert waiting(run) == ["inside"]
    run = Execution.restore(spec, run.dump(), facts())
    complete(run, "inside")
    assert waiting(run) == ["after"]


def test_a_thousand_rounds_keep_one_size_and_never_lose_the_task():
    spec = parse("p", HARD["parallel join"], DECISIONS)
    run = Execution.start(spec, facts(), {"again": True})
    sizes = set()
    for number in range(400):
        for element in ("a", "b", "a2", "d", "c"):
            run = Execution.restore(spec, run.dump(), facts())
            assert element in waiting(run)
            complete(run, element, again=number < 399)
        if number % 100 == 50:
            sizes.add(len(run.dump()))
    assert run.completed
    assert max(sizes) - min(sizes) < 30


def test_a_loop_that_never_waits_is_stopped():
    # The linter lets it pass, as a list of co-handlers usually makes it wait; here it is empty.
    spec = specification(
        start(), script("l", "units = case.co_units\nresults = []"), choice("m"),
        user("co", multi("units", "unit", "results", "result")), choice("g", "g__e"), end(),
        chain("s", "l", "m", "co", "g", "e"), flow("g", "m", "True"),
    )  # fmt: skip
    with pytest.raises(StepFailed, match="without a wait"):
        Execution.start(spec, facts())
    assert MAX_STEPS < 10_000


def test_a_run_that_goes_too_deep_is_a_failed_step():
    names = [f"n{number}" for number in range(140)]
    spec = specification(
        start(), parallel("f"), *(script(name, "a = 1") for name in names), user("b"),
        parallel("j"), end(), chain("s", "f", *names, "j", "e"), chain("f", "b", "j"),
    )  # fmt: skip
    limit, depth = sys.getrecursionlimit(), len(inspect.stack(0))
    run = Execution.start(spec, facts())
    try:
        sys.setrecursionlimit(depth + 80)
        with pytest.raises(StepFailed, match="without a wait"):
            complete(run, "b")
    finally:
        sys.setrecursionlimit(limit)


def _fingerprint(spec) -> list:
    return [
        (one.name, name, tuple(task._inputs), tuple(task._outputs), task.manual,
         task.completed_event.n_subscribers(), repr(sorted(vars(task), key=str)))
        for one in (spec.process, *spec.subprocesses.values())
        for name, task in one.task_specs.items()
    ]  # fmt: skip


def test_a_specification_is_shared_by_threads_and_never_changes():
    specs = {name: parse("p", content, DECISIONS) for name, content in HARD.items()}
    before = {name: _fingerprint(spec) for name, spec in specs.items()}
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for name, spec in specs.items():
                walk(spec, hard(name), seed, longest=6)
        except BaseException as failure:
            failures.append(failure)

    threads = [Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {name: _fingerprint(spec) for name, spec in specs.items()} == before


def test_elements_carry_what_was_drawn():
    spec = specification(
        start(),
        user("u", roles="handler, reviewer", unit="responsible", limit="handling", clock="unit",
             public_name="办理中", public_name_en="In hand", name_en="Handle"),
        boundary("t", "u", timer("handling"), False), end("te"), end(), chain("s", "u", "e"),
        chain("t", "te"),
    )  # fmt: skip
    element = spec.elements["u"]
    assert (element.kind, element.form, element.roles) == ("user", "u", ("handler", "reviewer"))
    assert (element.unit, element.limit, element.clock) == ("responsible", "handling", "unit")
    assert (element.public_name, element.name_en) == ("办理中", "Handle")
    assert spec.elements["t"].host == "u"
    assert spec.elements["s"].kind == "start"


def test_all_faults_come_at_once():
    with pytest.raises(InvalidDiagram) as refused:
        parse("other", process(start(), node("task", "t"), end(), chain("s", "t", "e")), {})
    rules = {fault.rule for fault in refused.value.faults}
    assert {"process-key", "refused-element", "no-drawing"} <= rules
    assert refused.value.details["faults"][0]["file"] == "process.bpmn"


def test_a_decision_can_start_with_what_the_process_was_given():
    content = table("ladder", ["cause"], ["rung"], ['"unsolved"', '"order"'], ["", '"phone"'])
    spec = specification(
        start(), rule("first", "ladder"), choice("g", "g__phone"), user("phone"), user("order"),
        end(), end("e2"), chain("s", "first", "g", "phone", "e"),
        flow("g", "order", 'rung == "order"'), chain("order", "e2"),
        decisions={"ladder.dmn": content},
    )  # fmt: skip
    assert waiting(Execution.start(spec, facts(), {"cause": "unsolved"})) == ["order"]
    assert waiting(Execution.start(spec, facts(), {"cause": "press"})) == ["phone"]
