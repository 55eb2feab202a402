"""A crowded city to measure pages in: very many cases, most of them over, and much open work.

What was played is copied: first the cases that are over, spread over two years, then all of it, so
that open work is the newest. Of a case what pages read is copied: no history, messages or notices.
Each copy says in its texts where it happened, so that no two cases are word for word the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text

from engine import tending
from engine.bench import filling
from engine.bench.filling import Share
from engine.db import Sessions, connect, reading, table, transaction
from engine.models import Case, TaskStatus, UserTask

# What the pages of a desk read of a case.
READ = frozenset(
    {
        "case",
        "case_words",
        "contact",
        "identity",
        "slip",
        "user_task",
    }
)
# And of one that is not over.
READ_OPEN = READ | {"matter", "instance", "deadline", "supervision"}
YEARS, LATELY = 720, 40
TEAMS = 100  # so that nobody does more than a person can
_AT_ONCE = 20_000
_ROADS = ("东门", "青石", "会仙", "滨江", "梨园", "荷塘", "漓滨", "七星", "訾洲", "叠彩", "龙隐")
_INDEX = "ix_case_words_words"

_case, _task = table(Case), table(UserTask)


@dataclass(frozen=True)
class Crowd:
    """What a city was filled with. seconds: of the fill, without what was played."""

    cases: int
    open_tasks: int
    rows: int
    seconds: float

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "cases": self.cases,
            "open_tasks": self.open_tasks,
            "rows": self.rows,
            "seconds": round(self.seconds, 1),
        }


def fill(url: str, cases: int, open_tasks: int, tell: Callable[[str], None]) -> Crowd:
    """Fill a city in which some cases were played with copies of them."""
    sessions = connect(url)
    try:
        played, waiting = _counted(sessions)
        copies = max(open_tasks - waiting, 0) // max(waiting, 1)
        with transaction(sessions) as session:
            filling.hire(session, TEAMS)
        with _without_index(sessions):
            over = Share(READ, True, YEARS, street, TEAMS, _AT_ONCE)
            first = filling.fill(url, cases - copies * played, over, tell=tell)
            rest = Share(READ_OPEN, False, LATELY, street, TEAMS, _AT_ONCE)
            then = filling.fill(url, first.cases + copies * played, rest, tell=tell)
        _look_over(sessions)
        there, waiting = _counted(sessions)
    finally:
        sessions.kw["bind"].dispose()
    return Crowd(there, waiting, first.rows + then.rows, first.seconds + then.seconds)


def street(number: int) -> str:
    """Where a copy's cases happened."""
    return f" {_ROADS[number % len(_ROADS)]}路{number // len(_ROADS) + 1}号院"


def _counted(sessions: Sessions) -> tuple[int, int]:
    """Cases and open tasks."""
    open_now = _task.c.status == TaskStatus.OPEN
    with reading(sessions) as session:
        row = session.execute(
            select(
                select(func.count()).select_from(_case).scalar_subquery(),
                select(func.count()).select_from(_task).where(open_now).scalar_subquery(),
            )
        ).one()
    return row[0], row[1]


@contextmanager
def _without_index(sessions: Sessions) -> Iterator[None]:
    """On PostgreSQL the index of texts is made when all is there, which is quicker by far."""
    if sessions.dialect != "postgresql":
        yield
        return
    with transaction(sessions) as session:
        made = session.scalar(
            text("SELECT indexdef FROM pg_indexes WHERE indexname = :name"), {"name": _INDEX}
        )
        session.execute(text(f"DROP INDEX {_INDEX}"))
    yield
    with transaction(sessions) as session:
        session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        session.execute(text(str(made)))


def _look_over(sessions: Sessions) -> None:
    """As a night's work does, and PostgreSQL's own background process in time."""
    if sessions.dialect == "sqlite":
        tending.look_over(sessions)
        return
    with sessions.kw["bind"].connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(text("VACUUM ANALYZE"))
