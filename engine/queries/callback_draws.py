"""The draws of callbacks (回访抽样): today's, those before, and whether they were done as said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, literal, not_, or_, select
from sqlalchemy.orm import Session, aliased

from engine import deployed, sampling
from engine.db import table
from engine.models import (
    CallbackCapacity,
    CallbackDraw,
    CallbackLot,
    CallbackStratum,
    Case,
    City,
    Pack,
    Person,
)
from engine.permissions import Actor
from engine.queries.case_list import may_see

DAYS = 30  # draws that are listed
MOST_CHOSEN = 500
_draw, _stratum, _lot = table(CallbackDraw), table(CallbackStratum), table(CallbackLot)
_case, _pack = table(Case), table(Pack)
Texts = Mapping[str, str]


@dataclass(frozen=True)
class OfLayer:
    """A layer of a draw. unit, category, class_key: empty where several were put together."""

    unit: Texts
    category: Texts
    class_key: Texts
    certain: bool
    waiting: int
    drawn: int

    @property
    def weight(self) -> float | None:
        """For how many each of the drawn stands."""
        return self.waiting / self.drawn if self.drawn else None


@dataclass(frozen=True)
class Chosen:
    """Somebody who is called by a draw, as far as one may see the case."""

    number: str
    title: str
    status: str
    confidential: bool


@dataclass(frozen=True)
class OfDay:
    """One draw with its layers, and whom it chose."""

    row: CallbackDraw
    office: Texts
    layers: Sequence[OfLayer]
    chosen: Sequence[Chosen]


@dataclass(frozen=True)
class Said:
    """What an office said of how many calls it makes."""

    office: Texts
    calls: int
    reason: str
    at: datetime
    by: Texts


def newest(session: Session, actor: Actor, offices: Sequence[str]) -> list[OfDay]:
    """The newest draw of each of these offices and their packs."""
    rows = session.scalars(
        select(CallbackDraw)
        .where(_draw.c.office_key.in_(offices))
        .order_by(_draw.c.on.desc(), _draw.c.id.desc())
        .limit(DAYS)
    ).all()
    seen: dict[tuple[str, str], CallbackDraw] = {}
    for row in rows:
        seen.setdefault((row.office_key, row.pack_key), row)
    names = _unit_names(session)
    return [_of_day(session, actor, row, names) for row in seen.values()]


def before(session: Session, offices: Sequence[str]) -> Sequence[CallbackDraw]:
    """The draws of the last weeks, newest first."""
    return session.scalars(
        select(CallbackDraw)
        .where(_draw.c.office_key.in_(offices))
        .order_by(_draw.c.on.desc(), _draw.c.id.desc())
        .limit(DAYS)
    ).all()


def said(session: Session, offices: Sequence[str]) -> list[Said]:
    """What these offices said of their capacity, newest first."""
    names = _unit_names(session)
    rows = session.execute(
        select(CallbackCapacity, Person.name_zh, Person.name_en)
        .outerjoin(Person, Person.id == CallbackCapacity.set_by)
        .where(CallbackCapacity.office_key.in_(offices))
        .order_by(CallbackCapacity.id.desc())
        .limit(DAYS)
    )
    return [
        Said(
            names.get(row.CallbackCapacity.office_key, {}),
            row.CallbackCapacity.calls,
            row.CallbackCapacity.reason,
            row.CallbackCapacity.set_at,
            {"zh": row.name_zh or "", "en": row.name_en or row.name_zh or ""},
        )
        for row in rows
    ]


def is_drawn(case_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """That a case was drawn to be called."""
    return exists().where(_lot.c.case_id == case_id, _lot.c.drawn)


def is_offered(
    office: ColumnElement[str], pack_id: ColumnElement[UUID], case_id: ColumnElement[UUID]
) -> ColumnElement[bool]:
    """That a case, `Case` of the statement, may be called now.

    It was drawn, is in no draw, or the last draw had room for everybody.
    """
    later = aliased(CallbackDraw)
    last = (
        select(func.max(later.on))
        .where(later.office_key == _draw.c.office_key, later.pack_key == _draw.c.pack_key)
        .correlate(_draw)
        .scalar_subquery()
    )
    short = (
        select(literal(1))
        .select_from(_draw.join(_pack, _pack.c.key == _draw.c.pack_key))
        .where(
            _pack.c.id == pack_id,
            _draw.c.office_key == office,
            _draw.c.on == last,
            or_(_draw.c.drawn < _draw.c.waiting, _draw.c.carried >= _draw.c.capacity),
        )
        .exists()
    )
    kept_from = _case.c.sealed | _case.c.accused_key.is_not(None)
    return or_(not_(short), is_drawn(case_id), kept_from)


def broken(session: Session) -> list[UUID]:
    """Draws that do not come out of their seed and of those who stood to be drawn."""
    rows = session.execute(
        select(
            CallbackDraw.id,
            CallbackDraw.seed,
            CallbackDraw.frame_sha256,
            CallbackStratum.id.label("stratum"),
            _case.c.number,
            _lot.c.drawn,
        )
        .select_from(CallbackDraw)
        .join(CallbackStratum, CallbackStratum.draw_id == CallbackDraw.id)
        .join(_lot, _lot.c.stratum_id == CallbackStratum.id)
        .join(_case, _case.c.id == _lot.c.case_id)
        .order_by(CallbackDraw.id, CallbackStratum.id)
    )
    found = []
    for key, some in groupby(rows, key=lambda row: row.id):
        lots = list(some)
        whole = sampling.frame_digest(lot.number for lot in lots) == lots[0].frame_sha256
        for _stratum, layer in groupby(lots, key=lambda row: row.stratum):
            one = list(layer)
            order = sampling.order([lot.number for lot in one], one[0].seed)
            drawn = {lot.number for lot in one if lot.drawn}
            whole &= drawn == set(order[: len(drawn)])
        if not whole:
            found.append(key)
    return found


def _of_day(session: Session, actor: Actor, row: CallbackDraw, names: Mapping[str, Texts]) -> OfDay:
    pack = next((one for one in deployed.newest_packs(session) if one.key == row.pack_key), None)
    categories = pack.names("categories") if pack else {}
    classes = pack.names("classes") if pack else {}
    layers = session.execute(
        select(_stratum)
        .where(_stratum.c.draw_id == row.id)
        .order_by(_stratum.c.certain.desc(), _stratum.c.unit_key, _stratum.c.id)
    )
    chosen = session.execute(
        select(_case.c.number, _case.c.title, _case.c.status, _case.c.confidential)
        .select_from(_lot.join(_case, _case.c.id == _lot.c.case_id))
        .join(_stratum, _stratum.c.id == _lot.c.stratum_id)
        .where(_stratum.c.draw_id == row.id, _lot.c.drawn, may_see(actor))
        .order_by(_case.c.number)
        .limit(MOST_CHOSEN)
    )
    return OfDay(
        row,
        names.get(row.office_key, {}),
        [
            OfLayer(
                names.get(one.unit_key, {}),
                categories.get(one.category, {}),
                classes.get(one.class_key, {}),
                one.certain,
                one.waiting,
                one.drawn,
            )
            for one in layers
        ],
        [Chosen(*one) for one in chosen],
    )


def _unit_names(session: Session) -> Mapping[str, Texts]:
    revision = session.scalars(select(City.organisation_revision)).one()
    return deployed.unit_names(session, revision)
