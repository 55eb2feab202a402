"""A docx template filled with a paper's words; the office may go on in Word or WPS."""

import io
import zipfile
from typing import Any

from docx.oxml.ns import qn
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage  # type: ignore[import-untyped]
from lxml import etree

from engine.papers import codes, digest_pieces, tags, typesetting, wording
from engine.papers.kinds import Kind, Sheet, Texts
from engine.papers.variables import VARIABLES, Known

QR_SIDE = Mm(24)
CHART_WIDTH = Mm(150)
_LANGUAGE = "zh"  # what an office prints and seals
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first day a zip can name
_SPLIT: Texts = {
    "zh": "有一处标签跨了段落或表格行：{%p … %} 要自成一段，{%tr … %} 要在表格自己的一行里。",
    "en": "A tag reaches over paragraphs or rows: {%p … %} stands in a paragraph of its own, "
    "{%tr … %} in a row of its own.",
}


class Unfit(Exception):
    """The template cannot be filled; faults: why, in words."""

    def __init__(self, faults: list[Texts]) -> None:
        super().__init__(faults[0]["en"])
        self.faults = faults


def docx(paper: Sheet, template: bytes) -> bytes:
    """The template with the paper's words, the same bytes for the same facts. Raises `Unfit`."""
    form = _Form(template, VARIABLES[paper.kind])
    told = wording.values(paper, _LANGUAGE)
    context = _as_paragraphs(told) | {"qr": form.picture(paper)}
    if paper.kind == Kind.DIGEST:
        context["lines"] = [form.with_pieces(line) for line in context["lines"]]
    form.render(context, autoescape=True)
    about = form.docx.core_properties
    about.title, about.author = f"{told['name']} {told['number']}", told["office"]
    about.subject = about.comments = about.keywords = about.last_modified_by = ""
    about.created = about.modified = paper.made_at.replace(tzinfo=None)
    written = io.BytesIO()
    form.save(written)
    return same_each_time(written.getvalue())


class _Form(DocxTemplate):  # type: ignore[misc]
    """The library's template, which takes our small language only, and only in text."""

    def __init__(self, content: bytes, known: Known) -> None:
        super().__init__(io.BytesIO(content))
        self.known = known

    def with_pieces(self, line: dict[str, Any]) -> dict[str, Any]:
        """A line of a digest, its table and its chart as a docx holds them."""
        table, drawing = line["table"], line["drawing"]
        if table:
            table = digest_pieces.Table(table["head"], table["rows"])
        if drawing:
            made = io.BytesIO(typesetting.drawn(drawing))
            drawing = InlineImage(self, made, width=CHART_WIDTH)
        return {**line, "table": table, "drawing": drawing}

    def picture(self, paper: Sheet) -> InlineImage:
        """The paper's QR code."""
        made = io.BytesIO(codes.png(paper.code))
        return InlineImage(self, made, width=QR_SIDE, height=QR_SIDE)

    def render_xml_part(
        self, src_xml: str, part: Any, context: dict[str, Any], jinja_env: Any = None
    ) -> str:
        """Body, heads, feet and notes all come through here, ready to be carried out."""
        if found := tags.faults(src_xml, self.known):
            raise Unfit(found)
        made: str = super().render_xml_part(src_xml, part, context, jinja_env)
        return made

    def render_properties(self, *_args: Any, **_kwargs: Any) -> None:
        """A file's properties are no place for tags: ours are written over them."""

    def fix_tables(self, xml: str) -> Any:
        """The library would mend broken markup in silence, and lose text by it."""
        try:
            etree.fromstring(xml.encode())
        except etree.XMLSyntaxError:
            raise Unfit([_SPLIT]) from None
        tree = super().fix_tables(xml)
        for cell in tree.iter(qn("w:tc")):
            if cell[-1].tag != qn("w:p"):  # a loop over nothing; Word opens no cell without one
                etree.SubElement(cell, qn("w:p"))
        return tree


def _as_paragraphs(value: Any) -> Any:
    """Lines become paragraphs of the same kind: the library's sign for that is BEL."""
    if isinstance(value, dict):
        return {name: _as_paragraphs(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_paragraphs(one) for one in value]
    return "\a".join(line for line in value.split("\n") if line.strip())


def same_each_time(content: bytes) -> bytes:
    """The archive without the moment it was written at."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        for entry in old.infolist():
            fresh = zipfile.ZipInfo(entry.filename, _LONG_AGO)
            fresh.compress_type = zipfile.ZIP_DEFLATED
            fresh.create_system = 3
            new.writestr(fresh, old.read(entry))
    return written.getvalue()
