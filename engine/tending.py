"""Tending: SQLite looks how its tables are filled, so that it takes the right index.

PostgreSQL does so by itself. And a process that serves is tended once it has loaded.
"""

import gc

from sqlalchemy import text

from engine.db import Sessions, transaction

_ROWS = 1_000  # looked at of each index: half a second for a gigabyte


def settle() -> None:
    """What a process has loaded stays: the collector, which stops everybody, leaves it alone."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def look_over(sessions: Sessions) -> None:
    """Count anew what choices of SQLite rest on; connections see it when they are opened next."""
    if sessions.dialect != "sqlite":
        return
    with transaction(sessions) as session:
        session.execute(text(f"PRAGMA analysis_limit = {_ROWS}"))
        session.execute(text("ANALYZE"))
