"""Statements of the hot path: written with SQLAlchemy Core, compiled once, sent to the driver.

Core compiles a statement once as well, but builds an execution context and a result for each
use, which costs more than SQLite's own work. Other databases, and what is not prepared, take
Core's way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Params = Mapping[str, Any]
_Processors = tuple[tuple[int, Callable[[Any], Any]], ...]
_WIRE = "huiyin_wire"


class Wire:
    """The connection of one transaction, as prepared statements use it.

    What listens to statements when the transaction begins hears of them as it does of Core's.
    """

    __slots__ = ("_cursor", "_error", "_listeners", "connection", "direct")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.direct = connection.dialect.name == "sqlite"
        self._cursor: Any = connection.connection.cursor() if self.direct else None
        self._error = connection.dialect.loaded_dbapi.Error
        self._listeners = tuple(connection.dispatch.before_cursor_execute)

    def send(self, sql: str, params: Sequence[Any] = (), *, many: bool = False) -> Any:
        """The cursor that has executed `sql`, to be read before the next is sent.

        Raises SQLAlchemy's error for the driver's, as Core does.
        """
        for listen in self._listeners:
            listen(self.connection, self._cursor, sql, params, None, many)
        try:
            if many:
                return self._cursor.executemany(sql, params)
            return self._cursor.execute(sql, params)
        except self._error as error:
            raise DBAPIError.instance(
                sql, None, error, self._error, hide_parameters=True
            ) from error


def wire(session: Session) -> Wire:
    """The wire of the session's transaction."""
    known: Wire | None = session.info.get(_WIRE)
    if known is None or known.connection.closed:
        known = laid(session, session.connection())
    elif session.in_nested_transaction():
        session.connection()  # a savepoint begins when the session is first used in it
    return known


def laid(session: Session, connection: Connection) -> Wire:
    """A new wire, which `wire` gives from now on."""
    session.info[_WIRE] = fresh = Wire(connection)
    return fresh


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as SQLite takes it.

    pick: the values in the order of the question marks; given: how many names come from outside;
    constants: the values of the others. binds, columns: what SQLite keeps in another form, going
    there and coming back, as (place, processor).
    """

    sql: str
    pick: Callable[[Params], Iterable[Any]]
    given: int
    constants: Mapping[str, Any]
    binds: _Processors
    columns: _Processors

    def bound(self, params: Params) -> list[Any]:
        """The values in the order of the question marks. Raises if a name is missing or unknown."""
        if len(params) != self.given:
            raise ValueError(f"expected {self.given} parameters, found {', '.join(params)}")
        if self.constants:
            params = {**self.constants, **params}
        return _processed(self.pick(params), self.binds)


class Prepared:
    """One statement. Parameters are named as in Core: bind parameters, or columns of an insert.

    An insert names all columns that have a default, as the driver knows of none.
    """

    def __init__(self, statement: Select[Any] | Insert | Update) -> None:
        self.statement = statement
        self._compiled: _Compiled | None = None

    def rows(self, line: Wire, params: Params) -> list[tuple[Any, ...]]:
        """What a select finds."""
        if not line.direct:
            return [tuple(row) for row in line.connection.execute(self.statement, params)]
        compiled = self._compiled or self._compile(line.connection.dialect, params)
        found = line.send(compiled.sql, compiled.bound(params)).fetchall()
        return [tuple(_processed(row, compiled.columns)) for row in found]

    def row(self, line: Wire, params: Params) -> tuple[Any, ...] | None:
        """The row a select finds by a key, or None."""
        found = self.rows(line, params)
        return found[0] if found else None

    def run(self, line: Wire, params: Params) -> int:
        """Send an insert or update; how many rows it changed."""
        if not line.direct:
            result = line.connection.execute(self.statement, params)
            return cast("CursorResult[Any]", result).rowcount
        compiled = self._compiled or self._compile(line.connection.dialect, params)
        count: int = line.send(compiled.sql, compiled.bound(params)).rowcount
        return count

    def run_all(self, line: Wire, rows: Sequence[Params]) -> None:
        """Send an insert or update for each row."""
        if not line.direct:
            line.connection.execute(self.statement, rows)
            return
        compiled = self._compiled or self._compile(line.connection.dialect, rows[0])
        if len(rows) == 1:
            line.send(compiled.sql, compiled.bound(rows[0]))
        else:
            line.send(compiled.sql, [compiled.bound(row) for row in rows], many=True)

    def _compile(self, dialect: Dialect, params: Params) -> _Compiled:
        selects = isinstance(self.statement, Select)
        compiled = self.statement.compile(
            dialect=dialect, column_keys=None if selects else list(params)
        )
        left_out = [column.key for column in (*compiled.insert_prefetch, *compiled.update_prefetch)]
        if left_out:
            raise ValueError(f"{', '.join(left_out)}: expected a value, a default is not applied")
        if compiled.post_compile_params:
            raise ValueError("a list of any length cannot be prepared; use Core")
        names = compiled.positiontup or []
        fixed = {name: compiled.params[name] for name in names if not compiled.binds[name].required}
        self._compiled = _Compiled(
            str(compiled),
            _picking(names),
            len(set(names) - set(fixed)),
            fixed,
            _kept_otherwise(
                compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
                for name in names
            ),
            _kept_otherwise(_readers(self.statement, dialect)),
        )
        return self._compiled


def _picking(names: Sequence[str]) -> Callable[[Params], Iterable[Any]]:
    # For one name, an itemgetter gives the bare value.
    return itemgetter(*names) if len(names) > 1 else lambda params: [params[n] for n in names]


def _processed(values: Iterable[Any], processors: _Processors) -> list[Any]:
    found = list(values)
    for place, process in processors:
        found[place] = process(found[place])
    return found


def _kept_otherwise(processors: Iterable[Callable[[Any], Any] | None]) -> _Processors:
    return tuple((place, process) for place, process in enumerate(processors) if process)


def _readers(statement: object, dialect: Dialect) -> Iterable[Callable[[Any], Any] | None]:
    if isinstance(statement, Select):
        for column in statement.selected_columns:
            yield column.type.dialect_impl(dialect).result_processor(dialect, None)
