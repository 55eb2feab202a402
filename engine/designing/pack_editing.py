"""A pack's content changed entry by entry, and what becomes the pack's own thereby.

A content is that of a whole pack (`engine.packs.Pack.content`): what is inherited stands in it,
and `stated` names what the pack says itself. Whatever is changed is its own from then on. Contents
are never changed in place.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import Conflict, NotFound
from engine.pack_schema import MERGED, PACK, SECTIONS

Content = Mapping[str, Any]
Entry = dict[str, Any]
Shape = Literal["list", "map", "values", "one", "word"]
RUNGS = "rungs"  # of a limit, as a list of their own
ABOUT = ("not_stated", "sources")  # what a pack says about itself; nothing of it is inherited
_VALUES = ("offices", "processes")  # a word by its name
_MAPS = ("limits", "rates", "sources")


@dataclass(frozen=True)
class Place:
    """Where entries stand: a section, or the rungs of a limit, which `of` names."""

    section: str
    of: str = ""

    @property
    def shape(self) -> Shape:
        """list: entries in order; map: by name; values: words by name; one: a single entry."""
        if self.section in _VALUES:
            return "values"
        if self.section in _MAPS:
            return "map"
        if self.section == RUNGS:
            return "list"
        kind = PACK["properties"][self.section]["type"]
        return {"array": "list", "string": "word"}.get(kind, "one")  # type: ignore[return-value]

    @property
    def key(self) -> str:
        """The field of an entry that names it."""
        return "name" if self.section == RUNGS else "key"

    @property
    def ordered(self) -> bool:
        """Whether the order of the entries is told."""
        return self.shape == "list"

    @property
    def owner(self) -> str:
        """The section that these entries are part of."""
        return "limits" if self.section == RUNGS else self.section


def place(section: str, of: str = "") -> Place:
    """The place of this name. Raises `NotFound`."""
    if section == RUNGS and of:
        return Place(RUNGS, of)
    if section not in (*SECTIONS, *ABOUT):
        raise NotFound("A pack has no such section.")
    return Place(section)


def entries(content: Content, at: Place) -> dict[str, Entry]:
    """The entries of a place by key, each with its key; what is no entry at all is left out.

    A section that is a single entry gives it under "", one that is a word under its field `value`.
    """
    found = _section(content, at)
    if at.shape == "list":
        rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        by_key: dict[str, Entry] = {}
        for one in rows:  # of two with one key the first is told, and goes first
            by_key.setdefault(str(one.get(at.key, "")), dict(one))
        return by_key
    if at.shape in ("one", "word"):
        if at.shape == "word":
            found = {"value": found if isinstance(found, str) else ""}
        return {"": dict(found) if isinstance(found, dict) else {}}
    if not isinstance(found, dict):
        return {}
    if at.shape == "values":
        return {name: {"key": name, "value": value} for name, value in found.items()}
    return {name: {"key": name, **one} for name, one in found.items() if isinstance(one, dict)}


def entry(content: Content, at: Place, key: str) -> Entry:
    """One entry. Raises `NotFound`."""
    try:
        return entries(content, at)[key]
    except KeyError:
        raise NotFound("There is no such entry.") from None


def readable(content: Content, at: Place) -> bool:
    """Whether the place is there in a form that can be changed entry by entry."""
    found = _section(content, at)
    wanted = {"list": list, "word": str}.get(at.shape, dict)
    return found is None or isinstance(found, wanted)


def put(content: Content, at: Place, key: str, new: Entry) -> Entry:
    """The content with this entry at `key`; an empty key adds it under its own.

    Raises `Conflict` if the place cannot be read or the new key is taken, `NotFound`.
    """
    whole = _copy(content, at)
    if at.shape == "word":
        whole[at.section] = new.get("value", "")
        return _own(whole, at, "")
    if at.shape == "one":
        whole[at.section] = dict(new)
        return _own(whole, at, "")
    own = key or str(new.get(at.key, ""))
    known = entries(whole, at)
    if not key and own in known:
        raise Conflict("The key is taken.", key=own[:64])
    if key and key not in known:
        raise NotFound("There is no such entry.")
    held = _held(whole, at)
    if at.shape == "list":
        row = {**new, at.key: own}
        index = _index(held, at, own) if key else len(held)
        held[index : index + 1] = [row]
    elif at.shape == "values":
        held[own] = new.get("value", "")
    else:
        held[own] = {name: value for name, value in new.items() if name != "key"}
    return _own(whole, at, own)


def remove(content: Content, at: Place, key: str) -> Entry:
    """The content without this entry. Raises `NotFound`."""
    entry(content, at, key)
    whole = _copy(content, at)
    held = _held(whole, at)
    if at.shape == "list":
        del held[_index(held, at, key)]
    else:
        del held[key]
    return _own(whole, at, key, gone=True)


def move(content: Content, at: Place, key: str, by: int) -> Entry:
    """The content with this entry so many places on (or back). Raises `NotFound`."""
    entry(content, at, key)
    if not at.ordered:
        raise NotFound("These entries have no order.")
    whole = _copy(content, at)
    held = _held(whole, at)
    old = _index(held, at, key)
    new = min(max(old + by, 0), len(held) - 1)
    if new == old:
        return dict(content)
    held.insert(new, held.pop(old))
    return _own(whole, at, key)


def stated(content: Content, at: Place, key: str = "") -> bool:
    """Whether the pack itself says this; a pack without a base says everything itself."""
    said = content.get("stated")
    if not content.get("extends") or at.section in ABOUT or not isinstance(said, list):
        return True
    if at.section == RUNGS:
        return f"limits.{at.of}" in said
    if at.section in MERGED and key:
        return f"{at.section}.{key}" in said
    return at.section in said


def inherit(content: Content, base: Content, at: Place, key: str = "") -> Entry:
    """The content with this taken from the base again: an entry, or a section that has none.

    Raises `NotFound` if the base says nothing of it.
    """
    whole = _copy(content, at)
    said = [one for one in whole.get("stated", []) if isinstance(one, str)]
    if at.section in MERGED and key and at.shape != "one":
        theirs = base.get(at.section, {})
        if key not in theirs:
            raise NotFound("The base says nothing of it.")
        _held(whole, at)[key] = deepcopy(theirs[key])
        said = [one for one in said if one != f"{at.section}.{key}"]
        if not any(one.startswith(f"{at.section}.") for one in said):
            said = [one for one in said if one != at.section]
    else:
        if at.section not in base:
            raise NotFound("The base says nothing of it.")
        whole[at.section] = deepcopy(base[at.section])
        said = [one for one in said if one.partition(".")[0] != at.section]
        sources, theirs = whole.get("sources"), base.get("sources", {})
        if isinstance(sources, dict) and at.section in theirs:
            sources[at.section] = deepcopy(theirs[at.section])
    whole["stated"] = said
    return whole


def follow(content: Content, base: Content) -> Entry:
    """The content with all that it does not state itself as the base says it now."""
    whole = deepcopy(dict(content))
    said = {one for one in whole.get("stated", []) if isinstance(one, str)}
    for section in SECTIONS:
        theirs, mine = deepcopy(base.get(section)), whole.get(section)
        if section in MERGED and isinstance(theirs, dict) and isinstance(mine, dict):
            own = {name: one for name, one in mine.items() if f"{section}.{name}" in said}
            whole[section] = {**theirs, **own}
        elif section not in said and theirs is not None:
            whole[section] = theirs
    return whole


def behind(content: Content, base: Content) -> list[str]:
    """The sections in which the base says something else by now of what is inherited."""
    followed = follow(content, base)
    return [section for section in SECTIONS if followed.get(section) != content.get(section)]


def _section(content: Content, at: Place) -> Any:
    if at.section != RUNGS:
        return content.get(at.section)
    limits = content.get("limits")
    limit = limits.get(at.of) if isinstance(limits, dict) else None
    return limit.get("rungs") if isinstance(limit, dict) else None


def _copy(content: Content, at: Place) -> Entry:
    if not readable(content, at):
        raise Conflict("The section cannot be read as it is.", section=at.section)
    return deepcopy(dict(content))


def _held(whole: Entry, at: Place) -> Any:
    """The list or the mapping that entries are put into, made if there is none."""
    empty: Any = [] if at.shape == "list" else {}
    if at.section != RUNGS:
        return whole.setdefault(at.section, empty)
    limit = entries(whole, Place("limits")).get(at.of)
    if limit is None:
        raise NotFound("There is no such limit.")
    return whole["limits"][at.of].setdefault("rungs", empty)


def _index(held: list[Any], at: Place, key: str) -> int:
    return next(
        index
        for index, one in enumerate(held)
        if isinstance(one, dict) and str(one.get(at.key, "")) == key
    )


def _own(whole: Entry, at: Place, key: str, *, gone: bool = False) -> Entry:
    """Say that the pack states this itself, and no more that its source leaves it open."""
    if at.section in ABOUT:
        return whole
    section, name = at.owner, at.of if at.section == RUNGS else key
    said = {one for one in whole.get("stated", []) if isinstance(one, str)} | {section}
    if section in MERGED:
        names = [name] if name else list(whole.get(section, {}))
        said |= {f"{section}.{one}" for one in names}
        if gone and at.section != RUNGS:
            said -= {f"{section}.{name}"}
    whole["stated"] = _in_order(whole, said)
    open_still = whole.get("not_stated")
    if isinstance(open_still, list):
        now = {f"{section}.{name}" if section in MERGED and name else section} & said
        whole["not_stated"] = [
            one for one in open_still if not (isinstance(one, dict) and one.get("key") in now)
        ]
    return whole


def _in_order(whole: Entry, said: set[str]) -> list[str]:
    """As `engine.packs` lists them, so that the same pack is the same bytes."""
    ordered = []
    for section in SECTIONS:
        if section in said:
            ordered.append(section)
        if section in MERGED and isinstance(whole.get(section), dict):
            ordered += [
                f"{section}.{name}" for name in whole[section] if f"{section}.{name}" in said
            ]
    return ordered
