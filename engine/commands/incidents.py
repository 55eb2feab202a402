"""Incidents (故障): failed steps that wait for an operator."""

import re
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock, deployed, history
from engine.bpmn import skipping
from engine.commands import messages
from engine.db import new_key, table
from engine.errors import Conflict, InvalidInput, NotFound, StepFailed
from engine.history import Entry, Head
from engine.models import Case, Deadline, Definition, Incident, Instance, InstanceStatus, Message
from engine.permissions import RIGHTS, Actor, may, require, require_known

RETRIED, SKIPPED = "retried", "skipped"
LONGEST_REMARK = 500
_incident, _instance, _case = table(Incident), table(Instance), table(Case)
_deadline, _message = table(Deadline), table(Message)
_MISSING = "No such incident."
# What differs from case to case in a reason: what stands in quotes or was found, ids, numbers.
_PARTICULARS = (
    (re.compile(r"`[^`]*`|\"[^\"]*\"|'[^']*'"), "…"),
    (re.compile(r"\bfound .*", re.DOTALL), "found …"),
    (re.compile(r"\b[0-9a-f]{8}[0-9a-f-]{8,}\b"), "…"),
    (re.compile(r"\d+(?:\.\d+)?"), "#"),
    (re.compile(r"\b\w+_\w+\b"), "…"),
)


class _Place(NamedTuple):
    """Where a step failed. An instance that was about to start is not there yet."""

    instance_id: UUID | None
    case_id: UUID | None
    definition_id: UUID | None


def cause_of(reason: str) -> str:
    """A reason without numbers and names, by which incidents are grouped."""
    for pattern, instead in _PARTICULARS:
        reason = pattern.sub(instead, reason)
    return " ".join(reason.split())[:200]


def record(
    session: Session,
    error: Exception,
    *,
    source: str,
    source_id: UUID | None,
    instance_id: UUID | None,
) -> UUID:
    """Write down a failed step and hold what failed until somebody retries it.

    source: "task", "contact", "deadline" or "message". The reason names element and rule, never a
    citizen's words.
    """
    place = _placed(session, source, source_id, instance_id)
    return _write(session, error, source, source_id, place)


def told_by_worker(
    session: Session,
    error: Exception,
    *,
    source: str,
    source_id: UUID,
    instance_id: UUID | None,
) -> UUID | None:
    """The same; None for a message that is worth another attempt by itself."""
    place = _placed(session, source, source_id, instance_id)
    if source == "message" and messages.postponed(session, source_id, error):
        return None
    return _write(session, error, source, source_id, place)


def retry(session: Session, incident_id: UUID, *, by: Actor, remark: str = "") -> None:
    """Let what failed run again; it becomes a new incident if it fails again.

    A sealed case's too: whoever keeps the machine running sees that something failed and nothing
    else of it. Only about one's own unit nobody knows even that.
    Raises `NotFound`, `NotAllowed`, `Conflict` if it is resolved.
    """
    incident = opened(session, incident_id, by)
    told = {"incident": incident.id.hex, **({"remark": shortened(remark)} if remark else {})}
    settle(session, incident, by, RETRIED, remark, "incident.retried", told)


def skip(session: Session, incident_id: UUID, *, by: Actor, remark: str) -> None:
    """Let what failed run again and pass the failed element this once, as if it were done.

    remark: why, in the operator's words. Raises as `retry`, and `InvalidInput` where there is no
    remark or the element cannot be passed over (`skipping.refusal`).
    """
    incident = seen(session, incident_id, by)
    if not remark.strip():
        raise InvalidInput("remark", f"1 to {LONGEST_REMARK} characters")
    if incident.definition_id is None or not incident.element:
        raise InvalidInput("element", "an element that is known")
    specification = deployed.definition(session, incident.definition_id).specification
    if why := skipping.refusal(specification, incident.element):
        raise InvalidInput("element", f"an element that can be passed over ({why})")
    _let_pass(session, incident)
    told = {"incident": incident.id.hex, "remark": shortened(remark)}
    settle(session, incident, by, SKIPPED, remark, "incident.skipped", told)


def opened(session: Session, incident_id: UUID, by: Actor) -> Incident:
    """The open incident, its case locked before it. Raises as `retry`."""
    require(may(by, "operations"))
    case_id = session.scalar(select(_incident.c.case_id).where(_incident.c.id == incident_id))
    case = _locked(session, case_id)
    incident = session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None or (case is not None and case.accused_key in by.lineage):
        raise NotFound(_MISSING)
    if incident.resolved_at is not None:
        raise Conflict("The incident is resolved.")
    return incident


def seen(session: Session, incident_id: UUID, by: Actor) -> Incident:
    """The same, of which the person may know everything; else there is none, open or settled."""
    require(may(by, "operations"))
    case_id = session.scalar(select(_incident.c.case_id).where(_incident.c.id == incident_id))
    lock_known(session, case_id, by)
    return opened(session, incident_id, by)


def lock_known(session: Session, case_id: UUID | None, by: Actor, missing: str = _MISSING) -> None:
    """Lock a case. Raises `NotFound`, with these words, if it is kept from the person."""
    case = _locked(session, case_id)
    if case is not None:
        require_known(by, case, missing)


def settle(
    session: Session,
    incident: Incident,
    by: Actor,
    how: str,
    remark: str,
    kind: str,
    told: dict[str, Any],
) -> None:
    """Close the incident, let go what it held, and tell the case's history."""
    for held in (_deadline, _message):
        session.execute(
            update(held)
            .where(held.c.incident_id == incident.id)
            .values(incident_id=None, claimed_until=None)
        )
    now = clock.now()
    incident.retries += 1
    incident.resolved_at, incident.resolved_by = now, by.id
    incident.settled_as, incident.remark = how, shortened(remark)
    session.flush()
    entry = Entry(kind, now, by.id, incident.instance_id, incident.element, told)
    tell(session, incident.case_id, entry)


