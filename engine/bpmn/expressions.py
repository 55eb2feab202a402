"""Evaluates checked expressions on one run's routing variables and its case.

Every size is bounded before the operation that would make it grow.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import CodeType
from typing import Any

from engine.bpmn.allow_list import CASE, Refused, UnknownFact, compiled
from engine.bpmn.values import MAX_ITEMS, MAX_NUMBER, MAX_TEXT, unfit
from engine.facts import FACTS, FactValue

# Functions a diagram may call ------------------------------------------------------------------


def _budget(unit: str) -> Callable[[object], str]:
    def budget(amount: object) -> str:
        if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= 9999:
            raise Refused("expected a whole number from 1 to 9999")
        return f"{amount} {unit}"

    return budget


def _limit(name: object) -> str:
    if not isinstance(name, str) or not name or len(name) > 100:
        raise Refused('expected the name of a limit, such as limit("handling")')
    return name


# Operations that could grow --------------------------------------------------------------------


def _numbers(a: object, b: object) -> None:
    for x in (a, b):
        if isinstance(x, bool) or not isinstance(x, (int, float)):
            raise Refused("expected numbers on both sides")
        if not math.isfinite(x) or abs(x) > MAX_NUMBER:
            raise Refused("expected a number within ±10^15")


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
    return a / b


def _divide_whole(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a // b


def _remainder(a: Any, b: Any) -> Any:
    _numbers(a, b)
    return a % b


def _item(value: object, index: object) -> object:
    if not isinstance(value, (list, tuple, str)):
        raise Refused("expected a list or a text before [ ]")
    if isinstance(index, bool) or not isinstance(index, int):
        raise Refused("expected a whole number between [ ]")
    return value[index]


_GLOBALS: dict[str, Any] = {
    "__builtins__": {},
    "_item": _item,
    "_add": _add,
    "_subtract": _subtract,
    "_multiply": _multiply,
    "_divide": _divide,
    "_divide_whole": _divide_whole,
    "_remainder": _remainder,
    "_call_working_days": _budget("WD"),
    "_call_hours": _budget("h"),
    "_call_days": _budget("d"),
    "_call_limit": _limit,
}


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean x?` if a known name is near, else what is known."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(names[:12])}" if names else ""


class CaseView(Mapping[str, FactValue]):
    """The case's facts, read-only: what this run changed, then the row, then the default."""

    __slots__ = ("_case", "_changed")

    def __init__(self, case: Mapping[str, FactValue], changed: Mapping[str, FactValue]) -> None:
        self._case = case
        self._changed = changed

    def __getitem__(self, name: str) -> FactValue:
        value: FactValue
        if name in self._changed:
            value = self._changed[name]
        elif name in self._case:
            value = self._case[name]
        elif name in FACTS:
            value = FACTS[name].default
        else:
            raise UnknownFact(f"case.{name} is not known{nearest(name, FACTS)}")
        return list(value) if isinstance(value, (list, tuple)) else value

    def __iter__(self) -> Iterator[str]:
        return iter(FACTS)

    def __len__(self) -> int:
        return len(FACTS)


class Evaluator:
    """Evaluates checked sources against one run's data and its case."""

    def __init__(self, case: Mapping[str, FactValue], changed: Mapping[str, FactValue]) -> None:
        self.case = CaseView(case, changed)
        self._globals = {**_GLOBALS, CASE: self.case}

    def evaluate(self, source: str, data: Mapping[str, Any]) -> Any:
        """The value of an expression. Raises `Refused`, in words."""
        return self.run_code(compiled(source)[0], data, source)

    def run_code(self, code: CodeType, data: Mapping[str, Any], source: str) -> Any:
        """The value of compiled code; `source` is only named in what goes wrong."""
        try:
            return eval(code, self._globals, data)
        except Exception as error:
            raise Refused(_reason(error, source, data)) from None

    def execute(self, source: str, data: dict[str, Any]) -> None:
        """Run a script's assignments on `data`; nothing is changed if it fails."""
        code, _ = compiled(source, "exec")
        scratch = dict(data)
        try:
            exec(code, self._globals, scratch)
        except Exception as error:
            raise Refused(_reason(error, source, data)) from None
        for name, value in scratch.items():
            if name in data and data[name] is value:
                continue
            kept = list(value) if isinstance(value, tuple) else value
            wanted = unfit(kept)
            if wanted:
                raise Refused(f"{name}: expected {wanted}")
            data[name] = list(kept) if isinstance(kept, list) else kept


def _reason(error: Exception, source: str, data: Mapping[str, Any]) -> str:
    """What went wrong, naming expression and variable, without any value of the data."""
    shown = source.strip().replace("\n", "; ")
    shown = shown if len(shown) <= 200 else shown[:197] + "..."
    if isinstance(error, NameError) and error.name:
        why = f"{error.name} is not set{nearest(error.name, data)}"
    elif isinstance(error, Refused):
        why = str(error)
    elif isinstance(error, ZeroDivisionError):
        why = "division by zero"
    elif isinstance(error, IndexError):
        why = "the list has no such item"
    elif isinstance(error, TypeError):
        why = str(error)[:200]
    else:
        why = type(error).__name__
    return f"`{shown}`: {why}"
