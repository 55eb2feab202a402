"""Making digests: drafts by hand and by themselves, and the files of an issue.

Counting reads, printing works on no database, and only then a short transaction keeps it.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.commands import digests as commands
from engine.commands import figures
from engine.db import Sessions, reading, table, transaction
from engine.digests import drafting, kinds, periods, printing
from engine.digests.drafting import Draft, Office
from engine.digests.kinds import Kind, Texts
from engine.digests.numbers import LISTED, Numbers
from engine.digests.periods import Period
from engine.digests.reading import by_hand
from engine.errors import Conflict, InvalidInput, NotFound
from engine.files import Files
from engine.models import Case, City, Digest
from engine.papers import keeping, templates
from engine.papers import kinds as papers
from engine.queries.digests import Opened

log = logging.getLogger(__name__)
CHOICES = 8  # periods that one may choose from by hand
_case, _digest = table(Case), table(Digest)


@dataclass(frozen=True)
class Choices:
    """What a number may be of, each by key."""

    rates: Mapping[str, Texts]
    units: Mapping[str, Texts]
    categories: Mapping[str, Texts]


@dataclass(frozen=True)
class Ready:
    """A draft that is counted and not kept yet."""

    kind: Kind
    office: Office
    period: Period
    draft: Draft

    def keep(self, session: Session, **by: object) -> UUID:
        """Keep it; see `engine.commands.digests.begin`."""
        return commands.begin(
            session,
            self.kind,
            self.office,
            self.period,
            self.draft,
            **by,  # type: ignore[arg-type]
        )


def ready(session: Session, kind_key: str, pack_key: str, period_key: str) -> Ready:
    """Count a draft of a chosen period. Raises `NotFound` for what there is none of."""
    kind = kinds.kind(kind_key)
    offices = {one.pack.key: one for one in offices_of(session, kind)}
    if pack_key not in offices:
        raise NotFound("No such office.")
    office = offices[pack_key]
    chosen = {one.key: one for one in to_choose(kind, office.zone)}
    if period_key not in chosen:
        raise NotFound("No such period.")
    period = chosen[period_key]
    return Ready(kind, office, period, drafting.draft(session, kind, office, period))


def counted_anew(session: Session, row: Digest) -> Draft:
    """What a draft comes to now."""
    return drafting.draft(session, *_of_row(session, row), by_hand(session, row.id))


def numbers_of(session: Session, row: Digest) -> Choices:
    """What one more number of a draft may be of."""
    _kind, office, period = _of_row(session, row)
    numbers = _numbers(session, office, period)
    return Choices(
        rates={key: one.name for key, one in numbers.rates.items() if key != LISTED},
        units={key: office.units[key] for key in _units_of(session, office)},
        categories=office.pack.names("categories"),
    )


def one_number(
    session: Session, row: Digest, *, rate: str, show: str, unit: str = "", category: str = ""
) -> commands.Counted:
    """Count one more number over a draft's period. Raises `InvalidInput`, `NotFound`."""
    _kind, office, period = _of_row(session, row)
    if show not in kinds.SHOWS:
        raise InvalidInput("show", ", ".join(kinds.SHOWS), show)
    if unit and unit not in _units_of(session, office):
        raise NotFound("No such unit.")
    names = office.pack.names("categories")
    if category and category not in names:
        raise NotFound("No such category.")
    numbers = _numbers(session, office, period)
    scope = replace(numbers.scope(), units=(unit,) if unit else None, category=category)
    said = [numbers.definition(rate).name]
    said += [office.units[unit]] if unit else []
    said += [names[category]] if category else []
    name = {language: " · ".join(one[language] for one in said) for language in ("zh", "en")}
    numbers.add(rate, name, rate, show, scope)
    return commands.Counted(numbers.found[rate], numbers.taken[0])


def units_of(session: Session, row: Digest) -> dict[str, Texts]:
    """The units that may be instructed, in the tree's order, by key."""
    _kind, office, _period = _of_row(session, row)
    return {key: office.units[key] for key in _units_of(session, office)}


def to_choose(kind: Kind, zone: ZoneInfo) -> list[Period]:
    """The newest periods that are over, the last first."""
    last = periods.complete(kind.period, clock.now(), zone)
    return [last.before(number) for number in range(CHOICES)]


