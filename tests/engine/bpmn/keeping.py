"""States as files, written once by each version of the codec and read ever after.

    python -m tests.engine.bpmn.keeping

writes those of the version that is current now, and refuses to touch any that are there.
"""

import json
from pathlib import Path
from random import Random
from typing import Any

from engine.bpmn import codec
from engine.bpmn.execution import Execution
from engine.bpmn.parser import parse
from engine.bpmn.specification import Specification
from tests.engine.bpmn.drawing import facts

GOLDEN = Path(__file__).parent / "golden"
CASE = {"co_units": ["x", "y", "z"], "unit": "roads", "kind": "help"}
RESULTS = {"each": "result", "co": "result"}


def specification(name: str) -> Specification:
    return parse("p", (GOLDEN / "diagrams" / f"{name}.bpmn").read_bytes(), {})


def shown(run: Execution) -> dict[str, Any]:
    """All that a state says to the outside, as JSON."""
    return {
        "tasks": [[str(t.token), t.element, t.item] for t in run.open_tasks()],
        "timers": [
            [str(t.token), t.element, str(t.host), t.host_element, t.limit]
            for t in run.waiting_timers()
        ],
        "messages": sorted(run.waiting_messages()),
        "routing": [run.routing(t.token) for t in run.open_tasks()],
        "active": sorted(map(str, run.active())),
        "stages": run.stages(),
    }


def step(spec: Specification, state: bytes, chance: Random, again: bool) -> Execution:
    """What somebody could do next with a saved state, at random."""
    run = Execution.restore(spec, state, facts(**CASE))
    timers, messages = run.waiting_timers(), sorted(run.waiting_messages())
    tasks = run.open_tasks()
    moves = [*tasks * 3, *timers, *messages]
    chosen = chance.choice(moves)
    if chosen in tasks:
        result = RESULTS.get(chosen.element)
        answers = {"n": chance.randrange(3), "again": again, **({result: "r"} if result else {})}
        run.complete(chosen.token, answers)
    elif chosen in messages:
        assert run.deliver(chosen)
    else:
        run = Execution.restore(spec, state, facts([chosen.token], **CASE))
    return run


def _busiest(spec: Specification) -> tuple[bytes, Execution]:
    """The state of a few walks in which most waits."""
    best: tuple[int, bytes] = (0, b"")
    for seed in range(6):
        chance = Random(seed)
        run = Execution.start(spec, facts(**CASE), {"again": True, "n": 1})
        for number in range(25):
            state = run.dump()
            if not state:
                break
            if number > 2:
                best = max(best, (len(run.active()), state))
            run = step(spec, state, chance, again=True)
    return best[1], Execution.restore(spec, best[1], facts(**CASE))


def write() -> None:
    folder = GOLDEN / f"version_{codec.VERSION}"
    folder.mkdir(exist_ok=True)
    for diagram in sorted((GOLDEN / "diagrams").glob("*.bpmn")):
        path = folder / f"{diagram.stem}.state"
        if not path.exists():
            state, run = _busiest(specification(diagram.stem))
            path.write_bytes(state)
            text = json.dumps(shown(run), ensure_ascii=False, indent=1)
            path.with_suffix(".json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    write()
