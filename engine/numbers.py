"""Numbers for people (编号), such as GL-20261121-000123: gaps allowed, duplicates not.

A series is counted in a row of its own and taken last in a transaction, so that it is locked
for as short a time as can be.
"""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import Counter

_counter = table(Counter)


def next_in(session: Session, series: str, many: int = 1) -> int:
    """The next number of a series, from 1; the first of the next `many`, all taken at once."""
    dialect = session.get_bind().dialect.name
    insert = postgresql_insert if dialect == "postgresql" else sqlite_insert
    taken = session.scalar(
        insert(_counter)
        .values(series=series, last=many)
        .on_conflict_do_update(index_elements=["series"], set_={"last": _counter.c.last + many})
        .returning(_counter.c.last)
    )
    assert isinstance(taken, int)
    return taken - many + 1


def running(session: Session, series: str, many: int) -> Iterator[str]:
    """The next `many` numbers of a series as text, taken when the first is asked for."""
    first = next_in(session, series, many)
    for number in range(first, first + many):
        yield f"{series}{number:06d}"


def allocate(session: Session, series: str) -> str:
    """The next number of a series as text: the series and its number, e.g. "…-D2"."""
    return f"{series}{next_in(session, series)}"


def last_of(session: Session, series: str) -> int:
    """The last number given in a series, 0 if none was."""
    return session.scalar(select(_counter.c.last).where(_counter.c.series == series)) or 0
