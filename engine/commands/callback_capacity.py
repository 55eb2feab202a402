"""How many callbacks an office makes a day (回访能力): what its pack says, or what it said last."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, deployed, history
from engine.db import new_key
from engine.errors import InvalidInput, NotFound
from engine.history import Entry
from engine.models import CallbackCapacity, City, Unit
from engine.packs import Pack as PackContent
from engine.permissions import GRANTS, Actor, require

ROLE = "caller"
MOST_CALLS, LONGEST_REASON = 100_000, 500
GRANT = "callback.capacity"


@dataclass(frozen=True)
class Desk:
    """An office that draws, and the pack of the cases it draws from."""

    office: str
    pack: PackContent


def desks(session: Session) -> list[Desk]:
    """The offices whose pack says how many calls they make."""
    found = []
    for pack in deployed.newest_packs(session):
        office = pack.office(ROLE)
        if pack.calls_a_day is not None and office is not None:
            found.append(Desk(office, pack))
    return found


def calls(session: Session, desk: Desk, on: date) -> int:
    """How many calls an office makes that day: what it said last, else what its pack says."""
    said = session.scalar(
        select(CallbackCapacity.calls)
        .where(CallbackCapacity.office_key == desk.office, CallbackCapacity.since <= on)
        .order_by(CallbackCapacity.since.desc(), CallbackCapacity.id.desc())
        .limit(1)
    )
    return said if said is not None else desk.pack.calls_a_day or 0


def set_capacity(
    session: Session, office: str, number: int, reason: str, *, by: Actor
) -> CallbackCapacity:
    """Say how many calls an office makes a day, from its next draw on.

    Raises `NotAllowed`, `InvalidInput`, `NotFound` for an office that does not draw.
    """
    if not any(desk.office == office for desk in desks(session)):
        raise NotFound("No such office.")
    require(any(by.acts_for(role, office) for role in GRANTS[GRANT]))
    if not 1 <= number <= MOST_CALLS:
        raise InvalidInput("calls", f"1 to {MOST_CALLS}", str(number))
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise InvalidInput("reason", f"1 to {LONGEST_REASON} characters")
    zone = ZoneInfo(session.scalars(select(City.timezone)).one())
    now = clock.now()
    row = CallbackCapacity(
        id=new_key(),
        office_key=office,
        since=now.astimezone(zone).date(),
        calls=number,
        reason=said,
        set_at=now,
        set_by=by.id,
    )
    session.add(row)
    session.flush()
    told = {"calls": number, "reason": said}
    history.record(
        session, f"unit:{office}", [Entry("callbacks.capacity", now, by.id, payload=told)]
    )
    return row


def calls_now(session: Session, office: str) -> int:
    """How many calls an office makes today, of all its packs."""
    zone = ZoneInfo(session.scalars(select(City.timezone)).one())
    today = clock.now().astimezone(zone).date()
    return max(
        (calls(session, desk, today) for desk in desks(session) if desk.office == office), default=0
    )


def offices(session: Session, actor: Actor, grant: str) -> list[str]:
    """The offices that draw for which somebody has this permission."""
    keys = {desk.office for desk in desks(session)}
    mine = {key for key in keys if any(actor.acts_for(role, key) for role in GRANTS[grant])}
    return list(
        session.scalars(select(Unit.key).where(Unit.key.in_(mine)).order_by(Unit.path)).all()
    )
