"""The numbers of a digest: what each counts, taken once for all that show the same figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.digests.kinds import Texts
from engine.digests.periods import Period
from engine.errors import InvalidInput
from engine.rates import places
from engine.rates.counting import Scope, Viewer
from engine.rates.definition import Definition
from engine.rates.taking import Taken, picked, take

OWN_PLACE = "digests"
LISTED = "digest_listed"
NUMERATOR, DENOMINATOR, PERCENT = "numerator", "denominator", "percent"


@dataclass(frozen=True)
class Number:
    """A number by its key. figure: place in the list of figures that were taken."""

    key: str
    name: Texts
    show: str
    figure: int


@dataclass
class Numbers:
    """Collects the numbers of one digest, for one office's readers and one period."""

    session: Session
    place: str
    who: Viewer
    period: Period
    zone: ZoneInfo
    taken: list[Taken] = field(default_factory=list)
    found: dict[str, Number] = field(default_factory=dict)
    _places: dict[tuple[str, Scope], int] = field(default_factory=dict)
    _known: dict[str, Definition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = {
            **places.definitions(self.session, self.place),
            **places.definitions(self.session, OWN_PLACE),
        }

    def definition(self, rate: str) -> Definition:
        """The rate of this key, of the office's pack or of digests. Raises `InvalidInput`."""
        one = self._known.get(rate)
        if one is None or not one.countable:
            raise InvalidInput("rate", "a share that the pack defines", rate[:64])
        return one

    @property
    def rates(self) -> Mapping[str, Definition]:
        """Every share that can be counted."""
        return {key: one for key, one in self._known.items() if one.countable}

    def scope(self, back: int = 0, **narrowed: str | tuple[str, ...]) -> Scope:
        """The period, or one before it. narrowed: units, category."""
        since, until = self.period.before(back).instants(self.zone)
        return replace(Scope(since, until), **narrowed)  # type: ignore[arg-type]

    def add(self, key: str, name: Texts, rate: str, show: str, scope: Scope | None = None) -> str:
        """A number of a rate; its key."""
        scope = self.scope() if scope is None else scope
        asked = rate, scope
        if asked not in self._places:
            taken = take(self.session, self.definition(rate), scope, self.who)
            self._places[asked] = self._put(taken)
        return self._keep(Number(key, name, show, self._places[asked]))

    def listed(self, key: str, name: Texts, cases: Sequence[UUID], **by: str) -> str:
        """The number of cases that were picked; its key. by: what they have in common."""
        one = picked(self.definition(LISTED), self.scope(), self.who, cases, **by)
        return self._keep(Number(key, name, NUMERATOR, self._put(one)))

    def value(self, key: str) -> int:
        """What a count comes to."""
        number = self.found[key]
        figure = self.taken[number.figure].figure
        return figure.numerator if number.show == NUMERATOR else figure.denominator

    def _put(self, taken: Taken) -> int:
        self.taken.append(taken)
        return len(self.taken) - 1

    def _keep(self, number: Number) -> str:
        self.found[number.key] = number
        return number.key


def told(show: str, numerator: int, denominator: int, decimals: int) -> str:
    """A number as it is printed: `312`, `87.9%`, `—` where there is nothing to divide by."""
    if show == PERCENT:
        return f"{100 * numerator / denominator:.{decimals}f}%" if denominator else "—"
    return f"{numerator if show == NUMERATOR else denominator:,}"
