"""How far something long is, on one line of stderr."""

import sys
import time
from collections.abc import Callable

EVERY_SECONDS = 2.0


def line() -> Callable[[str, int], None]:
    """Takes a name and a count and tells them now and then; a terminal's line is written over."""
    told = time.monotonic()
    still = sys.stderr.isatty()

    def tell(name: str, done: int) -> None:
        nonlocal told
        if time.monotonic() - told >= EVERY_SECONDS:
            told = time.monotonic()
            sys.stderr.write(f"\r{name}: {done:,}\x1b[K" if still else f"{name}: {done:,}\n")
            sys.stderr.flush()

    return tell
