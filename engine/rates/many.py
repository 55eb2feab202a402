"""Counting many rates at once: what is said of each row is asked once, and put together here.

The single conditions of all rates of one kind and date are bits of a number; the database counts
rows by that number, of which there are few. What a rate means over them is reckoned in memory.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, ColumnElement, case, cast, func, literal, select
from sqlalchemy.orm import Session

from engine import clock
from engine.rates.counting import HIT, MISS, Scope, Viewer, clock_of, figure, span, table_of
from engine.rates.definition import Condition, Definition
from engine.rates.figures import Figure
from engine.rates.reading_much import reading_much
from engine.rates.vocabulary import all_hold, known

_MOST = 60  # bits of a number that both databases keep
_Holds = Callable[[int], bool]


def together(
    session: Session, definitions: Sequence[Definition], scope: Scope, who: Viewer
) -> dict[str, Figure]:
    """The figures of many rates by key: one statement for each kind of row and date."""
    groups: dict[tuple[str, str], list[Definition]] = {}
    for one in definitions:
        groups.setdefault((one.of, str(clock_of(one, scope).key)), []).append(one)
    told: dict[str, Figure] = {}
    for some in groups.values():
        told |= _of_one_date(session, some, scope, who)
    return told


class _Bits:
    """The single conditions of some rates, each with its place in the number."""

    def __init__(self) -> None:
        self.conditions: dict[bytes, Condition] = {}

    def holds(self, conditions: Sequence[Condition]) -> _Holds:
        """Whether all of these hold, told from the number."""
        parts = [self._holds(one) for one in conditions]
        return lambda number: all(part(number) for part in parts)

    def number(self, of: str, now: datetime) -> ColumnElement[int]:
        """The number as a column."""
        total: ColumnElement[Any] = literal(0, BigInteger)
        for place, one in enumerate(self.conditions.values()):
            bit = case((known(all_hold(of, [one], now)), cast(literal(1 << place), BigInteger)))
            total += func.coalesce(bit, 0)
        return total

    def _holds(self, condition: Condition) -> _Holds:
        if "any" in condition:
            parts = [self._holds(one) for one in condition["any"]]
            return lambda number: any(part(number) for part in parts)
        if "not" in condition:
            inner = self._holds(condition["not"])
            return lambda number: not inner(number)
        told = orjson.dumps(condition, option=orjson.OPT_SORT_KEYS)
        self.conditions.setdefault(told, condition)
        bit = 1 << list(self.conditions).index(told)
        return lambda number: bool(number & bit)


def _of_one_date(
    session: Session, definitions: Sequence[Definition], scope: Scope, who: Viewer
) -> dict[str, Figure]:
    bits, rules = _Bits(), dict[str, tuple[_Holds, _Holds, Sequence[_Holds]]]()
    for one in definitions:
        left_out = [bits.holds(each.when) for each in one.exclusions]
        rules[one.key] = bits.holds(one.population), bits.holds(one.numerator), left_out
    if len(bits.conditions) > _MOST:
        half = len(definitions) // 2
        return {
            **_of_one_date(session, definitions[:half], scope, who),
            **_of_one_date(session, definitions[half:], scope, who),
        }
    first = definitions[0]
    some = (
        select(bits.number(first.of, clock.now()).label("told"))
        .select_from(table_of(first))
        .where(*span(first, scope, who))
        .subquery()
    )
    with reading_much(session):
        rows = session.execute(select(some.c.told, func.count()).group_by(some.c.told)).all()
    return {one.key: _figure(one, rules[one.key], rows) for one in definitions}


def _figure(
    one: Definition, rule: tuple[_Holds, _Holds, Sequence[_Holds]], rows: Sequence[Any]
) -> Figure:
    looked_at, counts, left_out = rule
    cells: dict[int, int] = {}
    for told, number in rows:
        if looked_at(told):
            reason = next((n for n, out in enumerate(left_out, 1) if out(told)), 0)
            mark = reason or (HIT if counts(told) else MISS)
            cells[mark] = cells.get(mark, 0) + number
    whole = Figure()
    for mark, number in cells.items():
        whole += figure(one, mark, number)
    return whole
