"""Which case the citizen of this session may look at, and for how long."""

from datetime import datetime, timedelta
from uuid import UUID

from flask import session

from engine import clock

# Without giving the code again; looking starts it anew. A shared computer forgets.
OPEN_FOR = timedelta(minutes=30)
_KEY = "followed"


def open_for_a_while(case_id: UUID) -> None:
    """Let this session look at the case."""
    session[_KEY] = {"case": case_id.hex, "until": (clock.now() + OPEN_FOR).isoformat()}


def case() -> UUID | None:
    """The case it may look at now."""
    kept = session.get(_KEY)
    if kept is None or datetime.fromisoformat(kept["until"]) < clock.now():
        return None
    return UUID(hex=kept["case"])


def close() -> None:
    """Forget it."""
    session.pop(_KEY, None)
