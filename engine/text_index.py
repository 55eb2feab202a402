"""The index of texts: written in the transaction that takes a case in or changes what it says.

Its form is that of the database (`CaseWords`). SQLite's FTS5 keeps no text, so that what goes out
of the index is named by the words that went in. PostgreSQL's holds besides, behind a slash, the
units that may see the case, so that a word and a unit are looked for at once. A unit that is named
there too much does no harm: `case_list.may_see` stands beside what the index finds.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, func, insert, literal_column, select, update

from engine import bigrams
from engine.db import table
from engine.models import CaseWords, Slip
from engine.prepared import Wire

# What of a case is in the index or keeps it out.
TEXTS = ("title", "place", "body")
HIDING = ("confidential", "sealed")

# Before a unit's key in the index: no token begins so, and no beginning of one.
UNIT = "/"

_words, _slip = table(CaseWords), table(Slip)
_of_case: Any = bindparam("of_case")
_vector: Any = func.array_to_tsvector(bindparam("tokens", type_=ARRAY(Text)))
_slips = func.array_to_tsvector(
    func.array(
        select(literal_column(f"'{UNIT}'").op("||")(_slip.c.unit_key))
        .where(_slip.c.case_id == _of_case)
        .scalar_subquery()
    )
)
_INSERT = insert(_words).values(case_id=_of_case, words=_vector)
_HIDE = update(_words).where(_words.c.case_id == _of_case).values(words=_vector)
_UPDATE = _HIDE.values(words=_vector.op("||")(_slips))
# Beside the statement that writes the case: its key, and the units as the index has them.
ADDING = (
    update(_words)
    .where(_words.c.case_id == bindparam("key"))
    .values(
        words=_words.c.words.op("||")(
            func.array_to_tsvector(bindparam("new_units", type_=ARRAY(Text)))
        )
    )
    .cte("adding")
)
_PUT = "INSERT INTO case_index (rowid, words) VALUES (?, ?)"
# The first row takes the old words out, the second puts the new ones in.
_EXCHANGE = """
    INSERT INTO case_index (case_index, rowid, words) VALUES
    ('delete', (SELECT id FROM case_words WHERE case_id = ?), ?),
    (NULL, (SELECT id FROM case_words WHERE case_id = ?), ?)
"""


def said(
    case: Mapping[str, Any], *, confidential: bool, units: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """What of a case's columns the index is made of, and the units that are named for it."""
    return {
        "confidential": confidential,
        "units": units,
        **{name: case[name] for name in ("number", "sealed", *TEXTS)},
    }


def units(facts: Mapping[str, Any]) -> frozenset[str]:
    """The units that may see a case by what its facts say, or will when their slip is issued."""
    own = [facts["unit"]] if facts.get("unit") else []
    return frozenset([*own, *facts.get("candidate_units", ()), *facts.get("co_units", ())])


def tokens(case: Mapping[str, Any]) -> list[str]:
    """What a case is found by: its number, and unless it is kept from somebody its text."""
    texts = () if any(case[name] for name in HIDING) else TEXTS
    return bigrams.tokens("\n".join(case[name] for name in ("number", *texts)))


def enter(line: Wire, case: Mapping[str, Any]) -> None:
    """Put a case that was just taken in into the index. case: its columns by name."""
    if not line.direct:
        found = [*tokens(case), *_named(units(case["facts"]))]
        line.connection.execute(_INSERT, {"of_case": case["id"], "tokens": found})
        return
    cursor = line.send("INSERT INTO case_words (case_id) VALUES (?)", (case["id"].bytes,))
    line.send(_PUT, (cursor.lastrowid, " ".join(tokens(case))))


def change(
    line: Wire, case_id: UUID, before: Mapping[str, Any], now: Mapping[str, Any]
) -> list[str]:
    """Bring the index to what a case says now. before: `said` as the case was; now: what changes.

    Nothing is sent where it stays the same. What is erased is a change to empty texts.
    Result: units that come to words that stay; whoever writes the case does so with `ADDING`.
    """
    then = {**before, **now}
    stays = all(then[name] == before[name] for name in (*TEXTS, *HIDING))
    if stays:
        return [] if line.direct or then["sealed"] else _named(then["units"] - before["units"])
    if not line.direct:
        _write_anew(line, case_id, then)
    elif (old := tokens(before)) != (new := tokens(then)):
        key = case_id.bytes
        line.send(_EXCHANGE, (key, " ".join(old), key, " ".join(new)))
    return []


def _write_anew(line: Wire, case_id: UUID, then: Mapping[str, Any]) -> None:
    """Nothing is left of the old words. A sealed case has nobody but its compartment: no unit."""
    units = [] if then["sealed"] else _named(then["units"])
    found = {"of_case": case_id, "tokens": [*tokens(then), *units]}
    line.connection.execute(_HIDE if then["sealed"] else _UPDATE, found)


def _named(keys: Collection[str]) -> list[str]:
    return [f"{UNIT}{key}" for key in sorted(keys)]
