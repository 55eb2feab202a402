"""Drawing whom to call (抽样): layers, how many of each, and who; and what the calls say of all.

Pure. Who is drawn follows from a seed and the cases' numbers alone, by a hash and not by a
library's chance, so that anybody who holds both draws the same again, in any year.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.rates.figures import wilson

# Of each layer so many are drawn at least: one alone would not tell how much they differ.
LEAST = 2


@dataclass(frozen=True)
class Waiting:
    """A case that waits for a call, by its number. certain: is called whatever the others."""

    number: str
    unit: str
    category: str
    class_key: str
    certain: bool = False


@dataclass(frozen=True)
class Layer:
    """Cases alike, or the rest: the numbers of those drawn and not drawn, in the order drawn."""

    unit: str
    category: str
    class_key: str
    certain: bool
    drawn: Sequence[str]
    spared: Sequence[str]

    @property
    def waiting(self) -> int:
        """How many there are."""
        return len(self.drawn) + len(self.spared)


@dataclass(frozen=True)
class Cell:
    """What the calls of one layer said, as far as it is asked about.

    waiting, drawn: of the whole layer. good, bad: those who said so; silent: not reached.
    """

    waiting: int
    drawn: int
    good: int = 0
    bad: int = 0
    silent: int = 0

    @property
    def weight(self) -> float:
        """For how many each of the drawn stands."""
        return self.waiting / self.drawn


@dataclass(frozen=True)
class Estimate:
    """A share of all, told from those who were drawn; percents.

    asked: how many gave an answer; people: for how many they stand. interval: None where everybody
    was asked, so that nothing is estimated. bounds: if all of the unreached were bad, and good.
    """

    percent: float
    asked: int
    people: float
    interval: tuple[float, float] | None
    bounds: tuple[float, float] | None = field(default=None)


def draw(some: Sequence[Waiting], room: int, seed: str) -> list[Layer]:
    """Who of those that wait is called: the certain ones, and of the others as many as have room.

    Where there is room for all, all are drawn. Each of a layer is as likely as the other.
    """
    certain = [one for one in some if one.certain]
    others = [one for one in some if not one.certain]
    room = max(room - len(certain), 0)
    layers = [Layer("", "", "", True, order(_numbers(certain), seed), ())] if certain else []
    if not room:
        return layers  # the others wait for another day
    cells = _cells(others, room)
    number = _allotted({cell: len(members) for cell, members in cells.items()}, room)
    for cell, members in sorted(cells.items()):
        ordered = order(_numbers(members), seed)
        layers.append(Layer(*cell, False, ordered[: number[cell]], ordered[number[cell] :]))
    return layers


def estimate(
    cells: Iterable[Cell], known_good: int = 0, known_bad: int = 0, known_silent: int = 0
) -> Estimate | None:
    """What share of all is good; None where nobody said anything.

    known: of whom the answer is known without a draw, each for themselves. The share is a ratio of
    weighted sums; how sure it is, is told from the differences within layers by linearization, and
    turned into Wilson's interval over the number of simple answers that would be as sure.
    """
    cells = [cell for cell in cells if cell.drawn]
    valid = known_good + known_bad + sum(c.weight * (c.good + c.bad) for c in cells)
    if not valid:
        return None
    good = known_good + sum(c.weight * c.good for c in cells)
    silent = known_silent + sum(c.weight * c.silent for c in cells)
    share = good / valid
    asked = known_good + known_bad + sum(c.good + c.bad for c in cells)
    return Estimate(
        percent=100 * share,
        asked=asked,
        people=valid,
        interval=_interval(cells, share, valid, asked),
        bounds=(100 * good / (valid + silent), 100 * (good + silent) / (valid + silent))
        if silent
        else None,
    )


def frame_digest(numbers: Iterable[str]) -> str:
    """SHA-256 over all who stood to be drawn: their numbers in order, each on a line."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(numbers)).encode()).hexdigest()


def seed_of(anchor: bytes, office: str, pack: str, on: str) -> str:
    """What a day's draw is made from: last night's anchor, which nobody could choose."""
    said = b"huiyin-callbacks\0" + anchor + f"\0{office}\0{pack}\0{on}".encode()
    return hashlib.sha256(said).hexdigest()


def order(numbers: Iterable[str], seed: str) -> list[str]:
    """The numbers in an order of chance that the seed decides: by SHA-256 of seed and number."""
    salt = bytes.fromhex(seed)
    return sorted(numbers, key=lambda one: (hashlib.sha256(salt + one.encode()).digest(), one))


def _numbers(some: Iterable[Waiting]) -> list[str]:
    return [one.number for one in some]


_Cell = tuple[str, str, str]


def _cells(some: Sequence[Waiting], room: int) -> Mapping[_Cell, Sequence[Waiting]]:
    """Layers of which at least two are drawn: small ones are put together, class first."""
    found: dict[_Cell, list[Waiting]] = {}
    left = list(some)
    for depth in (3, 2, 1, 0):
        together = defaultdict(list)
        for one in left:
            together[_cell(one, depth)].append(one)
        left = []
        for cell, members in together.items():
            large = len(members) * room >= LEAST * len(some) or len(some) <= room
            if large or depth == 0:
                found.setdefault(cell, []).extend(members)
            else:
                left += members
    return found


def _cell(one: Waiting, depth: int) -> _Cell:
    parts = (one.unit, one.category, one.class_key)
    unit, category, class_key = (*parts[:depth], "", "", "")[:3]
    return unit, category, class_key


def _allotted(sizes: Mapping[_Cell, int], room: int) -> dict[_Cell, int]:
    """How many are drawn of each layer: in proportion, the least of each, as many as have room."""
    whole = sum(sizes.values())
    if whole <= room:
        return dict(sizes)
    exact = {cell: size * room / whole for cell, size in sizes.items()}
    number = {cell: max(int(exact[cell]), min(LEAST, sizes[cell])) for cell in sizes}
    by_rest = sorted(sizes, key=lambda cell: (number[cell] - exact[cell], cell))
    place = 0
    while sum(number.values()) < room:
        cell = by_rest[place % len(by_rest)]
        number[cell] += number[cell] < sizes[cell]
        place += 1
    while sum(number.values()) > room:
        number[max(number, key=lambda cell: (number[cell], cell))] -= 1
    return number


def _interval(
    cells: Sequence[Cell], share: float, valid: float, asked: int
) -> tuple[float, float] | None:
    """Between which percents the share of all lies, 95 of 100 times."""
    spread = sum(_variance(cell, share) for cell in cells) / (valid * valid)
    if all(cell.drawn == cell.waiting for cell in cells):
        return None
    if spread > 0 and 0 < share < 1:
        simple = share * (1 - share) / spread
    else:
        # All said the same: as sure as so many answers, the uneven weights taken off.
        squares = sum(cell.weight**2 * (cell.good + cell.bad) for cell in cells)
        alone = asked - sum(cell.good + cell.bad for cell in cells)
        simple = valid * valid / (squares + alone)
    return wilson(share * simple, simple)


def _variance(cell: Cell, share: float) -> float:
    """Of one layer's weighted sum of differences; nothing where all of it was drawn."""
    if cell.drawn >= cell.waiting:
        return 0.0
    if cell.drawn == 1:
        within = share * (1 - share)
    else:
        total = cell.good * (1 - share) - cell.bad * share
        squares = cell.good * (1 - share) ** 2 + cell.bad * share**2
        within = (squares - total * total / cell.drawn) / (cell.drawn - 1)
    return cell.waiting**2 * (1 - cell.drawn / cell.waiting) / cell.drawn * within
