"""An operator moves a token: the process goes on elsewhere, and no join waits in vain."""

import random
from collections import Counter

import pytest

from engine.bpmn import moving
from engine.bpmn.execution import Execution
from engine.bpmn.parser import parse
from engine.bpmn.unset import unset
from engine.errors import Conflict, InvalidInput, StepFailed
from tests.engine.bpmn import family
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
    parallel,
    script,
    service,
    specification,
    start,
    sub,
    timer,
    user,
)  # fmt: skip
from tests.engine.bpmn.hard import DECISIONS, HARD
from tests.engine.bpmn.walking import CASE, GIVEN

FORMS = {"ask": frozenset({"opinion"})}


def waiting(run: Execution) -> list[str]:
    return sorted(task.element for task in run.open_tasks())


def complete(run: Execution, element: str, **routing) -> None:
    run.complete(next(t.token for t in run.open_tasks() if t.element == element), routing)


def token(run: Execution, element: str):
    return next(one.token for one in moving.movable(run) if one.element == element)


def moved(run: Execution, source: str, target: str) -> Execution:
    """The run after the move, saved and restored."""
    moving.move(run, token(run, source), target)
    return again(run)


def again(run: Execution) -> Execution:
    return Execution.restore(run.specification, run.dump(), facts(**CASE))


def why(run: Execution, source: str) -> dict:
    return {k: v for k, v in moving.targets(run, token(run, source)).items() if v}


@pytest.fixture
def straight():
    return specification(
        start(), user("ask"), choice("g", "g__yes"), service("tell", "notice/send", kind='"k"'),
        user("no"), end("yes", outcome="done"), end("refused", outcome="refused"),
        chain("s", "ask", "g", "yes"), flow("g", "tell", 'opinion == "refuse"'),
        chain("tell", "no", "refused"),
    )  # fmt: skip


def test_a_step_is_left_and_another_begins(straight):
    run = Execution.start(straight, facts())
    run = moved(run, "ask", "no")
    assert waiting(run) == ["no"]
    run = moved(run, "no", "ask")
    complete(run, "ask", opinion="refuse")
    assert waiting(again(run)) == ["no"]
    complete(run, "no")
    assert (run.completed, run.outcome) == (True, "refused")


def test_what_stands_there_is_done_on_the_way(straight):
    run = Execution.start(straight, facts())
    moving.move(run, token(run, "ask"), "tell")
    assert [effect.operation for effect in run.effects] == ["notice/send"]
    assert waiting(run) == ["no"]
    moving.move(run, token(run, "no"), "yes")
    assert (run.completed, run.outcome) == (True, "done")


def test_what_was_never_said_is_told_before(straight):
    run = Execution.start(straight, facts())
    assert unset(run, token(run, "ask"), "g", FORMS) == ["opinion"]
    assert unset(run, token(run, "ask"), "no", FORMS) == []
    complete(run, "ask", opinion="refuse")
    assert unset(run, token(run, "no"), "g", FORMS) == [], "it was said"
    assert unset(run, token(run, "no"), "ask", FORMS) == [], "it will be said"


