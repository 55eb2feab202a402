"""Differences between two versions of a pack: section by section, entry by entry."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.comparing.changes import Change, Text, differing, out_of_order
from engine.comparing.json_facts import flat, names_in, text

FILE = "pack.json"
_NOTHING: frozenset[str] = frozenset()
# Sections that say one thing as a whole rather than hold entries.
_WHOLE = frozenset({"key", "extends", "prefix", "name", "office_hours", "rehandling", "extension"})


def compare_packs(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every difference between two contents of a pack, as `engine.packs.Pack.content` is.

    element: `section.entry`. That a pack itself states what it did not (or no more does) is
    told only where nothing else of the entry differs.
    """
    found: list[Change] = []
    for section in [*new, *(one for one in old if one not in new)]:
        if section != "stated":
            found += _section(section, old.get(section), new.get(section))
    return (*found, *_stated(old, new, found))


def _section(section: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new and _order(old) == _order(new):
        return
    before, after = _entries(section, old), _entries(section, new)
    if before is None or after is None:
        name: Text = {"zh": section, "en": section}
        yield from differing(FILE, section, name, _facts(old), _facts(new), moved=_NOTHING)
        return
    for key, entry in after.items():
        place = f"{section}.{key}"
        name = _name(key, entry)
        if key in before:
            was, now = _facts(before[key]), _facts(entry)
            yield from differing(FILE, place, name, was, now, moved=_NOTHING)
        else:
            yield Change(FILE, place, name, "added", section, details=_details(entry))
    for key, entry in before.items():
        if key not in after:
            name = _name(key, entry)
            yield Change(
                FILE, f"{section}.{key}", name, "removed", section, details=_details(entry)
            )
    if isinstance(new, list) and isinstance(old, list):
        first, then = list(before), list(after)
        for key in out_of_order(first, then):
            ends = str(first.index(key) + 1), str(then.index(key) + 1)
            name = _name(key, after[key])
            yield Change(FILE, f"{section}.{key}", name, "changed", "order", *ends)


def _entries(section: str, value: Any) -> dict[str, Any] | None:
    """The entries of a section by key; None if it holds none."""
    if section in _WHOLE:
        return None
    if not value:
        return {}
    if isinstance(value, dict):
        return dict(value)
    keys = names_in(value) if isinstance(value, list) else []
    return dict(zip(keys, value, strict=True)) if keys else None


def _order(value: Any) -> list[str] | None:
    return names_in(value) if isinstance(value, list) else None


def _facts(value: Any) -> dict[str, str]:
    """What an entry says; lists within it by their names, and in which order these stand."""
    if not isinstance(value, dict):
        return {"": text(value)} if value is not None else {}
    found = {what: said for what, said in flat(value).items() if what not in {"key", ""}}
    for name, inner in value.items():
        if isinstance(inner, list) and len(keys := names_in(inner)) > 1:
            found[f"{name}.order"] = " ".join(sorted(keys, key=keys.index))
    return found


def _stated(
    old: Mapping[str, Any], new: Mapping[str, Any], found: list[Change]
) -> Iterator[Change]:
    before, after = ({*content.get("stated", [])} for content in (old, new))
    touched = {one.element for one in found}
    touched |= {place.split(".", 1)[0] for place in touched}
    for place in sorted((before ^ after) - touched):
        section, _, key = place.partition(".")
        inner = new.get(section, old.get(section))
        entry = inner.get(key) if isinstance(inner, dict) else None
        was = ("true" if place in before else "false", "true" if place in after else "false")
        yield Change(FILE, place, _name(key or section, entry), "changed", "stated", *was)


def _details(entry: Any) -> tuple[tuple[str, str], ...]:
    return tuple(_facts(entry).items())


def _name(key: str, entry: Any) -> Text:
    zh = entry.get("zh") if isinstance(entry, dict) else None
    en = entry.get("en") if isinstance(entry, dict) else None
    return {"zh": str(zh or key), "en": str(en or zh or key)}
