"""Habits (脾气): how prompt, stubborn or evasive each person of a demo is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.playing.chances import Chance, lots, weighted


@dataclass(frozen=True)
class Habit:
    """How a handler works; all but `share` and `yields` count of a hundred.

    share: how much of a limit is used, from and to. late: what passes its limit. returns: slips
    of one's own that are sent back. fobs: answers that say nothing. yields: what makes a person
    move who let a limit pass, with weights: nothing but time ("time"), or a rung of the ladder.
    """

    share: tuple[int, int]
    late: int
    returns: int
    fobs: int
    yields: Mapping[str, int]


_EASY = {"time": 40, "phone": 55, "order": 5}
_HARD = {"time": 10, "phone": 45, "order": 25, "interview": 14, "commitment": 5, "referral": 1}
PROMPT = Habit((5, 55), late=1, returns=2, fobs=1, yields=_EASY)
STEADY = Habit((20, 90), late=4, returns=4, fobs=4, yields=_EASY)
LATE = Habit((55, 98), late=26, returns=5, fobs=8, yields=_HARD)
RETURNING = Habit((25, 90), late=8, returns=32, fobs=6, yields=_EASY)
FOBBING = Habit((10, 70), late=6, returns=6, fobs=42, yields=_HARD)
HABITS = {
    "prompt": PROMPT,
    "steady": STEADY,
    "late": LATE,
    "returning": RETURNING,
    "fobbing": FOBBING,
}
# What every eight handlers are like.
_MIX = ("prompt", "steady", "late", "prompt", "returning", "steady", "fobbing", "prompt")


def given(logins: Iterable[str], seed: object) -> dict[str, Habit]:
    """A habit for each login; of eight handlers one is late, one returns, one fobs off."""
    people = sorted(logins)
    names = [_MIX[place % len(_MIX)] for place in range(len(people))]
    lots(seed, "habits").shuffle(names)
    return {login: HABITS[name] for login, name in zip(people, names, strict=True)}


def moved_by(habit: Habit, chance: Chance) -> str:
    """What makes the person move who has let a limit pass."""
    return weighted(list(habit.yields), list(habit.yields.values()), chance)
