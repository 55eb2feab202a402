"""Looking at a docx template that an office sends, before anything of it is used.

A docx is an archive of XML: it may be no archive, a bomb, carry macros, or fetch things from
elsewhere when it is opened. What is left is filled with a made-up paper, as it will be with real
ones. Every refusal says what is wrong and where.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from docx.exceptions import PythonDocxError
from docx.opc.exceptions import OpcError
from lxml import etree

from engine.errors import InvalidAnswers
from engine.papers import filling, tags
from engine.papers.kinds import Digest, Interview, Kind, Order, Paper, Slip, Texts
from engine.papers.samples import sample

FIELD = "template"
LARGEST = 5 * 1024 * 1024
_MOST_PARTS, _LARGEST_PART, _LARGEST_IN_ALL = 300, 4 * 1024 * 1024, 20 * 1024 * 1024
_MUST = ("[Content_Types].xml", "word/document.xml")
# What runs by itself, or holds another file that does.
_ALIVE = re.compile(
    r"vbaproject|vbadata|activex|oleobject|/embeddings/|/macros|\.bin$|\.exe$", re.I
)
_ALIVE_TYPES = re.compile(rb"macroenabled|vbaproject|activex|oleobject", re.I)
# Fields that fetch or start something when the file is opened or printed.
_FETCHING = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON)\b", re.I
)
_LINK = re.compile(r"(https?|mailto):", re.I)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHOWN = 80


def check(kind: Kind, content: bytes) -> None:
    """Raise `InvalidAnswers` for the field `template` unless it can be used for this kind."""
    parts = _parts(content)
    for name, part in parts.items():
        if name.endswith((".xml", ".rels")):
            _read(name, part)
    if not any(tags.names(_text(part)) for name, part in parts.items() if name.endswith(".xml")):
        raise _refused(
            "里面没有一个 {{ 变量 }}，印出来每份都一样。先下载现用的一份，在上面改。",
            "It has no {{ variable }}: every paper would be the same. Begin from the one in use.",
        )
    for paper in (sample(kind), _bare(kind)):
        try:
            filling.docx(paper, content)
        except filling.Unfit as error:
            raise InvalidAnswers({FIELD: _joined(error.faults)}) from None
        except _BROKEN:
            raise _refused(
                "Word 也打不开这个文件：里面的结构不完整。用 Word 或 WPS 另存为 .docx 再传。",
                "Its inside is not whole. Save it as .docx in Word or WPS and send it again.",
            ) from None


# What the libraries raise on a part that is missing, doubled or of another shape.
_BROKEN = (
    OpcError,
    PythonDocxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    etree.LxmlError,
)


def _parts(content: bytes) -> Mapping[str, bytes]:
    """The archive's files by name, unpacked within bounds."""
    if len(content) > LARGEST:
        raise _refused(
            f"超过 {LARGEST // 1024 // 1024} MB。把里面的图片压小再传。",
            f"It is larger than {LARGEST // 1024 // 1024} MB. Make its pictures smaller.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = dict(_unpacked(archive))
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError):
        raise _refused(
            "这不是 .docx 文件，或者已经损坏。老的 .doc 先另存为 .docx。",
            "This is no .docx, or it is damaged. Save an old .doc as .docx first.",
        ) from None
    if missing := [name for name in _MUST if name not in parts]:
        raise _refused(
            f"这不是 Word 文档：缺 {missing[0]}。",
            f"This is no Word document: {missing[0]} is missing.",
        )
    if _ALIVE_TYPES.search(parts["[Content_Types].xml"]):
        raise _refused(
            "带宏或控件的文档（.docm）不收。另存为不带宏的 .docx。",
            "A document with macros or controls (.docm) is not taken. Save it as .docx.",
        )
    return parts


