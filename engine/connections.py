"""What each connection to a database is told when it is opened, and when it is used again."""

import math
import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

HANGING_SECONDS = 30
IDLE_SECONDS = 5
HURRIED, _WAITS = "hurried", "waits"
BUSY_SECONDS = 15
# With less a common word's places are kept by the page, and each text on it is looked at anew.
WORK_MEMORY = "16MB"
# A page out of turn costs hardly more than the next one where there is no arm to move, and what is
# asked is answered before a compiler would be done with it.
PAGE_OUT_OF_TURN = 1.1


# A machine that is gone says nothing: after these seconds it counts as away.
_NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": HANGING_SECONDS * 1000,
}


def arguments(address: URL) -> dict[str, Any]:
    """What a driver is told besides the address; what the address says itself holds."""
    if address.get_backend_name() != "postgresql":
        return {}
    return {name: value for name, value in _NETWORK.items() if name not in address.query}


def prepare(database: Engine) -> None:
    """Let every connection of this database be made ready."""
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", _prepare_sqlite)
        event.listen(database, "begin", _begin_sqlite)
        return

    def still_there(connection: Any, record: Any, _proxy: Any) -> None:
        # Asking each time would cost every transaction a way there and back.
        if time.monotonic() - record.info.get("left_at", math.inf) < IDLE_SECONDS:
            return
        try:
            database.dialect.do_ping(connection)
        except Exception as error:
            raise DisconnectionError from error  # the pool opens another

    event.listen(database, "connect", _prepare_postgresql)
    event.listen(database, "checkin", _leave)
    event.listen(database, "checkout", still_there)


def wait_for_disk(connection: Connection, *, wait: bool) -> None:
    """Whether SQLite's next commits wait for the disk; one that does secures all before it."""
    known = connection.info
    if known.get(HURRIED) or known.get(_WAITS, True) == wait:
        return
    known[_WAITS] = wait
    level = "FULL" if wait else "NORMAL"
    connection.connection.driver_connection.execute(f"PRAGMA synchronous = {level}")  # type: ignore[union-attr]


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see below
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN")


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Who hangs inside a transaction keeps its case no longer than a lease lasts.
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{HANGING_SECONDS}s'")
        cursor.execute(f"SET work_mem = '{WORK_MEMORY}'")
        cursor.execute(f"SET random_page_cost = {PAGE_OUT_OF_TURN}")
        cursor.execute("SET jit = off")
    connection.autocommit = False


def _leave(_connection: Any, record: Any) -> None:
    record.info["left_at"] = time.monotonic()
