"""Keeping the living map (运行地图): what changed since the last time, and what it adds up to.

A worker reads changed cases anew and counts them out of the numbers as they were and into them as
they are, within the minute. Once a day, and after a change of the calendar or the organisation,
every case is compared and everything is counted from the start.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.boards import tally as units
from engine.commands import changed_cases
from engine.commands.changed_cases import Kept
from engine.db import Sessions, reading, table, transaction
from engine.models import Case, City, MapCase, MapCount, MapState
from engine.traces import months, walks
from engine.traces.months import month_of
from engine.traces.tally import Elements, Fold, Place, Tally, Trace
from engine.traces.walks import Walked

_AT_ONCE = 2_000  # cases compared, or counted, in a statement
_PLACES = 200  # rows changed in a statement
_case, _state = table(Case), table(MapState)
_kept, _count = table(MapCase), table(MapCount)


def refresh(sessions: Sessions) -> Kept:
    """Bring the map up to date."""
    with changed_cases.turn(sessions, _state) as mine:
        return _Round(sessions).run() if mine else Kept(None)


class _Round:
    """One time round."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.begun = clock.now()
        with reading(sessions) as session:
            self.state = session.execute(select(_state)).one()
            self.city = session.execute(
                select(City.timezone, City.calendar_revision, City.organisation_revision)
            ).one()
            self.calendar = deployed.calendar(
                session, self.city.calendar_revision, self.city.timezone
            )
            paths = deployed.unit_paths(session, self.city.organisation_revision)
            self.upwards = units.above(paths)
            self.newest = changed_cases.newest(session)
        self.today = self.calendar.local(self.begun).date()

    def run(self) -> Kept:
        """Everything there is to do."""
        moved = self.state.calendar_revision != self.city.calendar_revision
        regrouped = self.state.organisation_revision != self.city.organisation_revision
        if moved or regrouped or self.state.swept_on != self.today:
            done = 0
            for keys in self._differing(everything=moved):
                with reading(self.sessions) as session:
                    walked = walks.read(session, keys, self.calendar)
                with transaction(self.sessions, redone=True) as session:
                    self._go_on(session)
                    _put(session, walked)
                done += len(keys)
            self._count_all()
        else:
            done = sum(self._keep(keys) for keys in self._changed())
        with transaction(self.sessions, redone=True) as session:
            session.execute(
                update(_state).values(
                    refreshed_at=self.begun,
                    upto=self.newest,
                    swept_on=self.today,
                    calendar_revision=self.city.calendar_revision,
                    organisation_revision=self.city.organisation_revision,
                )
            )
        return Kept(done)

    def _changed(self) -> Iterator[Sequence[UUID]]:
        """Cases with an event since the last time, those whose row has not come so far."""
        for some in changed_cases.batches(changed_cases.since(self.sessions, self.state.upto)):
            with reading(self.sessions) as session:
                keys = session.scalars(_behind().where(_case.c.id.in_(some))).all()
            if keys:
                yield keys

    def _differing(self, *, everything: bool) -> Iterator[Sequence[UUID]]:
        """Of all cases those whose row is missing or has not come so far, or all."""
        last = UUID(int=0)
        behind = case((_kept.c.seq.is_distinct_from(_case.c.chain_seq), 1), else_=0)
        some = (
            select(_case.c.id, behind.label("behind"))
            .select_from(_case.outerjoin(_kept, _kept.c.id == _case.c.id))
            .order_by(_case.c.id)
            .limit(_AT_ONCE)
        )
        while True:
            with reading(self.sessions) as session:
                rows = session.execute(some.where(_case.c.id > last)).all()
            if not rows:
                return
            last = rows[-1].id
            yield from changed_cases.batches([r.id for r in rows if everything or r.behind])

    def _keep(self, keys: Sequence[UUID]) -> int:
        """Read these cases anew, and count them as they are instead of as they were."""
        with reading(self.sessions) as session:
            walked = walks.read(session, keys, self.calendar)
            before = session.execute(select(_kept).where(_kept.c.id.in_(keys))).all()
        fold = Fold(self.upwards)
        for row in before:
            if not row.apart:
                fold.add(self._trace(row, walks.told(row.walk)), -1)
        for one in walked:
            if not one.apart:
                fold.add(self._trace(one, one.walk))
        with transaction(self.sessions, redone=True) as session:
            self._go_on(session)
            _put(session, walked)
            _count_in(session, fold.rows())
        return len(keys)

    def _count_all(self) -> None:
        """Count everything from the start, month by month."""
        with reading(self.sessions) as session:
            first, last = session.execute(
                select(func.min(_kept.c.received_at), func.max(_kept.c.received_at))
            ).one()
        counted = []
        for month, begin, end in months.between(first, last, self.calendar) if first else ():
            fold = Fold(self.upwards)
            for row in self._rows(begin, end):
                fold.add(self._trace(row, walks.told(row.walk)))
            with transaction(self.sessions, redone=True) as session:
                self._go_on(session)
                session.execute(delete(_count).where(_count.c.month == month))
                _write(session, fold.rows())
            counted.append(month)
        with transaction(self.sessions, redone=True) as session:
            session.execute(delete(_count).where(_count.c.month.not_in(counted)))

    def _rows(self, begin: datetime, end: datetime) -> Iterator[Any]:
        """What is kept of the cases of a time, but for those that are apart."""
        at, last = begin, UUID(int=0)
        some = (
            select(_kept)
            .where(_kept.c.received_at < end)
            .order_by(_kept.c.received_at, _kept.c.id)
            .limit(_AT_ONCE)
        )
        while True:
            after = or_(
                _kept.c.received_at > at, and_(_kept.c.received_at == at, _kept.c.id > last)
            )
            with reading(self.sessions) as session:
                rows = session.execute(some.where(_kept.c.received_at >= at, after)).all()
            if not rows:
                return
            at, last = rows[-1].received_at, rows[-1].id
            yield from (row for row in rows if not row.apart)

    def _trace(self, row: Any, walk: walks.Walk) -> Trace:
        month = month_of(row.received_at, self.calendar)
        return Trace(row.office_key, row.unit_key, row.category, month, walk)

    def _go_on(self, session: Session) -> None:
        """It is still this worker's turn."""
        until = clock.now() + changed_cases.LEASE
        session.execute(update(_state).values(claimed_until=until))


