"""Differences between two versions of a process or a pack, told with old and new values.

Everything is compared by what it says, on the server: how a file is written makes no difference.
"""

from collections.abc import Iterator, Mapping

import orjson

from engine.bpmn.linting.documents import Unreadable
from engine.comparing import diagrams, forms, tables
from engine.comparing.changes import Change, Comparison, Text
from engine.comparing.packs import FILE as PACK
from engine.comparing.packs import compare_packs

__all__ = ["Change", "Comparison", "compare_files", "compare_packs", "same"]

# What a draft holds may be of any shape: no XML, no JSON, a list where members are expected.
_ANY_SHAPE = (Unreadable, ValueError, TypeError, AttributeError, KeyError, RecursionError)


def compare_files(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Comparison:
    """Every difference between two sets of files by path: diagram, decisions, tests, forms, pack.

    A file that cannot be read is told as `unreadable`, with nothing further.
    """
    changes: list[Change] = []
    names: dict[str, Text] = {}
    for path in sorted({*old, *new}, key=_place):
        was, now = old.get(path), new.get(path)
        if was == now:
            continue
        if was is None or now is None:
            changes.append(_whole(path, added=was is None))
            continue
        try:
            found = list(_within(path, was, now, names))
        except _ANY_SHAPE:
            changes.append(Change(path, "", _called(path), "changed", "unreadable"))
            continue
        changes += found or [Change(path, "", _called(path), "formatted", "written")]
    return Comparison(tuple(changes), names)


def same(path: str, old: bytes, new: bytes) -> bool:
    """Whether two contents of a file say the same, however they are written."""
    return old == new or compare_files({path: old}, {path: new}).same


def _within(path: str, old: bytes, new: bytes, names: dict[str, Text]) -> Iterator[Change]:
    """The differences within a file. Raises one of `_ANY_SHAPE` if it cannot be read."""
    if path == diagrams.FILE:
        before, after = diagrams.diagram(old), diagrams.diagram(new)
        names.update({**before.names, **after.names})
        yield from diagrams.changes(before, diagrams.settled(before, after))
    elif path.endswith(".dmn"):
        was, now = tables.tables(old), tables.tables(new)
        names.update({**was.names, **now.names})
        yield from tables.changes(path, was, now)
    elif path.endswith(".tests.json"):
        yield from forms.changed_tests(path, forms.tested(old), forms.tested(new))
    elif path == PACK:
        yield from compare_packs(orjson.loads(old), orjson.loads(new))
    else:
        yield from forms.changes(path, forms.form(old), forms.form(new))


def _whole(path: str, *, added: bool) -> Change:
    kind = next(
        kind
        for ending, kind in (
            (".tests.json", "tests"),
            (".dmn", "decision"),
            (".bpmn", "process"),
            (PACK, "pack"),
            ("", "form"),
        )
        if path.endswith(ending)
    )
    return Change(path, "", _called(path), "added" if added else "removed", kind)


def _called(path: str) -> Text:
    bare = path.removeprefix("forms/")
    for ending in (".tests.json", ".json", ".dmn", ".bpmn"):
        bare = bare.removesuffix(ending)
    return {"zh": bare, "en": bare}


def _place(path: str) -> tuple[int, str]:
    """The diagram first, then decisions with their tests, then forms."""
    return (0 if path.endswith(".bpmn") else 2 if path.startswith("forms/") else 1, path)
