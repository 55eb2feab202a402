"""What a count is told as: percent, interval, bounds, days between two dates."""

from dataclasses import dataclass, field
from datetime import date
from math import sqrt
from typing import Self

RANKED_FROM = 30  # of fewer cases nobody is ranked
_Z = 1.959963984540054  # 95 of 100


@dataclass(frozen=True)
class Figure:
    """A share: so many of so many, and how many were left out, by reason.

    unreached: of those left out, the ones of whom it could not be found out.
    """

    numerator: int = 0
    denominator: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    unreached: int = 0

    @property
    def missed(self) -> int:
        """In the denominator and not in the numerator."""
        return self.denominator - self.numerator

    @property
    def left_out(self) -> int:
        """How many were left out."""
        return sum(self.excluded.values())

    @property
    def looked_at(self) -> int:
        """Everybody: counted, not counted, left out."""
        return self.denominator + self.left_out

    @property
    def percent(self) -> float | None:
        """None where there is nothing to divide by."""
        return 100 * self.numerator / self.denominator if self.denominator else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's interval at 95 %, in percent."""
        return wilson(self.numerator, self.denominator)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The percent if nobody of the unreached counted, and if all did."""
        whole = self.denominator + self.unreached
        if not self.unreached or not whole:
            return None
        low = 100 * self.numerator / whole
        return low, 100 * (self.numerator + self.unreached) / whole

    @property
    def ranked(self) -> bool:
        """Whether there are enough to be ranked by."""
        return self.denominator >= RANKED_FROM

    def __add__(self, other: Self) -> "Figure":
        """Both together."""
        reasons = {**self.excluded}
        for key, number in other.excluded.items():
            reasons[key] = reasons.get(key, 0) + number
        return Figure(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            reasons,
            self.unreached + other.unreached,
        )


def wilson(part: float, whole: float) -> tuple[float, float] | None:
    """Between which percents a share lies, 95 of 100 times, by Wilson's score interval."""
    if not whole:
        return None
    share, square = part / whole, _Z * _Z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = _Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    half /= 1 + square / whole
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def days_between(first: date, last: date, rule: str) -> int:
    """Days from one date to another.

    rule: `from_next_day` leaves the first out and counts the last (Civil Code, article 201);
    `both_counted` counts both; `between` counts only the days that lie between them.
    """
    days = (last - first).days
    return {"from_next_day": days, "both_counted": days + 1, "between": max(days - 1, 0)}[rule]


def ranks(percents: dict[str, float], *, less_is_better: bool) -> dict[str, int]:
    """The places of those that may be ranked; equals share a place."""
    order = sorted(percents.values(), reverse=not less_is_better)
    return {key: order.index(percent) + 1 for key, percent in percents.items()}
