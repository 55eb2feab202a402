"""The index of texts: written in the transaction that takes a case in or changes what it says.

Its form is that of the database (`CaseWords`). SQLite's FTS5 keeps no text, so that what goes out
of the index is named by the words that went in.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, func, insert, update

from engine import bigrams
from engine.db import table
from engine.models import CaseWords
from engine.prepared import Wire

# What of a case is in the index or keeps it out.
TEXTS = ("title", "place", "body")
HIDING = ("confidential", "sealed")

_words = table(CaseWords)
_vector: Any = func.array_to_tsvector(bindparam("tokens", type_=ARRAY(Text)))
_INSERT = insert(_words).values(case_id=bindparam("of_case"), words=_vector)
_UPDATE = update(_words).where(_words.c.case_id == bindparam("of_case")).values(words=_vector)
_PUT = "INSERT INTO case_index (rowid, words) VALUES (?, ?)"
# The first row takes the old words out, the second puts the new ones in.
_EXCHANGE = """
    INSERT INTO case_index (case_index, rowid, words) VALUES
    ('delete', (SELECT id FROM case_words WHERE case_id = ?), ?),
    (NULL, (SELECT id FROM case_words WHERE case_id = ?), ?)
"""


def said(case: Mapping[str, Any], *, confidential: bool) -> dict[str, Any]:
    """What of a case's columns the index is made of."""
    return {
        "confidential": confidential,
        **{name: case[name] for name in ("number", "sealed", *TEXTS)},
    }


def tokens(case: Mapping[str, Any]) -> list[str]:
    """What a case is found by: its number, and unless it is kept from somebody its text."""
    texts = () if any(case[name] for name in HIDING) else TEXTS
    return bigrams.tokens("\n".join(case[name] for name in ("number", *texts)))


def enter(line: Wire, case: Mapping[str, Any]) -> None:
    """Put a case that was just taken in into the index. case: its columns by name."""
    if not line.direct:
        line.connection.execute(_INSERT, {"of_case": case["id"], "tokens": tokens(case)})
        return
    cursor = line.send("INSERT INTO case_words (case_id) VALUES (?)", (case["id"].bytes,))
    line.send(_PUT, (cursor.lastrowid, " ".join(tokens(case))))


def change(line: Wire, case_id: UUID, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Bring the index to what a case says now. before: `said` as the case was; now: what changes.

    Nothing is sent where it stays the same. What is erased is a change to empty texts.
    """
    old, new = tokens(before), tokens({**before, **now})
    if old == new:
        return
    if not line.direct:
        line.connection.execute(_UPDATE, {"of_case": case_id, "tokens": new})
        return
    key = case_id.bytes
    line.send(_EXCHANGE, (key, " ".join(old), key, " ".join(new)))


def concerns(names: Collection[str]) -> bool:
    """Whether a change of these columns may change the index."""
    return not {*TEXTS, *HIDING}.isdisjoint(names)
