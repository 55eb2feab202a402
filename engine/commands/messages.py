"""Messages (消息): delivered after the commit that sent them, in order for each target."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from engine import calling, clock, duties, merging, projection
from engine.commands import hot, instances
from engine.commands.deadlines import LEASE, unclaimed
from engine.db import changed, table
from engine.errors import Conflict, HuiyinError, NotFound
from engine.models import CaseStatus, Instance, Message

BATCH = 50
DELIVERED, NOBODY_WAITS = "delivered", "nobody-waits"
# What fails for no reason of its own is tried again, each time after twice as long.
MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=1)
_message = table(Message)


def lease(session: Session, limit: int = BATCH) -> Sequence[UUID]:
    """Claim up to `limit` messages that are the first undelivered of their target."""
    now = clock.now()
    earlier = aliased(Message)
    heads = (
        select(_message.c.id)
        .where(
            _message.c.delivered_at.is_(None),
            _message.c.incident_id.is_(None),
            unclaimed(_message.c.claimed_until, now),
            ~select(earlier.id)
            .where(
                earlier.target_id == _message.c.target_id,
                earlier.delivered_at.is_(None),
                earlier.id < _message.c.id,
            )
            .exists(),
        )
        .order_by(_message.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (
        session.execute(
            update(_message)
            .where(_message.c.id.in_(heads))
            .values(claimed_until=now + LEASE)
            .returning(_message.c.id)
        )
        .scalars()
        .all()
    )


def deliver(session: Session, message_id: UUID) -> str:
    """Give one message to its target: "delivered", or "nobody-waits", which is a result.

    The target is locked first and then looked at, so that no wake-up is lost.
    Raises `StepFailed`.
    """
    row = session.execute(
        select(_message.c.target_id, _message.c.case_id, _message.c.name, _message.c.payload).where(
            _message.c.id == message_id, _message.c.delivered_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        return DELIVERED
    if row.name == "start":
        result = _start(session, row.target_id, row.case_id, row.payload)
    else:
        result = _wake(session, row.target_id, row.name)
    done = session.execute(
        update(_message)
        .where(_message.c.id == message_id, _message.c.delivered_at.is_(None))
        .values(delivered_at=clock.now(), result=result, claimed_until=None)
    )
    if changed(done) != 1:
        raise Conflict("The message was delivered meanwhile.")
    return result


def postponed(session: Session, message_id: UUID, error: Exception) -> bool:
    """Count a delivery that failed; whether it is tried again by itself.

    A step that fails by its own rules would fail again: it is held at once.
    """
    attempts = session.scalar(
        update(_message)
        .where(_message.c.id == message_id)
        .values(attempts=_message.c.attempts + 1)
        .returning(_message.c.attempts)
    )
    if attempts is None or attempts >= MOST_ATTEMPTS or isinstance(error, HuiyinError):
        return False
    wait = FIRST_WAIT * 2 ** (attempts - 1)
    session.execute(
        update(_message).where(_message.c.id == message_id).values(claimed_until=clock.now() + wait)
    )
    return True


def _start(session: Session, target_id: UUID, case_id: UUID, payload: dict[str, Any]) -> str:
    work = hot.of_case(session, case_id, None, payload["part"], payload.get("process"))
    if session.scalar(select(Instance.id).where(Instance.id == target_id)) is None:
        supervision_id = target_id if payload["part"] == "supervision" else None
        instances.start(
            work,
            target_id,
            routing=payload.get("routing"),
            supervision_id=supervision_id,
            skips=payload.get("skips", ()),
        )
    return DELIVERED


def _wake(session: Session, target_id: UUID, name: str) -> str:
    try:
        work = hot.of_instance(session, target_id)
    except (Conflict, NotFound):
        return NOBODY_WAITS
    if name == "matter_undone" and work.case["status"] == CaseStatus.MERGED:
        merging.leave(work)
        duties.recall(work)
    execution = hot.restore(work)
    if not execution.deliver(name):
        return NOBODY_WAITS
    if name == "matter_answered" and work.case["status"] == CaseStatus.MERGED:
        merging.take_over_answer(work)
    work.note("message.delivered", message=name)
    if name == calling.SPARED:
        work.note("callback.spared")
    projection.save(work, execution)
    return DELIVERED
