"""A run's state: small, versioned, and the same after every round trip."""

import random
import zlib
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from engine.bpmn import codec
from engine.bpmn.execution import Execution
from engine.bpmn.parser import parse
from engine.errors import UnknownState
from tests.engine.bpmn.drawing import (
    chain,
    choice,
    end,
    facts,
    flow,
    specification,
    start,
    sub,
    user,
)
from tests.engine.bpmn.hard import DECISIONS, HARD

GOLDEN = Path(__file__).parent / "golden"


def view(run: Execution):
    return (
        run.open_tasks(), run.waiting_timers(), run.waiting_messages(), run.active(), run.stages(),
        run.outcome, [run.routing(task.token) for task in run.open_tasks()],
    )  # fmt: skip


@pytest.mark.parametrize("name", HARD)
def test_restore_of_dump_is_the_same_and_dumps_the_same(name):
    spec = parse("p", HARD[name], DECISIONS)
    case = {"co_units": ["x", "y"], "unit": "roads", "kind": "help"}
    chance = random.Random(7)
    run = Execution.start(spec, facts(**case), {"again": True, "n": 1})
    for number in range(30):
        state = run.dump()
        again = Execution.restore(spec, state, facts(**case))
        assert view(again) == view(run)
        assert again.dump() == state
        run = again
        tasks = run.open_tasks()
        if tasks:
            answers = {"n": number % 3, "again": True}
            task = chance.choice(tasks)
            if task.element == "each":
                answers["result"] = "r"
            run.complete(task.token, answers)
        elif run.waiting_messages():
            run.deliver("woken")


def test_another_version_is_named():
    with pytest.raises(UnknownState, match="version 2"):
        Execution.restore(specification(start(), end(), chain("s", "e")), b"\x02abc", facts())


@pytest.mark.parametrize("state", [b"", b"\x01", b"\x01\x00\x00abc", b"\x01\x00\x05" + b"x" * 20])
def test_a_broken_state_is_no_state(state):
    with pytest.raises(UnknownState):
        Execution.restore(specification(start(), end(), chain("s", "e")), state, facts())


def test_a_state_of_another_diagram_does_not_fit():
    one = specification(start(), user("a"), end(), chain("s", "a", "e"))
    other = specification(start(), user("b"), end(), chain("s", "b", "e"))
    with pytest.raises(UnknownState, match="does not fit"):
        Execution.restore(other, Execution.start(one, facts()).dump(), facts())


def test_the_state_of_a_twenty_six_step_case_is_small():
    tasks = [["a1", "a2", "a3"], ["b1", "b2"], ["c1", "c2", "c3"], ["d1", "d2"], ["f1", "f2", "f3"]]
    stages = [
        sub(f"stage{n}", start(f"s{n}"), *map(user, row), end(f"e{n}"),
            chain(f"s{n}", *row, f"e{n}"), stage=f"stage{n}")
        for n, row in enumerate(tasks)
    ]  # fmt: skip
    spec = specification(
        start(), choice("m"), *stages, choice("x", "x__e"), end(),
        chain("s", "m", *(f"stage{n}" for n in range(5)), "x", "e"), flow("x", "m", "again"),
    )  # fmt: skip
    run = Execution.start(spec, facts())
    sizes = []
    steps = [element for row in tasks for element in row] * 2
    for number, element in enumerate(steps):
        run = Execution.restore(spec, run.dump(), facts())
        [task] = run.open_tasks()
        assert task.element == element
        run.complete(task.token, {"again": number < 20, "opinion": "同意" * 20})
        sizes.append(len(run.dump()))
    assert len(steps) == 26
    assert run.completed
    assert max(sizes) <= 1_000


def test_the_ids_outside_the_json_are_only_of_what_is_open():
    spec = specification(start(), user("a"), end(), chain("s", "a", "e"))
    run = Execution.start(spec, facts())
    state = run.dump()
    assert state[0] == codec.VERSION
    assert int.from_bytes(state[1:3], "big") == 1
    assert UUID(bytes=state[3:19]) == run.open_tasks()[0].token
    assert orjson.loads(zlib.decompress(state[19:]))[0] == {}


# States written by version 1 of the codec, kept as files: whatever changes, they are still read.


def test_a_state_written_by_version_1_is_read():
    spec = parse("p", (GOLDEN / "version_1.bpmn").read_bytes(), {})
    run = Execution.restore(spec, (GOLDEN / "version_1.state").read_bytes(), facts(co_units=[]))
    expected = orjson.loads((GOLDEN / "version_1.json").read_bytes())
    assert [[str(t.token), t.element, t.item] for t in run.open_tasks()] == expected["tasks"]
    assert [
        [str(t.token), t.element, str(t.host), t.host_element, t.limit]
        for t in run.waiting_timers()
    ] == expected["timers"]
    assert sorted(run.waiting_messages()) == expected["messages"]
    assert [run.routing(t.token) for t in run.open_tasks()] == expected["routing"]
    assert sorted(map(str, run.active())) == expected["active"]
    assert run.stages() == expected["stages"]
    for task in run.open_tasks():
        run.complete(task.token, {"result": f"by {task.item}"} if task.item else {})
    [last] = run.open_tasks()
    assert last.element == "after"
    assert run.routing(last.token)["results"] == ["first", "by a", "by c"]