def _unpacked(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    entries = archive.infolist()
    if len(entries) > _MOST_PARTS or len({one.filename for one in entries}) < len(entries):
        raise _refused(
            f"里面的文件超过 {_MOST_PARTS} 个，或者有同名的。",
            f"It holds more than {_MOST_PARTS} files, or two of one name.",
        )
    room = _LARGEST_IN_ALL
    for entry in entries:
        name = entry.filename
        if _ALIVE.search(name) or name.startswith(("/", "\\")) or ".." in name.split("/"):
            raise _refused(
                f"不收「{name[:_SHOWN]}」：宏、控件和嵌入的文件都不能带。",
                f"“{name[:_SHOWN]}” is not taken: no macros, controls or embedded files.",
            )
        with archive.open(entry) as stream:
            data = stream.read(_LARGEST_PART + 1)
        room -= len(data)
        if len(data) > _LARGEST_PART or room < 0:
            raise _refused(
                f"「{name[:_SHOWN]}」解开后太大，没有收。",
                f"“{name[:_SHOWN]}” is too large when unpacked and was not taken.",
            )
        yield name, data


def _read(name: str, part: bytes) -> None:
    """Refuse a part that is no XML, declares entities, or reaches outside."""
    try:
        tree = etree.fromstring(part, _parser())
    except etree.XMLSyntaxError as error:
        raise _refused(
            f"「{name}」不是完整的 XML（第 {error.lineno} 行）。",
            f"“{name}” is no whole XML (line {error.lineno}).",
        ) from None
    if tree.getroottree().docinfo.doctype:
        raise _refused(
            f"「{name}」里有 DOCTYPE 声明，不收。", f"“{name}” has a DOCTYPE: not taken."
        )
    for link in tree.iter("{*}Relationship"):
        target = link.get("Target") or ""
        link_type = (link.get("Type") or "").rpartition("/")[2]
        outside = (link.get("TargetMode") or "").lower() == "external"
        if link_type in {"attachedTemplate", "aFChunk"} or (
            outside and not (link_type == "hyperlink" and _LINK.match(target))
        ):
            raise _refused(
                f"「{name}」连到外面的文件（{target[:_SHOWN]}）。把链接的图片或模板改成嵌入。",
                f"“{name}” reaches for an outside file ({target[:_SHOWN]}). Embed it instead.",
            )
    said = "".join(one.text or "" for one in tree.iter(f"{_W}instrText"))
    said += " ".join(one.get(f"{_W}instr") or "" for one in tree.iter(f"{_W}fldSimple"))
    if found := _FETCHING.search(said):
        raise _refused(
            f"「{name}」里有 {found[1].upper()} 域，打开时会取外面的内容，不收。",
            f"“{name}” has a {found[1].upper()} field, which fetches from outside: not taken.",
        )


def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _text(part: bytes) -> str:
    """A part with each paragraph's text in one piece, as far as names of variables need it."""
    tree = etree.fromstring(part, _parser())
    return "\n".join(
        "".join(one.text or "" for one in paragraph.iter(f"{_W}t"))
        for paragraph in tree.iter(f"{_W}p")
    )


def _bare(kind: Kind) -> Any:
    """The made-up paper with nothing in its lists and nothing that may be left out."""
    full = sample(kind)
    if isinstance(full, Slip):
        return replace(full, others=(), terms=(), instructions="", place="", address="")
    if isinstance(full, Order | Interview):
        return replace(full, overdue=(), climbed=(), place="", address="")
    if isinstance(full, Digest):
        return replace(full, blocks=(), address="")
    if isinstance(full, Paper):
        return replace(full, place="", address="")
    return full


def _joined(faults: list[Texts]) -> Texts:
    """The first five, each as it is; how many more there are."""
    more = len(faults) - 5
    told = {language: [one[language] for one in faults[:5]] for language in ("zh", "en")}
    if more > 0:
        told["zh"].append(f"还有 {more} 处。")
        told["en"].append(f"{more} more.")
    return {"zh": "".join(told["zh"]), "en": " ".join(told["en"])}


def _refused(zh: str, en: str) -> InvalidAnswers:
    return InvalidAnswers({FIELD: {"zh": zh, "en": en}})
