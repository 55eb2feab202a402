"""What of the board a person sees (看板视野): of which cases, counted when, in which units.

A few cases in progress are counted as they are. Where there are many, what a worker counted within
the minute is taken, and the few that are kept from somebody are counted for whoever looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.boards import days, sources, tally
from engine.boards.days import Days
from engine.boards.sources import Source
from engine.boards.states import Moment
from engine.boards.tally import Above, Tally
from engine.db import table
from engine.models import BoardCount, Case, CaseStatus, City
from engine.permissions import Actor
from engine.queries import open_clocks
from engine.queries.open_clocks import Terms

LIVE_MOST = 1_000
_case, _count, _city = table(Case), table(BoardCount), table(City)


@dataclass(frozen=True)
class Sight:
    """Cases to list and the numbers of them.

    sources: where lists are read from, the largest first. counted_at: None if many are in progress
    and nobody has counted yet. days: as `engine.boards.days` keeps them, empty until a worker has
    counted. names: of all units, in the order of the tree.
    """

    sources: Sequence[Source]
    tally: Tally
    days: Days
    counted_at: datetime | None
    moment: Moment
    upwards: Above
    names: Mapping[str, Mapping[str, str]]

    def below(self, unit: str) -> list[str]:
        """The unit and all below it."""
        return sorted({unit, *(one for one in self.names if unit in self.upwards(one))})


def look(session: Session, actor: Actor, known: Terms) -> Sight:
    """What the person sees: two statements, and three to count what was not counted before."""
    own = open_clocks.offices(actor)
    of_offices = _case.c.office_key.in_(sorted(own))
    some = (
        select(_case.c.id)
        .where(of_offices, _case.c.status == CaseStatus.OPEN)
        .limit(LIVE_MOST + 1)
        .subquery()
    )
    head = session.execute(
        select(
            _city.c.organisation_revision,
            select(func.count()).select_from(some).scalar_subquery().label("open"),
        )
    ).one()
    kept = session.execute(select(_count).where(_count.c.office_key.in_(sorted(own)))).all()
    moment = open_clocks.moment(known)
    upwards = tally.above(deployed.unit_paths(session, head.organisation_revision))
    few = head.open <= LIVE_MOST
    which = (
        *open_clocks.cases_of(actor),
        _case.c.status.in_(sources.IN_PROGRESS) if few else sources.apart(),
    )
    live = sources.live(*which)
    told = Tally()
    offices = tally.count(session, live, moment, upwards, *which)
    for one in offices.values():
        told.join(one.numbers)
    if not few:
        for row in kept:
            told.join(row.numbers)
    counted_at = min((row.counted_at for row in kept), default=None)
    return Sight(
        sources=(live,) if few else (sources.kept_still(own), live),
        tally=told,
        days=days.joined([row.days for row in kept]),
        counted_at=moment.now if few else counted_at,
        moment=moment,
        upwards=upwards,
        names=deployed.unit_names(session, head.organisation_revision),
    )
