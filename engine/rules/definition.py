"""What a rule says (督办规则): so many of one thing of a unit within a window begin a ladder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from engine.errors import InvalidAnswers

Texts = Mapping[str, str]
MOST_NUMBER, MOST_DAYS, LONGEST_NAME = 1000, 366, 80
# Where a ladder may begin, from its foot to its top; on site is the other path.
RUNGS = ("phone", "on_site", "order", "interview", "commitment", "criticism", "referral")


class Counts(StrEnum):
    """What is counted; each case once in a window."""

    OVERDUE = "overdue"
    REPEATS = "repeats"
    POOR = "poor"
    RETURNS = "returns"


class Days(StrEnum):
    """Whether a window is so many days of the calendar or working days."""

    CALENDAR = "calendar"
    WORKING = "working"


@dataclass(frozen=True)
class Rule:
    """`number` cases of a unit within `days` begin a ladder at `rung`.

    The window's first day is the first of its `days`. left: how many of the cases may still be so
    when the ladder counts as cured.
    """

    counts: Counts
    number: int
    days: int
    clock: Days
    rung: str
    left: int = 0

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """As it was kept."""
        return cls(
            Counts(content["counts"]),
            content["number"],
            content["days"],
            Days(content["clock"]),
            content["rung"],
            content["left"],
        )

    def content(self) -> dict[str, Any]:
        """To be kept."""
        return asdict(self)


@dataclass(frozen=True)
class Draft:
    """A rule as somebody wrote it, every field a text, by the names of `Rule` and of its names."""

    name_zh: str
    name_en: str
    counts: str
    number: str
    days: str
    clock: str
    rung: str
    left: str

    def checked(self) -> tuple[dict[str, str], Rule]:
        """Its names and what it says. Raises `InvalidAnswers` with every fault."""
        faults: dict[str, Texts] = {}
        names = {"zh": " ".join(self.name_zh.split()), "en": " ".join(self.name_en.split())}
        for language, name in names.items():
            if not name or len(name) > LONGEST_NAME:
                faults[f"name_{language}"] = _NAME
        number = _whole(self.number, 1, MOST_NUMBER)
        days = _whole(self.days, 1, MOST_DAYS)
        left = _whole(self.left or "0", 0, MOST_NUMBER)
        if number is None:
            faults["number"] = _between(1, MOST_NUMBER)
        if days is None:
            faults["days"] = _between(1, MOST_DAYS)
        if left is None or (number is not None and left >= number):
            faults["left"] = _LEFT
        for field, known in (("counts", set(Counts)), ("clock", set(Days)), ("rung", set(RUNGS))):
            if getattr(self, field) not in known:
                faults[field] = _CHOOSE
        if faults or number is None or days is None or left is None:
            raise InvalidAnswers(faults)
        rule = Rule(Counts(self.counts), number, days, Days(self.clock), self.rung, left)
        return names, rule


_NAME = {
    "zh": f"写一个名字，最多 {LONGEST_NAME} 个字；中文和英文都要。",
    "en": f"Write a name, at most {LONGEST_NAME} characters, in Chinese and in English.",
}
_CHOOSE = {"zh": "选一项。", "en": "Choose one."}
_LEFT = {
    "zh": "写一个比触发件数小的整数；0 就是要全部整改。",
    "en": "Write a whole number below that of the rule; 0 means every one.",
}


def _between(least: int, most: int) -> Texts:
    return {
        "zh": f"写一个 {least} 到 {most} 的整数。",
        "en": f"Write a whole number from {least} to {most}.",
    }


def _whole(text: str, least: int, most: int) -> int | None:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        return None
    return int(text) if least <= int(text) <= most else None
