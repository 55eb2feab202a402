"""Whether numbers hold: what rates count of each case, frozen figures, draws of callbacks."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import CallbackDraw, Case, Snapshot
from engine.queries import callback_draws
from engine.queries.checks import Check, Findings
from engine.rates import balancing, snapshots


def counted(session: Session) -> Check:
    """Each case is one of the four and has all that it says it has; what counts it says the same.

    A case that the worker has not counted yet is no fault: it is counted within the minute.
    """
    found = Findings()
    for gap in balancing.gaps(session):
        if gap.fault != balancing.NOT_COUNTED:
            found.add(f"case {gap.number}: {gap.fault.replace('_', ' ')}")
    return found.check("counted", session.scalar(select(func.count(table(Case).c.id))) or 0)


def frozen(session: Session) -> Check:
    """Frozen figures are as they were frozen, each behind the one before."""
    found = Findings()
    for number in snapshots.broken(session):
        found.add(f"figure {number} is not as it was frozen")
    count = session.scalar(select(func.count(table(Snapshot).c.number)))
    return found.check("frozen figures", count or 0)


def draws(session: Session) -> Check:
    """Who was drawn follows from the seed that was written down, and from who stood to be drawn."""
    found = Findings()
    for key in callback_draws.broken(session):
        found.add(f"draw {key.hex} does not come out of its seed")
    return found.check("draws", session.scalar(select(func.count(table(CallbackDraw).c.id))) or 0)
