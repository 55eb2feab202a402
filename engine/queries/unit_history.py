"""Everything supervision ever had to do with a unit (单位过往), the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.errors import NotFound
from engine.models import Case, City, Interview, Supervision, Unit, UnitKind
from engine.packs import Pack
from engine.permissions import Actor
from engine.queries import compartments, open_clocks, promised
from engine.queries.open_clocks import Terms, Text
from engine.queries.promised import Called, Promised, Watched

MOST = 200  # ladders of one unit on a page


@dataclass(frozen=True)
class Ladder:
    """A ladder about the unit, open or over. pack: what its cause and rungs are called by."""

    number: str
    case_number: str
    title: str
    cause: str
    rung: str
    status: str
    scope: str
    asked_at: datetime
    closed_at: datetime | None
    pack: Pack


@dataclass(frozen=True)
class History:
    """What is known of a unit. total: of ladders, of which the newest are given."""

    key: str
    name: Text
    ladders: Sequence[Ladder]
    total: int
    calls: Sequence[Called]
    held: int
    promises: Sequence[Promised]
    watched: Sequence[Watched]
    known: Terms


def of(session: Session, actor: Actor, key: str) -> History:
    """The history of a unit, as far as the person supervises the cases. Raises `NotFound`."""
    unit = session.execute(select(Unit).where(Unit.key == key)).scalar_one_or_none()
    if unit is None or unit.kind == UnitKind.COMPARTMENT:
        raise NotFound("No such unit.")
    revision = session.scalar(select(City.organisation_revision)) or 0
    sealed = deployed.compartments(session, revision)
    if sealed and unit.path.startswith(tuple(sealed)):
        raise NotFound("No such unit.")
    mine = (
        Supervision.target == key,
        *open_clocks.cases_of(actor),
        compartments.known(Case.id, actor),
    )
    known = open_clocks.terms(session)
    rows = session.execute(
        select(Supervision, Case.number.label("case_number"), Case.title, Case.pack_id)
        .join(Case, Case.id == Supervision.case_id)
        .where(*mine)
        .order_by(Supervision.asked_at.desc(), Supervision.id.desc())
        .limit(MOST)
    ).all()
    count = select(func.count()).select_from(Supervision).join(Case, Case.id == Supervision.case_id)
    held = (
        select(func.count())
        .select_from(Interview)
        .join(Supervision, Supervision.id == Interview.supervision_id)
        .join(Case, Case.id == Supervision.case_id)
    )
    return History(
        key=key,
        name=open_clocks.named(unit.name_zh, unit.name_en, key),
        ladders=[
            Ladder(
                row.Supervision.number,
                row.case_number,
                row.title,
                row.Supervision.cause,
                row.Supervision.rung or row.Supervision.first_rung,
                row.Supervision.status,
                row.Supervision.scope,
                row.Supervision.asked_at,
                row.Supervision.closed_at,
                known.packs[row.pack_id],
            )
            for row in rows
        ],
        total=session.scalar(count.where(*mine)) or 0,
        calls=promised.calls_of_unit(session, actor, key),
        held=session.scalar(held.where(*mine)) or 0,
        promises=promised.of_unit(session, actor, key),
        watched=promised.watched_unit(session, actor, key),
        known=known,
    )
