"""Incidents (故障): failed steps that wait for an operator."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock, history
from engine.db import new_key, table
from engine.errors import Conflict, NotFound, StepFailed
from engine.history import Entry
from engine.models import Case, Deadline, Incident, Instance, Message
from engine.permissions import Actor, may, require

_SOURCES: dict[str, Any] = {"deadline": table(Deadline), "message": table(Message)}


def record(
    session: Session,
    error: Exception,
    *,
    source: str,
    source_id: UUID | None,
    instance_id: UUID | None,
) -> UUID:
    """Write down a failed step and hold what failed until somebody retries it.

    source: "task", "deadline" or "message". The reason names element and rule, never a
    citizen's words.
    """
    element = error.element if isinstance(error, StepFailed) else ""
    reason = error.reason if isinstance(error, StepFailed) else type(error).__name__
    case_id = None
    if source == "message":
        instance_id, case_id = session.execute(
            select(Message.target_id, Message.case_id).where(Message.id == source_id)
        ).one()
    found = session.execute(
        select(Instance.id, Instance.case_id).where(Instance.id == instance_id)
    ).one_or_none()
    # The message that starts an instance names one that is not there yet.
    instance_id, case_id = (found.id, found.case_id) if found else (None, case_id)
    key = new_key()
    now = clock.now()
    session.execute(
        insert(Incident).values(
            id=key,
            instance_id=instance_id,
            case_id=case_id,
            source=source,
            source_id=source_id,
            element=element[:64],
            reason=reason[:1000],
            occurred_at=now,
        )
    )
    if source == "deadline":
        deadlines = _SOURCES["deadline"]
        session.execute(
            update(deadlines)
            .where(
                deadlines.c.instance_id == instance_id,
                deadlines.c.next_at <= now,
                deadlines.c.settled_at.is_(None),
            )
            .values(incident_id=key, claimed_until=None)
        )
    elif source == "message":
        messages = _SOURCES["message"]
        session.execute(
            update(messages)
            .where(messages.c.id == source_id)
            .values(incident_id=key, claimed_until=None)
        )
    history.record(
        session,
        "system",
        [Entry("incident.opened", now, None, instance_id, element[:64], {"incident": key.hex})],
    )
    return key


def retry(session: Session, incident_id: UUID, *, by: Actor) -> None:
    """Let what failed run again; it becomes a new incident if it fails again.

    A sealed case's too: whoever keeps the machine running sees that something failed and nothing
    else of it. Only about one's own unit nobody knows even that.
    Raises `NotFound`, `NotAllowed`, `Conflict` if it is resolved.
    """
    require(may(by, "operations"))
    incident = session.get(Incident, incident_id, with_for_update=True)
    if incident is None:
        raise NotFound("No such incident.")
    case = session.get(Case, incident.case_id) if incident.case_id else None
    if case is not None and case.accused_key in by.lineage:
        raise NotFound("No such incident.")
    if incident.resolved_at is not None:
        raise Conflict("The incident is resolved.")
    for source in _SOURCES.values():
        session.execute(
            update(source)
            .where(source.c.incident_id == incident_id)
            .values(incident_id=None, claimed_until=None)
        )
    incident.retries += 1
    incident.resolved_at, incident.resolved_by = clock.now(), by.id
    history.record(
        session,
        "system",
        [
            Entry(
                "incident.retried",
                clock.now(),
                by.id,
                incident.instance_id,
                incident.element,
                {"incident": incident_id.hex},
            )
        ],
    )
