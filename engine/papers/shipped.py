"""Makes the templates that ship, `workflows/papers/<kind>.docx`: `python -m engine.papers.shipped`.

They are drawn here once, in the look of Chinese official papers, and may be edited in Word or WPS
like any other. Fonts are named, not contained: where an office lacks one, the alternatives
written into the file's font table take its place.
"""

import io
from pathlib import Path

from docx import Document
from docx.document import Document as Docx
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table

from engine.papers import pieces
from engine.papers.filling import same_each_time
from engine.papers.kinds import NAMES, Kind

FOLDER = Path(__file__).resolve().parents[2] / "workflows" / "papers"


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in Kind:
        path(kind).write_bytes(made(kind))


def path(kind: Kind) -> Path:
    """Where the shipped template of a kind lies."""
    return FOLDER / f"{kind}.docx"


def made(kind: Kind) -> bytes:
    """The template, always the same bytes."""
    narrow = kind in {Kind.SLIP, Kind.ORDER}
    document = _blank(narrow=narrow)
    if kind == Kind.DIGEST:
        _digest_head(document)
    else:
        _head(document, NAMES[kind]["zh"])
    _BODY[kind](document)
    _signature(document)
    about = document.core_properties
    about.title, about.author, about.comments = NAMES[kind]["zh"], "Huiyin", ""
    pieces.name_substitutes(document)
    written = io.BytesIO()
    document.save(written)
    return same_each_time(written.getvalue())


def _blank(*, narrow: bool) -> Docx:
    """An A4 page with the margins of official papers, a mark for drafts and page numbers."""
    document = Document()
    section = document.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = (Mm(25), Mm(22)) if narrow else (Mm(37), Mm(32))
    section.left_margin, section.right_margin = (Mm(24), Mm(24)) if narrow else (Mm(28), Mm(26))
    normal = document.styles["Normal"]
    normal.font.size = Pt(12 if narrow else 16)
    pieces.face(normal.element.get_or_add_rPr(), pieces.TEXT)
    for said in document.styles.element.iter(qn("w:lang")):
        said.set(qn("w:eastAsia"), "zh-CN")
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.space_before = Pt(0)
    mark = section.header.paragraphs[0]
    mark.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    pieces.run(mark, "{{ draft }}", size=10.5, colour=pieces.RED)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    pieces.run(foot, "— ", size=10.5)
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    foot._p.append(field)
    number = OxmlElement("w:r")
    field.append(number)
    shown = OxmlElement("w:t")
    shown.text = "1"
    number.append(shown)
    pieces.run(foot, " —", size=10.5)
    return document


def _head(document: Docx, name: str) -> None:
    office = document.add_paragraph()
    office.alignment = WD_ALIGN_PARAGRAPH.CENTER
    pieces.run(office, "{{ office }}", kind=pieces.HEAD, size=34, colour=pieces.RED)
    office.paragraph_format.space_after = Pt(4)
    pieces.line_below(office)
    number = document.add_paragraph()
    number.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    number.paragraph_format.space_before = Pt(4)
    pieces.run(number, "{{ number }}", size=12)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(8), Pt(10)
    pieces.run(title, name, kind=pieces.HEAD, size=22)


def _digest_head(document: Docx) -> None:
    """What it is called in red, then which issue, by whom and of which days."""
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    pieces.run(title, "{{ name }}", kind=pieces.HEAD, size=36, colour=pieces.RED)
    issue = document.add_paragraph()
    issue.alignment = WD_ALIGN_PARAGRAPH.CENTER
    pieces.run(issue, "{{ issue }}", size=14)
    line = document.add_paragraph()
    line.paragraph_format.tab_stops.add_tab_stop(Mm(156), WD_TAB_ALIGNMENT.RIGHT)
    pieces.run(line, "{{ office }}\t{{ date }}", size=14)
    pieces.line_below(line)
    period = document.add_paragraph()
    period.paragraph_format.tab_stops.add_tab_stop(Mm(156), WD_TAB_ALIGNMENT.RIGHT)
    pieces.run(period, "{{ number }}\t{{ period }}", size=12, colour=pieces.GREY)


def _digest(document: Docx) -> None:
    _tag(document, "{%p for row in lines %}")
    _tag(document, "{%p if row.heading %}")
    heading = document.add_paragraph()
    heading.paragraph_format.space_before = Pt(10)
    heading.paragraph_format.keep_with_next = True
    pieces.run(heading, "{{ row.heading }}", kind=pieces.LABEL, size=16)
    _tag(document, "{%p endif %}")
    _tag(document, "{%p if row.text %}")
    _text(document, "{{ row.text }}")
    _tag(document, "{%p endif %}")
    _tag(document, "{%p if row.title %}")
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before = Pt(6)
    title.paragraph_format.keep_with_next = True
    pieces.run(title, "{{ row.title }}", kind=pieces.LABEL, size=12)
    _tag(document, "{%p endif %}")
    _tag(document, "{%p if row.drawing %}")
    chart = document.add_paragraph()
    chart.alignment = WD_ALIGN_PARAGRAPH.CENTER
    pieces.run(chart, "{{ row.drawing }}", size=12)
    _tag(document, "{%p endif %}")
    _tag(document, "{%p if row.table %}")
    pieces.run(document.add_paragraph(), "{{ row.table }}", size=12)
    _tag(document, "{%p endif %}")
    _tag(document, "{%p endfor %}")
    _closing(document)


