"""Which index a statement goes by (走哪个索引), where SQLite by itself takes a bad one.

It knows nothing of how many rows there are of a value; PostgreSQL does and is left alone.
"""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

Value = TypeVar("Value")


class _Aside(FunctionElement[Value]):
    inherit_cache = True

    def __init__(self, column: ColumnElement[Value]) -> None:
        super().__init__(column)
        self.type = column.type


def aside(column: ColumnElement[Value]) -> ColumnElement[Value]:
    """The column, such that SQLite looks for no row by it: another condition leads."""
    return _Aside(column)


@compiles(_Aside)
def _as_it_is(element: _Aside[Any], compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_Aside, "sqlite")
def _with_a_sign(element: _Aside[Any], compiler: Any, **options: Any) -> str:
    # A plus before a column is how its manual says that no index is meant.
    return f"+{compiler.process(element.clauses, **options)}"
