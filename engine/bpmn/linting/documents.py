"""Bytes to a document that is safe to look at: no entities, no network, bounded in size."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
_PREFIX = f"{{{BPMN}}}"
MAX_BYTES = 2_000_000

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_GUOBIAO = ("gb2312", "gbk", "gb18030", "cp936")


class Unreadable(Exception):
    """The file cannot be read, in words. line: where, if known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Document:
    """A parsed XML file with what every rule asks."""

    def __init__(self, root: Any) -> None:
        self.root = root

    def processes(self) -> list[Any]:
        """The processes in the file."""
        return list(self.root.findall(f"{{{BPMN}}}process"))

    def process(self, key: str) -> Any:
        """The process of that id, or None."""
        return next((p for p in self.processes() if p.get("id") == key), None)

    @staticmethod
    def properties(node: Any) -> dict[str, str]:
        """The node's own properties, in any order; the last of a name wins."""
        found: dict[str, str] = {}
        path = f"{{{BPMN}}}extensionElements/{{{SPIFF}}}properties/{{{SPIFF}}}property"
        for item in node.iterfind(path):
            if item.get("name"):
                found[item.get("name")] = item.get("value") or ""
        return found

    @staticmethod
    def extension(node: Any, name: str) -> Any:
        """A direct extension element of the engine's namespace, or None."""
        return node.find(f"{{{BPMN}}}extensionElements/{{{SPIFF}}}{name}")


def read(content: bytes) -> Document:
    """The document in `content`. Raises `Unreadable`, in words."""
    if len(content) > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES // 1_000_000} MB")
    text = _decoded(content)
    if not text.strip():
        raise Unreadable("the file is empty")
    match = re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE)
    if match:
        line = text.count("\n", 0, match.start()) + 1
        raise Unreadable("document types and entities are not allowed; remove them", line)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_pis=True, remove_comments=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        message = (error.msg or "").split(", line")[0]
        if "depth" in message.lower():
            message = "elements are nested too deeply"
        raise Unreadable(f"not well-formed XML: {message}", error.lineno or None) from None
    except (ValueError, UnicodeEncodeError):
        raise Unreadable("it holds characters that XML does not allow") from None
    return Document(root)


def _decoded(content: bytes) -> str:
    """The text without its XML declaration, lines kept."""
    encoding = _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"it is not {encoding.upper()}; save it as UTF-8", line) from None
    text = text.removeprefix("\ufeff")
    match = _DECLARATION.match(text)
    if match:
        text = "\n" * match[0].count("\n") + text[match.end() :]
    return text


def _encoding(content: bytes) -> str:
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise Unreadable("UTF-32 is not read; save it as UTF-8")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if content[:4] in (b"<\x00?\x00", b"<\x00b\x00", b"<\x00d\x00"):
        return "utf-16-le"
    if content[:4] in (b"\x00<\x00?", b"\x00<\x00b", b"\x00<\x00d"):
        return "utf-16-be"
    declared = _ENCODING.match(content.lstrip()[:200])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in ("utf-8", "utf8", "us-ascii", "ascii"):
        return "utf-8"
    if name in _GUOBIAO:
        return "gb18030"
    raise Unreadable(f"the encoding {name} is not read; save it as UTF-8")


def local(node: Any) -> str:
    """The name of an element without its namespace; empty for comments."""
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(node: Any, *names: str) -> Iterator[Any]:
    """Direct children with one of these BPMN names, in the order of the file."""
    for child in node:
        tag = child.tag
        wanted = isinstance(tag, str) and tag.startswith(_PREFIX)
        if wanted and (not names or tag[len(_PREFIX) :] in names):
            yield child


def one_line(text: str | None) -> str:
    """A name without the line breaks of its drawing."""
    return " ".join((text or "").split())
