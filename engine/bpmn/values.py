"""What goes into a run and what comes out of it: plain values, no library types."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from engine.facts import FactValue

Scalar = str | int | float | bool | None

MAX_TEXT = 10_000
MAX_ITEMS = 1_000
MAX_LIST_TEXT = 50_000  # of all texts of a list
MAX_NUMBER = 10**15
MAX_SEARCH = 250_000  # the length looked for times the length looked in


@dataclass(frozen=True, slots=True)
class Facts:
    """What the host read before the run, in the same transaction.

    case: the case's facts by name; due: tokens of the timers whose deadline has passed.
    """

    case: Mapping[str, FactValue]
    due: frozenset[UUID] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Work waiting for a person. item: the multi-instance item it is for, else None."""

    token: UUID
    element: str
    item: str | None


@dataclass(frozen=True, slots=True)
class WaitingTimer:
    """A drawn timer that waits.

    host: token of the activity it is drawn on, for a catch event its own; limit: a limit's name
    or a budget such as `1 WD`.
    """

    token: UUID
    element: str
    host: UUID
    host_element: str
    limit: str
    clock: str | None
    interrupting: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """An element that finished in this run."""

    element: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service task asked for an operation; the host does it, after the commit if outside."""

    element: str
    operation: str
    params: Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class Thrown:
    """A message was thrown to other instances."""

    element: str
    message: str


def unfit(value: object) -> str | None:
    """What was expected if `value` may not be kept in a run, else None.

    Kept are scalars and flat lists of them, bounded in size.
    """
    expected = None
    if value is None or isinstance(value, bool):
        pass
    elif isinstance(value, str):
        if len(value) > MAX_TEXT:
            expected = f"a text of at most {MAX_TEXT} characters"
    elif isinstance(value, (int, float)):
        if not math.isfinite(value) or abs(value) > MAX_NUMBER:
            expected = "a number within ±10^15"
    elif isinstance(value, list):
        expected = _unfit_list(value)
    else:
        expected = "a text, a number, yes or no, or a list of them"
    return expected


def _unfit_list(value: list[object]) -> str | None:
    if len(value) > MAX_ITEMS:
        return f"a list of at most {MAX_ITEMS} items"
    text = 0
    for item in value:
        if isinstance(item, str) and len(item) <= MAX_TEXT:
            text += len(item)
        elif isinstance(item, list) or unfit(item):
            return "a list of texts and numbers"
    if text > MAX_LIST_TEXT:
        return f"a list of at most {MAX_LIST_TEXT} characters in all"
    return None
