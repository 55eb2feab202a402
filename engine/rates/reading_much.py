"""Reading much of a large table: on PostgreSQL in the order it lies there, by all processes.

The server expects a count by unit and reason to give as many rows as all columns in it have values
together, which is thousands of times too many; for so many it asks no second process, and follows
an index from row to row. Here it is told what is known: few rows come back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

# A bitmap may still be made of an index: where few rows are asked for it is as good.
_TOLD = text(
    "SELECT set_config('enable_indexscan', 'off', true),"
    " set_config('parallel_tuple_cost', '0.005', true)"
)
_AS_BEFORE = (
    text("SET LOCAL enable_indexscan TO DEFAULT"),
    text("SET LOCAL parallel_tuple_cost TO DEFAULT"),
)


@contextmanager
def reading_much(session: Session) -> Iterator[None]:
    """Inside, counts are planned for many rows; nothing else should be asked there."""
    if session.get_bind().dialect.name == "sqlite":
        yield
        return
    session.execute(_TOLD)
    yield
    for each in _AS_BEFORE:
        session.execute(each)
