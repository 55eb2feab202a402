"""Outages (中断): errors of database and disk that are nobody's doing and pass by themselves.

The database is away, its disk is full, or another process holds it for too long. What was being
done is rolled back; whoever asked may ask again, and nothing need be started anew.
"""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from engine.errors import Unavailable

AWAY, FULL, BUSY = "away", "full", "busy"
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# By SQLite's primary codes. A disk without space fails as an error of writing, too, where the
# file cannot grow by a single byte.
_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_CANTOPEN: AWAY,
    sqlite3.SQLITE_PROTOCOL: BUSY,
}
# By PostgreSQL's states and their classes: connection lost, shutting down or starting, another
# took too long; too many connections; no space.
_STATES = {
    "57P01": AWAY,
    "57P02": AWAY,
    "57P03": AWAY,
    "57P05": AWAY,
    "25P03": AWAY,
    "25P04": AWAY,
    "53100": FULL,
    "53200": BUSY,
    "53300": BUSY,
    "58030": FULL,
}
_CONNECTION = "08"


def of(error: BaseException) -> Unavailable | None:
    """What is out, if this error says so, or one in whose wake it came.

    SQLite ends a transaction for which there is no room; what is then rolled back is not there.
    """
    at: BaseException | None = error
    while at is not None:
        if why := _why(at):
            return Unavailable(why)
        at = at.__cause__ or at.__context__
    return None


def _why(error: BaseException) -> str | None:
    if isinstance(error, DBAPIError):
        return _of_database(error)
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return FULL
    return None


def _of_database(error: DBAPIError) -> str | None:
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", None)
        return None if code is None else _SQLITE.get(code & 0xFF)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return AWAY if state.startswith(_CONNECTION) else _STATES.get(state)
    # Without a state it is the driver that speaks: it has lost the server or never found it.
    lost = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return AWAY if lost else None
