"""Drawing whom to call back (回访抽样): each working morning, before anybody is called.

More answers go out than an office can ask about. Once a day those who wait for a call are drawn
from, by layers of unit, category and class; who is drawn, out of whom and by which seed is written
down in the same transaction, and the others' callbacks end with a message.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import calling, clock, deployed, history, sampling
from engine.commands import callback_frames
from engine.commands.callback_capacity import Desk, calls, desks
from engine.commands.callback_frames import Asked
from engine.db import Sessions, new_key, reading, table, transaction
from engine.errors import Conflict
from engine.history import Entry
from engine.models import (
    Anchor,
    CallbackDraw,
    CallbackLot,
    CallbackStratum,
    CaseFigure,
    City,
    Message,
)
from engine.sampling import Layer

log = logging.getLogger(__name__)

_figure, _draw = table(CaseFigure), table(CallbackDraw)


def due(session: Session) -> list[tuple[Desk, date]]:
    """The offices that have opened today and not drawn yet."""
    zone = session.scalar(select(City.timezone))
    if zone is None:
        return []
    local = clock.now().astimezone(ZoneInfo(zone))
    drawing = desks(session)
    if not drawing or not deployed.current_calendar(session).is_working(local.toordinal()):
        return []
    today = local.date()
    done = {
        (row.office_key, row.pack_key)
        for row in session.execute(
            select(_draw.c.office_key, _draw.c.pack_key).where(_draw.c.on == today)
        )
    }
    return [
        (desk, today)
        for desk in drawing
        if (desk.office, desk.pack.key) not in done
        and local.time() >= desk.pack.hours.segments[0][0]
    ]


def draw_due(sessions: Sessions) -> int:
    """Draw for each office whose morning has come; how many are to be called.

    Of two workers at the same moment one draws, and the other finds it done.
    """
    number = 0
    with reading(sessions) as session:
        waiting = due(session)
    for desk, today in waiting:
        try:
            with transaction(sessions) as session:
                number += draw(session, desk, today).drawn
        except Conflict:
            log.info("the callbacks of %s are drawn already", desk.office)
    return number


def draw(session: Session, desk: Desk, today: date) -> CallbackDraw:
    """Draw for a day, and write all of it down. Raises `Conflict` if that is done already."""
    asked = callback_frames.frame(session, desk)
    now, capacity = clock.now(), calls(session, desk, today)
    carried = callback_frames.carried(session, desk)
    anchor = session.scalar(select(Anchor.hash).order_by(Anchor.number.desc()).limit(1))
    seed = sampling.seed_of(anchor or bytes(32), desk.office, desk.pack.key, today.isoformat())
    layers = sampling.draw([one.waiting for one in asked], max(capacity - carried, 0), seed)
    stood = [one for layer in layers for one in (*layer.drawn, *layer.spared)]
    row = CallbackDraw(
        id=new_key(),
        office_key=desk.office,
        pack_key=desk.pack.key,
        on=today,
        made_at=now,
        capacity=capacity,
        carried=carried,
        waiting=len(stood),
        drawn=sum(len(layer.drawn) for layer in layers),
        seed=seed,
        frame_sha256=sampling.frame_digest(stood),
    )
    session.add(row)
    session.flush()
    _keep(session, row, layers, {one.waiting.number: one for one in asked}, now)
    told = {
        "draw": row.id.hex,
        "pack": row.pack_key,
        "capacity": capacity,
        "carried": carried,
        "waiting": row.waiting,
        "drawn": row.drawn,
        "seed": seed,
        "frame": row.frame_sha256,
    }
    history.record(session, f"unit:{desk.office}", [Entry("callbacks.drawn", now, payload=told)])
    return row


def _keep(
    session: Session,
    row: CallbackDraw,
    layers: Sequence[Layer],
    asked: Mapping[str, Asked],
    now: datetime,
) -> None:
    strata, lots, spared = [], [], []
    for layer in layers:
        key = new_key()
        strata.append(
            {
                "id": key,
                "draw_id": row.id,
                "unit_key": layer.unit,
                "category": layer.category,
                "class_key": layer.class_key,
                "certain": layer.certain,
                "waiting": layer.waiting,
                "drawn": len(layer.drawn),
            }
        )
        for number in (*layer.drawn, *layer.spared):
            one, drawn = asked[number], number in layer.drawn
            lots.append(
                {
                    "id": new_key(),
                    "stratum_id": key,
                    "case_id": one.case_id,
                    "answer_id": one.answer_id,
                    "drawn": drawn,
                }
            )
            if not drawn:
                spared.append(_message(one, now))
    if strata:
        session.execute(insert(CallbackStratum), strata)
        session.execute(insert(CallbackLot), lots)
        _mark(session, lots)
    if spared:
        session.execute(insert(Message), spared)


def _mark(session: Session, lots: Sequence[Mapping[str, Any]]) -> None:
    """Let rates know at once; a case counts as it stood the first time."""
    for drawn in (True, False):
        for stratum in {lot["stratum_id"] for lot in lots if lot["drawn"] is drawn}:
            keys = [
                lot["case_id"]
                for lot in lots
                if lot["stratum_id"] == stratum and lot["drawn"] is drawn
            ]
            session.execute(
                update(_figure)
                .where(_figure.c.id.in_(keys), _figure.c.stratum_id.is_(None))
                .values(stratum_id=stratum, drawn=drawn)
            )


def _message(one: Asked, now: datetime) -> dict[str, Any]:
    return {
        "id": new_key(),
        "target_id": one.instance_id,
        "case_id": one.case_id,
        "name": calling.SPARED,
        "payload": {},
        "sent_at": now,
        "delivered_at": None,
        "result": "",
        "claimed_until": None,
        "incident_id": None,
        "attempts": 0,
    }
