"""Evaluates checked expressions on one run's routing variables and its case.

Every size is bounded before the operation that would make it grow.
"""

from collections.abc import Callable, Iterator, Mapping
from types import CodeType
from typing import Any

from engine.bpmn.allow_list import CASE, Refused, UnknownFact, compiled
from engine.bpmn.names import nearest
from engine.bpmn.operations import OPERATIONS
from engine.bpmn.values import unfit
from engine.facts import FACTS, FactValue

__all__ = ["CaseView", "Evaluator", "nearest"]

_SHOWN_NAMES = 5
_KINDS: dict[type | tuple[type, ...], str] = {
    str: "a text",
    bool: "yes or no",
    (int, float): "a number",
    (list, tuple): "a list",
}

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


_GLOBALS: dict[str, Any] = {
    "__builtins__": {},
    **OPERATIONS,
    "_call_working_days": _budget("WD"),
    "_call_hours": _budget("h"),
    "_call_days": _budget("d"),
    "_call_limit": _limit,
}


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
            raise Refused(_reason(error, source, code, data)) from None

    def execute(self, source: str, data: dict[str, Any]) -> None:
        """Run a script's assignments on `data`; nothing is changed if it fails."""
        code, _ = compiled(source, "exec")
        scratch = dict(data)
        try:
            exec(code, self._globals, scratch)
        except Exception as error:
            raise Refused(_reason(error, source, code, scratch)) from None
        for name, value in scratch.items():
            if name in data and data[name] is value:
                continue
            kept = list(value) if isinstance(value, tuple) else value
            wanted = unfit(kept)
            if wanted:
                raise Refused(f"{name}: expected {wanted}")
            data[name] = list(kept) if isinstance(kept, list) else kept


def _reason(error: Exception, source: str, code: CodeType, data: Mapping[str, Any]) -> str:
    """What went wrong, naming expression and variables, without any value of the data."""
    shown = " ".join(source.strip().replace("\n", "; ").split())
    shown = shown if len(shown) <= 200 else shown[:197] + "..."
    if isinstance(error, NameError) and error.name:
        return f"`{shown}`: {error.name} is not set{nearest(error.name, data)}"
    if isinstance(error, Refused):
        why = str(error)
    elif isinstance(error, ZeroDivisionError):
        why = "division by zero"
    elif isinstance(error, IndexError):
        why = "the list has no such item"
    elif isinstance(error, TypeError):
        why = "expected values of one kind"
    else:
        why = type(error).__name__
    if isinstance(error, UnknownFact):
        return f"`{shown}`: {why}"
    read = [f"{name} is {_kind(data[name])}" for name in code.co_names if name in data]
    return f"`{shown}`: {'; '.join([why, *read[:_SHOWN_NAMES]])}"


def _kind(value: object) -> str:
    return next((words for kind, words in _KINDS.items() if isinstance(value, kind)), "nothing")
