"""A run's state: small, versioned, and the same after every round trip."""

import random
import zlib
from random import Random
from uuid import UUID

import orjson
import pytest

from engine.bpmn import codec
from engine.bpmn.execution import Execution
from engine.bpmn.parser import parse
from engine.errors import StepFailed, UnknownState
from tests.engine.bpmn import keeping
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


STRAIGHT = specification(start(), end(), chain("s", "e"))


@pytest.mark.parametrize("version", [0, codec.VERSION + 1, 255])
def test_another_version_is_named_with_those_that_can_be_read(version):
    with pytest.raises(UnknownState, match=f"version 1 or 2, found version {version}") as caught:
        Execution.restore(STRAIGHT, bytes([version]) + b"abc", facts())
    assert "upgrade" in caught.value.reason
    assert isinstance(caught.value, StepFailed), "an operator is told of it as of a failed step"


@pytest.mark.parametrize(
    "state",
    [b"", b"\x01", b"\x01\x00\x00abc", b"\x01\x00\x05" + b"x" * 20, b"\x02", b"\x02" + b"x" * 30],
)
def test_a_broken_state_is_no_state(state):
    with pytest.raises(UnknownState, match=r"damaged|does not fit"):
        Execution.restore(STRAIGHT, state, facts())


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
    assert int.from_bytes(state[1:5], "big") == zlib.crc32(state[5:])
    assert int.from_bytes(state[5:7], "big") == 1
    assert UUID(bytes=state[7:23]) == run.open_tasks()[0].token
    assert orjson.loads(zlib.decompress(state[23:], -zlib.MAX_WBITS))[0] == {}


def test_a_state_that_could_not_be_read_again_is_not_written(monkeypatch):
    monkeypatch.setattr(codec, "MAX_BYTES", 1_000)
    spec = specification(start(), user("a"), user("b"), end(), chain("s", "a", "b", "e"))
    run = Execution.start(spec, facts())
    [task] = run.open_tasks()
    run.complete(task.token, {"opinion": "x" * 2_000})
    with pytest.raises(StepFailed, match="grows beyond"):
        run.dump()


# States written by each version of the codec, kept as files: whatever changes, they are still read.

KEPT = sorted(keeping.GOLDEN.glob("version_*/*.state"))
FILES = pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.stem}")


def test_each_version_that_is_read_has_states_of_every_diagram():
    diagrams = {path.stem for path in (keeping.GOLDEN / "diagrams").glob("*.bpmn")}
    assert len(diagrams) >= 8
    assert set(codec._READERS) == set(range(1, codec.VERSION + 1)), "N reads N - 1, and all before"
    for version in codec._READERS:
        kept = [path for path in KEPT if path.parent.name == f"version_{version}"]
        assert {path.stem for path in kept} == diagrams, "write them: tests/engine/bpmn/keeping.py"
        assert {path.read_bytes()[0] for path in kept} == {version}


@FILES
def test_a_kept_state_is_read_and_says_what_it_said(path):
    spec = keeping.specification(path.stem)
    run = Execution.restore(spec, path.read_bytes(), facts(**keeping.CASE))
    expected = orjson.loads(path.with_suffix(".json").read_bytes())
    assert keeping.shown(run) == expected
    again = run.dump()
    assert again[0] == codec.VERSION, "whatever is read is written as the newest"
    assert keeping.shown(Execution.restore(spec, again, facts(**keeping.CASE))) == expected


@FILES
def test_a_kept_state_goes_on_to_its_end(path):
    spec, state, chance = keeping.specification(path.stem), path.read_bytes(), Random(1)
    for _ in range(300):
        state = keeping.step(spec, state, chance, again=False).dump()
        if not state:
            return
    raise AssertionError("it does not end")


def test_a_kept_state_goes_on_as_it_did():
    path = keeping.GOLDEN / "version_1" / "stage.state"
    spec = keeping.specification("stage")
    run = Execution.restore(spec, path.read_bytes(), facts(co_units=[]))
    for task in run.open_tasks():
        run.complete(task.token, {"result": f"by {task.item}"} if task.item else {})
    [last] = run.open_tasks()
    assert last.element == "after"
    assert run.routing(last.token)["results"] == ["first", "by a", "by c"]
