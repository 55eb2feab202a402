"""What everybody may know: which packs take what is said on the web, and the public numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.models import Case, CaseStatus, City, Deadline
from engine.packs import Pack as PackContent
from engine.queries import satisfaction

# The channel under which a pack takes what is said on the portal.
CHANNEL = "web"


@dataclass(frozen=True)
class Share:
    """A part of a whole: `part` of `whole` cases."""

    part: int
    whole: int


@dataclass(frozen=True)
class Numbers:
    """About the cases received in a period, as they stand now.

    by_status: how many are open, closed, merged, refused; their sum is what was received.
    contacted, handled: of the cases whose limit was settled or has passed, those that kept it.
    solved: of the citizens reached by callback who gave a result, those who said "solved".
    """

    since: datetime
    until: datetime
    by_status: Mapping[str, int]
    contacted: Share
    handled: Share
    solved: Share

    @property
    def received(self) -> int:
        """How many cases came in."""
        return sum(self.by_status.values())


def takers(session: Session) -> list[PackContent]:
    """The packs in which citizens may say something on the web, by key.

    A pack serves here when it has the channel `web` and all its offices are units of this
    organisation; one that another of them extends is only their base. Newest versions only.
    """
    packs = deployed.newest_packs(session)
    revision = session.scalar(select(City.organisation_revision))
    if revision is None:
        return []
    units = deployed.unit_keys(session, revision)
    serving = [
        pack
        for pack in packs
        if pack.item("channels", CHANNEL) and units.issuperset(pack.content["offices"].values())
    ]
    bases = {pack.extends for pack in serving}
    return [pack for pack in serving if pack.key not in bases]


def numbers(session: Session, since: datetime, until: datetime) -> Numbers:
    """The public numbers about what was received from `since` to `until`, both included.

    Sealed cases are in none of them, and so in no difference between two of them.
    """
    by_status = session.execute(
        select(Case.status, func.count()).where(*_period(since, until)).group_by(Case.status)
    ).all()
    kept = {
        row.limit: Share(row.part, row.whole)
        for row in session.execute(_kept_limits(since, until)).all()
    }
    solved = session.execute(_solved(since, until)).one()
    return Numbers(
        since,
        until,
        {row[0]: row[1] for row in by_status},
        kept.get("contact", Share(0, 0)),
        kept.get("handling", Share(0, 0)),
        Share(solved.part, solved.whole),
    )


def _period(since: datetime, until: datetime) -> tuple[Any, ...]:
    # Naming every status lets the database use its index of (status, received_at).
    return (
        Case.status.in_([str(status) for status in CaseStatus]),
        Case.received_at >= since,
        Case.received_at <= until,
        Case.sealed.is_(False),
    )


def _kept_limits(since: datetime, until: datetime) -> Any:
    """For each limit: the cases in which it is over, and those of them that kept it throughout."""
    passed = and_(Deadline.settled_at.is_(None), Deadline.due_at < until)
    broken = or_(Deadline.settled_as == "late", passed)
    of_case = (
        select(
            Deadline.limit,
            func.max(case((broken, 1), else_=0)).label("broken"),
        )
        .join(Case, Case.id == Deadline.case_id)
        .where(
            *_period(since, until),
            Deadline.limit.in_(["contact", "handling"]),
            or_(Deadline.settled_as.in_(["met", "late"]), passed),
        )
        .group_by(Deadline.limit, Deadline.case_id)
        .subquery()
    )
    return select(
        of_case.c.limit,
        func.count().label("whole"),
        func.sum(1 - of_case.c.broken).label("part"),
    ).group_by(of_case.c.limit)


def _solved(since: datetime, until: datetime) -> Any:
    """By the last word of each case whose citizen said whether it is solved."""
    last = satisfaction.last_words(*_period(since, until))
    return select(
        func.count(case((last.c.result != "", 1))).label("whole"),
        func.count(case((last.c.result == "solved", 1))).label("part"),
    )
