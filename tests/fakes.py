"""Stand-ins for the outside, which is all that may be faked."""

from collections import defaultdict
from uuid import UUID

from engine.commands.notices import Notice


class Gateway:
    """An office's SMS gateway as it is on bad days.

    down: every attempt fails. bad: fails for these kinds of notice. bug: what it raises.
    tried: attempts by notice; sent: what got through, doubles too.
    """

    def __init__(self, *, down: bool = False, bug: Exception | None = None) -> None:
        self.down = down
        self.bad: set[str] = set()
        self.bug = bug or ConnectionRefusedError("the gateway is away")
        self.tried: dict[UUID, int] = defaultdict(int)
        self.sent: list[Notice] = []

    def send(self, notice: Notice) -> None:
        """Send one notice or fail."""
        self.tried[notice.id] += 1
        if self.down or notice.kind in self.bad:
            raise self.bug
        self.sent.append(notice)
