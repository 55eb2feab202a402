"""A step of a diagram failed while a request was worked on: an operator is told."""

from uuid import UUID

from engine.commands import incidents
from engine.errors import StepFailed
from engine.queries import api
from web.request import transaction


def tell_operator(error: StepFailed, *, source: str, task_id: UUID | None = None) -> None:
    """Write an incident, in a transaction of its own: that of the request is rolled back."""
    with transaction() as session:
        incidents.record(
            session,
            error,
            source=source,
            source_id=task_id,
            instance_id=api.instance_of(session, task_id) if task_id else None,
        )
