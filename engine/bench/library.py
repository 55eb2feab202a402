"""The library's own way beside a straight case of ours: its runs, told the same at every step."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from engine import deployed
from engine.bench.city import City, Straight
from engine.bench.scenarios import BODY, TITLE
from engine.bpmn.specification import Specification
from engine.bpmn.stock import Stock
from engine.bpmn.values import Facts
from engine.db import reading, table
from engine.models import Case
from engine.work import restored

_case = table(Case)


class Library:
    """Straight cases on the library's serializer.

    Its runs are told the case's facts as ours left them, as a host of it would tell them.
    """

    def __init__(self, city: City) -> None:
        with reading(city.sessions) as session:
            self.specification: Specification = deployed.latest(session, "appeal").specification
        self._acts = list(_acts(city))

    def after(self, tasks: int) -> Stock:
        """A run in which so many tasks were done, saved and loaded between any two."""
        stock = Stock.start(self.specification, Facts({}), {"title": TITLE, "body": BODY})
        for element, said, facts in self._acts[:tasks]:
            stock = Stock.restore(self.specification, stock.dump(), facts)
            stock.complete(element, said)
        return stock

    def facts(self, tasks: int) -> Facts:
        """What it is told then."""
        return self._acts[tasks - 1][2]

    def ended(self) -> Stock:
        """A run that is over."""
        stock = self.after(len(self._acts))
        assert stock.completed
        return stock


def _acts(city: City) -> Iterator[tuple[str, dict[str, Any], Facts]]:
    """What is done and said in one straight case, with the facts behind each act."""
    case = Straight.received(city)
    for act in case.to_the_end():
        with reading(city.sessions) as session:
            kept = session.scalar(select(_case.c.facts).where(_case.c.id == case.case_id))
        yield act.element, {**act.answers, **act.routing}, Facts(restored(kept or {}))
