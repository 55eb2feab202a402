"""What comes in: when, from whom, about what; by hour, weekday and season, out of the text bank."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from engine.playing import bank
from engine.playing.bank import City, Slots, Template
from engine.playing.chances import Chance, lots, of_100, weighted
from engine.working_time import Calendar

# How many of a hundred, hour by hour, from midnight on.
_CALLS = (1, 1, 0, 0, 0, 1, 2, 5, 9, 11, 10, 7, 5, 6, 8, 9, 8, 6, 4, 3, 2, 2, 1, 1)
_WRITES = (2, 1, 0, 0, 0, 0, 1, 3, 5, 6, 6, 5, 7, 6, 5, 5, 5, 6, 6, 7, 8, 8, 6, 4)
_OFFICE = (0, 0, 0, 0, 0, 0, 0, 0, 2, 20, 22, 10, 0, 4, 18, 14, 8, 2, 0, 0, 0, 0, 0, 0)
_BY_OFFICE = frozenset({"visit", "letter", "petition", "village"})
_BY_HAND = frozenset({"web", "email", "board", "mailbox"})  # what nobody enters for them
_WORKING, _FREE, _MONDAY = 10, 4, 13
_IN_SEASON = 3
# Of a hundred arrivals.
_REFUSED, _JOINING, _KNOWN, _NAMELESS, _CONFIDENTIAL, _DISCIPLINE = 5, 8, 8, 5, 4, 4
_WAVE = timedelta(days=4)  # as long as one thing makes people write
_OPENINGS = (
    "同样的问题：",
    "我也住附近，",
    "路过看到的，",
    "替家里老人反映：",
    "听说有人报过，也来说一声：",
)


@dataclass(frozen=True)
class Arrival:
    """One contact: at an instant, through a channel, with the texts of a template.

    joins: the number of the earlier arrival about the same thing. phone: empty where none is left.
    """

    number: int
    at: datetime
    city: City
    channel: str
    template: Template
    slots: Slots
    name: str
    phone: str
    joins: int | None = None
    confidential: bool = False
    opening: str = ""
    closing: str = ""

    @property
    def entered(self) -> bool:
        """Whether somebody of the office writes it down."""
        return self.channel not in _BY_HAND

    @property
    def title(self) -> str:
        """The title, in Chinese."""
        return self.slots.put(self.template.title)

    @property
    def body(self) -> str:
        """The text, with its English summary."""
        told = self.opening + self.slots.put(self.template.body) + self.closing
        return f"{told}\n\nEnglish summary: {self.slots.put_en(self.template.en)}"


def arrivals(
    numbers: range,
    days: int,
    until: datetime,
    cities: Sequence[City],
    calendar: Calendar,
    seed: str,
) -> list[Arrival]:
    """As many arrivals as there are `numbers`, in the `days` up to `until`, oldest first."""
    chance = lots(seed, "arrivals")
    drawn = []
    clock = _Days(days, until, calendar)
    for place in numbers:
        city = weighted(cities, [one.share for one in cities], chance)
        channel = weighted(list(city.channels), list(city.channels.values()), chance)
        drawn.append((clock.instant(channel, chance), place, city, channel))
    drawn.sort(key=lambda one: one[:2])
    told: list[Arrival] = []
    for number, (at, _, city, channel) in zip(numbers, drawn, strict=True):
        own = lots(seed, number)
        told.append(_arrival(number, at, city, channel, told, calendar, own))
    return told


def of_unit(
    number: int, at: datetime, city: City, unit: str, calendar: Calendar, seed: str
) -> Arrival:
    """An arrival that belongs to one unit of a city."""
    chance = lots(seed, number)
    duties = [duty for duty in city.duties if unit in city.units(duty)]
    month = calendar.local(at).month
    own = [one for one in bank.templates() if one.duty in duties]
    template = _about([one for one in own if one.can_wait] or own, city, month, chance)
    channel = weighted(list(city.channels), list(city.channels.values()), chance)
    name, phone = _person(number, chance)
    return Arrival(
        number, at, city, channel, template, bank.slots(template, city, chance), name, phone
    )


class _Days:
    """The days on which people write, and how much on each."""

    def __init__(self, days: int, until: datetime, calendar: Calendar) -> None:
        self._calendar, self._until = calendar, until
        last = calendar.local(until - timedelta(microseconds=1)).date().toordinal()
        self._days = range(last - days + 1, last + 1)
        self._weights = list(accumulate(map(self._weight, self._days)))

    def instant(self, channel: str, chance: Chance) -> datetime:
        """Some instant before the end."""
        hours = _OFFICE if channel in _BY_OFFICE else _CALLS if channel == "phone" else _WRITES
        while True:
            day = chance.choices(self._days, cum_weights=self._weights)[0]
            if channel in _BY_OFFICE and not self._calendar.is_working(day):
                continue
            hour = chance.choices(range(24), hours)[0]
            at = datetime.fromordinal(day).replace(
                hour=hour,
                minute=chance.randrange(60),
                second=chance.randrange(60),
                tzinfo=self._calendar.zone,
            )
            if at < self._until:
                return at

    def _weight(self, day: int) -> int:
        if not self._calendar.is_working(day):
            return _FREE
        return _WORKING if self._calendar.is_working(day - 1) else _MONDAY


def _arrival(
    number: int,
    at: datetime,
    city: City,
    channel: str,
    before: Sequence[Arrival],
    calendar: Calendar,
    chance: Chance,
) -> Arrival:
    name, phone = _person(number, chance)
    if of_100(_KNOWN, chance):
        known = [one for one in before[-400:] if one.city is city and one.phone]
        if known:
            earlier = chance.choice(known)
            name, phone = earlier.name, earlier.phone
    elif of_100(_NAMELESS, chance) and channel in {"web", "letter", "board"}:
        name = phone = ""
    closing = bank.say("closing", chance)
    if of_100(_JOINING, chance):
        main = _main(at, city, before, chance)
        if main is not None and main.phone != phone:
            opening = chance.choice(_OPENINGS)
            return Arrival(
                number,
                at,
                city,
                channel,
                main.template,
                main.slots,
                name,
                phone,
                joins=main.number,
                opening=opening,
                closing=closing,
            )
    month = calendar.local(at).month
    refused = of_100(_REFUSED, chance)
    messages = bank.templates(bank.REFUSED) if refused else bank.templates()
    if not refused and of_100(_DISCIPLINE, chance):
        sealed = [one for one in bank.templates(bank.DISCIPLINE) if bank.fits(one, city)]
        messages = tuple(sealed) or messages
    template = _about(messages, city, month, chance)
    confidential = template.kind == "complaint" and of_100(_CONFIDENTIAL, chance)
    return Arrival(
        number,
        at,
        city,
        channel,
        template,
        bank.slots(template, city, chance),
        name,
        phone,
        confidential=confidential and not refused,
        closing=closing,
    )


def _about(known: Sequence[Template], city: City, month: int, chance: Chance) -> Template:
    fitting = [one for one in known if bank.fits(one, city)]
    weights = [
        one.weight * (1 if not one.months else _IN_SEASON if month in one.months else 0)
        for one in fitting
    ]
    if not any(weights):
        weights = [1 for _ in fitting]
    return weighted(fitting, weights, chance)


def _main(at: datetime, city: City, before: Sequence[Arrival], chance: Chance) -> Arrival | None:
    """An arrival of the last days that this one repeats; what many repeated rather than another."""
    recent = [
        one
        for one in before[-300:]
        if one.city is city and at - one.at < _WAVE and not one.confidential
    ]
    fresh = {
        one.number: one
        for one in recent
        if one.joins is None and not (one.template.reason or one.template.route)
    }
    again = [fresh[one.joins] for one in recent if one.joins in fresh]
    if again and of_100(60, chance):
        return chance.choice(again)
    return chance.choice(list(fresh.values())) if fresh else None


def _person(number: int, chance: Chance) -> tuple[str, str]:
    families, called = bank.names()
    return chance.choice(families) + chance.choice(called), f"138{number % 100_000_000:08d}"
