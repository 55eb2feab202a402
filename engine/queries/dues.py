"""The ledger that something is measured by (时限), as far as a badge tells it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass
class Due:
    """The ledger a task is measured by, as a badge tells it.

    limit, started_at: what is measured and from when, where the list says why.
    """

    due_at: datetime | None
    budget: str
    provisional: bool
    settled_at: datetime | None = None
    settled_as: str = ""
    limit: str = ""
    started_at: datetime | None = None
    extended: str = ""
