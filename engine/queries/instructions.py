"""Leaders' instructions (批示) to read: those of one's units, and those of one's office."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.db import table
from engine.digests import kinds
from engine.digests.kinds import Texts
from engine.errors import NotFound
from engine.models import City, Digest, Instruction, InstructionStatus, Person, Role
from engine.permissions import Actor

MOST = 200
_instruction = table(Instruction)
_STEERING = (Role.SUPERVISOR, Role.LEADER)


@dataclass(frozen=True)
class Told:
    """An instruction with the digest it was written on. late: not done, and its day has passed."""

    row: Instruction
    digest: Texts
    issue: int
    unit: Texts
    own: bool
    steers: bool
    late: bool
    people: Mapping[str, Texts]


def listed(session: Session, actor: Actor, *, done: bool = False) -> Sequence[Told]:
    """Those the person may see, the soonest due first; done: the settled ones instead."""
    status = _instruction.c.status
    settled = status == str(InstructionStatus.DONE)
    asked = _rows(actor).where(settled if done else status != str(InstructionStatus.DONE))
    newest = _instruction.c.done_at.desc() if done else _instruction.c.due_on
    return _told(
        session, actor, session.execute(asked.order_by(newest, Instruction.id).limit(MOST))
    )


def on_digest(session: Session, actor: Actor, digest_id: UUID) -> Sequence[Told]:
    """Those written on one digest, the oldest first."""
    asked = _rows(actor).where(_instruction.c.digest_id == digest_id)
    return _told(session, actor, session.execute(asked.order_by(Instruction.id)))


def one(session: Session, actor: Actor, instruction_id: UUID) -> Told:
    """One of them. Raises `NotFound`."""
    rows = session.execute(_rows(actor).where(_instruction.c.id == instruction_id))
    found = _told(session, actor, rows)
    if not found:
        raise NotFound("No such instruction.")
    return found[0]


def _rows(actor: Actor) -> Any:
    return (
        select(Instruction, Digest.kind, Digest.number)
        .join(Digest, Digest.id == Instruction.digest_id)
        .where(_may_see(actor))
    )


def _may_see(actor: Actor) -> ColumnElement[bool]:
    offices = frozenset[str]().union(*(actor.scope.get(role, frozenset()) for role in _STEERING))
    units = actor.scope.get(Role.HANDLER, frozenset())
    return or_(
        _instruction.c.office_key.in_(sorted(offices)), _instruction.c.unit_key.in_(sorted(units))
    )


def _told(session: Session, actor: Actor, rows: Any) -> list[Told]:
    found = list(rows)
    if not found:
        return []
    city = session.execute(select(City.organisation_revision, City.timezone)).one()
    today = clock.now().astimezone(ZoneInfo(city.timezone)).date()
    names = deployed.unit_names(session, city.organisation_revision)
    ids = {step["by"] for row in found for step in row.Instruction.steps if step["by"]}
    people = {
        row.id.hex: {"zh": row.name_zh, "en": row.name_en or row.name_zh}
        for row in session.execute(
            select(Person.id, Person.name_zh, Person.name_en).where(
                Person.id.in_([UUID(one) for one in ids])
            )
        )
    }
    return [
        Told(
            row=row.Instruction,
            digest=kinds.kinds()[row.kind].name
            if row.kind in kinds.kinds()
            else {"zh": row.kind, "en": row.kind},
            issue=row.number,
            unit=names.get(
                row.Instruction.unit_key,
                {"zh": row.Instruction.unit_key, "en": row.Instruction.unit_key},
            ),
            own=actor.acts_for(Role.HANDLER, row.Instruction.unit_key),
            late=row.Instruction.status != InstructionStatus.DONE
            and row.Instruction.due_on < today,
            steers=any(actor.acts_for(role, row.Instruction.office_key) for role in _STEERING),
            people=people,
        )
        for row in found
    ]
