"""Whoever took over is read where a closed unit is still named."""

from engine import succession


def test_a_chain_of_successors_leads_to_one_that_is_open():
    said = {"a": "b", "b": "c", "x": "y", "y": "x", "gone": "nowhere"}
    assert succession.final(said, frozenset({"c"})) == {"a": "c", "b": "c"}
    facts = {"unit": "a", "co_units": ["b", "c", "d"], "title": "a"}
    succession.follow(facts, {"a": "c", "b": "c"})
    assert facts == {"unit": "c", "co_units": ["c", "d"], "title": "a"}
