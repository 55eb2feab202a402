"""The six checks against gaming (防作弊核对), as alerts with their cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.queries import rates
from engine.queries.rates import Frame
from engine.rates import counting, places
from engine.rates.definition import Definition, Texts
from engine.rates.figures import RANKED_FROM, Figure

# The rates by which units are commonly ranked.
RANKED = ("closing", "on_time", "response", "solving", "satisfaction")


@dataclass(frozen=True)
class Alert:
    """Something to look into: whose it is, how much, and against the month before.

    unit: empty for the whole. tiny: the unit would lead or end a ranking with too few cases.
    """

    check: Definition
    unit: str
    name: Texts
    figure: Figure
    before: Figure | None = None
    tiny: bool = False


@dataclass(frozen=True)
class Checked:
    """One check: its figure for the whole and what it says."""

    check: Definition
    figure: Figure
    alerts: Sequence[Alert]


def checks(session: Session, view: Frame) -> list[Checked]:
    """Each check of the place over the month."""
    found = places.definitions(session, view.asked.place)
    return [_check(session, view, one) for one in found.values() if one.kind == "check"]


def tiny(session: Session, view: Frame) -> list[Alert]:
    """Units that too few cases would put first or last, rate by rate."""
    told: list[Alert] = []
    found = places.definitions(session, view.asked.place)
    for key in RANKED:
        one = found.get(key)
        if one is None or one.kind != "share":
            continue
        _whole, units = rates.of_units(session, view, one)
        percents = [row.figure.percent for row in units if row.figure.percent is not None]
        ends = {min(percents, default=None), max(percents, default=None)}
        told += [
            Alert(one, row.key, row.name, row.figure, tiny=True)
            for row in units
            if 0 < row.figure.denominator < RANKED_FROM and row.figure.percent in ends
        ]
    return told


def _check(session: Session, view: Frame, one: Definition) -> Checked:
    whole, units = rates.of_units(session, view, one)
    before: dict[str, Figure] = {}
    if "rise" in one.alert:
        _all, earlier = counting.counted(session, one, rates.period_before(view), view.who)
        before = dict(earlier)
    alerts = [
        Alert(one, row.key, row.name, row.figure, before.get(row.key))
        for row in units
        if says(one, row.figure, before.get(row.key))
    ]
    return Checked(one, whole, alerts)


def says(check: Definition, figure: Figure, before: Figure | None) -> bool:
    """Whether a unit's figure is something to look into.

    Of few cases only the number speaks; where the check asks for a rise, the share must have risen
    by so many points against the month before, if there was anything then.
    """
    asked, percent = check.alert, figure.percent
    if percent is None or figure.numerator < asked["cases"] or percent < asked["share"]:
        return False
    if "rise" not in asked or before is None or before.percent is None:
        return True
    return percent - before.percent >= asked["rise"]
