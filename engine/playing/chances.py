"""Drawing lots: everything the players leave to chance, always the same for the same words."""

import random
from collections.abc import Sequence
from typing import TypeVar

Chance = random.Random
_Thing = TypeVar("_Thing")


def lots(*words: object) -> Chance:
    """A source of chance that these words alone decide."""
    return random.Random(":".join(map(str, words)))  # noqa: S311 - a demo, no secrets


def of_100(part: int, chance: Chance) -> bool:
    """Whether this is one of `part` in a hundred."""
    return chance.randrange(100) < part


def weighted(things: Sequence[_Thing], weights: Sequence[int], chance: Chance) -> _Thing:
    """One of the things, each as often as its weight."""
    return chance.choices(things, weights)[0]
