"""What time it is: the only reader of the system clock.

Every other module asks `now()`. One source serves the whole process, all threads alike: the
system's clock unless `use` installed another, for rehearsals, or `held` stands in, for tests.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

Source = Callable[[], datetime]


def system() -> datetime:
    """The instant of the machine's own clock: aware, UTC."""
    return datetime.now(UTC)


_source: Source = system


def now() -> datetime:
    """The present instant by the installed source: aware, UTC.

    Raises `ValueError` if the source gives a naive time.
    """
    return _utc(_source())


def use(source: Source) -> None:
    """Install `source` for the whole process; `use(system)` goes back to the machine's clock.

    source: gives an aware instant, from any thread; a rehearsal's is built on `system()`.
    """
    global _source  # noqa: PLW0603 - one clock per process is this module's purpose
    _source = source


class Held:
    """A clock that stands still until told to move. Called, it gives its instant."""

    def __init__(self, at: datetime) -> None:
        self.at = _utc(at)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **duration: float) -> None:
        """Move by a `timedelta`, written as its arguments: `advance(days=2, hours=1)`."""
        self.at += timedelta(**duration)

    def set(self, at: datetime) -> None:
        """Move to `at`, aware, forwards or back."""
        self.at = _utc(at)


@contextmanager
def held(at: datetime) -> Iterator[Held]:
    """Hold the clock of the whole process at `at`; the source before comes back on leaving."""
    before = _source
    holding = Held(at)
    use(holding)
    try:
        yield holding
    finally:
        use(before)


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"expected an instant with a time zone, found {at.isoformat()}")
    return at.astimezone(UTC)
