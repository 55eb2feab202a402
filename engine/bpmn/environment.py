"""What the library asks while it runs: conditions, scripts, services, decisions, limits, throws.

Everything that fails here fails as `StepFailed`, naming the element and what it needed.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine.bpmn.allow_list import Refused
from engine.bpmn.expressions import Evaluator
from engine.bpmn.service_tasks import OPERATIONS
from engine.bpmn.specification import Specification
from engine.bpmn.values import Facts, Service, Thrown, unfit
from engine.errors import StepFailed
from engine.facts import FACTS, FactValue

_TYPES = {str: "a text", int: "a whole number", bool: "yes or no", list: "a list"}


class Environment:
    """The script engine of one execution, in the form the library expects.

    element: the BPMN id of the element that runs; due: tokens of the timers that are due; skips:
    elements that an operator lets pass once, taken away as they are passed.
    """

    def __init__(
        self,
        specification: Specification,
        facts: Facts,
        changed: dict[str, FactValue],
        effects: list[Service | Thrown],
        skips: set[str] | None = None,
    ) -> None:
        self.skips = set() if skips is None else skips
        self.due: frozenset[UUID] = facts.due
        self.element = ""
        self._specification = specification
        self._changed = changed
        self._effects = effects
        self._evaluator = Evaluator(facts.case, changed)

    @property
    def environment(self) -> "Environment":
        """Itself: the library keeps engine and environment apart, here they are one."""
        return self

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """The value of an expression in a task. external_context: unused, data objects."""
        del external_context
        try:
            return self._evaluator.evaluate(expression, task.data)
        except Refused as error:
            raise self._failed(task, error) from None

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        """Run a script task's assignments on the routing variables."""
        del external_context
        if self.skip(task):
            return True
        try:
            self._evaluator.execute(script, task.data)
        except Refused as error:
            raise self._failed(task, error) from None
        return True

    def limit(self, task: Any, expression: str) -> str:
        """The limit or budget a timer begins to wait for."""
        value = self.evaluate(task, expression)
        if not isinstance(value, str):
            raise self._failed(task, f"`{expression}`: expected a limit or a budget")
        return value

    def decide(self, task: Any, decision: str) -> None:
        """Ask a decision table; its outputs become routing variables and, by name, facts."""
        try:
            table = self._specification.decisions[decision]
            outputs = table.decide(self._evaluator, task.data)
        except Refused as error:
            raise self._failed(task, error) from None
        task.data.update(outputs)
        self._changed.update({name: v for name, v in outputs.items() if name in FACTS})

    def serve(self, task: Any, name: str, parameters: Mapping[str, str]) -> None:
        """Ask for an operation: an effect for the host, and the facts it changes at once."""
        if self.skip(task):
            return
        operation = OPERATIONS.get(name)
        if operation is None:
            raise self._failed(task, f"there is no operation {name}")
        params: dict[str, FactValue] = {}
        for parameter, wanted in operation.parameters.items():
            if parameter not in parameters:
                raise self._failed(task, f"{name} needs {parameter}")
            value = self.evaluate(task, parameters[parameter])
            fits = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
            if not fits or unfit(value):
                raise self._failed(task, f"{name}: {parameter} expects {_TYPES[wanted]}")
            params[parameter] = value
        self._effects.append(Service(task.task_spec.bpmn_id, name, params))
        self._changed.update(operation.changes(self._evaluator.case, params))

    def skip(self, task: Any) -> bool:
        """Whether the task's element is to be passed this once as if it were done."""
        element = task.task_spec.bpmn_id
        if element not in self.skips:
            return False
        self.skips.discard(element)
        return True

    def throw(self, message: str) -> None:
        """A message goes out; the host carries it to other instances."""
        if self.element in self.skips:
            self.skips.discard(self.element)
            return
        self._effects.append(Thrown(self.element, message))

    def _failed(self, task: Any, reason: object) -> StepFailed:
        spec = task.task_spec
        return StepFailed(getattr(spec, "bpmn_id", None) or self.element, str(reason))
