"""Tending the database: SQLite looks how its tables are filled, so that it takes the right index.

PostgreSQL does so by itself.
"""

from sqlalchemy import text

from engine.db import Sessions, transaction

_ROWS = 1_000  # looked at of each index: half a second for a gigabyte


def look_over(sessions: Sessions) -> None:
    """Count anew what choices of SQLite rest on; connections see it when they are opened next."""
    if sessions.dialect != "sqlite":
        return
    with transaction(sessions) as session:
        session.execute(text(f"PRAGMA analysis_limit = {_ROWS}"))
        session.execute(text("ANALYZE"))
