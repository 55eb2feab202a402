"""Statements of the hot path: written with SQLAlchemy Core, compiled once, sent to the driver.

Core compiles a statement once as well, but builds an execution context and a result for each
use, which costs more than SQLite's own work. Other databases, and what is not prepared, take
Core's way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Params = Mapping[str, Any]
_Processor = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as SQLite takes it.

    binds: in the order of the question marks, (name, processor); constants: values of names that
    are not given from outside. columns: the processors of what comes back.
    """

    sql: str
    binds: tuple[tuple[str, _Processor], ...]
    constants: Mapping[str, Any]
    columns: tuple[_Processor, ...]

    def bound(self, params: Params) -> list[Any]:
        """The values in the order of the question marks. Raises `KeyError` if one is missing."""
        if self.constants:
            params = {**self.constants, **params}
        return [
            params[name] if process is None else process(params[name])
            for name, process in self.binds
        ]


class Prepared:
    """One statement. Parameters are named as in Core: bind parameters, or columns of an insert.

    An insert names all columns that have a default, as the driver knows of none.
    """

    def __init__(self, statement: Select[Any] | Insert | Update) -> None:
        self.statement = statement
        self._compiled: _Compiled | None = None

    def rows(self, connection: Connection, params: Params) -> list[tuple[Any, ...]]:
        """What a select finds."""
        if connection.dialect.name != "sqlite":
            return [tuple(row) for row in connection.execute(self.statement, params)]
        compiled = self._compiled or self._compile(connection.dialect, params)
        found = _send(connection, compiled.sql, compiled.bound(params)).fetchall()
        return [
            tuple(
                [
                    value if process is None else process(value)
                    for process, value in zip(compiled.columns, row, strict=True)
                ]
            )
            for row in found
        ]

    def row(self, connection: Connection, params: Params) -> tuple[Any, ...] | None:
        """The row a select finds by a key, or None."""
        found = self.rows(connection, params)
        return found[0] if found else None

    def run(self, connection: Connection, params: Params) -> int:
        """Send an insert or update; how many rows it changed."""
        if connection.dialect.name != "sqlite":
            result = connection.execute(self.statement, params)
            return cast("CursorResult[Any]", result).rowcount
        compiled = self._compiled or self._compile(connection.dialect, params)
        count: int = _send(connection, compiled.sql, compiled.bound(params)).rowcount
        return count

    def run_all(self, connection: Connection, rows: Sequence[Params]) -> None:
        """Send an insert or update for each row."""
        if connection.dialect.name != "sqlite":
            connection.execute(self.statement, rows)
            return
        for row in rows:
            self.run(connection, row)

    def _compile(self, dialect: Dialect, params: Params) -> _Compiled:
        selects = isinstance(self.statement, Select)
        compiled = cast(
            "SQLCompiler",
            self.statement.compile(
                dialect=dialect, column_keys=None if selects else list(params)
            ),
        )
        left_out = [column.key for column in (*compiled.insert_prefetch, *compiled.update_prefetch)]
        if left_out:
            raise ValueError(f"{', '.join(left_out)}: expected a value, a default is not applied")
        names = compiled.positiontup or []
        self._compiled = _Compiled(
            str(compiled),
            tuple(
                (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
                for name in names
            ),
            {name: compiled.params[name] for name in names if not compiled.binds[name].required},
            tuple(_readers(self.statement, dialect)),
        )
        return self._compiled


def _readers(statement: object, dialect: Dialect) -> Iterable[_Processor]:
    if isinstance(statement, Select):
        for column in statement.selected_columns:
            yield column.type.dialect_impl(dialect).result_processor(dialect, None)


def _send(connection: Connection, sql: str, params: Sequence[Any]) -> Any:
    """A cursor that has executed `sql`; what listens to statements hears of it as usual.

    Raises SQLAlchemy's error for the driver's, as Core does.
    """
    driver: Any = connection.connection
    cursor = driver.cursor()
    for listen in connection.dispatch.before_cursor_execute:
        listen(connection, cursor, sql, params, None, False)
    try:
        cursor.execute(sql, params)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(
            sql, None, error, connection.dialect.loaded_dbapi.Error, hide_parameters=True,
            dialect=connection.dialect,
        ) from error
    return cursor