def offices_of(session: Session, kind: Kind) -> list[Office]:
    """The offices that issue a kind: of each pack, that which supervises, if it is there."""
    packs = [pack for pack in deployed.newest_packs(session) if pack.key in kind.packs]
    if not packs:
        return []
    city = session.execute(select(City.timezone, City.organisation_revision)).one()
    names = deployed.unit_names(session, city.organisation_revision)
    paths = deployed.unit_paths(session, city.organisation_revision)
    sealed = tuple(deployed.compartments(session, city.organisation_revision))
    hidden = [key for key, path in paths.items() if sealed and path.startswith(sealed)]
    zone = ZoneInfo(city.timezone)
    found = [drafting.office_of(pack, zone, names, hidden) for pack in packs]
    return [one for one in found if one.key in names]


def draft_due(sessions: Sessions) -> int:
    """Make the drafts whose time has come, each once; how many are new.

    A period that has its digest, or whose office never had a case, needs none. Older periods than
    the last are left: somebody can still make them by hand.
    """
    with reading(sessions) as session:
        waiting = list(_waiting(session))
    if not waiting:
        return 0
    figures.refresh(sessions)
    made = 0
    for kind, office, period in waiting:
        with reading(sessions) as session:
            draft = drafting.draft(session, kind, office, period)
        try:
            with transaction(sessions) as session:
                key = commands.begin(session, kind, office, period, draft)
        except Conflict:  # another worker was a moment earlier
            continue
        log.info("digest %s: a draft of %s %s", key, kind.key, period.key)
        made += 1
    return made


def printed(opened: Opened, zone: ZoneInfo, base: str, number: int = 0) -> papers.Digest:
    """A digest to be printed; without a number of its own or one given it is a draft."""
    issue = opened.row.number or number
    return printing.paper(opened, zone, base, number=issue, draft=not issue)


def files(store: Files, paper: papers.Digest, template: bytes) -> dict[str, str]:
    """The digest in every medium, into the store; sha256 by medium. Raises `filling.Unfit`."""
    return {one.medium: one.sha256 for one in keeping.store(store, paper, template)}


def template(session: Session) -> bytes:
    """The docx template in use."""
    return templates.current(session, papers.Kind.DIGEST)


def _of_row(session: Session, row: Digest) -> tuple[Kind, Office, Period]:
    """The kind, office and period of a digest that is there."""
    kind = kinds.kind(row.kind)
    offices = {one.pack.key: one for one in offices_of(session, kind)}
    if row.pack_key not in offices:
        raise NotFound("No such office.")
    office = offices[row.pack_key]
    since = row.since.astimezone(office.zone).date()
    return kind, office, periods.containing(kind.period, since)


def _numbers(session: Session, office: Office, period: Period) -> Numbers:
    return Numbers(session, office.pack.key, drafting.readers(office), period, office.zone)


def _units_of(session: Session, office: Office) -> list[str]:
    """The units of the office's city that are no compartment's, in the tree's order."""
    revision = session.scalars(select(City.organisation_revision)).one()
    paths = deployed.unit_paths(session, revision)
    sealed = tuple(deployed.compartments(session, revision))
    root = "/" + paths[office.key].split("/")[1] + "/"
    return [
        key
        for key, path in sorted(paths.items(), key=lambda one: one[1])
        if path.startswith(root) and not (sealed and path.startswith(sealed))
    ]


def _waiting(session: Session) -> Iterator[tuple[Kind, Office, Period]]:
    now, there = clock.now(), _there(session)
    calendar = deployed.current_calendar(session)
    for kind in kinds.kinds().values():
        if kind.drafted is None:
            continue
        for office in offices_of(session, kind):
            period = periods.complete(kind.period, now, office.zone)
            if (office.key, kind.key, period.key) in there:
                continue
            due = periods.due_at(period, kind.drafted, calendar, office.pack.hours, office.zone)
            if due <= now and _has_cases(session, office, period):
                yield kind, office, period


def _there(session: Session) -> set[tuple[str, str, str]]:
    rows = session.execute(
        select(_digest.c.office_key, _digest.c.kind, _digest.c.period)
        .order_by(_digest.c.made_at.desc())
        .limit(200)
    )
    return {(row.office_key, row.kind, row.period) for row in rows}


def _has_cases(session: Session, office: Office, period: Period) -> bool:
    until = period.instants(office.zone)[1]
    where = (_case.c.office_key.in_(list(office.offices)), _case.c.received_at < until)
    return bool(session.scalar(select(exists().where(*where))))
