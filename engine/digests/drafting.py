"""Making a draft: a kind's sections for one office and period, with their numbers taken.

Only reads. What a paragraph names and nothing was found for, such as a place nobody came from
twice, leaves that paragraph out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine import clock
from engine.digests import content as contents
from engine.digests import gathering, outcomes
from engine.digests.gathering import Named
from engine.digests.kinds import WEEK, Kind, Texts
from engine.digests.numbers import DENOMINATOR, NUMERATOR, PERCENT, Number, Numbers
from engine.digests.periods import Period
from engine.packs import Pack
from engine.rates import counting
from engine.rates.counting import Viewer
from engine.rates.taking import Taken

_NOBODY: Texts = {"zh": "还没有派单", "en": "No unit yet"}
_HEADS: Mapping[str, Sequence[Texts]] = {
    "rates": (
        {"zh": "指标", "en": "Rate"},
        {"zh": "本期", "en": "This period"},
        {"zh": "数进去的", "en": "Counted"},
        {"zh": "总数", "en": "Of"},
        {"zh": "上一期", "en": "Before"},
    ),
    "units": (
        {"zh": "单位", "en": "Unit"},
        {"zh": "件数", "en": "Cases"},
        {"zh": "总数", "en": "Of"},
    ),
    "hot": (
        {"zh": "类别", "en": "Category"},
        {"zh": "本期", "en": "This period"},
        {"zh": "上一期", "en": "Before"},
    ),
}


@dataclass(frozen=True)
class Office:
    """Whose digest it is. offices: whose cases it counts. units: names by key."""

    key: str
    offices: Sequence[str]
    pack: Pack
    zone: ZoneInfo
    units: Mapping[str, Texts]


@dataclass(frozen=True)
class Draft:
    """A digest as it would begin."""

    content: Mapping[str, Any]
    numbers: Sequence[Number]
    taken: Sequence[Taken]


@dataclass(frozen=True)
class Added:
    """A number that somebody added by hand, to be counted again."""

    key: str
    name: Texts
    rate: str
    show: str
    units: tuple[str, ...] | None
    category: str


def draft(
    session: Session, kind: Kind, office: Office, period: Period, added: Sequence[Added] = ()
) -> Draft:
    """The draft of a kind; for many readers, so without what is sealed or about a unit."""
    numbers = Numbers(session, office.pack.key, readers(office), period, office.zone)
    drawn = [_Section(session, kind, told, office, numbers) for told in kind.sections]
    sections = [section.parts_made() for section in drawn]
    for section, made in zip(drawn, sections, strict=True):
        made["body"] = section.body()
    for one in added:
        if one.key not in numbers.found and one.rate in numbers.rates:
            scope = replace(numbers.scope(), units=one.units, category=one.category)
            numbers.add(one.key, one.name, one.rate, one.show, scope)
    return Draft({"sections": sections}, list(numbers.found.values()), numbers.taken)


def readers(office: Office) -> Viewer:
    """For whom an office's digests count."""
    return Viewer(frozenset(office.offices), for_many=True)


def office_of(
    pack: Pack, zone: ZoneInfo, units: Mapping[str, Texts], sealed: Sequence[str] = ()
) -> Office:
    """The office that issues a pack's digests: the one that supervises. sealed: compartments."""
    offices = pack.content["offices"]
    names = ("reception", "feedback", "supervision")
    counted = {offices[name] for name in names if name in offices} - set(sealed)
    return Office(offices["supervision"], sorted(counted), pack, zone, units)


