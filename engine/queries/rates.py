"""The page of rates (指标): a table of them, one with its units, side by side, its lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed
from engine.db import table
from engine.errors import NotFound
from engine.models import Balance, Case, City, FigureState, Unit
from engine.permissions import Actor
from engine.queries import case_list, packs_in_use
from engine.rates import counting, many, places, sampled
from engine.rates.counting import Scope, Viewer
from engine.rates.definition import Definition, Texts
from engine.rates.figures import Figure, ranks
from engine.rates.spread import Spread, spread
from engine.sampling import Estimate

PAGE = 50
BY = ("due", "close", "receipt", "dispatch")
_case, _unit = table(Case), table(Unit)


@dataclass(frozen=True)
class Asked:
    """What the address asks for. month: its first day. place: whose definitions.

    since, until: days, both included, instead of the month; either may be left to it. pack: of
    which pack the cases are.
    """

    month: date
    place: str = ""
    since: date | None = None
    until: date | None = None
    pack: str = ""
    unit: str = ""
    category: str = ""
    by: str = ""


@dataclass(frozen=True)
class Frame:
    """What a page needs around its numbers. fresh_at: how far they are; None: never counted."""

    asked: Asked
    scope: Scope
    who: Viewer
    zone: ZoneInfo
    places: Mapping[str, Texts]
    packs: Mapping[str, Texts]
    units: Mapping[str, Texts]
    categories: Mapping[str, Texts]
    fresh_at: datetime | None


@dataclass(frozen=True)
class Told:
    """A rate and what it comes to: a share, an estimate, a spread, a score, or nothing yet."""

    definition: Definition
    figure: Figure | None = None
    estimate: Estimate | None = None
    spread: Spread | None = None
    score: float | None = None


@dataclass(frozen=True)
class OfUnit:
    """A unit's figure. rank: None where there are too few."""

    key: str
    name: Texts
    figure: Figure
    rank: int | None


def frame(session: Session, actor: Actor, asked: Asked) -> Frame:
    """The choices there are, and what they come to. Raises `NotFound` for a unit there is not."""
    city = session.execute(
        select(City.timezone, City.organisation_revision, packs_in_use.NEWEST.label("packs"))
    ).one()
    zone, who = ZoneInfo(city.timezone), counting.viewer(actor)
    names = deployed.unit_names(session, city.organisation_revision)
    packs = packs_in_use.nearest(packs_in_use.named(session, city.packs), actor)
    named: dict[str, Texts] = {pack.key: pack.name for pack in packs}
    known = dict(named)
    known |= {content["key"]: content["name"] for content in places.compared()}
    place = asked.place if asked.place in known else next(iter(known))
    categories: dict[str, Texts] = {}
    for pack in packs:
        categories = pack.names("categories") | categories
    if asked.unit and asked.unit not in names:
        raise NotFound("No such unit.")
    paths = deployed.unit_paths(session, city.organisation_revision)
    sealed = deployed.compartments(session, city.organisation_revision)
    return Frame(
        asked=replace(asked, place=place),
        scope=Scope(
            *period_of(asked, zone),
            pack=asked.pack if asked.pack in named else "",
            units=_below(session, asked.unit) if asked.unit else None,
            category=asked.category,
            by=asked.by if asked.by in BY else "",
        ),
        who=who,
        zone=zone,
        places=known,
        packs=named,
        units={key: names[key] for key in _choices(paths, sealed, who)},
        categories=categories,
        fresh_at=session.scalar(select(FigureState.refreshed_at)),
    )


def rates(session: Session, view: Frame) -> list[Told]:
    """Every rate of the place, the checks apart."""
    found = places.definitions(session, view.asked.place)
    shares = [one for one in found.values() if one.kind == "share"]
    figures = many.together(session, shares, view.scope, view.who)
    told = []
    for one in found.values():
        if one.kind == "share":
            told.append(Told(one, figures[one.key]))
        elif one.kind == "estimate":
            told.append(estimated(session, view, one))
        elif one.kind == "spread":
            spread_of = spread(session, one, view.scope, view.who, view.zone)
            told.append(Told(one, spread=spread_of))
        elif one.kind == "score":
            told.append(Told(one, score=_score(one, figures)))
        elif one.kind == "outside":
            told.append(Told(one))
    return told


def definition(session: Session, view: Frame, key: str) -> Definition:
    """The rate of this key under the place's rules. Raises `NotFound`."""
    found = places.definitions(session, view.asked.place).get(key)
    if found is None:
        raise NotFound("No such rate.")
    return found


def of_units(session: Session, view: Frame, one: Definition) -> tuple[Figure, Sequence[OfUnit]]:
    """A share as a whole and by unit, the ranked first, in order of rank."""
    whole, units = counting.counted(session, one, view.scope, view.who)
    percents = {
        key: figure.percent
        for key, figure in units.items()
        if figure.ranked and figure.percent is not None
    }
    places_of = ranks(percents, less_is_better=one.less_is_better)
    named = names_of_units(session)
    rows = [
        OfUnit(key, named.get(key, {"zh": key, "en": key}), figure, places_of.get(key))
        for key, figure in units.items()
    ]
    rows.sort(key=lambda row: (row.rank or len(rows) + 1, -row.figure.denominator, row.key))
    return whole, rows


