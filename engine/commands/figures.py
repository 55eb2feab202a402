"""Bringing the rows that rates count up to date (指标刷新): what changed, within the minute.

Every change of a case writes its history, so the newest events say which cases to look at again.
Once a day, and after a change of the calendar, every case is compared. Two workers do not do it at
once; if they did, the row that had read further would stay.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.commands import changed_cases, rate_definitions
from engine.commands.changed_cases import Kept
from engine.db import Sessions, reading, table, transaction
from engine.models import Case, CaseFigure, CaseStatus, City, FigureState, SlipFigure
from engine.rates import deriving
from engine.rates.deriving import Derived

_case, _figure, _slip = table(Case), table(CaseFigure), table(SlipFigure)
_state = table(FigureState)
_REPEATED = (
    update(_figure)
    .where(_figure.c.id == bindparam("key"), _figure.c.repeat_at.is_distinct_from(bindparam("at")))
    .values(repeat_at=bindparam("at"))
)


def refresh(sessions: Sessions) -> Kept:
    """Bring definitions and rows up to date."""
    with transaction(sessions, redone=True) as session:
        rate_definitions.keep(session)
    with changed_cases.turn(sessions, _state) as mine:
        return _Round(sessions).run() if mine else Kept(None)


class _Round:
    """One time round."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.begun = clock.now()
        with reading(sessions) as session:
            self.state = session.execute(select(_state)).one()
            city = session.execute(select(City.timezone, City.calendar_revision)).one()
            self.calendar = deployed.calendar(session, city.calendar_revision, city.timezone)
            self.revision = city.calendar_revision
            self.newest = changed_cases.newest(session)
        self.today = self.begun.astimezone(ZoneInfo(city.timezone)).date()

    def run(self) -> Kept:
        """Everything there is to do."""
        done = 0
        moved = self.state.calendar_revision != self.revision
        if moved or self.state.swept_on != self.today:
            done += sum(self._write(keys) for keys in self._differing(every_open=moved))
        else:
            done += sum(self._write(keys) for keys in self._changed())
        with transaction(self.sessions, redone=True) as session:
            session.execute(
                update(_state).values(
                    refreshed_at=self.begun,
                    upto=self.newest,
                    swept_on=self.today,
                    calendar_revision=self.revision,
                )
            )
        return Kept(done)

    def _changed(self) -> Iterator[Sequence[UUID]]:
        """Cases with an event since the last time, those whose row has not come so far."""
        for some in changed_cases.batches(changed_cases.since(self.sessions, self.state.upto)):
            with reading(self.sessions) as session:
                yield session.scalars(_behind().where(_case.c.id.in_(some))).all()

    def _differing(self, *, every_open: bool) -> Iterator[Sequence[UUID]]:
        """Of all cases those whose row is missing or has not come so far."""
        last = UUID(int=0)
        behind = _figure.c.seq.is_distinct_from(_case.c.chain_seq)
        if every_open:
            behind = or_(behind, _case.c.status == str(CaseStatus.OPEN))
        looked = case((behind, 1), else_=0).label("behind")
        some = (
            select(_case.c.id, looked)
            .select_from(_case.outerjoin(_figure, _figure.c.id == _case.c.id))
            .order_by(_case.c.id)
            .limit(10 * changed_cases.AT_ONCE)
        )
        while True:
            with reading(self.sessions) as session:
                rows = session.execute(some.where(_case.c.id > last)).all()
            if not rows:
                return
            last = rows[-1].id
            yield from changed_cases.batches([row.id for row in rows if row.behind])

    def _write(self, keys: Sequence[UUID]) -> int:
        if not keys:
            return 0
        with reading(self.sessions) as session:
            derived = deriving.derive(session, keys, self.calendar)
        with transaction(self.sessions, redone=True) as session:
            write(session, derived)
        return len(keys)


def write(session: Session, derived: Derived) -> None:
    """Keep rows, unless one that has read further is there."""
    _put(session, _figure, derived.cases, _figure.c.seq)
    _put(session, _slip, derived.slips, None)
    if derived.repeated:
        session.connection().execute(
            _REPEATED, [{"key": key, "at": at} for key, at in derived.repeated.items()]
        )


def _put(session: Session, into: Table, rows: Sequence[dict[str, Any]], seq: Any) -> None:
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(into)
    new = {one.name: insert.excluded[one.name] for one in into.c if one.name != "id"}
    further = None if seq is None else insert.excluded.seq >= seq
    session.connection().execute(
        insert.on_conflict_do_update(index_elements=["id"], set_=new, where=further), list(rows)
    )


def _behind() -> Any:
    joined = _case.outerjoin(_figure, _figure.c.id == _case.c.id)
    return (
        select(_case.c.id)
        .select_from(joined)
        .where(_figure.c.seq.is_distinct_from(_case.c.chain_seq))
        .order_by(_case.c.id)
    )
