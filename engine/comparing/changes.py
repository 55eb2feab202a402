"""What differs between two states of files, one difference a row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["added", "removed", "changed", "moved", "formatted"]
Text = Mapping[str, str]
Facts = Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """One difference.

    element: the id of an element, a rule's, a field's name, an entry such as `limits.contact`;
    empty for the file itself. name: `{"zh", "en"}`. what: which property, such as `timer`,
    `property.limit`, `cell.<column>`; the kind of thing for what was added or removed. moved: only
    where it is drawn; formatted: only how the file is written. details: what an added or removed
    thing says, (what, value) each.
    """

    file: str
    element: str
    name: Text
    kind: Kind
    what: str
    old: str | None = None
    new: str | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All differences. names: what ids that stand in values are called, `{"zh", "en"}` by id."""

    changes: tuple[Change, ...] = ()
    names: Mapping[str, Text] = field(default_factory=dict)

    @property
    def real(self) -> tuple[Change, ...]:
        """Those that change what is done."""
        return tuple(one for one in self.changes if one.kind not in {"moved", "formatted"})

    @property
    def moved(self) -> tuple[Change, ...]:
        """Those that only change where something is drawn."""
        return tuple(one for one in self.changes if one.kind == "moved")

    @property
    def same(self) -> bool:
        """Whether nothing differs but how files are written."""
        return all(one.kind == "formatted" for one in self.changes)

    @property
    def moved_only(self) -> bool:
        """Whether the drawing alone differs."""
        return bool(self.moved) and not self.real


def differing(
    file: str, element: str, name: Text, old: Facts, new: Facts, *, moved: frozenset[str]
) -> Iterable[Change]:
    """A change for every fact that differs, in the order of `new`; moved: facts of the drawing."""
    for what in [*new, *(one for one in old if one not in new)]:
        was, now = old.get(what), new.get(what)
        if was != now:
            kind: Kind = "moved" if what in moved else "changed"
            yield Change(file, element, name, kind, what, was, now)


def out_of_order(old: list[str], new: list[str]) -> list[str]:
    """Those in both lists that one must move to make the old order the new one: the fewest."""
    before = [one for one in old if one in set(new)]
    after = [one for one in new if one in set(old)]
    place = {one: at for at, one in enumerate(before)}
    # The longest run that rises stays; best[i]: the length of the longest that ends in i.
    best: list[tuple[int, int]] = []
    for at, one in enumerate(after):
        earlier = [(best[i][0], i) for i in range(at) if place[after[i]] < place[one]]
        length, last = max(earlier, default=(0, -1))
        best.append((length + 1, last))
    stays: set[str] = set()
    at = max(range(len(best)), key=lambda i: best[i][0], default=-1)
    while at >= 0:
        stays.add(after[at])
        at = best[at][1]
    return [one for one in after if one not in stays]
