"""A rate (指标) as a versioned definition: whom it counts, what as, without whom, by which date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.rate_schema import CASE

Texts = Mapping[str, str]
Condition = Mapping[str, Any]

COUNTED, MISSED, EXCLUDED = "counted", "missed", "excluded"
LISTS = (COUNTED, MISSED, EXCLUDED)


@dataclass(frozen=True)
class Exclusion:
    """Whom a rate leaves out, and why. unreached: it could not be found out, so bounds need it."""

    key: str
    name: Texts
    when: Sequence[Condition]
    unreached: bool = False


@dataclass(frozen=True, eq=False)
class Definition:
    """One version of one rate under one place's rules.

    of: what is counted, a case or a slip. population, numerator: conditions that all hold; the
    denominator is the population without the exclusions, the first that holds being the reason.
    clock: which date decides to which period something belongs. judge: who says so. needs: what
    is missing to count it at all. inherited: the place does not say it, the base does.
    not_stated: parts that the source leaves open. parts: of a score, weights by key of a rate.
    """

    id: UUID
    place: str
    place_name: Texts
    key: str
    version: int
    inherited: bool
    content: Mapping[str, Any]
    sha256: str

    @property
    def name(self) -> Texts:
        """What it is called."""
        return _texts(self.content)

    @property
    def kind(self) -> str:
        """`share`, `estimate`, `spread`, `score`, `check` or `outside`."""
        return str(self.content.get("kind", "share"))

    @property
    def of(self) -> str:
        """`case` or `slip`."""
        return str(self.content.get("of", CASE))

    @property
    def population(self) -> Sequence[Condition]:
        """Who is looked at at all."""
        return _when(self.content, "population")

    @property
    def numerator(self) -> Sequence[Condition]:
        """Who counts."""
        return _when(self.content, "numerator")

    @property
    def exclusions(self) -> Sequence[Exclusion]:
        """Who is left out, in the order in which reasons are given."""
        return [
            Exclusion(one["key"], _texts(one), one["when"], one.get("unreached", False))
            for one in self.content.get("exclusions", [])
        ]

    def exclusion(self, key: str) -> Exclusion | None:
        """The reason of this key."""
        return next((one for one in self.exclusions if one.key == key), None)

    def said(self, part: str) -> Texts:
        """A part in words: `population`, `numerator`, `denominator`, `window`, `needs`, `note`."""
        found = self.content.get(part)
        return _texts(found) if found else {}

    @property
    def clock(self) -> str:
        """Which date decides: `due`, `close`, `receipt` or `dispatch`."""
        return str(self.content.get("clock", "receipt"))

    @property
    def limit(self) -> str:
        """Whose due date that is."""
        return str(self.content.get("limit", "handling"))

    @property
    def judge(self) -> str:
        """Who says so."""
        return str(self.content["judge"])

    @property
    def decimals(self) -> int:
        """Digits behind the point of its percent."""
        return int(self.content.get("decimals", 1))

    @property
    def less_is_better(self) -> bool:
        """Whether the lowest comes first."""
        return bool(self.content.get("less_is_better", False))

    @property
    def measure(self) -> str:
        """What a spread is taken of: `hops`, `days` or `age`."""
        return str(self.content.get("measure", "hops"))

    @property
    def days(self) -> str:
        """How days between two dates are counted."""
        return str(self.content.get("days", "from_next_day"))

    @property
    def parts(self) -> Mapping[str, int]:
        """Of a score: weights by key of a rate."""
        parts: Mapping[str, int] = self.content.get("parts", {})
        return parts

    @property
    def alert(self) -> Mapping[str, float]:
        """Of a check: from which share and how many cases it says something."""
        alert: Mapping[str, float] = self.content.get("alert", {})
        return alert

    @property
    def not_stated(self) -> frozenset[str]:
        """Parts that the source leaves open."""
        return frozenset(self.content.get("not_stated", ()))

    @property
    def source(self) -> Texts:
        """Who says so."""
        return _texts(self.content["source"])

    @property
    def mark(self) -> str:
        """T text read, P press, K our own default."""
        return str(self.content["mark"])

    @property
    def countable(self) -> bool:
        """Whether there is something to count, with three lists."""
        return self.kind in {"share", "estimate", "check"}

    @property
    def freezable(self) -> bool:
        """Whether its figure is counts alone, and not also told from a sample."""
        return self.kind in {"share", "check"}


def _texts(said: Mapping[str, Any]) -> Texts:
    return {"zh": said["zh"], "en": said["en"]}


def _when(content: Mapping[str, Any], part: str) -> Sequence[Condition]:
    when: Sequence[Condition] = content.get(part, {}).get("when", [])
    return when