def tell(session: Session, case_id: UUID | None, entry: Entry) -> None:
    """Write into the history of the case, which is locked; without one into the system's."""
    case = _locked(session, case_id)
    if case is None:
        history.record(session, "system", [entry])
        return
    stream, head = history.case_stream(case.id), Head(case.chain_seq, case.chain_hash)
    head = history.append(session, stream, head, [entry])
    session.execute(
        update(_case).where(_case.c.id == case.id).values(chain_seq=head.seq, chain_hash=head.hash)
    )


def _locked(session: Session, case_id: UUID | None) -> Any:
    if case_id is None:
        return None
    columns = ("id", "chain_seq", "chain_hash", *RIGHTS)
    return session.execute(
        select(*(_case.c[name] for name in columns)).where(_case.c.id == case_id).with_for_update()
    ).one_or_none()


def _placed(
    session: Session, source: str, source_id: UUID | None, instance_id: UUID | None
) -> _Place:
    """Where it failed, the case locked before anything of it is touched."""
    case_id = definition_id = None
    start = None
    if source == "message":
        sent = session.execute(
            select(
                _message.c.target_id, _message.c.case_id, _message.c.name, _message.c.payload
            ).where(_message.c.id == source_id)
        ).one()
        instance_id, case_id = sent.target_id, sent.case_id
        start = sent.payload if sent.name == "start" else None
    found = session.execute(
        select(_instance.c.id, _instance.c.case_id, _instance.c.definition_id).where(
            _instance.c.id == instance_id
        )
    ).one_or_none()
    # The message that starts an instance names one that is not there yet.
    if found is not None:
        instance_id, case_id, definition_id = found
    else:
        instance_id = None
        if start is not None:
            definition_id = _to_be_started(session, case_id, start)
    _locked(session, case_id)
    return _Place(instance_id, case_id, definition_id)


def _to_be_started(session: Session, case_id: UUID | None, start: dict[str, Any]) -> UUID | None:
    key = start.get("process")
    if key is None:
        pack_id = session.scalar(select(_case.c.pack_id).where(_case.c.id == case_id))
        key = deployed.pack(session, pack_id).parts.get(start.get("part", "")) if pack_id else None
    return session.scalar(
        select(Definition.id)
        .where(Definition.kind == "bpmn", Definition.key == key)
        .order_by(Definition.version.desc())
        .limit(1)
    )


def _write(
    session: Session, error: Exception, source: str, source_id: UUID | None, place: _Place
) -> UUID:
    element = error.element if isinstance(error, StepFailed) else ""
    reason = error.reason if isinstance(error, StepFailed) else type(error).__name__
    if source == "task" and (open_already := _told_before(session, source_id, element, reason)):
        return open_already
    key, now = new_key(), clock.now()
    session.execute(
        insert(_incident).values(
            id=key,
            instance_id=place.instance_id,
            case_id=place.case_id,
            definition_id=place.definition_id,
            source=source,
            source_id=source_id,
            element=element[:64],
            reason=reason[:1000],
            cause=cause_of(reason),
            occurred_at=now,
            retries=0,
            settled_as="",
            remark="",
        )
    )
    if source == "deadline":
        due = (
            _deadline.c.instance_id == place.instance_id,
            _deadline.c.next_at <= now,
            _deadline.c.settled_at.is_(None),
        )
        session.execute(update(_deadline).where(*due).values(incident_id=key, claimed_until=None))
    elif source == "message":
        session.execute(
            update(_message)
            .where(_message.c.id == source_id)
            .values(incident_id=key, claimed_until=None)
        )
    told = {"incident": key.hex}
    entry = Entry("incident.opened", now, None, place.instance_id, element[:64], told)
    tell(session, place.case_id, entry)
    return key


def _told_before(
    session: Session, source_id: UUID | None, element: str, reason: str
) -> UUID | None:
    """The open incident of a task that somebody tried again: many attempts, one incident."""
    return session.scalar(
        select(_incident.c.id).where(
            _incident.c.source == "task",
            _incident.c.source_id == source_id,
            _incident.c.element == element[:64],
            _incident.c.reason == reason[:1000],
            _incident.c.resolved_at.is_(None),
        )
    )


def _let_pass(session: Session, incident: Incident) -> None:
    if incident.instance_id is None:
        _let_pass_at_start(session, incident)
        return
    row = session.execute(
        select(_instance.c.skips, _instance.c.status)
        .where(_instance.c.id == incident.instance_id)
        .with_for_update()
    ).one()
    if row.status != InstanceStatus.RUNNING:
        raise Conflict("The process instance has ended.")
    session.execute(
        update(_instance)
        .where(_instance.c.id == incident.instance_id)
        .values(skips=sorted({*(row.skips or ()), incident.element}))
    )


def _let_pass_at_start(session: Session, incident: Incident) -> None:
    """What is to be started is not there yet: the message that starts it says what to pass."""
    payload = session.scalar(
        select(_message.c.payload).where(_message.c.incident_id == incident.id).with_for_update()
    )
    if payload is None:
        raise Conflict("Nothing waits for this incident any more.")
    skips = sorted({*payload.get("skips", ()), incident.element})
    session.execute(
        update(_message)
        .where(_message.c.incident_id == incident.id)
        .values(payload={**payload, "skips": skips})
    )


def shortened(remark: str) -> str:
    """An operator's words as they are kept."""
    return remark.strip()[:LONGEST_REMARK]
