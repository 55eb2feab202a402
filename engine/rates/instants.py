"""Reckoning with instants in SQL, which the two databases write differently."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer
from sqlalchemy.ext.compiler import compiles

from engine.column_types import Instant

_MICROSECOND = timedelta(microseconds=1)


class Later(ColumnElement[datetime]):
    """`column` plus `by`."""

    inherit_cache = False
    type = Instant()

    def __init__(self, column: ColumnElement[datetime], by: timedelta) -> None:
        self.column = column
        self.by = by


@compiles(Later, "sqlite")
def _on_sqlite(element: Later, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    return f"({column} + {element.by // _MICROSECOND})"


@compiles(Later, "postgresql")
def _on_postgresql(element: Later, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    return f"({column} + interval '{int(element.by.total_seconds())} seconds')"


class HoursBetween(ColumnElement[int]):
    """Whole hours from one instant to a later one."""

    inherit_cache = False
    type = Integer()

    def __init__(self, first: ColumnElement[datetime], last: ColumnElement[datetime]) -> None:
        self.first = first
        self.last = last


@compiles(HoursBetween, "sqlite")
def _hours_on_sqlite(element: HoursBetween, compiler: Any, **options: Any) -> str:
    first = compiler.process(element.first, **options)
    return f"(({compiler.process(element.last, **options)} - {first}) / 3600000000)"


@compiles(HoursBetween, "postgresql")
def _hours_on_postgresql(element: HoursBetween, compiler: Any, **options: Any) -> str:
    first = compiler.process(element.first, **options)
    between = f"{compiler.process(element.last, **options)} - {first}"
    return f"CAST(floor(extract(epoch FROM ({between})) / 3600) AS integer)"
