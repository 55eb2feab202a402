"""Drawing whom to call: everybody as likely as the other of a layer, and the interval holds."""

import hashlib
from collections import Counter
from random import Random

import pytest

from engine import sampling
from engine.sampling import Cell, Waiting

UNITS = ("water", "roads", "parks", "schools", "police")


def seed(number):
    return hashlib.sha256(str(number).encode()).hexdigest()


def morning(number=100, certain=0):
    """So many wait for a call: of five units, a few categories and classes, uneven."""
    rnd = Random(7)
    return [
        Waiting(
            f"X-{n:06d}",
            rnd.choices(UNITS, (40, 30, 15, 10, 5))[0],
            rnd.choice(("urban", "traffic", "food")),
            rnd.choice(("ordinary", "complaint")),
            certain=n < certain,
        )
        for n in range(number)
    ]


def drawn_of(layers):
    return [key for layer in layers for key in layer.drawn]


def test_sixty_of_a_hundred_are_drawn_and_every_layer_has_its_part():
    some = morning()
    layers = sampling.draw(some, 60, seed(1))
    assert len(drawn_of(layers)) == 60
    assert sum(layer.waiting for layer in layers) == 100
    for layer in layers:
        assert len(layer.drawn) >= min(2, layer.waiting)
        assert abs(len(layer.drawn) - 0.6 * layer.waiting) < 2
    told = Counter(layer.unit for layer in layers)
    assert set(UNITS[:3]) <= set(told), "each large unit has layers of its own"


def test_the_same_seed_draws_the_same_and_another_does_not():
    some = morning()
    first = drawn_of(sampling.draw(some, 60, seed(1)))
    assert first == drawn_of(sampling.draw(some[::-1], 60, seed(1))), "in whatever order they come"
    assert set(first) != set(drawn_of(sampling.draw(some, 60, seed(2))))


def test_each_of_a_layer_is_as_likely_as_the_other():
    some, times = morning(40), 600
    seen, chance = Counter(), {}
    for number in range(times):
        for layer in sampling.draw(some, 24, seed(number)):
            seen.update(layer.drawn)
            for key in (*layer.drawn, *layer.spared):
                chance[key] = len(layer.drawn) / layer.waiting
    for key, likely in chance.items():
        spread = (likely * (1 - likely) / times) ** 0.5
        assert abs(seen[key] / times - likely) <= 4.5 * spread + 1e-9, key


def test_where_there_is_room_all_are_called_and_the_certain_ones_always():
    some = morning(30)
    assert len(drawn_of(sampling.draw(some, 30, seed(1)))) == 30
    some = morning(30, certain=12)
    layers = sampling.draw(some, 20, seed(1))
    assert {f"X-{n:06d}" for n in range(12)} <= set(drawn_of(layers))
    assert len(drawn_of(layers)) == 20
    layers = sampling.draw(some, 5, seed(1))
    assert len(drawn_of(layers)) == 12, "nobody else is drawn, and nobody is spared"
    assert not any(layer.spared for layer in layers)


@pytest.mark.parametrize("room", [1, 2, 3, 7, 19])
def test_small_rooms_are_filled_exactly(room):
    layers = sampling.draw(morning(), room, seed(3))
    assert len(drawn_of(layers)) == room
    assert sum(layer.waiting for layer in layers) == 100, "each might have been drawn"
    assert all(layer.drawn for layer in layers)


def test_the_share_of_all_is_told_from_the_drawn_by_their_weights():
    # Of a layer of 90 a third says good, of one of 10 all do.
    told = sampling.estimate([Cell(90, 30, good=10, bad=20), Cell(10, 10, good=10)])
    assert told.percent == pytest.approx(100 * (30 + 10) / 100)
    assert (told.asked, told.people) == (40, 100)
    low, high = told.interval
    assert 25 < low < 40 < high < 57
    assert told.bounds is None


def test_who_is_not_reached_counts_as_neither_and_bounds_say_how_much_is_known():
    told = sampling.estimate([Cell(40, 20, good=12, bad=4, silent=4)])
    assert told.percent == pytest.approx(75)
    assert told.bounds == (pytest.approx(60), pytest.approx(80))


def test_what_is_known_without_a_draw_stands_for_itself():
    told = sampling.estimate([Cell(20, 10, good=5, bad=5)], known_good=30, known_bad=0)
    assert told.percent == pytest.approx(100 * 40 / 50)
    assert sampling.estimate([]) is None
    assert sampling.estimate([Cell(20, 10)]) is None
    whole = sampling.estimate([Cell(10, 10, good=9, bad=1)], known_good=3)
    assert whole.interval is None, "everybody was asked: nothing is estimated"


def test_all_of_one_mind_are_not_certain_for_that():
    low, high = sampling.estimate([Cell(100, 60, good=60)]).interval
    assert low < 96
    assert high == pytest.approx(100)


def test_one_alone_of_a_layer_still_leaves_a_wide_interval():
    low, high = sampling.estimate([Cell(30, 1, good=1), Cell(30, 1, bad=1)]).interval
    assert high - low > 50


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Of a hundred, most of some units content and few of others; a fifth is never reached."""
    some, rnd, held, times = morning(), Random(11), 0, 500
    content = dict(zip(UNITS, (0.9, 0.6, 0.4, 0.8, 0.2), strict=True))
    good = {one.number: rnd.random() < content[one.unit] for one in some}
    truth = 100 * sum(good.values()) / len(good)
    middle = 0.0
    for number in range(times):
        cells = []
        for layer in sampling.draw(some, 60, seed(number)):
            hits = sum(good[key] for key in layer.drawn)
            cells.append(Cell(layer.waiting, len(layer.drawn), hits, len(layer.drawn) - hits))
        told = sampling.estimate(cells)
        middle += told.percent / times
        held += told.interval[0] <= truth <= told.interval[1]
    assert abs(middle - truth) < 0.6, "on the average it is right"
    assert held / times >= 0.93