def _slip(document: Docx) -> None:
    form = pieces.form(document)
    pieces.four(form, "承办单位", "{{ unit }}（{{ part }}）", "日期", "{{ date }}")
    pieces.only_if(form, "others", "同办单位", "{{ others }}")
    pieces.four(form, "诉求编号", "{{ case_number }}", "来件", "{{ received_on }} {{ channel }}")
    pieces.four(form, "类别", "{{ category }}", "地点", "{{ place }}")
    pieces.two(form, "诉求", "{{ case_title }}")
    pieces.two(form, "内容", "{{ body }}")
    pieces.two(form, "来件人", "{{ person }}", colour=pieces.GREY)
    pieces.only_if(form, "instructions", "办理要求", "{{ instructions }}")
    pieces.listed(form, "terms", "时限", "{{ row.name }}：{{ row.until }}")
    pieces.two(form, "领导批示", "", tall=17)
    pieces.two(form, "办理结果", "", tall=26)
    pieces.two(form, "签收人、日期", "")
    _closing(document)


def _order(document: Docx) -> None:
    form = pieces.form(document)
    pieces.four(form, "承办单位", "{{ unit }}", "整改期限", "{{ cure_by }}")
    pieces.four(form, "诉求编号", "{{ case_number }}", "来件", "{{ received_on }}")
    pieces.two(form, "诉求", "{{ case_title }}")
    pieces.only_if(form, "colour", "颜色", "{{ colour }}")
    pieces.two(form, "督办事由", "{{ cause }}")
    pieces.only_if(form, "reason", "依据", "{{ reason }}")
    _overdue(form)
    pieces.two(form, "督办要求", "{{ demands }}")
    pieces.two(form, "整改回复", "", tall=36)
    pieces.two(form, "签收人、日期", "")
    _closing(document)


def _answer(document: Docx) -> None:
    _text(document, "{{ to }}：", indent=False)
    _text(document, "{{ opening }}")
    _text(document, "{{ answer }}")
    _tag(document, "{%p if outcome %}")
    _text(document, "办理结果：{{ outcome }}。")
    _tag(document, "{%p endif %}")
    _tag(document, "{%p for row in points %}")
    _text(document, "{{ row.name }}：{{ row.text }}")
    _tag(document, "{%p endfor %}")
    _text(document, "{{ closing }}")


def _refusal(document: Docx) -> None:
    _text(document, "{{ to }}：", indent=False)
    _text(document, "{{ opening }}")
    _text(document, "{{ letter }}")
    _text(document, "{{ closing }}")


def _interview(document: Docx) -> None:
    _text(document, "{{ unit }}：", indent=False)
    _text(document, "{{ opening }}")
    _tag(document, "{%p for row in overdue %}")
    _text(document, "{{ row.name }}：{{ row.until }} 到期。")
    _tag(document, "{%p endfor %}")
    _tag(document, "{%p for row in steps %}")
    _text(document, "{{ row.at }}{{ row.rung }}：{{ row.said }}")
    _tag(document, "{%p endfor %}")
    _text(document, "{{ summons }}")
    _tag(document, "{%p if closing %}")
    _text(document, "{{ closing }}")
    _tag(document, "{%p endif %}")


_BODY = {
    Kind.SLIP: _slip,
    Kind.ANSWER: _answer,
    Kind.REFUSAL: _refusal,
    Kind.ORDER: _order,
    Kind.INTERVIEW: _interview,
    Kind.DIGEST: _digest,
}


def _signature(document: Docx) -> None:
    """The code at the left; who signs, the seal and the day at the right."""
    document.add_paragraph()
    table = document.add_table(rows=1, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    left, right = table.rows[0].cells
    pieces.run(left.paragraphs[0], "{{ qr }}", size=9)
    pieces.run(left.add_paragraph(), "{{ qr_words }}", size=9, colour=pieces.GREY)
    for words in ("{{ office }}（盖章）", "{{ date }}"):
        line = right.paragraphs[0] if words.endswith("（盖章）") else right.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.space_before = Pt(10)
        pieces.run(line, words)
    pieces.stay_on_one_page(table)


def _overdue(table: Table) -> None:
    pieces.listed(table, "overdue", "已超时限", "{{ row.name }}：{{ row.until }} 到期")
    pieces.listed(table, "steps", "此前督办", "{{ row.at }} {{ row.rung }}：{{ row.said }}")


def _closing(document: Docx) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(8)
    pieces.run(paragraph, "{{ closing }}", size=11)


def _text(document: Docx, words: str, *, indent: bool = True) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = Pt(29)
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(32)
        for layout in paragraph._p.iter(qn("w:ind")):
            layout.set(qn("w:firstLineChars"), "200")  # two signs, whatever their size
    pieces.run(paragraph, words)


def _tag(document: Docx, words: str) -> None:
    pieces.run(document.add_paragraph(), words)


if __name__ == "__main__":
    main()