def estimated(session: Session, view: Frame, one: Definition) -> Told:
    """A rate told from a sample, with the cases that it is told from."""
    figure, _units = counting.counted(session, one, view.scope, view.who)
    return Told(one, figure, sampled.estimate(session, one, view.scope, view.who))


def months_before(month: date, number: int) -> list[date]:
    """The first days of the months that end with this one, oldest first."""
    last = month.year * 12 + month.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(last - number + 1, last + 1)]


def trend(
    session: Session, view: Frame, one: Definition, number: int = 6
) -> list[tuple[date, Figure]]:
    """A share of the last months, the one that is asked for the last."""
    firsts = months_before(view.asked.month, number)
    scopes = []
    for first in firsts:
        since, until = month_of(first, view.zone)
        scopes.append(replace(view.scope, since=since, until=until))
    return list(zip(firsts, counting.by_time(session, one, scopes, view.who), strict=True))


def compared(session: Session, view: Frame, key: str) -> list[Told]:
    """The same month under everybody's rules. Raises `NotFound`.

    Of places that take a rate over from the same base unchanged, the first stands for all.
    """
    told, seen = [], set()
    for one in places.everywhere(session, key):
        if one.inherited and one.place != view.asked.place:
            continue
        if one.id in seen or not one.countable:
            continue
        seen.add(one.id)
        if one.kind == "estimate":
            told.append(estimated(session, view, one))
        else:
            told.append(Told(one, counting.counted(session, one, view.scope, view.who)[0]))
    if not told:
        raise NotFound("No such rate.")
    told.sort(key=lambda each: each.definition.place != view.asked.place)
    return told


def newest_balance(session: Session) -> Balance | None:
    """The last night's balance."""
    return session.scalars(select(Balance).order_by(Balance.on.desc()).limit(1)).first()


def gaps(session: Session, actor: Actor, of: Balance | None) -> list[Mapping[str, str]]:
    """The gaps of a night in cases the person may open; the others are only counted."""
    if of is None or not of.gaps:
        return []
    numbers = {gap["number"] for gap in of.gaps}
    may_open = set(
        session.scalars(
            select(_case.c.number).where(_case.c.number.in_(numbers), case_list.may_see(actor))
        )
    )
    return [gap for gap in of.gaps if gap["number"] in may_open][:PAGE]


def _score(one: Definition, figures: Mapping[str, Figure]) -> float | None:
    parts = [(figures[key].percent, weight) for key, weight in one.parts.items() if key in figures]
    if len(parts) < len(one.parts) or any(percent is None for percent, _ in parts):
        return None
    whole = sum(weight for _, weight in parts)
    return sum((percent or 0) * weight for percent, weight in parts) / whole


def names_of_units(session: Session) -> Mapping[str, Texts]:
    """What every unit is called."""
    revision = session.scalars(select(City.organisation_revision)).one()
    return deployed.unit_names(session, revision)


def _choices(paths: Mapping[str, str], sealed: Sequence[str], who: Viewer) -> list[str]:
    """The units of the cities whose offices one may count, in the tree's order; no compartment."""
    roots = {path.split("/")[1] for key, path in paths.items() if key in (who.offices or ())}
    return [
        key
        for key, path in sorted(paths.items(), key=lambda one: one[1])
        if path.split("/")[1] in roots and not path.startswith(tuple(sealed))
    ]


def _below(session: Session, unit: str) -> tuple[str, ...]:
    """The keys of a unit and all below it, closed ones too: what they did still counts."""
    path = select(_unit.c.path).where(_unit.c.key == unit).scalar_subquery()
    below = _unit.c.path.startswith(path)
    return tuple(session.scalars(select(_unit.c.key).where(below).order_by(_unit.c.key)))


def period_of(asked: Asked, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first instant that is asked for to the one after the last."""
    first, after = month_of(asked.month, zone)
    if asked.since is not None:
        first = datetime.combine(asked.since, time(), zone)
    if asked.until is not None:
        after = datetime.combine(asked.until + timedelta(days=1), time(), zone)
    return first, max(first, after)


def period_before(view: Frame) -> Scope:
    """The month before; of days that somebody chose, as many days before them."""
    since, until = view.scope.since, view.scope.until
    if view.asked.since is None and view.asked.until is None:
        since, until = month_of(months_before(view.asked.month, 2)[0], view.zone)
    else:
        since, until = since - (until - since), since
    return replace(view.scope, since=since, until=until)


def month_of(first: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From its first instant to that of the next."""
    at = first.year * 12 + first.month
    return (
        datetime.combine(first, time(), zone),
        datetime.combine(date(at // 12, at % 12 + 1, 1), time(), zone),
    )
