"""Starting process instances."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from engine import projection
from engine.bpmn.execution import Execution
from engine.models import InstanceStatus
from engine.projection import Completed
from engine.work import Work


def start(
    work: Work,
    instance_id: UUID,
    *,
    routing: Mapping[str, Any] | None = None,
    supervision_id: UUID | None = None,
    skips: Iterable[str] = (),
) -> Completed:
    """Start an instance of `work.deployed` for the case and run it to its first waits.

    skips: elements that an operator lets pass once as if they were done. Raises `StepFailed`.
    """
    work.instance.update(
        id=instance_id,
        definition_id=work.deployed.id,
        supervision_id=supervision_id,
        status=InstanceStatus.RUNNING,
        outcome="",
        ended_at=None,
        new=True,
    )
    execution = Execution.start(
        work.deployed.specification, work.facts_for_run(), routing or {}, skips
    )
    return projection.save(work, execution)
