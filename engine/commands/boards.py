"""Keeping the board (监督看板): what changed since the last time, and what it all adds up to.

A worker reads changed cases anew and counts, so that the board of a large office stands ready
within the minute; nothing here waits in anybody's way. Once a day, and after a change of the
calendar, every case in progress is compared.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, insert, not_, or_, select, update
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.boards import days, sources, tally
from engine.boards.states import Moment
from engine.boards.tally import Tally
from engine.commands import changed_cases
from engine.commands.changed_cases import Kept
from engine.db import Sessions, reading, table, transaction
from engine.models import BoardCase, BoardClock, BoardCount, BoardState, Case, City, Pack

# Whoever was killed is not waited for longer; two at once would write the same.
_TURN = timedelta(minutes=2)
_AT_ONCE = 2_000  # cases compared in a statement
# Counting that takes so long takes at most one part in ten of the time, and is fresh nevertheless.
_LONG_MS, _SHARE, _FRESH = 1_000, 10, timedelta(seconds=35)
_case, _state = table(Case), table(BoardState)
_kept_case, _kept_clock, _count = table(BoardCase), table(BoardClock), table(BoardCount)


def refresh(sessions: Sessions, *, paced: bool = False) -> Kept:
    """Bring the kept rows up to date, and count. paced: not yet if counting takes long."""
    with changed_cases.turn(sessions, _state, _TURN) as mine:
        return _Round(sessions).run(paced=paced) if mine else Kept(None)


class _Round:
    """One time round."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions, self.begun = sessions, time.perf_counter()
        with reading(sessions) as session:
            self.state = session.execute(select(_state)).one()
            city = session.execute(
                select(City.timezone, City.calendar_revision, City.organisation_revision)
            ).one()
            self.moment = Moment(
                clock.now(),
                deployed.calendar(session, city.calendar_revision, city.timezone),
                {key: deployed.pack(session, key) for key in session.scalars(select(Pack.id))},
            )
            self.upwards = tally.above(deployed.unit_paths(session, city.organisation_revision))
            self.revision = city.calendar_revision
            self.newest = changed_cases.newest(session)
        self.today = self.moment.calendar.local(self.moment.now).date()

    def run(self, *, paced: bool) -> Kept:
        """Everything there is to do."""
        moved = self.state.calendar_revision != self.revision
        if moved or self.state.swept_on != self.today:
            done = sum(self._keep(some) for some in self._differing(everything=moved))
        else:
            found = changed_cases.since(self.sessions, self.state.upto)
            done = sum(self._keep(some) for some in self._behind(found))
        if not paced or self._waited():
            self._write(*self._count())
        with transaction(self.sessions, redone=True) as session:
            session.execute(
                update(_state).values(
                    upto=self.newest, swept_on=self.today, calendar_revision=self.revision
                )
            )
        return Kept(done)

    def _waited(self) -> bool:
        """Whether to count now: what takes long is counted more seldom, but within the minute."""
        last, took = self.state.refreshed_at, self.state.count_ms
        if last is None or took < _LONG_MS:
            return True
        pause = min(timedelta(milliseconds=_SHARE * took), _FRESH)
        return not last <= self.moment.now < last + pause

    def _behind(self, keys: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
        """Those of these cases whose row is not as it should be."""
        for some in changed_cases.batches(keys):
            with reading(self.sessions) as session:
                yield session.scalars(_different(every=False).where(_case.c.id.in_(some))).all()

    def _differing(self, *, everything: bool) -> Iterator[Sequence[UUID]]:
        """Of all cases those whose row is not as it should be, or all in progress."""
        last = UUID(int=0)
        page = select(_case.c.id).order_by(_case.c.id).limit(_AT_ONCE)
        while True:
            with reading(self.sessions) as session:
                keys = session.scalars(page.where(_case.c.id > last)).all()
                if not keys:
                    return
                within = _case.c.id.between(keys[0], keys[-1])
                found = session.scalars(_different(every=everything).where(within)).all()
            last = keys[-1]
            yield from changed_cases.batches(found)

    def _keep(self, keys: Sequence[UUID]) -> int:
        if keys:
            with transaction(self.sessions, redone=True) as session:
                keep(session, keys)
        return len(keys)

    def _count(self) -> tuple[dict[str, Tally], dict[str, days.Days], list[date]]:
        self.begun = time.perf_counter()
        calendar, now = self.moment.calendar, self.moment.now
        whole = self.state.counted_on != self.today or self.state.refreshed_at is None
        counted = days.last(calendar, now, days.KEPT if whole else 2)
        with reading(self.sessions) as session:
            shared = not_(sources.apart())
            offices = tally.count(session, sources.kept(), self.moment, self.upwards, shared)
            fresh = days.count(session, counted, calendar, now, self.upwards, days.shared())
        return offices, fresh, counted

    def _write(
        self, offices: dict[str, Tally], fresh: dict[str, days.Days], counted: list[date]
    ) -> None:
        now = self.moment.now
        kept = days.last(self.moment.calendar, now)
        with transaction(self.sessions, redone=True) as session:
            old = {
                row.office_key: row.days
                for row in session.execute(select(_count.c.office_key, _count.c.days))
            }
            session.execute(delete(_count))
            rows: list[dict[str, Any]] = [
                {
                    "office_key": office,
                    "counted_at": now,
                    "numbers": offices.get(office, Tally()).numbers,
                    "days": days.renewed(old.get(office, {}), fresh.get(office, {}), counted, kept),
                }
                for office in sorted({*offices, *fresh, *old})
            ]
            if rows:
                session.execute(insert(_count), rows)
            took = round(1000 * (time.perf_counter() - self.begun))
            session.execute(
                update(_state).values(refreshed_at=now, counted_on=self.today, count_ms=took)
            )


def keep(session: Session, keys: Sequence[UUID]) -> None:
    """Read these cases anew: four statements, whatever they are."""
    these = _case.c.id.in_(keys), not_(sources.apart())
    session.execute(delete(_kept_clock).where(_kept_clock.c.case_id.in_(keys)))
    session.execute(delete(_kept_case).where(_kept_case.c.id.in_(keys)))
    # The case first: whatever comes in between makes it fall behind, and be read again.
    for into, rows in (
        (_kept_case, sources.cases(*these)),
        (_kept_clock, sources.clocks(*these)),
    ):
        names = [column.name for column in rows.selected_columns]
        session.execute(insert(into).from_select(names, rows))


def _different(*, every: bool) -> Any:
    """Cases that are in progress and not kept as they are, or kept and no longer in progress."""
    wanted = and_(sources.in_progress(), not_(sources.apart()))
    kept = _kept_case.c.id.is_not(None)
    behind = _kept_case.c.seq.is_distinct_from(_case.c.chain_seq)
    return (
        select(_case.c.id)
        .select_from(_case.outerjoin(_kept_case, _kept_case.c.id == _case.c.id))
        .where(or_(wanted if every else and_(wanted, behind), and_(not_(wanted), kept)))
        .order_by(_case.c.id)
    )
