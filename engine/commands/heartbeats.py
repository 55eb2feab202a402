"""Signs of life of the workers."""

from sqlalchemy.orm import Session

from engine import clock
from engine.models import Heartbeat


def beat(session: Session, name: str, done: int) -> None:
    """Note that the worker `name` is alive and how much it has done."""
    row = session.get(Heartbeat, name)
    now = clock.now()
    if row is None:
        session.add(Heartbeat(name=name, started_at=now, beat_at=now, fired=done))
    else:
        row.beat_at, row.fired = now, done
