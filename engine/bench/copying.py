"""What the columns of a case's rows are in a copy of them, as SQL, by the kind of column."""

from typing import Any

from sqlalchemy import Column, Date, LargeBinary, Table

from engine.column_types import Instant, Key
from engine.db import Base, table
from engine.models import Case

_case = table(Case)
# Something of a case, without a reference to it that the schema knows.
_BESIDE = frozenset({"identity", "matter", "history"})
# A window of a unit, in which a rule comes true once: nothing of it is a copy's.
_OF_UNITS = frozenset({"rule_firing"})
_KEYS = {
    ("matter", "main_case_id"),
    ("message", "target_id"),
    ("incident", "source_id"),
    ("history", "instance_id"),
}
_ALONE = {
    ("deadline", "rungs"): "rungs",
    ("history", "stream"): "stream",
    ("history", "hash"): "hash",
    ("case", "chain_hash"): "head",
    ("case", "place"): "said",
    ("case", "body"): "said",
    ("case_words", "id"): "place",
    ("case_words", "words"): "words",
    ("supervision", "scope"): "of a case",  # about a unit there is one at a time
    ("user_task", "closed_by"): "colleague",
    ("user_task", "assignee_id"): "colleague",
}
# What there may be once only, beside keys.
_ONCE = {
    ("case", "number"),
    ("slip", "number"),
    ("supervision", "number"),
    ("contact", "source_id"),
    ("contact", "code_hmac"),
    ("answer", "token_hmac"),
    ("evaluation", "token_hmac"),
    ("notice", "origin"),
    ("identity", "phone_hmac"),
}
# What a column's value in a copy is, by its kind.
COPIED = {
    "sqlite": {
        "as it is": "{0}",
        "of a case": "'case'",
        "key": "CAST(:tag || substr({0}, 4) AS BLOB)",
        "digest": "CAST(:tag || substr({0}, 4) AS BLOB)",
        "number": ":name || {0}",
        "colleague": (
            "CASE :team_hex WHEN '' THEN {0} ELSE CAST(:team || substr({0}, 4) AS BLOB) END"
        ),
        "said": "{0} || :street",
        "place": ":place + n",
        "words": "{0}",
        "stream": "'case:' || :hex || substr({0}, 12)",
        "hash": "substr(:hashes, n * 32 + 1, 32)",
        "head": "substr(:heads, n * 32 + 1, 32)",
        "instant": "{0} - :days * 86400000000",
        "date": "date({0}, :shift)",
        "rungs": (
            "(SELECT json_group_array(json_object('name', value ->> 'name', 'at', "
            "date(substr(value ->> 'at', 1, 10), :shift) || substr(value ->> 'at', 11))) "
            "FROM json_each({0}))"
        ),
    },
    "postgresql": {
        "as it is": "{0}",
        "of a case": "'case'",
        "key": "CAST(:hex || substr(CAST({0} AS text), 7) AS uuid)",
        "digest": "CAST(:tag AS bytea) || substr({0}, 4)",
        "number": ":name || {0}",
        "colleague": (
            "CASE :team_hex WHEN '' THEN {0} ELSE "
            "CAST(:team_hex || substr(CAST({0} AS text), 7) AS uuid) END"
        ),
        "said": "{0} || :street",
        "place": "CAST(:place AS bigint) + n",
        "words": "{0} || array_to_tsvector(CAST(:tokens AS text[]))",
        "stream": "'case:' || :hex || substr({0}, 12)",
        "hash": "substr(CAST(:hashes AS bytea), CAST(n AS integer) * 32 + 1, 32)",
        "head": "substr(CAST(:heads AS bytea), CAST(n AS integer) * 32 + 1, 32)",
        "instant": "{0} + CAST(:shift AS interval)",
        "date": "CAST({0} + CAST(:shift AS interval) AS date)",
        "rungs": (
            "(SELECT coalesce(json_agg(json_build_object('name', one ->> 'name', 'at', "
            "CAST(one ->> 'at' AS timestamptz) + CAST(:shift AS interval))), '[]') "
            "FROM json_array_elements({0}) AS one)"
        ),
    },
}


def tables() -> list[Table]:
    """The tables that hold something of a case, each behind those it refers to.

    What belongs to a person and a case at once has no key of its own, and is left out.
    """
    found = {_case.name}
    while True:
        more = {
            one.name
            for one in Base.metadata.sorted_tables
            if "id" in one.c
            and one.name not in _OF_UNITS
            and (one.name in _BESIDE or any(k.column.table.name in found for k in one.foreign_keys))
        }
        if more <= found:
            return [one for one in Base.metadata.sorted_tables if one.name in found]
        found |= more


def copying(one: Table, dialect: str, of_case: frozenset[str]) -> str:
    """The statement that writes one copy of a table's pattern."""
    names = ", ".join(f'"{column.name}"' for column in one.c)
    values = ", ".join(
        COPIED[dialect][_kind(column, of_case)].format(f'"{column.name}"') for column in one.c
    )
    return f'INSERT INTO "{one.name}" ({names}) SELECT {values} FROM pattern_{one.name}'


def _kind(column: Column[Any], of_case: frozenset[str]) -> str:
    """What is done with a column's value in a copy."""
    here = (column.table.name, column.name)
    if here in _ALONE:
        return _ALONE[here]
    if here in _ONCE:
        return "digest" if isinstance(column.type, LargeBinary) else "number"
    if isinstance(column.type, Key):
        refers = {key.column.table.name for key in column.foreign_keys}
        own = column.primary_key or refers & of_case or here in _KEYS
        return "key" if own else "as it is"
    if isinstance(column.type, Instant):
        return "instant"
    return "date" if isinstance(column.type, Date) else "as it is"
