"""What `huiyin verify` says of one law: how much was looked at, and where it does not hold."""

from collections.abc import Callable
from dataclasses import dataclass, field

MOST_TOLD = 20
# Told now and then how much of a check is done: its name and a count.
Progress = Callable[[str, int], None]


def quiet(_name: str, _done: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Check:
    """One law: over how many things it was looked at, and where it does not hold.

    found: in words, with ids and numbers only; the first `MOST_TOLD` of `broken`.
    """

    name: str
    looked_at: int
    broken: int
    found: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return self.broken == 0


@dataclass
class Findings:
    """What is found on the way: the first few in words, all of them counted."""

    told: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, words: str) -> None:
        """One more."""
        self.count += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(words)

    def check(self, name: str, looked_at: int) -> Check:
        """The check they make up."""
        return Check(name, looked_at, self.count, tuple(self.told))
