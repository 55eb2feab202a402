"""The operations an expression is rewritten to: each bounds its sizes before it begins."""

import math
import operator
from collections.abc import Callable
from typing import Any

from engine.bpmn.guard import Refused
from engine.bpmn.values import MAX_ITEMS, MAX_LIST_TEXT, MAX_NUMBER, MAX_SEARCH, MAX_TEXT

_LISTS = (list, tuple)

# Reckoning -------------------------------------------------------------------------------------


def _numbers(a: object, b: object) -> None:
    for x in (a, b):
        if isinstance(x, bool) or not isinstance(x, (int, float)):
            raise Refused("expected numbers on both sides")
        if not math.isfinite(x) or abs(x) > MAX_NUMBER:
            raise Refused("expected a number within ±10^15")


def _finite(value: Any) -> Any:
    if not math.isfinite(value):
        raise Refused("the result is no number")
    return value


def _add(a: Any, b: Any) -> Any:
    if isinstance(a, str) and isinstance(b, str):
        if len(a) + len(b) > MAX_TEXT:
            raise Refused(f"expected a text of at most {MAX_TEXT} characters")
        return a + b
    if isinstance(a, list) and isinstance(b, list):
        if len(a) + len(b) > MAX_ITEMS:
            raise Refused(f"expected a list of at most {MAX_ITEMS} items")
        return a + b
    _numbers(a, b)
    return a + b


def _subtract(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a - b


def _multiply(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a * b


def _divide(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return _finite(a / b)


def _divide_whole(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return _finite(a // b)


def _remainder(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a % b


# Lists and texts -------------------------------------------------------------------------------


def _item(value: object, index: object) -> object:
    if not isinstance(value, (list, tuple, str)):
        raise Refused("expected a list or a text before [ ]")
    if isinstance(index, bool) or not isinstance(index, int):
        raise Refused("expected a whole number between [ ]")
    return value[index]


def _flat(items: Any) -> Any:
    """A list as it was written, once no list stands in it."""
    for item in items:
        if isinstance(item, _LISTS):
            raise Refused("a list cannot stand in a list")
    return items


def _short(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Refused(f"expected a text of at most {MAX_TEXT} characters")


def _weighed(items: Any) -> None:
    """Refuse a list that would take long to go through."""
    if len(items) > MAX_ITEMS:
        raise Refused(f"expected a list of at most {MAX_ITEMS} items")
    text = 0
    for item in items:
        if isinstance(item, str):
            text += len(item)
        elif isinstance(item, _LISTS):
            raise Refused("a list cannot stand in a list")
    if text > MAX_LIST_TEXT:
        raise Refused(f"expected a list of at most {MAX_LIST_TEXT} characters in all")


# Comparing -------------------------------------------------------------------------------------


def _comparing(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    def compared(a: Any, b: Any) -> bool:
        if isinstance(a, str):
            if isinstance(b, str):
                _short(a)
                _short(b)
        elif isinstance(a, _LISTS) and isinstance(b, _LISTS):
            _weighed(a)
            _weighed(b)
        return bool(compare(a, b))

    return compared


def _within(a: Any, b: Any) -> bool:
    if isinstance(b, str):
        if not isinstance(a, str):
            raise Refused("expected a text before `in` and a text")
        if len(a) <= len(b) and len(a) * len(b) > MAX_SEARCH:
            raise Refused("expected shorter texts around `in`")
    elif isinstance(b, _LISTS):
        if isinstance(a, str):
            _short(a)
        _weighed(b)
    else:
        raise Refused("expected a list or a text after `in`")
    return a in b


def _without(a: Any, b: Any) -> bool:
    return not _within(a, b)


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "_equal": _comparing(operator.eq),
    "_unequal": _comparing(operator.ne),
    "_less": _comparing(operator.lt),
    "_at_most": _comparing(operator.le),
    "_more": _comparing(operator.gt),
    "_at_least": _comparing(operator.ge),
    "_within": _within,
    "_without": _without,
}


def _chain(names: tuple[str, ...], *values: Any) -> bool:
    """`a < b <= c` where the middle is no plain name; all of them are there already."""
    return all(
        _COMPARED[name](values[place], values[place + 1]) for place, name in enumerate(names)
    )


OPERATIONS: dict[str, Callable[..., Any]] = {
    "_add": _add,
    "_subtract": _subtract,
    "_multiply": _multiply,
    "_divide": _divide,
    "_divide_whole": _divide_whole,
    "_remainder": _remainder,
    "_item": _item,
    "_flat": _flat,
    "_chain": _chain,
    **_COMPARED,
}
