"""How long something took, in steps that can be added up (用时分级).

Below an hour a step is five minutes, above it a tenth more than the one before: a median told by
steps is at most a twentieth off, and so many cases as there are need no more room than a few.
"""

from collections.abc import Mapping
from math import ceil, log
from typing import Final

_HOUR, _FINE, _GROWTH = 60, 5, 1.1
_OF_HOUR = _HOUR // _FINE
MEDIAN: Final = 0.5
P90: Final = 0.9


def step(minutes: float) -> int:
    """The step of a time; minutes >= 0."""
    if minutes < _HOUR:
        return int(minutes // _FINE)
    return _OF_HOUR + int(log(minutes / _HOUR) / log(_GROWTH) + 1e-9)


def minutes(of: int) -> float:
    """The middle of a step, in minutes."""
    if of < _OF_HOUR:
        return of * _FINE + _FINE / 2
    return _HOUR * float(_GROWTH ** (of - _OF_HOUR + 0.5))


def quantile(steps: Mapping[int, int], share: float) -> float | None:
    """The minutes within which this share of them were done; None of none. steps: step -> many."""
    wanted = ceil(share * sum(steps.values()))
    for of in sorted(steps):
        wanted -= steps[of]
        if wanted <= 0 < steps[of]:
            return minutes(of)
    return None
