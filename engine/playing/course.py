"""What a player knows of a case, of a task that opened, and of what is to be done next."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.playing.arrivals import Arrival
from engine.playing.chances import Chance, lots, of_100

Said = Mapping[str, Any]


@dataclass(frozen=True)
class Opened:
    """A user task as the players see it; `time` counts the tasks of its kind in the case."""

    id: UUID
    case_id: UUID
    definition_id: UUID
    element: str
    form: str
    roles: str
    unit_key: str | None
    candidates: str
    item: str
    opened_at: datetime
    due_at: datetime | None
    time: int = 1


@dataclass
class Course:
    """How one case goes, as far as its people remember.

    right: the unit whose duty it is. seen: tasks opened so far by element (and item). fobbed: the
    newest answer says nothing. suggested: cases that its callbacks brought. rungs: those of its
    ladders that were done, with their instants. asleep: tasks whose person moves only when a rung
    is done, with that rung and the minutes it takes then.
    """

    arrival: Arrival
    case_id: UUID
    number: str
    right: str
    seed: str
    seen: Counter[str] = field(default_factory=Counter)
    fobbed: bool = False
    suggested: int = 0
    rungs: list[tuple[str, datetime]] = field(default_factory=list)
    asleep: list[tuple[Opened, str, int]] = field(default_factory=list)

    @property
    def disputed(self) -> bool:
        """Whether two units keep sending it to each other."""
        city, rival = self.arrival.city, self.arrival.template.rival
        return rival in city.duties and of_100(22, self.lots("disputed"))

    def lots(self, *words: object) -> Chance:
        """Chance of this case and these words."""
        return lots(self.seed, self.arrival.number, *words)


@dataclass(frozen=True, order=True)
class Act:
    """Something to be done at an instant; acts of one instant go by case, then by name.

    kind: "arrive", "do", "ask", "extend", "suspend", "resume", "again",
    "undo", "rate" or "step".
    """

    at: datetime
    case: int
    name: str
    kind: str = field(compare=False, default="do")
    task: Opened | None = field(compare=False, default=None)
    choice: str = field(compare=False, default="")
    details: Said = field(compare=False, default_factory=dict)
