"""What a JSON value says, as flat facts by readable paths."""

from typing import Any

import orjson


def flat(value: Any, path: str = "") -> dict[str, str]:
    """Every scalar by its path, members by `.`; lists of scalars and empty ones whole.

    A list of objects that name themselves (`key`, `name`) is taken apart by those names; any
    other list stands whole, as JSON.
    """
    if isinstance(value, dict) and value:
        found: dict[str, str] = {}
        for name, inner in value.items():
            found |= flat(inner, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(value, list) and (keys := names_in(value)):
        found = {}
        for key, inner in zip(keys, value, strict=True):
            rest = {name: one for name, one in inner.items() if name not in {"key", "name"}}
            found |= flat(rest or "", f"{path}.{key}")
        return found
    return {path: text(value)}


def names_in(value: list[Any]) -> list[str]:
    """What the objects of a list call themselves, each once; nothing if they do not."""
    for member in ("key", "name"):
        keys = [one.get(member) if isinstance(one, dict) else None for one in value]
        named = [key for key in keys if isinstance(key, str)]
        if named and len({*named}) == len(keys):
            return named
    return []


def text(value: Any) -> str:
    """A value as one line: texts as they are, everything else as JSON."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
