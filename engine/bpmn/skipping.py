"""Which elements of a diagram may be passed over once, as if they were done, and why not."""

from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask

from engine.bpmn.specification import Specification
from engine.bpmn.timers import Deadline

# What these do is left undone, and the process goes on behind them.
_PASSABLE = frozenset({"service", "script", "send", "throw"})
_WHY_NOT = {
    "gateway": "no-way-known",
    "rule": "decides-the-way",
    "user": "work-of-a-person",
    "manual": "work-of-a-person",
    "subprocess": "holds-others",
    "call": "holds-others",
    "receive": "waits-for-others",
}
REFUSALS = frozenset({"unknown", "several", "nothing-to-pass", *_WHY_NOT.values()})


def refusal(specification: Specification, element_id: str) -> str | None:
    """Why an element cannot be passed over, one of `REFUSALS`, or None if it can.

    several: it runs for each item of a list; waits-for-others: it waits for a message, or for a
    time together with others.
    """
    element = specification.elements.get(element_id)
    spec = _spec(specification, element_id)
    if element is None or spec is None:
        return "unknown"
    if isinstance(spec, MultiInstanceTask):
        return "several"
    if element.kind in _PASSABLE:
        return None
    if element.kind in {"catch", "boundary"}:
        alone = isinstance(getattr(spec, "event_definition", None), Deadline)
        return None if alone else "waits-for-others"
    return _WHY_NOT.get(element.kind, "nothing-to-pass")


def _spec(specification: Specification, element_id: str) -> Any:
    for scope in (specification.process, *specification.subprocesses.values()):
        found = scope.task_specs.get(element_id)
        if found is not None:
            return found
    return None
