"""Random walks: a case with its supervisions, extensions and opinions, by every way, to its end.

Two worlds take the same decisions: ours, pruned and restored for every command, and the
library's own, restored with its full history. After each command both must show the same.
"""

from random import Random

import pytest

from tests.workflows.answering import OPTIONS, answers
from tests.workflows.runs import Coverage, OurRun, StockRun
from tests.workflows.shipped import BPMN, TIMER, elements, tree
from tests.workflows.world import World, pack

LONGEST_WALK = 800
LARGEST_STATE = 4096


def walk(key: str, seed: int, coverage: Coverage) -> int:
    """One case of a city to its end; the number of commands it took."""
    rnd, chance = Random(seed), Random(-seed)
    ours = World(lambda spec: OurRun(spec, coverage), key)
    stock = World(lambda spec: StockRun(spec, coverage, chance), key)
    for world in (ours, stock):
        world.receive(anonymous=seed % 4 == 0)
    steps = 0
    while not ours.over:
        assert ours.state() == stock.state(), seed
        steps += 1
        assert steps < LONGEST_WALK, f"walk {seed} does not end"
        todo = ours.todo(rnd)
        assert todo, f"walk {seed}: something is open and nobody can do anything"
        deed, *about = rnd.choice(todo)
        how = {"rework": rnd.random() < 0.4} if deed == "cure_by_hand" else {}
        if deed == "complete":
            schema = ours.form(about[0], about[1])
            about.append(answers(schema, rnd, ours.case, {**ours.pack.options(), **OPTIONS}))
        for world in (ours, stock):
            getattr(world, deed)(*about, **how)
    assert ours.state() == stock.state(), seed
    assert ours.case["archived"] or ours.case["disposition"] == "refused"
    assert not any(s.open for s in ours.supervisions.values())
    return steps


def not_covered(city: str, coverage: Coverage) -> list[object]:
    """Elements and ways of a city's diagrams that no walk went."""
    missing: list[object] = []
    used = pack(city)
    for key in {*used.parts.values(), *(route["process"] for route in used.items("routes"))}:
        root = tree(key)
        outgoing: dict[str, list[str]] = {}
        for flow in root.iter(f"{BPMN}sequenceFlow"):
            outgoing.setdefault(flow.get("sourceRef"), []).append(flow.get("targetRef"))
        for element in elements(root):
            name = element.get("id")
            kind = element.tag.removeprefix(BPMN)
            if kind.endswith(("Task", "Event", "Gateway")) and (key, name) not in coverage.passed:
                missing.append((key, name))
            if kind.endswith("Gateway") and len(outgoing[name]) > 1:
                ways = {(key, name, target) for target in outgoing[name]}
                missing += sorted(ways - coverage.branches)
    return missing


CITIES = pytest.mark.parametrize("city", ["gl-jindianzi", "qd-sanwo-5"])


@CITIES
@pytest.mark.parametrize("first", range(0, 20, 10))
def test_walks_end_and_say_the_same_as_the_library(city, first):
    coverage = Coverage()
    for seed in range(first, first + 7):
        walk(city, seed, coverage)
    assert coverage.largest <= LARGEST_STATE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("city", "first", "walks"),
    [
        *(("gl-jindianzi", first, 250) for first in range(1000, 2000, 250)),
        ("qd-sanwo-5", 1000, 600),
    ],
)
def test_long_walks_go_every_way(city, first, walks, record_property):
    coverage = Coverage()
    steps = sum(walk(city, seed, coverage) for seed in range(first, first + walks))
    record_property(f"walks of {city}", walks)
    record_property(f"commands of {city}, each compared with the full history", steps)
    assert not_covered(city, coverage) == []
    assert coverage.largest <= LARGEST_STATE


def test_what_is_not_covered_is_told():
    missing = not_covered("gl-jindianzi", Coverage())
    assert ("appeal", "sign") in missing
    assert ("appeal", "returning", "handling_returned") in missing
    assert ("qd_media", "visit_site") in not_covered("qd-sanwo-5", Coverage())
    timers = [e.get("id") for e in elements(tree("supervision")) if e.find(TIMER) is not None]
    assert timers
    assert all(("supervision", timer) in missing for timer in timers)