def _behind() -> Any:
    joined = _case.outerjoin(_kept, _kept.c.id == _case.c.id)
    return (
        select(_case.c.id)
        .select_from(joined)
        .where(_kept.c.seq.is_distinct_from(_case.c.chain_seq))
        .order_by(_case.c.id)
    )


def _put(session: Session, walked: Sequence[Walked]) -> None:
    """Keep rows in place of those that were there."""
    if not walked:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    rows = dialect.insert(_kept)
    new = {one.name: rows.excluded[one.name] for one in _kept.c if one.name != "id"}
    session.connection().execute(
        rows.on_conflict_do_update(index_elements=["id"], set_=new),
        [{**vars(one), "walk": walks.written(one.walk)} for one in walked],
    )


def _count_in(session: Session, changes: Iterable[tuple[Place, Elements]]) -> None:
    """Add to what was counted before."""
    found = sorted(changes)
    for at in range(0, len(found), _PLACES):
        some = dict(found[at : at + _PLACES])
        these = tuple_(*(_count.c[name] for name in _PLACE)).in_([tuple(p) for p in some])
        for row in session.execute(select(_count).where(these)):
            elements = some[Place(*(getattr(row, name) for name in _PLACE))]
            for element, told in row.elements.items():
                elements.setdefault(element, Tally()).join(Tally.read(told))
        session.execute(delete(_count).where(these))
        _write(session, some.items())


_PLACE = ("process", "office_key", "unit_key", "category", "month")


def _write(session: Session, places: Iterable[tuple[Place, Elements]]) -> None:
    rows: list[dict[str, Any]] = []
    for place, elements in places:
        kept = {name: tally.written() for name, tally in elements.items() if tally.cases > 0}
        if kept:
            rows.append({**dict(zip(_PLACE, place, strict=True)), "elements": kept})
    for at in range(0, len(rows), _PLACES):
        session.execute(insert(_count), rows[at : at + _PLACES])
