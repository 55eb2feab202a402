"""Listening to the statements that a piece of code sends to the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from engine.db import Sessions


@contextmanager
def statements(sessions: Sessions) -> Iterator[list[str]]:
    """The statements sent inside the block, without BEGIN and COMMIT."""
    sent: list[str] = []
    with _listening(sessions, lambda statement, _given: sent.append(statement)):
        yield sent


@contextmanager
def asked(sessions: Sessions) -> Iterator[list[tuple[str, Any]]]:
    """The same, each with its parameters."""
    sent: list[tuple[str, Any]] = []
    with _listening(sessions, lambda statement, given: sent.append((statement, given))):
        yield sent


@contextmanager
def _listening(sessions: Sessions, note: Callable[[str, Any], None]) -> Iterator[None]:
    def listen(_conn: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            note(statement, given)

    database = sessions.kw["bind"]
    event.listen(database, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(database, "before_cursor_execute", listen)
