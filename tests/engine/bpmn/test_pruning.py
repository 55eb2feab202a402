"""What is forgotten before a save, and that nothing is that anybody would miss."""

import pytest

from engine.bpmn.execution import Execution
from engine.bpmn.specification import Specification
from tests.engine.bpmn.drawing import (
    boundary,
    catch,
    chain,
    choice,
    end,
    facts,
    flow,
    message,
    messages,
    multi,
    parallel,
    script,
    specification,
    start,
    sub,
    timer,
    user,
)  # fmt: skip

AGAIN = choice("x", "x__e") + flow("x", "m", "again") + flow("x", "e")


def again(run: Execution, spec: Specification, due=()) -> Execution:
    return Execution.restore(spec, run.dump(), facts(due))


def done(run: Execution, spec: Specification, element: str, **routing) -> Execution:
    run.complete(next(t.token for t in run.open_tasks() if t.element == element), routing)
    return again(run, spec)


def opened(run: Execution) -> list[str]:
    return sorted(task.element for task in run.open_tasks())


def instances(inside: str, *, flows: str, until: str = "", extra: str = "") -> Specification:
    """A sub-process for each of three units, in which something is done."""
    loop = multi("units", "unit", "results", "result")
    if until:
        closing = "</bpmn:multiInstanceLoopCharacteristics>"
        condition = f"<bpmn:completionCondition>{until}</bpmn:completionCondition>"
        loop = loop.replace(closing, condition + closing)
    return specification(
        start(), script("list", 'units = ["a", "b", "c"]\nresults = []'),
        sub("each", loop, start("cs"), inside, script("say", "result = unit"), end("ce"), flows),
        boundary("off", "each", timer("5 WD")), user("fix"), user("after"), choice("j"), end(),
        chain("s", "list", "each", "j", "after", "e"), chain("off", "fix", "j"), extra=extra,
    )  # fmt: skip


def test_instances_that_are_interrupted_end_with_all_that_waits_in_them():
    spec = instances(
        user("c1") + boundary("late", "c1", timer("1 WD"), False) + end("le"),
        flows=chain("cs", "c1", "say", "ce") + chain("late", "le"),
    )
    run = again(Execution.start(spec, facts()), spec)
    assert opened(run) == ["c1", "c1", "c1"]
    off = next(t.token for t in run.waiting_timers() if t.element == "off")
    run = Execution.restore(spec, run.dump(), facts([off]))
    for seen in (run, again(run, spec)):
        assert opened(seen) == ["fix"]
        assert seen.waiting_timers() == []
        assert len(seen.active()) == 1
    run = done(again(run, spec), spec, "fix")
    assert opened(run) == ["after"]


def test_the_first_of_several_instances_that_end_at_once_may_end_the_others():
    """The library would go on with those it has just cancelled, and count three results."""
    spec = instances(
        catch("wait", message("go")), flows=chain("cs", "wait", "say", "ce"), until="result != ''",
        extra=messages("go"),
    )  # fmt: skip
    run = again(Execution.start(spec, facts()), spec)
    assert run.deliver("go")
    run = again(run, spec)
    assert opened(run) == ["after"]
    assert run.routing(run.open_tasks()[0].token)["results"] == ["a"]


def test_instances_that_end_at_once_give_their_results_in_the_order_of_the_list():
    waiting = sub(
        "inner", start("is"), catch("wait", message("go")), end("ie"), chain("is", "wait", "ie")
    )
    spec = instances(
        user("c1") + waiting, flows=chain("cs", "c1", "inner", "say", "ce"), extra=messages("go")
    )
    run = again(Execution.start(spec, facts()), spec)
    for item in ("c", "a", "b"):
        run.complete(next(t.token for t in run.open_tasks() if t.item == item), {})
        run = again(run, spec)
    assert run.deliver("go")
    [task] = run.open_tasks()
    assert run.routing(task.token)["results"] == ["a", "b", "c"]


SIDE = (boundary("warn", "a", timer("1 WD"), False), end("we"), chain("warn", "we"))
ROUNDS = {
    "a side branch that ends in every round": (
        (start(), choice("m"), user("a"), *SIDE, AGAIN, end(), chain("s", "m", "a", "x")), (),
    ),
    "a loop beside a task that stays open": (
        (start(), parallel("f"), user("long"), choice("m"), user("a"), *SIDE, choice("x", "x__j"),
         parallel("j"), end(), chain("s", "f", "long", "j", "e"), chain("f", "m", "a", "x"),
         flow("x", "m", "again"), flow("x", "j")), ("long",),
    ),
    "two loops side by side": (
        (start(), parallel("f"), choice("m"), user("a"), choice("x", "x__j"), choice("n"),
         user("b"), choice("y", "y__j"), parallel("j"), end(), chain("s", "f", "m", "a", "x"),
         chain("f", "n", "b", "y"), flow("x", "m", "again"), flow("x", "j"),
         flow("y", "n", "again"), flow("y", "j"), chain("j", "e")), ("b",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROUNDS)
def test_every_round_is_as_small_as_the_second_and_deep_loops_never_end_it(name):
    parts, beside = ROUNDS[name]
    spec = specification(*parts)
    run, sizes = again(Execution.start(spec, facts()), spec), []
    for number in range(400):
        run = done(run, spec, "a", again=True)
        if "b" in beside:
            run = done(run, spec, "b", again=True)
        if number % 3 and run.waiting_timers():
            run = again(run, spec, [run.waiting_timers()[0].token])
        sizes.append(len(run.dump()))
    assert max(sizes[50:]) <= max(sizes[2:10]) + 12
    assert opened(run) == sorted(["a", *beside])
    for element in ("a", *beside):
        run.complete(
            next(t.token for t in run.open_tasks() if t.element == element), {"again": False}
        )
    assert run.completed


def test_a_join_remembers_a_branch_whose_side_task_is_still_open():
    spec = specification(
        start(), parallel("f"), user("a"), boundary("warn", "a", timer("1 WD"), False),
        user("side"), end("we"), user("b"), user("c"), parallel("j"), user("after"), end(),
        chain("s", "f", "a", "j", "after", "e"), chain("f", "b", "j"), chain("f", "c", "j"),
        chain("warn", "side", "we"),
    )  # fmt: skip
    run = again(Execution.start(spec, facts()), spec)
    run = again(run, spec, [run.waiting_timers()[0].token])
    for element in "abc":
        run = done(run, spec, element)
    assert opened(run) == ["after", "side"]


def test_what_side_branches_brought_is_known_behind_the_end_of_their_level():
    inner = sub(
        "inner", start("is"), user("a"), boundary("one", "a", timer("1 WD"), False),
        script("first", "seen = 1"), end("oe"), user("b"),
        boundary("two", "b", timer("1 WD"), False), script("second", "other = 2"), end("te"),
        end("ie"), chain("is", "a", "b", "ie"), chain("one", "first", "oe"),
        chain("two", "second", "te"),
    )  # fmt: skip
    spec = specification(start(), inner, user("after"), end(), chain("s", "inner", "after", "e"))
    run = again(Execution.start(spec, facts()), spec)
    run = again(run, spec, [run.waiting_timers()[0].token])
    run = done(run, spec, "a", n=1)
    run = again(run, spec, [run.waiting_timers()[0].token])
    run = done(run, spec, "b", n=2)
    [last] = run.open_tasks()
    assert run.routing(last.token) == {"seen": 1, "other": 2, "n": 2}
