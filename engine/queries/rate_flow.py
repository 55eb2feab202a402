"""What came and what went (进出账): carried over + new = done + carried forward."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import CaseFigure
from engine.queries.rates import Frame
from engine.rates.counting import narrowed, permitted

_figure = table(CaseFigure)


@dataclass(frozen=True)
class Flow:
    """Of a period: open when it began, received and ended in it, open when it was over."""

    carried_over: int
    new: int
    done: int
    carried_forward: int

    @property
    def holds(self) -> bool:
        """Whether both sides are equal; a case that ended before it came breaks it."""
        return self.carried_over + self.new == self.done + self.carried_forward


def flow(session: Session, view: Frame) -> Flow:
    """The cases of a period as somebody may count them; each of the four counted by itself."""
    scope, came, went = view.scope, _figure.c.received_at, _figure.c.closed_at

    def number(*where: ColumnElement[bool]) -> ColumnElement[int]:
        return (
            select(func.count())
            .select_from(_figure)
            .where(*where, *narrowed(_figure, scope), *permitted(_figure, view.who))
            .scalar_subquery()
        )

    row = session.execute(
        select(
            number(came < scope.since, went.is_(None)).label("waited"),
            number(came < scope.since, went >= scope.since).label("ended_later"),
            number(came >= scope.since, came < scope.until).label("new"),
            number(went >= scope.since, went < scope.until).label("done"),
            number(came < scope.until, went.is_(None)).label("waits"),
            number(came < scope.until, went >= scope.until).label("ends_later"),
        )
    ).one()
    return Flow(row.waited + row.ended_later, row.new, row.done, row.waits + row.ends_later)
