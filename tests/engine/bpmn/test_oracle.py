"""A pruned state says what the library's full history says."""

import pytest

from engine.bpmn.parser import parse
from tests.engine.bpmn.hard import DECISIONS, HARD
from tests.engine.bpmn.oracle import walk


@pytest.mark.parametrize("name", HARD)
def test_pruned_and_full_history_agree_at_every_step(name):
    specification = parse("p", HARD[name], DECISIONS)
    for seed in range(4):
        _, size = walk(specification, seed, steps=20)
        assert size <= 2_000


@pytest.mark.slow
@pytest.mark.parametrize("name", HARD)
def test_pruned_and_full_history_agree_on_long_walks(name):
    specification = parse("p", HARD[name], DECISIONS)
    for seed in range(100, 140):
        walk(specification, seed)
