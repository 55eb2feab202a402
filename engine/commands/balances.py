"""The nightly balance (每夜总账): made once a night, kept, and looked at in the morning."""

from dataclasses import asdict
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import anchors, clock
from engine.commands import figures
from engine.db import Sessions, reading, transaction
from engine.errors import Conflict
from engine.models import Balance, City
from engine.rates import balancing


def is_due(sessions: Sessions) -> bool:
    """Whether tonight's is still to be made."""
    with reading(sessions) as session:
        zone = session.scalar(select(City.timezone))
        last = newest(session)
    if zone is None:
        return False
    return anchors.is_due(last.on if last else None, clock.now(), ZoneInfo(zone))


def make(sessions: Sessions) -> Balance:
    """Tonight's balance, the rows to count brought up to date before; that which is there."""
    figures.refresh(sessions)
    with reading(sessions) as session:
        zone = ZoneInfo(session.scalars(select(City.timezone)).one())
        today = clock.now().astimezone(zone).date()
        there = session.get(Balance, today)
        found = balancing.balance(session) if there is None else None
    if found is None:
        assert there is not None
        return there
    row = Balance(
        on=today,
        made_at=clock.now(),
        contacts=found.contacts,
        received=found.received,
        refused=found.refused,
        merged=found.merged,
        open=found.open,
        closed=found.closed,
        gap_count=found.gap_count,
        gaps=[asdict(gap) for gap in found.gaps],
    )
    try:
        with transaction(sessions) as session:
            session.add(row)
    except Conflict:  # another worker was a moment earlier
        with reading(sessions) as session:
            return session.get_one(Balance, today)
    return row


def newest(session: Session) -> Balance | None:
    """The last one that was made."""
    return session.scalars(select(Balance).order_by(Balance.on.desc()).limit(1)).first()