class _Section:
    """One section while it is made."""

    def __init__(
        self,
        session: Session,
        kind: Kind,
        told: Mapping[str, Any],
        office: Office,
        numbers: Numbers,
    ) -> None:
        self.session, self.kind, self.told = session, kind, told
        self.office, self.numbers = office, numbers
        self.words: dict[str, Texts] = {}

    def parts_made(self) -> dict[str, Any]:
        """The section without its body, its numbers taken."""
        for key, one in self.told.get("numbers", {}).items():
            scope = self.numbers.scope(one.get("back", 0))
            self.numbers.add(key, one["name"], one["rate"], one["show"], scope)
        parts = [self._make[part["is"]](self, part) for part in self.told.get("parts", [])]
        return {
            "key": self.told["key"],
            "heading": dict(self.told["heading"]),
            "body": {},
            "parts": [part for part in parts if part is not None],
        }

    def body(self) -> Texts:
        """The text, with the words that the parts found."""
        given = self.told.get("body", {"zh": "", "en": ""})
        instead = self.told.get("instead", {"zh": "", "en": ""})
        known = {*self.numbers.found, *self.words}
        told = {}
        for language in ("zh", "en"):
            words = {key: texts[language] for key, texts in self.words.items()}
            lines = [line for line in given[language].split("\n") if contents.keys(line) <= known]
            told[language] = contents.put("\n".join(lines), words) or instead[language]
        return told

    def _instructions(self, _part: Mapping[str, Any]) -> dict[str, Any]:
        rows = outcomes.of_last(self.session, self.kind.key, self.office.key, self.office.units)
        return {"is": "instructions", "rows": rows}

    def _rates(self, part: Mapping[str, Any]) -> dict[str, Any] | None:
        rows = []
        for rate in part["rates"]:
            one = self.numbers.rates.get(rate)
            if one is None:
                continue
            name, key = dict(one.name), f"rate_{rate}"
            before = self.numbers.scope(1)
            cells = [
                self.numbers.add(key, name, rate, PERCENT),
                self.numbers.add(f"{key}_in", _and(name, "数进去的", "counted"), rate, NUMERATOR),
                self.numbers.add(f"{key}_of", _and(name, "总数", "of"), rate, DENOMINATOR),
                self.numbers.add(
                    f"{key}_before", _and(name, "上一期", "before"), rate, PERCENT, before
                ),
            ]
            rows.append({"name": name, "cells": cells})
        return _table(part, "rates", rows)

    def _trend(self, part: Mapping[str, Any]) -> dict[str, Any]:
        backs = range(part["back"], -1, -1)
        series = []
        for place, one in enumerate(part["series"], 1):
            keys = [
                self.numbers.add(
                    f"trend{place}_{back}",
                    _and(one["name"], *_spelled(self.numbers.period.before(back)).values()),
                    one["rate"],
                    one["show"],
                    self.numbers.scope(back),
                )
                for back in backs
            ]
            series.append({"name": dict(one["name"]), "numbers": keys})
        places = [_spelled(self.numbers.period.before(back)) for back in backs]
        return {
            "is": "columns",
            "title": dict(part["title"]),
            "places": places,
            "series": series,
        }

    def _units(self, part: Mapping[str, Any]) -> dict[str, Any] | None:
        rate, numbers = part["rate"], self.numbers
        if rate not in numbers.rates:
            return None
        one = numbers.definition(rate)
        _whole, by_unit = counting.counted(self.session, one, numbers.scope(), numbers.who)
        rows = []
        for place, unit in enumerate(gathering.units(by_unit, part["most"]), 1):
            name, scope = self._unit(unit), numbers.scope(units=(unit,))
            told = _and(name, one.name["zh"], one.name["en"])
            cells = [
                numbers.add(f"unit{place}", told, rate, NUMERATOR, scope),
                numbers.add(f"unit{place}_of", _and(told, "总数", "of"), rate, DENOMINATOR, scope),
            ]
            rows.append({"name": name, "cells": cells})
        return _table(part, "units", rows)

    def _hot(self, part: Mapping[str, Any]) -> dict[str, Any] | None:
        names, numbers, rows = self.office.pack.names("categories"), self.numbers, []
        for place, (category, _number) in enumerate(
            gathering.categories(self.session, numbers, part["most"]), 1
        ):
            name = dict(names.get(category, {"zh": category, "en": category}))
            prefix = "hot" if place == 1 else f"hot{place}"
            now = numbers.scope(category=category)
            before = numbers.scope(1, category=category)
            cells = [
                numbers.add(f"{prefix}_now", name, "digest_received", DENOMINATOR, now),
                numbers.add(
                    f"{prefix}_before",
                    _and(name, "上一期", "before"),
                    "digest_received",
                    DENOMINATOR,
                    before,
                ),
            ]
            rows.append({"name": name, "cells": cells})
            if place == 1:
                self._hottest(category, name)
        return _table(part, "hot", rows)

    def _hottest(self, category: str, name: Texts) -> None:
        self.words["category"] = name
        place, cases = gathering.place_of(self.session, self.numbers, category)
        if place:
            self.words["place"] = {"zh": place, "en": place}
            called = _and(name, place, place)
            self.numbers.listed("hot_place", called, cases, category=category, place=place)

    def _oldest(self, part: Mapping[str, Any]) -> dict[str, Any] | None:
        found = gathering.oldest(self.session, self.office.offices, part["most"])
        now = clock.now()
        return self._named(part, "oldest", found, lambda one: _waited(one.received_at, now))

    def _repeated(self, part: Mapping[str, Any]) -> dict[str, Any] | None:
        found = gathering.repeated(self.session, self.office.offices, part["most"])
        return self._named(part, "repeated", found, lambda one: _times(one.times))

    def _named(
        self, part: Mapping[str, Any], key: str, found: Sequence[Named], told: Any
    ) -> dict[str, Any] | None:
        if not found:
            return None
        rows = [
            {
                "number": one.number,
                "title": one.title,
                "unit": self._unit(one.unit_key),
                "told": told(one),
            }
            for one in found
        ]
        number = self.numbers.listed(key, dict(part["title"]), [one.id for one in found])
        return {"is": "cases", "title": dict(part["title"]), "number": number, "rows": rows}

    def _unit(self, key: str | None) -> dict[str, str]:
        return dict(self.office.units.get(key or "", _NOBODY))

    _make: Mapping[str, Any] = {
        "instructions": _instructions,
        "rates": _rates,
        "trend": _trend,
        "units": _units,
        "hot": _hot,
        "oldest": _oldest,
        "repeated": _repeated,
    }


def spelled(since: date, last: date) -> dict[str, str]:
    """`2026年11月9日至11月15日` of the days a digest tells of."""
    return {
        "zh": f"{since.year}年{since.month}月{since.day}日至{last.month}月{last.day}日",
        "en": f"{since:%Y-%m-%d} to {last:%Y-%m-%d}",
    }


def _spelled(period: Period) -> dict[str, str]:
    if period.sort == WEEK:
        week = period.since.isocalendar().week
        return {"zh": f"第{week}周", "en": f"W{week}"}
    return {"zh": f"{period.since.month}月", "en": f"{period.since:%Y-%m}"}


def _waited(since: datetime, now: datetime) -> dict[str, str]:
    days = max(0, (now - since).days)
    return {"zh": f"已等 {days} 天", "en": f"waiting {days} days"}


def _times(number: int) -> dict[str, str]:
    return {"zh": f"来了 {number} 次", "en": f"came {number} times"}


def _and(name: Texts, zh: str, en: str) -> dict[str, str]:
    return {"zh": f"{name['zh']}·{zh}", "en": f"{name['en']}, {en}"}


def _table(part: Mapping[str, Any], head: str, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None
    return {
        "is": "table",
        "title": dict(part["title"]),
        "head": [dict(one) for one in _HEADS[head]],
        "rows": rows,
    }
