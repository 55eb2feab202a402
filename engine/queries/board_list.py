"""Which cases a list of the board holds (看板清单): those that a figure counts, in due order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, null, or_, select
from sqlalchemy.orm import Session

from engine.boards import ladders, tally
from engine.boards.sources import Source
from engine.boards.states import CLOCK_STATES, MARKS, PRESSING_MARKS, State
from engine.queries.board_sight import Sight

PAGE = 50
NO_CATEGORY = "-"  # asks for those that have none yet
_LAST = datetime.max.replace(tzinfo=UTC)
# Of those that are kept from somebody so many are looked through; they are few.
_APART = 2_000


@dataclass(frozen=True)
class Filters:
    """What the list shows; empty: every case that needs attention.

    unit: whose clock runs, or whom a ladder is about; with all below it. limit: a limit's name.
    rung: where a ladder stands. page: from 1.
    """

    unit: str = ""
    limit: str = ""
    category: str = ""
    state: str = ""
    rung: str = ""
    page: int = 1


@dataclass(frozen=True)
class Candidate:
    """A case and the most urgent of its clocks that were asked for; None if none was."""

    case_id: UUID
    clock_id: UUID | None
    due_at: datetime | None

    @property
    def place(self) -> tuple[datetime, bytes]:
        """Where it stands in the list."""
        return self.due_at or _LAST, (self.clock_id or self.case_id).bytes


def page_of(session: Session, sight: Sight, filters: Filters) -> tuple[list[Candidate], int, int]:
    """The cases of one page, how many there are in all, and which page it became."""
    lists = _Lists(sight, filters)
    total = lists.total(session)
    page = min(max(filters.page, 1), max(1, -(-total // PAGE)))
    page = page if page == filters.page else 1
    return lists.some(session, (page - 1) * PAGE), total, page


class _Lists:
    """The list that is asked for: in one part, or in two of which the second comes after."""

    def __init__(self, sight: Sight, filters: Filters) -> None:
        self.sight, self.filters = sight, filters
        self.category = "" if filters.category == NO_CATEGORY else filters.category
        self.units = sight.below(filters.unit) if filters.unit else None
        state, other = filters.state, filters.limit or filters.category or filters.rung
        self.watched = state == State.WATCHED or not (state or other)
        self.by_mark = state in MARKS or bool(filters.rung)

    def total(self, session: Session) -> int:
        """How many there are: as counted, or counted now where nothing else was."""
        asked, counted = self.filters, self.sight.tally
        unit = asked.unit or tally.WHOLE
        if not (asked.limit or asked.category or asked.rung):
            return counted.of(tally.STATE, unit).get(asked.state or State.WATCHED, 0)
        if asked.rung and not (asked.limit or asked.category or asked.state):
            return counted.of(tally.RUNG, unit).get(asked.rung, 0)
        kind = {State.OVERDUE: tally.LATE, State.RUNNING: tally.CATEGORY, "": tally.CATEGORY}
        if asked.category and asked.state in kind and not (asked.limit or asked.rung):
            return counted.of(kind[asked.state], unit).get(self.category, 0)
        return sum(
            session.scalar(select(func.count()).select_from(self._all(source).subquery())) or 0
            for source in self.sight.sources
        )

    def some(self, session: Session, after: int) -> list[Candidate]:
        """A page of them, after so many."""
        if not self.watched:
            return self._merged(session, [self._all(s) for s in self.sight.sources], after, PAGE)
        unit = self.filters.unit or tally.WHOLE
        first = self.sight.tally.of(tally.STATE, unit).get(tally.CANNOT_WAIT, 0)
        pressing = [self._by_clock(s, pressing=True) for s in self.sight.sources]
        found = self._merged(session, pressing, after, PAGE) if after < first else []
        if len(found) < PAGE:
            rest = [self._marked_only(s) for s in self.sight.sources]
            found += self._merged(session, rest, max(0, after - first), PAGE - len(found))
        return found

    def _all(self, source: Source) -> Select[Any]:
        return self._marked(source) if self.by_mark else self._by_clock(source)

    def _merged(
        self, session: Session, asked: Sequence[Select[Any]], after: int, most: int
    ) -> list[Candidate]:
        """A stretch of one list; or of a long and a short one, the short read as a whole."""
        long, *short = asked
        few = [one for some in short for one in _read(session, some.limit(_APART))]
        begin = max(0, after - len(few))
        found = _read(session, long.offset(begin).limit(most + min(len(few), after)))
        if not few:
            return found
        places: list[tuple[int, Candidate]] = []
        both = sorted(
            [(one.place, 0, one) for one in found] + [(o.place, 1, o) for o in few],
            key=lambda one: one[:2],
        )
        before = {0: begin, 1: 0}
        for _place, which, one in both:
            # What of the short list comes before all that was read of the long is not on this page.
            places.append((before[0] + before[1], one))
            before[which] += 1
        return [one for place, one in places if after <= place < after + most]

    def _by_clock(self, source: Source, *, pressing: bool = False) -> Select[Any]:
        """Cases by the most urgent of the clocks that are meant; the order is an index's."""
        clock, other = source.clocks, source.clocks.alias("other")
        sooner = or_(
            other.c.due_at < clock.c.due_at,
            and_(clock.c.due_at.is_(None), other.c.due_at.is_not(None)),
            and_(
                other.c.id < clock.c.id,
                or_(
                    other.c.due_at == clock.c.due_at,
                    and_(clock.c.due_at.is_(None), other.c.due_at.is_(None)),
                ),
            ),
        )
        earlier = exists().where(
            other.c.case_id == clock.c.case_id, sooner, *self._meant(other, pressing=pressing)
        )
        return (
            select(clock.c.case_id, clock.c.id.label("clock_id"), clock.c.due_at)
            .where(*self._meant(clock, pressing=pressing), ~earlier)
            .order_by(clock.c.due_at.asc().nulls_last(), clock.c.id)
        )

    def _meant(self, clock: FromClause, *, pressing: bool) -> list[ColumnElement[bool]]:
        """Which clocks are asked for."""
        asked, found = self.filters, list[ColumnElement[bool]]()
        if self.units is not None:
            found.append(clock.c.unit_key.in_(self.units))
        if asked.limit:
            found.append(clock.c.limit == asked.limit)
        if asked.category:
            found.append(clock.c.category == self.category)
        if asked.state in CLOCK_STATES:
            found.append(self.sight.moment.conditions(clock.c)[State(asked.state)])
        if pressing:
            found.append(self.sight.moment.pressing(clock.c))
        return found

    def _marked(self, source: Source) -> Select[Any]:
        """Cases by what is known of them, or by their ladders."""
        asked, case = self.filters, source.cases.c
        found: list[ColumnElement[bool]] = []
        if asked.state in MARKS:
            found.append(case[asked.state])
            found += self._of_units(source, supervised=asked.state == State.SUPERVISED)
        if asked.rung:
            ladder = ladders.open_ladders()
            stands = select(ladder.c.case_id).where(ladder.c.standing == asked.rung)
            if self.units is not None:
                stands = stands.where(ladder.c.target.in_(self.units))
            found.append(case.id.in_(stands))
        if asked.category:
            found.append(case.category == self.category)
        if asked.limit or asked.state in CLOCK_STATES:
            clock = source.clocks.alias("meant")
            found.append(
                exists().where(clock.c.case_id == case.id, *self._meant(clock, pressing=False))
            )
        return _by_case(source, found)

    def _marked_only(self, source: Source) -> Select[Any]:
        """Cases that are watched though no clock of theirs cannot wait."""
        case, clock = source.cases.c, source.clocks.alias("pressing")
        found = [
            or_(
                *(
                    and_(case[mark], *self._of_units(source, supervised=mark == State.SUPERVISED))
                    for mark in PRESSING_MARKS
                )
            ),
            ~exists().where(clock.c.case_id == case.id, *self._meant(clock, pressing=True)),
        ]
        return _by_case(source, found)

    def _of_units(self, source: Source, *, supervised: bool) -> list[ColumnElement[bool]]:
        """Whose cases they are or, of those supervised, whom the ladder is about."""
        if self.units is None:
            return []
        own = source.cases.c.unit_key.in_(self.units)
        return [or_(own, source.about(self.units)) if supervised else own]


def _by_case(source: Source, which: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Cases, by the most urgent of their clocks; the order is an index's."""
    case = source.cases.c
    return (
        select(case.id.label("case_id"), null().label("clock_id"), case.due_at)
        .where(*which)
        .order_by(case.due_at.asc().nulls_last(), case.id)
    )


def _read(session: Session, asked: Select[Any]) -> list[Candidate]:
    return [Candidate(row.case_id, row.clock_id, row.due_at) for row in session.execute(asked)]
