"""A diagram drawn elsewhere, made ready for a draft: looked at, and its ids made fit to be kept.

Nothing of it is left out: other tools' extensions, attributes and comments stay as they are.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.bpmn.linting.documents import BPMN, local
from engine.bpmn.linting.foreign.finding import NAMESPACES
from engine.errors import InvalidInput, TooLarge

LARGEST = 5_000_000  # bytes
_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_REFERRING = ("bpmnElement", "processRef")


@dataclass(frozen=True)
class Imported:
    """What was read.

    key: the id of its process; shapes: whether anything is drawn; renamed: ids used twice, with
    what the later one is called now; tools: other tools' names whose words are in it.
    """

    content: bytes
    key: str
    shapes: bool
    elements: int
    renamed: dict[str, str] = field(default_factory=dict)
    tools: tuple[str, ...] = ()


def taken(content: bytes, key: str = "") -> Imported:
    """A BPMN file with its process under `key`, or under its own id without one.

    Raises `TooLarge`, and `InvalidInput` (field `file`) saying what the file is not.
    """
    if len(content) > LARGEST:
        raise TooLarge(f"A diagram has {LARGEST} bytes at most.")
    root = _read(content)
    if root.tag != f"{{{BPMN}}}definitions":
        raise InvalidInput("file", "a BPMN 2.0 diagram", local(root)[:40])
    processes = root.findall(f"{{{BPMN}}}process")
    if not processes:
        raise InvalidInput("file", "a diagram with a process")
    renamed = _apart(root)
    own = _main(processes).get("id") or ""
    if key and key != own:
        _rename(root, _main(processes), own, key)
    tools = {NAMESPACES[space].name for space in _namespaces(root) if space in NAMESPACES}
    return Imported(
        etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True),
        key or own,
        root.find(f".//{{{_DI}}}BPMNShape") is not None,
        sum(1 for node in root.iter(f"{{{BPMN}}}*") if node.get("id")),
        renamed,
        tuple(sorted(tools)),
    )


def _read(content: bytes) -> Any:
    """The root of a file that is safe to look at. Raises `InvalidInput`."""
    head = content.replace(b"\x00", b"").upper()  # also when two bytes are a character
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise InvalidInput("file", "XML without document types and entities")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InvalidInput("file", "well-formed XML", str(error)[:80]) from None


def _main(processes: list[Any]) -> Any:
    """The process the drawing is about: the first that may run, else the first with anything."""
    running = [one for one in processes if one.get("isExecutable") == "true"]
    full = [one for one in processes if len(one)]
    return (running or full or processes)[0]


def _apart(root: Any) -> dict[str, str]:
    """Give elements that share an id one each, and their shapes with them, in the same order."""
    elements = [node for node in root.iter(f"{{{BPMN}}}*") if node.get("id")]
    counts = Counter(node.get("id") for node in elements)
    taken_ids, seen, renamed = set(counts), Counter[str](), {}
    shapes: dict[str, list[Any]] = {}
    for shape in root.iter(f"{{{_DI}}}BPMNShape", f"{{{_DI}}}BPMNEdge"):
        shapes.setdefault(shape.get("bpmnElement") or "", []).append(shape)
    for node in elements:
        key = node.get("id")
        seen[key] += 1
        if seen[key] == 1:
            continue
        number = seen[key]
        while f"{key}_{number}" in taken_ids:
            number += 1
        fresh = f"{key}_{number}"
        taken_ids.add(fresh)
        node.set("id", fresh)
        renamed[fresh] = key
        if len(shapes.get(key, ())) > 1:
            shapes[key].pop(1).set("bpmnElement", fresh)
    return renamed


def _rename(root: Any, process: Any, own: str, key: str) -> None:
    """Give the process its id, wherever it is named."""
    if any(node.get("id") == key for node in root.iter() if isinstance(node.tag, str)):
        raise InvalidInput("key", "a key that no element of the file has", key)
    process.set("id", key)
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        for name in _REFERRING:
            if own and node.get(name) == own:
                node.set(name, key)


def _namespaces(root: Any) -> set[str]:
    return {space for node in root.iter() if isinstance(node.tag, str)
            for space in node.nsmap.values() if space}  # fmt: skip
