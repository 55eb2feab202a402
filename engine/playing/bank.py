"""The text bank: our own messages with open places, and what people write along the way."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from engine.playing.chances import Chance

FOLDER = Path(__file__).with_name("bank")
MESSAGES = ("homes", "streets", "living", "public")
REFUSED = "refused"
DISCIPLINE = "discipline"
# From and to, both included, of the numbers that fill an open place.
_NUMBERS = {
    "n": (2, 9),
    "m": (12, 60),
    "days": (3, 20),
    "b": (1, 28),
    "f": (2, 18),
    "line": (2, 99),
}
_SOON = ("今天下午", "明天上午", "后天上午", "本周五", "下周一")
# Duties whose help cannot wait for a working day.
UTILITIES = frozenset({"water", "power", "gas", "heating"})
# What is known only when it is written.
LATER = frozenset({"date"})


@dataclass(frozen=True)
class Template:
    """One message with open places such as `{road}`, and what a unit makes of it.

    duty: whose it is, by the city's table; rival: the duty of a unit that might as well have it.
    months: when it comes, in any if empty. reason: why it is refused. cities: where, in any that
    has the duty if empty.
    """

    key: str
    duty: str
    kind: str
    title: str
    body: str
    en: str
    place: str
    measures: str = ""
    answer: str = ""
    outcome: str = "solved"
    place_kind: str = "other"
    hazard: str = "none"
    rival: str = ""
    reason: str = ""
    route: str = ""
    weight: int = 1
    months: tuple[int, ...] = ()
    cities: tuple[str, ...] = ()

    @property
    def can_wait(self) -> bool:
        """Whether it is handled in days: no danger, nobody without water or heat, no question."""
        supply = self.duty in UTILITIES and self.kind in {"help", "complaint"}
        return self.hazard != "life" and self.kind != "consultation" and not supply

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that may have open places."""
        return (self.title, self.body, self.en, self.place, self.measures, self.answer)


@dataclass(frozen=True)
class City:
    """A city as the demo plays it.

    pack: the key of its pack. share: of 100 cases, how many are its. channels: with weights.
    duties: duty -> category and the units that may have it. places: what fills open places.
    """

    pack: str
    share: int
    channels: Mapping[str, int]
    duties: Mapping[str, Sequence[str]]
    places: Mapping[str, Sequence[Mapping[str, str]]] = field(repr=False)

    def category(self, duty: str) -> str:
        """The category that messages of this duty have."""
        return self.duties[duty][0]

    def units(self, duty: str) -> Sequence[str]:
        """The units that may have this duty, the first most of all."""
        return self.duties[duty][1:]

    @property
    def all_units(self) -> list[str]:
        """Every unit that has a duty, in the order of the table."""
        return list(dict.fromkeys(unit for duty in self.duties for unit in self.units(duty)))


@cache
def templates(*names: str) -> tuple[Template, ...]:
    """The messages of these files of the bank, of all ordinary ones if none is named."""
    return tuple(_template(one) for name in names or MESSAGES for one in _read(name))


@cache
def phrases(name: str, kind: str = "") -> tuple[str, ...]:
    """The phrases of this name; `kind` where they differ by the kind of the message."""
    found = _read("phrases")[name]
    return tuple(found[kind] if kind else found)


@cache
def cities() -> Mapping[str, City]:
    """The cities of the demo by the key of their pack, in the order of the file."""
    places = _read("places")
    return {
        pack: City(pack, one["share"], one["channels"], one["duties"], places[pack])
        for pack, one in _read("cities").items()
    }


@cache
def names() -> tuple[Sequence[str], Sequence[str]]:
    """Family names, and how people are called after them."""
    people = _read("people")
    return people["families"], people["called"]


def fits(template: Template, city: City) -> bool:
    """Whether the message could come in this city."""
    return template.duty in city.duties and (not template.cities or city.pack in template.cities)


@dataclass(frozen=True)
class Slots:
    """What the open places of one message are filled with, in both languages."""

    zh: Mapping[str, str]
    en: Mapping[str, str]

    def put(self, text: str, **more: str) -> str:
        """The text in Chinese. more: what is known only now, such as `date`."""
        return text.format_map({**self.zh, **more})

    def put_en(self, text: str) -> str:
        """The text in English."""
        return text.format_map(self.en)


def slots(template: Template, city: City, chance: Chance) -> Slots:
    """Fill the open places of a template."""
    zh, en = {}, {}
    for name in sorted({name for text in template.texts for name in open_places(text)} - LATER):
        if name in _NUMBERS:
            zh[name] = en[name] = str(chance.randint(*_NUMBERS[name]))
        else:
            place = chance.choice(city.places[name])
            zh[name], en[name] = place["zh"], place["en"]
    return Slots(zh, en)


def say(name: str, chance: Chance, kind: str = "") -> str:
    """One of the phrases of this name, filled."""
    text = chance.choice(phrases(name, kind))
    filled = {place: str(chance.randint(*_NUMBERS[place])) for place in ("n", "m", "days")}
    return text.format_map({**filled, "soon": chance.choice(_SOON)})


def open_places(text: str) -> set[str]:
    """The names of the open places of a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def day_of(now: Any) -> str:
    """A local instant's date as people write it; yesterday's work is told the next day."""
    on = (now - timedelta(days=1)).date() if now.hour < 12 else now.date()
    return f"{on.month}月{on.day}日"


@cache
def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _template(told: Mapping[str, Any]) -> Template:
    rest = {name: value for name, value in told.items() if name not in {"or", "months", "cities"}}
    return Template(
        rival=told.get("or", ""),
        months=tuple(told.get("months", ())),
        cities=tuple(told.get("cities", ())),
        **rest,
    )
