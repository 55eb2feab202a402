"""Calling a unit to an interview (约谈), and what the unit says to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import projection
from engine.commands import hot
from engine.db import changed, new_key, table
from engine.errors import Conflict, InvalidInput, NotFound
from engine.models import CalledInterview, CalledStatus, CalledUnit, Case, Role, Supervision
from engine.permissions import RIGHTS, Actor, may, require, require_known
from engine.standing_in import in_whose_place_for

LONGEST = 200
_MISSING = "No such interview."
_called, _unit = table(CalledInterview), table(CalledUnit)
_case, _supervision = table(Case), table(Supervision)


@dataclass(frozen=True)
class Meeting:
    """When and where an interview is, and how it came about.

    ground: of several units together, the rate by which they were called.
    """

    held_at: datetime
    place: str
    bring: str = ""
    contact: str = ""
    reason: str = ""
    ground: Mapping[str, Any] = field(default_factory=dict)


def call(
    session: Session, supervision_id: UUID, number: str, meeting: Meeting, *, by: Actor
) -> UUID:
    """Call the unit of a ladder to an interview; the key of the interview.

    number: of the notice. An interview this ladder was called to before counts as moved.
    Raises `NotFound`, `NotAllowed`, `Conflict` if the ladder is over or the number was given.
    """
    return call_together(session, [supervision_id], number, meeting, by=by)


def call_together(
    session: Session,
    supervisions: list[UUID],
    number: str,
    meeting: Meeting,
    *,
    by: Actor,
) -> UUID:
    """Call the units of several ladders to one interview; its key. Raises as `call`."""
    require(may(by, "supervision.start"))
    rows = session.execute(
        select(
            _supervision.c.id,
            _supervision.c.case_id,
            _supervision.c.target,
            _supervision.c.status,
            *(_case.c[name] for name in RIGHTS),
        )
        .join_from(_supervision, _case, _case.c.id == _supervision.c.case_id)
        .where(_supervision.c.id.in_(supervisions))
        .order_by(_supervision.c.case_id)
    ).all()
    if len(rows) != len(supervisions):
        raise NotFound("No such supervision.")
    key = new_key()
    for place, row in enumerate(rows):
        require_known(by, row, "No such supervision.")
        office = row.office_key
        require(
            any(by.acts_for(role, office) for role in (Role.SUPERVISOR, Role.LEADER)),
            "The case belongs to another office.",
        )
        if row.status != "open":
            raise Conflict("The supervision is over.")
        # The case's row first, as every command does.
        work = hot.of_case(session, row.case_id, by.id, "supervision")
        work.instead_of = in_whose_place_for(by, "supervision.start", office)
        if place == 0:
            session.execute(
                insert(_called).values(_row(key, number, office, meeting, work.now, by))
            )
        _move_earlier(session, row.id)
        session.execute(
            insert(_unit).values(called_id=key, supervision_id=row.id, unit_key=row.target)
        )
        told = {"interview": key.hex, "supervision": row.id.hex, "number": number}
        work.note("interview.called", **told, held_at=meeting.held_at.isoformat())
        work.notify("interview.called", f"unit:{row.target}", {"due": meeting.held_at.isoformat()})
        projection.write_case(session, work)
    return key


def confirm(session: Session, ladder: str, coming: str, *, by: Actor) -> None:
    """The unit says that it comes, and who. Raises `NotFound`, `NotAllowed`, `InvalidInput`.

    ladder: the number of the unit's ladder, whose newest interview is meant. `Conflict` if that is
    over or the unit has said so already.
    """
    require(may(by, "supervision.answer"))
    row = session.execute(
        select(
            _unit.c.called_id,
            _unit.c.supervision_id,
            _unit.c.unit_key,
            _called.c.status,
            _supervision.c.case_id,
            _supervision.c.status.label("ladder"),
            *(_case.c[name] for name in RIGHTS if name != "unit_key"),
        )
        .select_from(_unit)
        .join(_called, _called.c.id == _unit.c.called_id)
        .join(_supervision, _supervision.c.id == _unit.c.supervision_id)
        .join(_case, _case.c.id == _supervision.c.case_id)
        .where(_supervision.c.number == ladder)
        .order_by(_called.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound(_MISSING)
    require_known(by, row, _MISSING)
    require(by.acts_for(Role.HANDLER, row.unit_key), "The unit that was called is another.")
    if row.status != CalledStatus.CALLED or row.ladder != "open":
        raise Conflict("The interview was moved or is over.")
    if not coming.strip() or len(coming) > LONGEST:
        raise InvalidInput("coming", f"1 to {LONGEST} characters")
    work = hot.of_case(session, row.case_id, by.id, "supervision")
    work.instead_of = in_whose_place_for(by, "supervision.answer", row.unit_key)
    done = session.execute(
        update(_unit)
        .where(
            _unit.c.called_id == row.called_id,
            _unit.c.supervision_id == row.supervision_id,
            _unit.c.confirmed_at.is_(None),
        )
        .values(confirmed_at=work.now, confirmed_by=by.id, coming=coming.strip())
    )
    if changed(done) != 1:
        raise Conflict("The unit has said so already.")
    told = {"interview": row.called_id.hex, "supervision": row.supervision_id.hex}
    work.note("interview.confirmed", **told)
    work.notify("interview.confirmed", f"unit:{row.office_key}", {"unit": row.unit_key})
    projection.write_case(session, work)


def _row(
    key: UUID, number: str, office: str, meeting: Meeting, now: datetime, by: Actor
) -> dict[str, Any]:
    return {
        "id": key,
        "number": number,
        "office_key": office,
        "reason": meeting.reason,
        "ground": dict(meeting.ground),
        "held_at": meeting.held_at,
        "place": meeting.place,
        "bring": meeting.bring,
        "contact": meeting.contact,
        "status": CalledStatus.CALLED,
        "called_at": now,
        "called_by": by.id,
    }


def _move_earlier(session: Session, supervision_id: UUID) -> None:
    """What this ladder was called to before and was not held is moved; others' stay called."""
    of_ladder = select(_unit.c.called_id).where(_unit.c.supervision_id == supervision_id)
    others = (
        select(_unit.c.called_id)
        .where(_unit.c.called_id == _called.c.id, _unit.c.supervision_id != supervision_id)
        .exists()
    )
    session.execute(
        update(_called)
        .where(_called.c.id.in_(of_ladder), _called.c.status == CalledStatus.CALLED, ~others)
        .values(status=CalledStatus.MOVED)
    )
