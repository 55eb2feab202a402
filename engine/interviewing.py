"""An interview that was called (约谈) is held: who came, and nobody is called any more."""

from uuid import UUID

from sqlalchemy import select, update

from engine.db import table
from engine.models import CalledInterview, CalledStatus, CalledUnit
from engine.work import Work

_called, _unit = table(CalledInterview), table(CalledUnit)


def held(work: Work, supervision_id: UUID, attendance: str) -> None:
    """Note who came to the interview that a ladder's unit was called to, if it was called."""
    waiting = (
        select(_unit.c.called_id)
        .join(_called, _called.c.id == _unit.c.called_id)
        .where(_unit.c.supervision_id == supervision_id, _called.c.status != CalledStatus.MOVED)
    )
    mine = _unit.c.supervision_id == supervision_id
    work.session.execute(
        update(_unit)
        .where(mine, _unit.c.called_id.in_(waiting), _unit.c.attendance == "")
        .values(attendance=attendance)
    )
    work.session.execute(
        update(_called)
        .where(_called.c.id.in_(select(_unit.c.called_id).where(mine)))
        .where(_called.c.status == CalledStatus.CALLED)
        .values(status=CalledStatus.HELD)
    )
