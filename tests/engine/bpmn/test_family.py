"""A pruned state says what the library's full history says: on diagrams of every shape, each step.

The diagrams are drawn from seeds and walked at random; a failure names the command that replays it.
"""

from collections import Counter

import pytest

from engine.bpmn.linter import check
from engine.bpmn.parser import parse
from engine.bpmn.stock import Stock
from tests.engine.bpmn.family import draw
from tests.engine.bpmn.hard import DECISIONS, HARD
from tests.engine.bpmn.walking import hard, walk, walks

# Each of them stands in the drawings of a thousand seeds, so in those of twenty thousand walks.
FEATURES = {
    "sequence", "exclusive choice", "parallel join", "inclusive join", "loop", "loop in a loop",
    "a join inside a loop", "sub-process", "nested sub-process", "parallel multi-instance",
    "sequential multi-instance", "multi-instance of a sub-process", "completion condition",
    "call activity", "a process called twice", "message catch", "receive catch", "timer catch",
    "event gateway", "a message awaited twice", "timer of an expression", "boundary error",
    "error from two levels down", "boundary escalation", "non-interrupting boundary escalation",
    "fork without a join", "terminate", "script", "service", "rule", "throw",
    *(
        f"{how} boundary {what} on a {host}"
        for how in ("interrupting", "non-interrupting")
        for what in ("timer", "message")
        for host in ("user task", "sub-process", "called process", "multi-instance",
                     "multi-instance of a sub-process")
    ),
}  # fmt: skip
# A file without a drawing, and a message taken only once, are told; neither is wrong.
TOLD = {"no-drawing", "fires-once"}
DIAGRAMS, EACH = 500, 40  # twenty thousand walks
CHUNK = 25


def test_the_family_has_every_feature():
    seen = Counter(feature for seed in range(DIAGRAMS) for feature in draw(seed).features)
    assert set(seen) == FEATURES
    assert min(seen.values()) >= 4, seen


def test_a_seed_always_draws_the_same():
    assert draw(7) == draw(7)
    assert draw(7).content != draw(8).content


@pytest.mark.parametrize("first", range(0, 38, 2))
def test_ours_and_the_library_agree_on_diagrams_of_the_family(first):
    for seed in (first, first + 1):
        drawn = draw(seed)
        found = check("p", drawn.content, DECISIONS)
        assert {fault.rule for fault in found} <= TOLD
        specification = parse("p", drawn.content, DECISIONS)
        assert len(walks(specification, drawn, range(-4, -1))) == 3
        assert len(walks(specification, drawn, range(-1, 0), whole=True)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, DIAGRAMS, CHUNK))
def test_ours_and_the_library_agree_on_twenty_thousand_walks(first, record_property):
    count = steps = 0
    for seed in range(first, first + CHUNK):
        drawn = draw(seed)
        found = walks(parse("p", drawn.content, DECISIONS), drawn, range(EACH))
        count, steps = count + len(found), steps + sum(found)
    assert count == CHUNK * EACH
    record_property("walks over the generated family", count)
    record_property("their steps, each compared with the full history", steps)


@pytest.mark.parametrize("name", HARD)
def test_ours_and_the_library_agree_on_diagrams_that_are_hard_on_history(name):
    drawn = hard(name)
    specification = parse("p", drawn.content, DECISIONS)
    for seed in range(2):
        _, size = walk(specification, drawn, seed, whole=True, longest=16)
        assert size <= 2_000


@pytest.mark.slow
@pytest.mark.parametrize("name", HARD)
def test_ours_and_the_library_agree_on_many_rounds(name):
    drawn = hard(name)
    specification = parse("p", drawn.content, DECISIONS)
    for seed in range(100, 120):
        walk(specification, drawn, seed, longest=45)


def test_a_walk_that_fails_names_how_to_see_it_again(monkeypatch):
    drawn, other = draw(3), draw(4)
    specification = parse("p", drawn.content, DECISIONS)
    start, wrong = Stock.start, parse("p", other.content, DECISIONS)
    monkeypatch.setattr(Stock, "start", lambda _, facts, given: start(wrong, facts, given))
    with pytest.raises(AssertionError, match=r"walking 3 \d+\n") as caught:
        walks(specification, drawn, range(3))
    assert "<bpmn:process" in str(caught.value)
