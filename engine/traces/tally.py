"""Adding up what cases did at the elements of a process (图元计数).

Every number counts cases once: those that came to an element, those in which it was late, those in
which it was done again. They add up over months and offices, since a case belongs to one of each.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.boards.tally import WHOLE, Above
from engine.traces.walks import Said, Walk, by_unit, joined

ALL = ""  # every category
NO_CATEGORY = "-"
PROCESS = ""  # the element that stands for the process itself


@dataclass
class Tally:
    """Numbers of one element.

    cases: that came to it. passes: how often. late: cases in which it was. now: cases in which it
    waits. again: cases in which it was done more than once. steps: step of working time -> passes.
    """

    cases: int = 0
    passes: int = 0
    late: int = 0
    now: int = 0
    again: int = 0
    steps: dict[int, int] = field(default_factory=dict)

    def add(self, said: Said, sign: int = 1) -> None:
        """Count one case more, or one less."""
        passes, late, now, *steps = said
        self.cases += sign
        self.passes += sign * passes
        self.late += sign * (late > 0)
        self.now += sign * (now > 0)
        self.again += sign * (passes > 1)
        for step in steps:
            self.steps[step] = self.steps.get(step, 0) + sign

    def join(self, other: "Tally") -> None:
        """Count what was counted of other cases."""
        self.cases += other.cases
        self.passes += other.passes
        self.late += other.late
        self.now += other.now
        self.again += other.again
        for step, number in other.steps.items():
            self.steps[step] = self.steps.get(step, 0) + number

    def written(self) -> list[Any]:
        """As JSON."""
        steps = {str(step): number for step, number in sorted(self.steps.items()) if number}
        return [self.cases, self.passes, self.late, self.now, self.again, steps]

    @classmethod
    def read(cls, told: Sequence[Any]) -> "Tally":
        """From JSON."""
        cases, passes, late, now, again, steps = told
        of_steps = {int(step): number for step, number in steps.items()}
        return cls(cases, passes, late, now, again, of_steps)


class Place(NamedTuple):
    """A row of `MapCount`."""

    process: str
    office: str
    unit: str
    category: str
    month: str


class Trace(NamedTuple):
    """A case to be counted. unit: the responsible one, else the office."""

    office: str
    unit: str
    category: str
    month: str
    walk: Walk


Elements = dict[str, Tally]


class Fold:
    """Cases added up, for every unit with all below it and every category.

    upwards: what tells a unit with all above it.
    """

    def __init__(self, upwards: Above) -> None:
        self._upwards = upwards
        # Of one unit alone: most there is, and added to what is above only once, at the end.
        self._alone: dict[Place, Elements] = {}
        self._places: dict[Place, Elements] = {}

    def add(self, trace: Trace, sign: int = 1) -> None:
        """Count a case, or with -1 no longer."""
        category = trace.category or NO_CATEGORY
        for process, elements in trace.walk.items():
            here: dict[str, Elements] = {}
            plain: dict[str, int] = {}
            for element, units in elements.items():
                if isinstance(units, int):
                    plain[element] = units
                    continue
                told = by_unit(units, trace.unit)
                for unit in told.keys() - here.keys():
                    place = Place(process, trace.office, unit, category, trace.month)
                    here[unit] = self._alone.setdefault(place, {})
                if len(told) == 1:
                    ((unit, said),) = told.items()
                    _of(here[unit], element).add(said, sign)
                else:
                    self._share(trace, process, element, told, sign)
            if plain:
                place = Place(process, trace.office, trace.unit, category, trace.month)
                here[trace.unit] = self._alone.setdefault(place, {})
                _pass(here[trace.unit], plain, sign)
            if len(here) == 1:
                ((unit, found),) = here.items()
                _of(found, PROCESS).add(_ONCE, sign)
            elif here:
                self._share(trace, process, PROCESS, dict.fromkeys(here, _ONCE), sign)

    def _share(
        self, trace: Trace, process: str, element: str, units: Mapping[str, Said], sign: int
    ) -> None:
        """Count what several units did: once in each unit above any of them."""
        for above in {WHOLE, *(one for unit in units for one in self._upwards(unit))}:
            below = [
                said
                for unit, said in units.items()
                if above == WHOLE or above in self._upwards(unit)
            ]
            said = _ONCE if element == PROCESS else joined(below)
            for category in (ALL, trace.category or NO_CATEGORY):
                place = Place(process, trace.office, above, category, trace.month)
                _of(self._places.setdefault(place, {}), element).add(said, sign)

    def rows(self) -> Iterator[tuple[Place, Elements]]:
        """What it adds up to; nothing is to be counted afterwards."""
        for alone, elements in self._alone.items():
            for above in (WHOLE, *self._upwards(alone.unit)):
                for category in (ALL, alone.category):
                    place = alone._replace(unit=above, category=category)
                    into = self._places.setdefault(place, {})
                    for element, tally in elements.items():
                        _of(into, element).join(tally)
        self._alone = {}
        yield from self._places.items()


_ONCE: Said = [1, 0, 0]


def _pass(elements: Elements, plain: Mapping[str, int], sign: int) -> None:
    """Count what was only passed, so often each: most there is of a case."""
    for element, passes in plain.items():
        tally = elements.get(element) or _of(elements, element)
        tally.cases += sign
        tally.passes += sign * passes
        if passes > 1:
            tally.again += sign


def _of(elements: Elements, element: str) -> Tally:
    tally = elements.get(element)
    if tally is None:
        tally = elements[element] = Tally()
    return tally


def added(rows: Iterable[Mapping[str, Any]]) -> Elements:
    """The numbers of several rows of `MapCount`, given by their elements."""
    found: Elements = {}
    for elements in rows:
        for element, told in elements.items():
            tally = Tally.read(told)
            if element in found:
                found[element].join(tally)
            else:
                found[element] = tally
    return found