def test_what_is_read_in_a_sub_process_may_be_missing_too():
    spec = specification(
        start(), user("first"), script("set", "n = 1"),
        sub("inner", start("is"), choice("g", "g__ie"), user("u"), end("ie"), end("ie2")
            , chain("is", "g", "ie"), flow("g", "u", "n == 1"), chain("u", "ie2")),
        end(), chain("s", "first", "set", "inner", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    assert unset(run, token(run, "first"), "inner", {}) == ["n"]
    assert unset(run, token(run, "first"), "set", {}) == []


def test_an_item_of_a_list_still_owes_its_result():
    spec = specification(
        start(), script("l", 'units = ["a", "b"]\nresults = []'),
        sub("each", start("is"), user("say"), user("check"), end("ie"),
            chain("is", "say", "check", "ie"), multi("units", "unit", "results", "result")),
        user("b"), end(), chain("s", "l", "each", "b", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    says = [one for one in moving.movable(run) if one.element == "say"]
    assert len(says) == 2
    forms = {"say": frozenset({"result"})}
    assert unset(run, says[0].token, "check", forms) == ["result"]
    moving.move(run, says[0].token, "check")
    complete(run, "check", result="by hand")
    complete(run, "say", result="said")
    complete(run, "check")
    assert waiting(again(run)) == ["b"]


def test_a_sub_process_is_left_with_its_clocks_and_entered_anew():
    spec = specification(
        start(), sub("stage", start("is"), user("a"), boundary("late_a", "a", timer("2 WD")),
                     end("ie"), end("il"), chain("is", "a", "ie"), chain("late_a", "il"),
                     stage="stage"),
        boundary("late", "stage", timer("handling"), False), end("told"), user("b"), end(),
        chain("s", "stage", "b", "e"), chain("late", "told"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    before = {timer.token for timer in run.waiting_timers()}
    assert len(before) == 2
    run = moved(run, "stage", "b")
    assert (waiting(run), run.waiting_timers(), run.stages()) == (["b"], [], [])
    run = moved(run, "b", "stage")
    assert (waiting(run), run.stages()) == (["a"], ["stage"])
    assert {timer.element for timer in run.waiting_timers()} == {"late", "late_a"}
    assert not before & {timer.token for timer in run.waiting_timers()}
    complete(run, "a")
    assert waiting(again(run)) == ["b"]
    assert run.waiting_timers() == []


def test_inside_a_sub_process_one_stays_inside():
    spec = specification(
        start(), sub("stage", start("is"), user("a"), user("a2"), end("ie"),
                     chain("is", "a", "a2", "ie")),
        user("b"), end(), chain("s", "stage", "b", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    assert set(moving.targets(run, token(run, "a"))) == {"a", "a2", "ie"}
    with pytest.raises(InvalidInput, match="same scope"):
        moving.move(run, token(run, "a"), "b")
    with pytest.raises(InvalidInput, match="there already"):
        moving.move(run, token(run, "a"), "a")
    run = moved(run, "a", "a2")
    complete(run, "a2")
    assert waiting(run) == ["b"]


@pytest.fixture
def forked():
    return specification(
        start(), user("x"), parallel("f"), user("a"), user("a2"), user("b"), parallel("j"),
        user("c"), end(), chain("s", "x", "f", "a", "a2", "j", "c", "e"), chain("f", "b", "j"),
    )  # fmt: skip


def test_a_branch_that_a_join_waits_for_cannot_leave(forked):
    run = Execution.start(forked, facts())
    assert why(run, "x") == {"x": "same", "a": "join", "a2": "join", "b": "join", "j": "join"}
    run = moved(run, "x", "f")
    assert waiting(run) == ["a", "b"]
    refused = dict.fromkeys(("x", "f", "b", "j", "c", "e"), "join") | {"a": "same"}
    assert why(run, "a") == refused
    run = moved(run, "a", "a2")
    complete(run, "b")
    run = again(run)
    assert why(run, "a2") == dict.fromkeys(("x", "f", "b", "j", "c", "e"), "join") | {"a2": "same"}
    complete(run, "a2")
    assert waiting(run) == ["c"], "the join had both"


def test_past_a_whole_fork_and_back_before_it(forked):
    run = moved(Execution.start(forked, facts()), "x", "c")
    assert waiting(run) == ["c"]
    run = moved(run, "c", "x")
    complete(run, "x")
    assert waiting(run) == ["a", "b"]
    complete(run, "a")
    run = again(run)
    complete(run, "b")
    complete(run, "a2")
    assert waiting(again(run)) == ["c"]


def test_a_branch_of_its_own_comes_not_before_its_fork():
    spec = specification(
        start(), user("x"), parallel("f"), user("a"), user("a2"), user("b"), end("one"),
        end("two"), chain("s", "x", "f", "a", "a2", "one"), chain("f", "b", "two"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    complete(run, "x")
    assert why(run, "a") == {"a": "same", **dict.fromkeys(("x", "f", "b", "two"), "twice")}
    complete(run, "b")
    run = again(run)
    assert why(run, "a") == {"a": "same"}, "alone it may"
    run = moved(run, "a", "x")
    complete(run, "x")
    assert waiting(run) == ["a", "b"]


def test_a_side_path_keeps_to_itself():
    spec = specification(
        start(), user("a"), boundary("late", "a", timer("2 WD"), False), user("urge"),
        user("note"), end("told"), user("b"), end(),
        chain("s", "a", "b", "e"), chain("late", "urge", "note", "told"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    assert why(run, "a") == {"a": "same", **dict.fromkeys(("urge", "note", "told"), "side")}
    due = [timer.token for timer in run.waiting_timers()]
    run = Execution.restore(spec, run.dump(), facts(due))
    assert waiting(run) == ["a", "urge"]
    assert why(run, "urge") == {"urge": "same", **dict.fromkeys(("a", "b", "e"), "side")}
    run = moved(run, "urge", "note")
    run = moved(run, "a", "b")
    assert waiting(run) == ["b", "note"]
    complete(run, "note")
    complete(run, "b")
    assert run.completed


def test_a_wait_for_whatever_comes_first_is_moved_whole():
    spec = specification(
        start(), user("x"), events("wait"), catch("late", timer("2 WD")),
        catch("told", message("undone")), user("b"), user("c"), end(), end("e2"),
        chain("s", "x", "wait", "late", "b", "e"), chain("wait", "told", "c", "e2"),
        extra=messages("undone"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    assert why(run, "x") == {"x": "same", "late": "not-a-place", "told": "not-a-place"}
    run = moved(run, "x", "wait")
    assert run.waiting_messages() == {"undone"}
    run = moved(run, "wait", "c")
    assert (waiting(run), run.waiting_timers(), run.waiting_messages()) == (["c"], [], frozenset())


@pytest.mark.parametrize("sequential", [False, True])
def test_a_list_is_left_whole_and_never_by_one_item(sequential):
    spec = specification(
        start(), script("l", 'units = ["a", "b"]\nresults = []'),
        user("each", multi("units", "unit", "results", "result", sequential)),
        user("b"), end(), chain("s", "l", "each", "b", "e"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    assert [one.element for one in moving.movable(run)] == ["each"]
    items = [task.token for task in run.open_tasks()]
    with pytest.raises(Conflict):
        moving.move(run, items[0], "b")
    run = moved(run, "each", "b")
    assert waiting(run) == ["b"]
    run = moved(run, "b", "l")
    assert waiting(run) == (["each"] if sequential else ["each", "each"])


def test_what_is_not_open_any_more_is_a_conflict(straight):
    run = Execution.start(straight, facts())
    gone = token(run, "ask")
    complete(run, "ask", opinion="refuse")
    with pytest.raises(Conflict):
        moving.move(run, gone, "yes")
    with pytest.raises(Conflict):
        moving.targets(run, gone)


@pytest.mark.parametrize("name", HARD)
def test_moved_at_random_every_walk_still_comes_to_its_end(name):
    spec = parse("p", HARD[name], DECISIONS)
    moves = sum(_walk(spec, seed, lists="multi" in name) for seed in range(12))
    assert moves >= 12


def _walk(spec, seed, *, lists) -> int:
    """Walk with moves in between to the end; how many moves. Nothing may ever be stuck."""
    chance = random.Random(seed)
    run = Execution.start(spec, facts(**CASE), {"again": False, "n": 1, "units": [], "results": []})
    moves = 0
    for step in range(400):
        if run.completed:
            return moves
        assert run.open_tasks() or run.waiting_timers() or run.waiting_messages(), "stuck"
        run = Execution.restore(spec, run.dump(), facts(**CASE))
        if moves < 15 and chance.random() < 0.4:
            one = chance.choice(moving.movable(run))
            free = [to for to, no in moving.targets(run, one.token).items() if no is None]
            if free:
                target = chance.choice(free)
                before = Counter(waiting(run))
                state = run.dump()
                try:
                    moving.move(run, one.token, target)
                except StepFailed:  # what the preview says is missing; nothing is kept of it
                    run = Execution.restore(spec, state, facts(**CASE))
                    continue
                moves += 1
                twice = Counter(waiting(run)) - before
                assert lists or max(twice.values(), default=1) == 1, "a branch runs twice"
                continue
        _step(run, chance, goes_on=step < 60)
        if run.open_tasks() or run.completed or run.waiting_messages():
            continue
        due = [timer.token for timer in run.waiting_timers()]
        run = Execution.restore(spec, run.dump(), facts(due[:1], **CASE))
    raise AssertionError("endless")


def _step(run, chance, *, goes_on) -> None:
    tasks = run.open_tasks()
    if tasks:
        answers = {"n": chance.randrange(3), "again": goes_on and chance.random() < 0.5}
        task = chance.choice(tasks)
        if task.element == "each":
            answers["result"] = "r"
        run.complete(task.token, answers)
    elif run.waiting_messages():
        run.deliver(sorted(run.waiting_messages())[0])


@pytest.mark.slow
def test_moved_at_random_in_whatever_may_be_drawn_every_walk_comes_to_its_end():
    """Diagrams of the generated family, moved where the preview misses nothing: no step fails."""
    moves = 0
    for seed in range(100):
        drawn = family.draw(seed)
        spec = parse("p", drawn.content, DECISIONS)
        moves += sum(_walk_drawn(spec, drawn, 10 * seed + walk) for walk in range(3))
    assert moves > 300


def _walk_drawn(spec, drawn, seed) -> int:
    chance = random.Random(seed)
    run = Execution.start(spec, facts(**CASE), dict(GIVEN))
    moves = 0
    for _ in range(400):
        if run.completed:
            return moves
        assert run.open_tasks() or run.waiting_timers() or run.waiting_messages(), "stuck"
        state = run.dump()
        run = Execution.restore(spec, state, facts(**CASE))
        if moves < 10 and chance.random() < 0.35 and _moves_somewhere(run, drawn, chance):
            moves += 1
        else:
            run = _goes_on(run, state, drawn, chance)
    raise AssertionError("endless")


def _moves_somewhere(run, drawn, chance) -> bool:
    users = [e.id for e in run.specification.elements.values() if e.kind == "user"]
    forms = {key: {"n", "again", drawn.results.get(key, "n")} for key in users}
    for one in chance.sample(moving.movable(run), len(moving.movable(run))):
        free = [to for to, no in moving.targets(run, one.token).items() if no is None]
        whole = [to for to in free if not unset(run, one.token, to, forms)]
        if whole:
            moving.move(run, one.token, chance.choice(whole))
            return True
    return False


def _goes_on(run, state, drawn, chance) -> Execution:
    tasks, timers = run.open_tasks(), run.waiting_timers()
    if tasks and chance.random() < 0.8:
        task = chance.choice(tasks)
        answers = {"n": chance.randrange(3), "again": False}
        if task.element in drawn.results:
            answers[drawn.results[task.element]] = "r"
        run.complete(task.token, answers)
    elif run.waiting_messages():
        run.deliver(sorted(run.waiting_messages())[0])
    elif timers:
        due = [chance.choice(timers).token]
        return Execution.restore(run.specification, state, facts(due, **CASE))
    return run
