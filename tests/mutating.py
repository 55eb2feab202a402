"""Files of diagrams and decisions as nobody should send them: mutated from good ones, or invented.

The same seed gives the same files.
"""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from tests.databases import WORKFLOWS
from tests.inventing import BPMN, MADE_UP, SPIFF, TAGS

FOREIGN = Path(__file__).parent / "engine" / "bpmn" / "foreign"
# Large ones take ten times as long and are mutated less often.
_LARGE = ("appeal", "qd_government", "qd_media", "qd_petition")
_VALUES = [
    *("", " ", "x", "Start", "End", "End.EndJoin", "Root", "None", "-1", "true", "0", "1e999"),
    *("a b", "a.b", "É", "办理", "\u202e", "\ufeff", "𠀀", "{{7*7}}", "${x}", "= x", "#{y}"),
    *("UNIQUE", "RULE ORDER", "COLLECT", "P5D", "PT1S", "R/PT1H", "5 WD", "limit(x)", "[1..]"),
    *("not(", 'not("a"', '"a","b"', "> 1) or (True", "case.__class__", "__import__('os')", "9**9"),
    *("a == b == c", "[x for x in y]", "lambda: 1", "case.bounces >= 3", "%s%n", "\\", "'", '"'),
    "x" * 300, "名" * 5_000, "(" * 250, "[" * 5_000, "a" * 70_000, " and ".join(["a == b"] * 100),
]  # fmt: skip
_NAMES = [
    *("id", "name", "sourceRef", "targetRef", "attachedToRef", "default", "calledElement", "value"),
    *("isExecutable", "hitPolicy", "messageRef", "errorRef", "type", "triggeredByEvent", "label"),
    *("cancelActivity", "isSequential", "isForCompensation", "processRef", "instantiate", "text"),
    "{http://camunda.org/schema/1.0/bpmn}assignee", "{http://flowable.org/bpmn}class",
    "{urn:nobody}x", "{http://www.w3.org/XML/1998/namespace}lang",
]  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One file. key: the process it is deployed as; decision: whether it is a decision of it."""

    number: int
    how: str
    key: str
    decision: bool
    content: bytes


def mutants(seed: int, first: int, count: int) -> list[Mutant]:
    """Files `first` to `first + count` of the series a seed gives."""
    return [_mutant(seed, number) for number in range(first, first + count)]


def _mutant(seed: int, number: int) -> Mutant:
    chance = random.Random(seed * 1_000_003 + number)
    if number % 10 == 9:
        how = chance.choice(sorted(MADE_UP))
        content = MADE_UP[how](chance)
        return Mutant(number, how, "extension", how.startswith("table"), content)
    decision = number % 10 >= 7
    if decision:
        path = chance.choice(sorted(WORKFLOWS.glob("*/*.dmn")))
        key = path.parent.name if path.parent.name not in _LARGE else "supervision"
    else:
        path = _diagram(chance)
        key = path.parent.name if path.parent != FOREIGN else "street_light"
    content = path.read_bytes()
    hows = []
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        how = chance.choice(sorted(_IN_BYTES) if chance.random() < 0.3 else sorted(_IN_TREE))
        hows.append(how)
        content = (_IN_BYTES | _IN_TREE)[how](content, chance)
    return Mutant(
        number, f"{path.parent.name}/{path.name}: {' + '.join(hows)}", key, decision, content
    )


def _diagram(chance: random.Random) -> Path:
    if chance.random() < 0.25:
        return chance.choice(sorted(FOREIGN.glob("*.bpmn")))
    large = chance.random() < 0.04
    found = [p for p in sorted(WORKFLOWS.glob("*/process.bpmn"))
             if (p.parent.name in _LARGE) == large]  # fmt: skip
    return chance.choice(found)


# In the bytes ----------------------------------------------------------------------------------


def _flipped(content: bytes, chance: random.Random) -> bytes:
    flipped = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(flipped) or 1)
        flipped[place : place + 1] = bytes([chance.randrange(256)])
    return bytes(flipped)


def _cut(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) or 1)
    return content[:place] + content[place + chance.randrange(1, 60) :]


def _ended(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _repeated(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) or 1)
    return content[:place] + content[place : place + chance.randrange(500)] * 3 + content[place:]


def _inserted(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    odd = chance.choice(
        [b"\x00", b"\x01", b"&", b"<", b">", b"]]>", b"&#0;", b"&#xD800;", b"\xff\xfe", b"<!--",
         b"<![CDATA[", b"<?x?>", b"<!DOCTYPE x>", b"&lt;", b"\xef\xbb\xbf", b"\r", b"\x85"]
    )  # fmt: skip
    return content[:place] + odd + content[place:]


def _encoded(content: bytes, chance: random.Random) -> bytes:
    text = content.decode("utf-8", "replace")
    encoding = chance.choice(["utf-16", "utf-16-le", "utf-32", "gb18030", "utf-8-sig", "latin-1"])
    declared = chance.choice(["UTF-8", "GBK", "UTF-16", "klingon", "iso-8859-1", "utf-7", "idna"])
    text = text.replace('encoding="UTF-8"', f'encoding="{declared}"', 1)
    return text.encode(encoding, "replace")


def _prefixed(content: bytes, chance: random.Random) -> bytes:
    return chance.choice(
        [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\n\n", b"PK\x03\x04", b"\x1f\x8b", b"%PDF-\n",
         b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>', b'<?xml version="9.9"?>', b"{"]
    ) + content  # fmt: skip


_IN_BYTES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flipped": _flipped, "cut": _cut, "ended": _ended, "repeated": _repeated,
    "inserted": _inserted, "encoded": _encoded, "prefixed": _prefixed,
}  # fmt: skip


# In the tree -----------------------------------------------------------------------------------


def _in_tree(change: Callable[[list[Any], random.Random], None]) -> Callable[..., bytes]:
    def in_tree(content: bytes, chance: random.Random) -> bytes:
        try:
            root = etree.fromstring(content, etree.XMLParser(resolve_entities=False))
        except (etree.XMLSyntaxError, ValueError, LookupError):
            return content  # it cannot be read any more
        nodes = [node for node in root.iter() if isinstance(node.tag, str)]
        change(nodes, chance)
        changed: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        return changed

    return in_tree


def _inner(nodes: list[Any], chance: random.Random) -> Any:
    """A node of the model itself rather than of its drawing, where there is one."""
    model = [n for n in nodes[1:] if etree.QName(n).namespace in (BPMN, SPIFF)] or nodes[1:]
    return chance.choice(model or nodes)


def _drop(nodes: list[Any], chance: random.Random) -> None:
    node = _inner(nodes, chance)
    if node.getparent() is not None:
        node.getparent().remove(node)


def _double(nodes: list[Any], chance: random.Random) -> None:
    node = _inner(nodes, chance)
    if node.getparent() is not None:
        for _ in range(chance.choice((1, 1, 2, 30))):
            node.addnext(deepcopy(node))


def _move(nodes: list[Any], chance: random.Random) -> None:
    node, target = _inner(nodes, chance), _inner(nodes, chance)
    if node not in (target, *target.iterancestors()):
        target.append(node)


def _swap(nodes: list[Any], chance: random.Random) -> None:
    one, two = _inner(nodes, chance), _inner(nodes, chance)
    for name in set(one.attrib) & set(two.attrib):
        if chance.random() < 0.5:
            first, second = one.get(name), two.get(name)
            one.set(name, second)
            two.set(name, first)


def _rename(nodes: list[Any], chance: random.Random) -> None:
    node = _inner(nodes, chance)
    other = _inner(nodes, chance)
    node.set("id", chance.choice([*_VALUES[:24], other.get("id") or "x"]).replace("\ufeff", ""))


def _retag(nodes: list[Any], chance: random.Random) -> None:
    node = _inner(nodes, chance)
    space = chance.choice([etree.QName(node).namespace or BPMN, BPMN, SPIFF, "urn:nobody"])
    node.tag = f"{{{space}}}{chance.choice(TAGS)}"


def _respace(nodes: list[Any], chance: random.Random) -> None:
    space = chance.choice(["urn:nobody", SPIFF, "http://camunda.org/schema/1.0/bpmn"])
    for node in nodes if chance.random() < 0.2 else [_inner(nodes, chance)]:
        node.tag = f"{{{space}}}{etree.QName(node).localname}"


def _attribute(nodes: list[Any], chance: random.Random) -> None:
    for _ in range(chance.randrange(1, 6)):
        node = _inner(nodes, chance)
        names = [*node.attrib, *(_NAMES if chance.random() < 0.5 or not node.attrib else [])]
        name = chance.choice(names)
        if chance.random() < 0.3 and name in node.attrib:
            del node.attrib[name]
        else:
            node.set(name, chance.choice(_VALUES))


def _text(nodes: list[Any], chance: random.Random) -> None:
    written = [n for n in nodes if (n.text or "").strip()] or nodes
    for _ in range(chance.randrange(1, 6)):
        chance.choice(written).text = chance.choice(_VALUES)


def _property(nodes: list[Any], chance: random.Random) -> None:
    given = [n for n in nodes if etree.QName(n).localname == "property"] or nodes
    for _ in range(chance.randrange(1, 4)):
        node = chance.choice(given)
        node.set(
            chance.choice(("name", "value")), chance.choice([*_VALUES, "form", "limit", "unit"])
        )


def _deepen(nodes: list[Any], chance: random.Random) -> None:
    node = _inner(nodes, chance)
    kind = chance.choice(("subProcess", "extensionElements", "decisionTable", "not"))
    for _ in range(chance.choice((3, 15, 90, 240))):
        child = etree.SubElement(node, f"{{{BPMN}}}{kind}")
        child.set("id", f"deep{chance.randrange(10**9)}")
        node = child


def _noise(nodes: list[Any], chance: random.Random) -> None:
    for _ in range(chance.randrange(1, 30)):
        node = chance.choice(nodes)
        odd = chance.choice([etree.Comment(" x "), etree.PI("php", "exit()"), etree.Entity("amp")])
        node.insert(0, odd)


_IN_TREE: dict[str, Callable[..., bytes]] = {
    name: _in_tree(change)
    for name, change in {
        "drop": _drop, "double": _double, "move": _move, "swap": _swap, "rename": _rename,
        "retag": _retag, "respace": _respace, "attribute": _attribute, "text": _text,
        "property": _property, "deepen": _deepen, "noise": _noise,
    }.items()
}  # fmt: skip
