"""What the measured cases say: the steps of each diagram and the answers of each step."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIAGRAMS = Path(__file__).resolve().parent / "diagrams"
TITLE = "小区东侧工地夜间施工扰民"
BODY = "小区东侧工地夜间十一点后仍在施工，影响居民休息，多次反映没有结果。" * 6
OPINION = "情况属实，已要求责任单位整改，并将结果告知来电人。"

ONCE = ("register", "verify", "classify", "dispatch", "accept")
ROUND = ("plan", "work", "approve", "callback", "survey", "inspect", "judge")

_REGISTER = {
    "title": TITLE,
    "category": "noise",
    "place": "解放东路 12 号",
    "note": OPINION,
}
_DISPATCH = {"unit": "bureau_a", "instructions": "请于五个工作日内办理并答复来电人。"}
_HANDLE = {"measures": OPINION * 2, "done_on": "2026-11-20"}
_CALLBACK = {
    "band": "morning",
    "reached_citizen": True,
    "result": "solved",
    "satisfaction": 5,
    "suggestion": "希望以后夜间有人巡查。",
}
_OPINION = {"opinion": OPINION}


@dataclass(frozen=True)
class Step:
    """One user task of a case: its element, and what is answered there."""

    element: str
    answers: dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """A case from its start to its end.

    process: the folder of its diagram; pack: the pack whose cases run it.
    """

    process: str
    pack: str
    steps: tuple[Step, ...]


def five_tasks() -> Scenario:
    """Five user tasks in a row."""
    steps = (
        Step("register", _REGISTER),
        Step("dispatch", _DISPATCH),
        Step("handle", _HANDLE),
        Step("answer", {"outcome": "solved", "answer": OPINION * 2}),
        _step("callback", again=False),
    )
    return Scenario("five_tasks", "bench-five", steps)


def long_case(rounds: int = 3) -> Scenario:
    """Five steps, then `rounds` times the seven of handling and after; three rounds make 26."""
    steps = [_step(element, again=False) for element in ONCE]
    for number in range(1, rounds + 1):
        steps += [_step(element, again=number < rounds) for element in ROUND]
    return Scenario("long_case", "bench-long", tuple(steps))


def _step(element: str, *, again: bool) -> Step:
    answers: dict[str, dict[str, Any]] = {
        "register": _REGISTER,
        "classify": {"kind": "help", **_OPINION},
        "dispatch": _DISPATCH,
        "work": _HANDLE,
        "approve": {"approved": True, **_OPINION},
        "callback": _CALLBACK,
        "judge": {"redo": again, **_OPINION},
    }
    return Step(element, answers.get(element, _OPINION))
