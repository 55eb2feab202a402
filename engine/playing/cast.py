"""The cast of a demo: everything that comes in, and what is laid down for some of it.

The first cases are written by hand, so that each stage has something to show; in a demo that is
large enough each unit has an open case next; all others come as they come.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.ledger import Terms
from engine.playing import bank
from engine.playing.arrivals import Arrival, arrivals, of_unit
from engine.playing.bank import City, Slots, Template
from engine.playing.chances import lots
from engine.playing.course import Act
from engine.playing.plots import MESSAGES, PLOTS, Plot, Step, own
from engine.playing.shown import SHOWN
from engine.playing.when import When

PLOTTED = "gl-jindianzi"  # the city that the hand-written cases belong to
LARGE = 200  # from so many cases on each unit has an open one
_MINUTES = 25  # by how much less than told a step may take
# How far the open case of a unit has come, one after the other; whatever the city calls it.
_JUDGED = ("complete_record", "screen|first_screen", "dispatch|urge_unit|pass_on")
_OPENINGS = (_JUDGED, (*_JUDGED, "sign"), (*_JUDGED, "sign", "contact_citizen"))


@dataclass(frozen=True)
class Wanted:
    """Which demo: so many cases, over so many days up to an instant, by one seed."""

    cases: int
    days: int
    seed: int
    until: datetime

    def __str__(self) -> str:
        last = self.until - timedelta(microseconds=1)
        day_over = self.until.hour == self.until.minute == 0
        until = f"the end of {last.date()}" if day_over else f"{last:%Y-%m-%d %H:%M}"
        return f"{self.cases} cases, {self.days} days until {until}, seed {self.seed}"


@dataclass(frozen=True)
class Cast:
    """Arrivals by number, and the steps that are laid down for some of them."""

    arrivals: Mapping[int, Arrival]
    steps: tuple[Act, ...]
    scripted: frozenset[int]


def cast(wanted: Wanted, terms: Mapping[str, Terms]) -> Cast:
    """The cast of a demo. terms: how time is counted, by pack; of the cities that are there."""
    cities = [city for key, city in bank.cities().items() if key in terms]
    calendar = next(iter(terms.values())).calendar
    begin = wanted.until - timedelta(days=wanted.days)
    seed = str(wanted.seed)
    told: dict[int, Arrival] = {}
    steps: list[Act] = []
    for arrival, own_steps in _laid_down(wanted, cities, terms, begin):
        told[arrival.number] = arrival
        steps += [act for act in own_steps if act.at <= wanted.until]
    scripted = frozenset(told)
    rest = range(len(told), wanted.cases)
    for arrival in arrivals(rest, wanted.days, wanted.until, cities, calendar, seed):
        told[arrival.number] = arrival
    return Cast(told, tuple(sorted(steps)), scripted)


def _laid_down(
    wanted: Wanted, cities: list[City], terms: Mapping[str, Terms], begin: datetime
) -> Iterator[tuple[Arrival, list[Act]]]:
    number = 0
    if PLOTTED in terms:
        by_message: dict[int, int] = {}
        for plot in PLOTS:
            at = _arrival_of(plot.back, plot.at, plot.just_now, wanted.until, terms[PLOTTED])
            if number >= wanted.cases or at < begin:
                continue
            by_message[plot.message] = number
            joins = None if plot.joins is None else by_message.get(plot.joins)
            arrival = _plotted(number, at, plot, joins)
            yield arrival, _steps(arrival, plot.steps, plot, wanted, terms[PLOTTED])
            number += 1
    if wanted.cases < LARGE:
        return
    for city in cities:
        for shown in SHOWN.get(city.pack, ()):
            chance = lots(wanted.seed, "shown", number)
            clock = f"{chance.randint(8, 10):02d}:{chance.randrange(60):02d}"
            at = _arrival_of(shown.back, clock, shown.just_now, wanted.until, terms[city.pack])
            arrival = replace(
                of_unit(number, at, city, shown.unit, terms[city.pack].calendar, str(wanted.seed)),
                channel=shown.channel,
            )
            steps = tuple(
                Step(hours, element, {"choice": choice}) for hours, element, choice in shown.steps
            )
            yield arrival, _steps(arrival, steps, shown.unit, wanted, terms[city.pack])
            number += 1
        for place, unit in enumerate(city.all_units):
            chance = lots(wanted.seed, "unit", unit)
            back, opening = 1 + place % 3, _OPENINGS[place % 3]
            clock = f"{chance.randint(8, 11):02d}:{chance.randrange(60):02d}"
            at = _arrival_of(back, clock, None, wanted.until, terms[city.pack])
            arrival = of_unit(number, at, city, unit, terms[city.pack].calendar, str(wanted.seed))
            steps = tuple(Step(1, name) for name in opening)
            yield arrival, _steps(arrival, steps, unit, wanted, terms[city.pack])
            number += 1


def _plotted(number: int, at: datetime, plot: Plot, joins: int | None) -> Arrival:
    message = MESSAGES[plot.message]
    template = Template(
        key=f"plot_{plot.message}",
        duty="",
        kind=message.kind,
        title=message.title,
        body=message.body,
        en=message.en,
        place=message.place,
    )
    return Arrival(
        number,
        at,
        bank.cities()[PLOTTED],
        plot.channel,
        template,
        Slots({}, {}),
        message.name,
        f"1380000{number:04d}",
        joins=joins,
    )


def _steps(
    arrival: Arrival, steps: tuple[Step, ...], told: Plot | str, wanted: Wanted, terms: Terms
) -> list[Act]:
    """The acts of a case that is laid down. told: its plot, or the unit it belongs to."""
    chance = lots(wanted.seed, "steps", arrival.number)
    when = When(terms.calendar, terms.hours)
    at, acts = arrival.at, []
    for place, step in enumerate(steps):
        at = when.after(at, step.hours * 60 - chance.randrange(_MINUTES))
        details: dict[str, Any] = {"element": step.element}
        if isinstance(told, str):
            choice = step.said.get("choice") or _route(arrival, step)
            details |= {"unit": told, "choice": choice}
        else:
            message = MESSAGES[told.message]
            details |= {"unit": message.unit, "said": own(step.element, message) | dict(step.said)}
        acts.append(Act(at, arrival.number, f"step:{place:02d}", "step", details=details))
    return acts


def _route(arrival: Arrival, step: Step) -> str:
    """The route of a case whose first screening is laid down; no choice elsewhere."""
    media = arrival.channel in {"newspaper", "tv"}
    return ("media" if media else "government") if "first_screen" in step.element else ""


def _arrival_of(
    back: int, clock: str, just_now: int | None, until: datetime, terms: Terms
) -> datetime:
    """`back` working days before the last one whose office hours are over, at a local time."""
    if just_now is not None:
        return until - timedelta(minutes=just_now)
    calendar, hours = terms.calendar, terms.hours
    local = calendar.local(until)
    today = local.toordinal() + (local.time() >= hours.close)
    on = date.fromordinal(calendar.working_day_before(today, back + 1))
    return datetime.combine(on, time.fromisoformat(clock), tzinfo=calendar.zone)
