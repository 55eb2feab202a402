"""Routing variables of a deployed diagram: which there are, who reads and sets them, put right.

What an operator sets by hand must be a name the diagram knows, and a value with which every
expression that reads it still gives a result.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask

from engine.bpmn.allow_list import Refused, compiled
from engine.bpmn.execution import Execution
from engine.bpmn.expressions import nearest
from engine.bpmn.specification import Specification
from engine.bpmn.tokens import OPEN, READY, STARTED, WAITING
from engine.bpmn.values import Scalar, unfit
from engine.errors import Conflict, InvalidInput

Forms = Mapping[str, frozenset[str]]  # user task -> the routing variables its form sets


@dataclass(frozen=True)
class Present:
    """A value that a variable has now. known: False where it is not set; at: open elements."""

    name: str
    known: bool
    value: Any
    at: tuple[str, ...]


def conditions(spec: Any) -> Iterator[str]:
    """The expressions that decide where the flow goes behind an element, or how long it waits."""
    for condition, _ in getattr(spec, "cond_task_specs", ()):
        if condition is not None:
            yield condition.args[0]
    definition = getattr(spec, "event_definition", None)
    if isinstance(definition, MultipleEventDefinition):
        parts = definition.event_definitions
    else:
        parts = [definition]
    yield from (part.formula for part in parts if getattr(part, "formula", None))
    for given in (getattr(spec, "operation_params", None) or {}).values():
        yield given["value"]
    if isinstance(spec, MultiInstanceTask) and spec.condition:
        yield spec.condition


def reads(specification: Specification, spec: Any) -> frozenset[str]:
    """The names an element reads."""
    found = {name for source in conditions(spec) for name in compiled(source)[1].names}
    if script := getattr(spec, "script", None):
        found |= compiled(script, "exec")[1].names
    table = specification.decisions.get(getattr(spec, "decision", ""))
    if table is not None:
        found |= table.reads().names
    if isinstance(spec, MultiInstanceTask):
        found |= {spec.data_input.bpmn_id}
        found -= items(spec)
    return frozenset(found)


def sets(specification: Specification, spec: Any, forms: Forms) -> frozenset[str]:
    """The names an element surely sets."""
    if isinstance(spec, MultiInstanceTask):
        return frozenset({spec.data_output.bpmn_id}) if spec.data_output else frozenset()
    found = set(forms.get(spec.bpmn_id or "", ()))
    if script := getattr(spec, "script", None):
        found |= compiled(script, "exec")[1].sets
    table = specification.decisions.get(getattr(spec, "decision", ""))
    if table is not None:
        found |= table.reads().sets
    return frozenset(found)


def declared(specification: Specification, forms: Forms) -> frozenset[str]:
    """Every name the diagram knows, but for the items of a list, which are one's own each time."""
    known: set[str] = set()
    own: set[str] = set()
    for spec in _specs(specification):
        known |= reads(specification, spec) | sets(specification, spec, forms)
        if isinstance(spec, MultiInstanceTask):
            own |= items(spec)
            known |= {spec.data_input.bpmn_id}
    return frozenset(known - own)


def present(execution: Execution, forms: Forms) -> list[Present]:
    """The values of every declared name among what is open, by name; not set is a value too."""
    found: list[Present] = []
    open_tokens = [t for t in _holding(execution) if t._state & OPEN and t.task_spec.bpmn_id]
    for name in sorted(declared(execution.specification, forms)):
        by_value: dict[tuple[bool, str], tuple[Any, list[str]]] = {}
        for token in open_tokens:
            known = name in token.data
            value = token.data.get(name)
            places = by_value.setdefault((known, repr(value)), (value, []))[1]
            if token.task_spec.bpmn_id not in places:
                places.append(token.task_spec.bpmn_id)
        for (known, _), (value, places) in by_value.items():
            found.append(Present(name, known, value, tuple(places)))
    return found


def correct(execution: Execution, before: Present, after: Scalar, forms: Forms) -> None:
    """Set a variable anew wherever it has the value `before`.

    Raises `InvalidInput` for a name the diagram does not know or a value it cannot work with,
    `Conflict` if the value is there no more.
    """
    name = before.name
    known = declared(execution.specification, forms)
    if name not in known:
        raise InvalidInput(name, f"a variable of the diagram{nearest(name, known)}")
    wanted = unfit(after)
    if wanted is None and isinstance(after, list):
        wanted = "a text, a number, yes or no"
    if wanted:
        raise InvalidInput(name, wanted)
    changed = False
    for token in _holding(execution):
        if (name in token.data) != before.known or token.data.get(name) != before.value:
            continue
        if type(token.data.get(name)) is not type(before.value):
            continue
        _try(execution, name, {**token.data, name: after})
        token.data[name] = after
        changed = changed or bool(token._state & OPEN)
    if not changed:
        raise Conflict("The variable has another value by now.")


def _try(execution: Execution, name: str, data: Mapping[str, Any]) -> None:
    """Every expression that reads the name and has all it reads still gives a result."""
    specification = execution.specification
    evaluator = execution._environment._evaluator
    for spec in _specs(specification):
        table = specification.decisions.get(getattr(spec, "decision", ""))
        try:
            for source in conditions(spec):
                names = compiled(source)[1].names
                if name in names and names <= data.keys():
                    evaluator.evaluate(source, data)
            if (
                table is not None
                and name in (names := table.reads().names)
                and names <= data.keys()
            ):
                table.decide(evaluator, data)
        except Refused as error:
            raise InvalidInput(name, f"a value that {spec.bpmn_id} can use: {error}") from None


def _holding(execution: Execution) -> list[Any]:
    """What is open, and what still holds data for it: the finished step before."""
    run = execution._run
    found = []
    for workflow in (run, *run.subprocesses.values()):
        if workflow.completed:
            continue
        kept = {
            key
            for token in workflow.tasks.values()
            if token._state & OPEN
            for key in (token.id, token._parent)
        }
        found += [
            token
            for token in workflow.tasks.values()
            if token.id in kept and (token.data or token._state & (READY | WAITING | STARTED))
        ]
    return found


def items(spec: MultiInstanceTask) -> set[str]:
    """The names of one item of a list: each run of the element has its own."""
    named = (getattr(spec, "input_item", None), getattr(spec, "output_item", None))
    return {one.bpmn_id for one in named if one is not None}


def _specs(specification: Specification) -> Iterator[Any]:
    for scope in (specification.process, *specification.subprocesses.values()):
        for spec in scope.task_specs.values():
            if getattr(spec, "bpmn_id", None) is not None:
                yield spec
