"""A budget of time (限期): how long a step may take, as people write it."""

import re
from dataclasses import dataclass
from typing import Literal, Self, cast

from engine.errors import InvalidInput

Unit = Literal["WD", "h", "d"]

# About ten years: more is a typing slip, and bounds keep every count cheap.
_MOST = {"WD": 2_500, "h": 8_760, "d": 3_660}
_WRITTEN = re.compile(r"\s*([0-9]{1,5})\s*(WD|h|d)(?:\s+(office))?\s*", re.ASCII)
_EXPECTED = "a budget such as 5 WD, 15 d, 2 h or 3 h office"


@dataclass(frozen=True, slots=True)
class Budget:
    """An amount of working days (`WD`), calendar days (`d`) or hours (`h`).

    office: hours that run only within office hours; other hours run on and off them.
    """

    amount: int
    unit: Unit
    office: bool = False

    def __post_init__(self) -> None:
        """Refuse what no rule can mean."""
        if self.amount < 1 or self.unit not in _MOST or (self.office and self.unit != "h"):
            raise InvalidInput("budget", _EXPECTED, f"{self.amount} {self.unit}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The budget written as `5 WD`, `15 d`, `2 h` or `3 h office`.

        Raises `InvalidInput`, also for none at all and for more than about ten years
        (one year of hours).
        """
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise InvalidInput("budget", _EXPECTED, repr(text[:40]))
        amount, unit, office = int(found[1]), cast(Unit, found[2]), found[3] is not None
        if amount > _MOST[unit]:
            raise InvalidInput("budget", f"at most {_MOST[unit]} {unit}", f"{amount} {unit}")
        return cls(amount, unit, office)

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{' office' if self.office else ''}"

    def same_kind(self, other: "Budget") -> bool:
        """Whether both are counted alike, so that their amounts may be added."""
        return self.unit == other.unit and self.office == other.office

    def __add__(self, other: "Budget") -> "Budget":
        if not self.same_kind(other):
            raise ValueError(f"expected budgets counted alike, found {self} and {other}")
        return Budget(self.amount + other.amount, self.unit, self.office)
