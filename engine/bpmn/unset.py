"""Which routing variables may be read behind a move although nothing has set them by then."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask

from engine.bpmn import moving, variables
from engine.bpmn.execution import Execution
from engine.bpmn.specification import Specification
from engine.bpmn.variables import Forms


def unset(execution: Execution, token_id: UUID, target: str, forms: Forms) -> list[str]:
    """Names that may be read from the target on although nothing has set them by then."""
    token = moving.open_token(execution, token_id)
    flow = _Flow(execution.specification, forms)
    workflow = token.workflow
    begins = [moving.entry(workflow.spec, target)]
    known = frozenset(token.data) - moving.collected(workflow.spec, begins[0])
    while True:
        known = flow.follow(workflow.spec, begins, known)
        owner = getattr(workflow, "owner", None)
        if owner is None:
            return sorted(flow.missing)
        workflow, begins = owner.workflow, owner.task_spec.outputs
        around = workflow.tasks.get(owner._parent)
        if around is not None and not moving.stands_alone(owner):
            known = flow.collect(around.task_spec, known, frozenset(around.data))
            begins = around.task_spec.outputs


class _Flow:
    """What is surely set when an element begins, followed from one element on."""

    def __init__(self, specification: Specification, forms: Forms) -> None:
        self.specification = specification
        self.forms = forms
        self.missing: set[str] = set()

    def collect(self, multi: Any, item: frozenset[str], around: frozenset[str]) -> frozenset[str]:
        """What is surely set behind a multi-instance, of which one item ends so."""
        if multi.output_item is not None and multi.output_item.bpmn_id not in item:
            self.missing.add(multi.output_item.bpmn_id)
        return around | variables.sets(self.specification, multi, self.forms)

    def follow(self, spec: Any, begins: Sequence[Any], known: frozenset[str]) -> frozenset[str]:
        """What is surely set at the end of the scope."""
        before: dict[str, frozenset[str]] = {start.name: known for start in begins}
        pending = list(begins)
        while pending:
            one = pending.pop()
            after = before[one.name] | variables.sets(self.specification, one, self.forms)
            if isinstance(one, SubWorkflowTask):
                after |= self._inside(one, before[one.name], _Flow(self.specification, self.forms))
            for out in one.outputs:
                now = before[out.name] & after if out.name in before else after
                if now != before.get(out.name):
                    before[out.name] = now
                    pending.append(out)
        for name, given in before.items():
            self._look(spec, spec.task_specs[name], given)
        return before.get(spec.end.name, known)

    def _look(self, spec: Any, one: Any, given: frozenset[str]) -> None:
        self.missing |= variables.reads(self.specification, one) - given
        if isinstance(one, MultiInstanceTask):
            given |= variables.items(one)
            one = spec.task_specs[one.task_spec]
        if isinstance(one, SubWorkflowTask):
            self._inside(one, given, self)

    def _inside(self, one: Any, given: frozenset[str], flow: "_Flow") -> frozenset[str]:
        inner = self.specification.subprocesses[one.spec]
        return flow.follow(inner, [inner.start], given)
