"""Differences between two diagrams, element by element, told by their ids.

Compared is what a diagram says: attributes, properties, timers, expressions, conditions, messages,
documentation, lanes, foreign extensions; and beside it where it is drawn. How the file is written
(prefixes, order of attributes, spaces, comments, defaults written out, ids of inner parts) is not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.linting.documents import BPMN, local, read
from engine.comparing.changes import Change, Text, differing, out_of_order
from engine.comparing.element_facts import CONTAINERS, facts_of, is_own
from engine.comparing.shapes import PLACES, drawn_in
from engine.comparing.xml_facts import split

FILE = "process.bpmn"
_FLOWS = frozenset({"sequenceFlow", "messageFlow", "association"})
_EMPTY: Mapping[str, str] = {}


@dataclass
class Diagram:
    """A diagram by ids: what each element says, where it is drawn, what it is called."""

    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[str, dict[str, str]] = field(default_factory=dict)
    names: dict[str, Text] = field(default_factory=dict)

    def place_of(self, key: str) -> Mapping[str, str]:
        """Where an element is drawn."""
        return self.places.get(key, _EMPTY)


def diagram(content: bytes) -> Diagram:
    """What a file says. Raises `Unreadable`."""
    root = read(content).root
    found = Diagram()
    lanes: dict[str, str] = {}
    for node, parent in _elements(root, ""):
        key = node.get("id")
        while key in found.facts:  # an id that is there twice: the second is another element
            key += "′"
        found.facts[key] = {"type": local(node), **facts_of(node, parent)}
        if local(node) == "lane":
            for ref in node.iterfind(f"{{{BPMN}}}flowNodeRef"):
                lanes[(ref.text or "").strip()] = key
    found.facts[""] = _about_file(root)
    _order_of_flows(found.facts)
    for key, lane in lanes.items():
        if key in found.facts:
            found.facts[key]["lane"] = lane
    found.names = {key: _name(key, facts) for key, facts in found.facts.items() if key}
    for key, facts in found.facts.items():
        if facts.get("type") in _FLOWS and not facts.get("name"):
            found.names[key] = _between(found.names, facts)
    found.places = drawn_in(root)
    return found


def changes(old: Diagram, new: Diagram) -> Iterator[Change]:
    """Every difference, in the order of the new file; what is gone stands at the end."""
    for key, facts in new.facts.items():
        name = new.names.get(key, {"zh": "", "en": ""})
        if key not in old.facts:
            yield Change(FILE, key, name, "added", facts["type"], details=_details(facts))
            continue
        yield from differing(FILE, key, name, old.facts[key], facts, moved=frozenset())
        yield from _moved(key, name, old.place_of(key), new.place_of(key))
    for key in sorted(set(new.places) - set(new.facts)):  # drawn, and not there
        yield from _moved(key, {"zh": key, "en": key}, old.place_of(key), new.place_of(key))
    for key, facts in old.facts.items():
        if key not in new.facts:
            yield Change(
                FILE, key, old.names[key], "removed", facts["type"], details=_details(facts)
            )


def _moved(
    key: str, name: Text, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Change]:
    """One change for all of where an element is drawn; how it looks is told by itself."""
    was = " ".join(old[one] for one in PLACES if one in old) or None
    now = " ".join(new[one] for one in PLACES if one in new) or None
    if was != now:
        yield Change(FILE, key, name, "moved", "place", was, now)
    looks = [{k: v for k, v in one.items() if k not in PLACES} for one in (old, new)]
    yield from differing(FILE, key, name, looks[0], looks[1], moved=frozenset())


def _elements(node: Any, parent: str) -> Iterator[tuple[Any, str]]:
    """Elements that are told by their id, with the id of the process or sub-process around."""
    for child in node:
        namespace, name = split(child.tag)
        if namespace != BPMN:
            continue
        own = is_own(node, child)
        if own:
            yield child, parent
        if name in CONTAINERS:
            yield from _elements(child, child.get("id") if own and name != "lane" else parent)


def _about_file(root: Any) -> dict[str, str]:
    """What the file says as a whole; which program wrote it is how it is written."""
    told = facts_of(root, "")
    return {what: value for what, value in told.items() if not what.startswith("exporter")}


def _order_of_flows(facts: Mapping[str, dict[str, str]]) -> None:
    """The order of a gateway's ways is a fact: the first whose condition holds is taken."""
    ways: dict[str, list[str]] = {}
    for key, one in facts.items():
        if one.get("type") == "sequenceFlow":
            ways.setdefault(one.get("from", ""), []).append(key)
    for source, keys in ways.items():
        if len(keys) > 1 and source in facts:
            facts[source]["order"] = " ".join(keys)
    stages = [key for key, one in facts.items() if "property.stage" in one]
    for key, one in facts.items():
        mine = [stage for stage in stages if facts[stage].get("parent") == key]
        if len(mine) > 1:
            one["stages"] = " ".join(mine)


def _name(key: str, facts: Mapping[str, str]) -> Text:
    shown = " ".join((facts.get("name") or facts.get("text") or key).split())
    return {"zh": shown, "en": facts.get("property.name_en") or shown}


def _between(names: Mapping[str, Text], facts: Mapping[str, str]) -> Text:
    ends = [names.get(facts.get(end, ""), {"zh": "?", "en": "?"}) for end in ("from", "to")]
    return {one: f"{ends[0][one]} → {ends[1][one]}" for one in ("zh", "en")}


def _details(facts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    told = {"type", "name", "order", "stages", "parent"}
    return tuple((what, value) for what, value in facts.items() if what not in told)


def settled(old: Diagram, new: Diagram) -> Diagram:
    """`new` with orders left out where they differ only by what came or went."""
    for key, facts in new.facts.items():
        for what in ("order", "stages"):
            was = old.facts.get(key, {}).get(what, "").split()
            now = facts.get(what, "").split()
            if was != now and not out_of_order(was, now):
                facts.pop(what, None)
                old.facts.get(key, {}).pop(what, None)
    return new
