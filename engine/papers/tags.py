"""What a docx template may say: variables, loops over lists, and whether a value is there.

The language is smaller than the engine's that carries it out, and is checked on the very text
that engine will read: no filters, calls, attributes of objects, arithmetic or nested loops.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.papers.kinds import Texts
from engine.papers.variables import Known, Rows

MOST = 500
_NAME = r"([a-z][a-z_]{0,40})"
_OPENS = re.compile(r"\{\{|\{%|\{#")
_VARIABLE = re.compile(rf"\{{\{{ *{_NAME}(?:\.{_NAME})? *\}}\}}")
_FOR = re.compile(rf"\{{% *for +{_NAME} +in +{_NAME} *%\}}")
_IF = re.compile(rf"\{{% *if +(?:not +)?{_NAME}(?:\.{_NAME})? *%\}}")
_ELSE = re.compile(r"\{% *else *%\}")
_END = re.compile(r"\{% *end(for|if) *%\}")
_MARKUP = re.compile(r"<[^>]*>")
_SHOWN = 60


@dataclass
class _Reader:
    """Where in the text we are: the open loops and conditions, and the row of the loop."""

    known: Known
    open: list[str] = field(default_factory=list)
    row: str = ""
    rows: Rows | None = None


def faults(xml: str, known: Known) -> list[Texts]:
    """What is wrong with the tags of a part, each in words with the tag; nothing if all is well."""
    return list(_faults(xml, _Reader(known)))


def names(xml: str) -> set[str]:
    """The variables and lists that a part names."""
    loops = (found[2] for found in _FOR.finditer(xml))
    return {*(found[1] for found in _VARIABLE.finditer(xml)), *loops}


def _faults(xml: str, reader: _Reader) -> Iterator[Texts]:
    at, seen = 0, 0
    while opens := _OPENS.search(xml, at):
        seen += 1
        if seen > MOST:
            yield {
                "zh": f"变量和循环最多 {MOST} 处。",
                "en": f"At most {MOST} variables and loops are taken.",
            }
            return
        at, wrong = _read(xml, opens.start(), reader)
        if wrong:
            yield wrong
    if reader.open:
        kind = reader.open[-1]
        yield {
            "zh": f"有一处 {{% {kind} … %}} 没有 {{% end{kind} %}}。",
            "en": f"A {{% {kind} … %}} has no {{% end{kind} %}}.",
        }


def _read(xml: str, at: int, reader: _Reader) -> tuple[int, Texts | None]:
    """The tag that begins here: where it ends, and what is wrong with it."""
    if found := _VARIABLE.match(xml, at):
        return found.end(), _unknown(found[0], found[1], found[2], reader)
    if found := _FOR.match(xml, at):
        return found.end(), _loop(found[0], found[1], found[2], reader)
    if found := _IF.match(xml, at):
        reader.open.append("if")
        return found.end(), _unknown(found[0], found[1], found[2], reader, asked=True)
    if found := _ELSE.match(xml, at):
        return found.end(), None if reader.open[-1:] == ["if"] else _alone(found[0])
    if found := _END.match(xml, at):
        return found.end(), _close(found[0], found[1], reader)
    return at + 2, _not_ours(xml, at)


def _loop(tag: str, row: str, name: str, reader: _Reader) -> Texts | None:
    rows = reader.known.get(name)
    nested = "for" in reader.open
    reader.open.append("for")
    if nested:
        return {"zh": f"{tag}：循环里不能再有循环。", "en": f"{tag}: no loop inside of a loop."}
    if not isinstance(rows, Rows):
        lists = "、".join(key for key, one in reader.known.items() if isinstance(one, Rows))
        return {
            "zh": f"{tag}：没有叫 {name} 的列表。" + (f"可以循环的：{lists}。" if lists else ""),
            "en": f"{tag}: there is no list {name}." + (f" Lists: {lists}." if lists else ""),
        }
    if row in reader.known:
        return {
            "zh": f"{tag}：{row} 已经是变量，换一个名字。",
            "en": f"{tag}: {row} is a variable already; take another name.",
        }
    reader.row, reader.rows = row, rows
    return None


def _unknown(
    tag: str, name: str, of_row: str | None, reader: _Reader, *, asked: bool = False
) -> Texts | None:
    if name == reader.row and reader.rows is not None:
        if of_row in reader.rows.fields:
            return None
        fields = "、".join(f"{name}.{key}" for key in reader.rows.fields)
        return {"zh": f"{tag}：一行里有的是 {fields}。", "en": f"{tag}: a row has {fields}."}
    one = reader.known.get(name)
    if one is None or of_row is not None:
        full = f"{name}.{of_row}" if of_row else name
        return {
            "zh": f"{tag}：没有变量 {full}。可用的列在这种公文下面。",
            "en": f"{tag}: there is no variable {full}. Those there are stand below.",
        }
    if isinstance(one, Rows) and not asked:
        return {
            "zh": f"{tag}：{name} 是列表，用 {{% for 一行 in {name} %}} 循环。",
            "en": f"{tag}: {name} is a list; loop over it with {{% for row in {name} %}}.",
        }
    return None


def _close(tag: str, kind: str, reader: _Reader) -> Texts | None:
    if reader.open[-1:] != [kind]:
        return _alone(tag)
    reader.open.pop()
    if kind == "for":
        reader.row, reader.rows = "", None
    return None


def _alone(tag: str) -> Texts:
    return {"zh": f"{tag}：前面没有和它成对的。", "en": f"{tag}: nothing before it belongs to it."}


def _not_ours(xml: str, at: int) -> Texts:
    end = min(
        (i for i in (xml.find(sign, at + 2) for sign in ("}}", "%}", "#}")) if i >= 0),
        default=at + _SHOWN,
    )
    tag = _MARKUP.sub("", xml[at : end + 2])[:_SHOWN]
    return {
        "zh": f"{tag}：只认变量 {{{{ 名 }}}}、循环 {{% for 一行 in 列表 %}} 和 {{% if 名 %}}，"
        "不能有计算、函数、过滤器和注释。",
        "en": f"{tag}: only variables {{{{ name }}}}, loops {{% for row in list %}} and "
        "{% if name %} are taken; no arithmetic, functions, filters or comments.",
    }
