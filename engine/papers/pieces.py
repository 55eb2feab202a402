"""The pieces a shipped docx template is drawn of: faces, red lines, forms of labels and values."""

from typing import Any

from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

HEAD, TEXT, LABEL, LATIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "Times New Roman"
_INSTEAD = {HEAD: "方正小标宋_GBK,华文中宋,宋体", TEXT: "仿宋,华文仿宋,FangSong", LABEL: "SimHei"}
RED = RGBColor(0xC4, 0x14, 0x1C)
GREY = RGBColor(0x5A, 0x5A, 0x5A)
_WIDTHS = (Mm(26), Mm(55), Mm(26), Mm(55))
_FONT_TABLE = "application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def form(document: Docx) -> Table:
    """A form of four columns, labels and values, under red lines; rows are added to it."""
    table: Table = document.add_table(rows=0, cols=4)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = width
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        borders.append(_border(side, size=6))
    table._tbl.tblPr.insert_element_before(
        borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook"
    )
    return table


def _cells(table: Table) -> list[_Cell]:
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    cells = list(row.cells)
    for cell, width in zip(cells, _WIDTHS, strict=True):
        cell.width = width
    return cells


def four(table: Table, label: str, words: str, label_2: str, words_2: str) -> None:
    """A row of two labels with their values."""
    cells = _cells(table)
    for name, value, place in ((label, words, 0), (label_2, words_2, 2)):
        _label(cells[place], name)
        _value(cells[place + 1], value)


def two(
    table: Table, label: str, words: str, *, tall: int = 9, colour: RGBColor | None = None
) -> _Cell:
    """A row of a label and one wide value; tall: at least, in mm."""
    cells = _cells(table)
    _label(cells[0], label)
    wide: _Cell = cells[1].merge(cells[3])
    _value(wide, words, colour=colour)
    table.rows[-1].height = Mm(tall)
    return wide


def only_if(table: Table, name: str, label: str, words: str) -> None:
    """A row that is there only if the value is."""
    _tag_row(table, f"{{%tr if {name} %}}")
    two(table, label, words)
    _tag_row(table, "{%tr endif %}")


def listed(table: Table, name: str, label: str, words: str) -> None:
    """A row that lists what a loop gives, one a line; not there for nothing."""
    _tag_row(table, f"{{%tr if {name} %}}")
    cell = two(table, label, f"{{%p for row in {name} %}}")
    for text in (words, "{%p endfor %}"):
        run(cell.add_paragraph(), text)
    _tag_row(table, "{%tr endif %}")


def _tag_row(table: Table, words: str) -> None:
    cells = _cells(table)
    run(cells[0].merge(cells[3]).paragraphs[0], words)


def _label(cell: _Cell, words: str) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _airy(paragraph)
    run(paragraph, words, kind=LABEL)


def _value(cell: _Cell, words: str, *, colour: RGBColor | None = None) -> None:
    _airy(cell.paragraphs[0])
    run(cell.paragraphs[0], words, colour=colour)


def _airy(paragraph: Paragraph) -> None:
    paragraph.paragraph_format.space_before = Pt(4)
    paragraph.paragraph_format.space_after = Pt(4)


def run(
    paragraph: Paragraph,
    words: str,
    *,
    kind: str = TEXT,
    size: float | None = None,
    colour: RGBColor | None = None,
) -> Run:
    """Words in one face (`kind`), size in points and colour."""
    added = paragraph.add_run(words)
    face(added._r.get_or_add_rPr(), kind)
    if size is not None:
        added.font.size = Pt(size)
    if colour is not None:
        added.font.color.rgb = colour
    return added


def face(properties: Any, kind: str) -> None:
    """Chinese in face `kind`, figures and Latin in Times, as official papers have it."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for script in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{script}"), None)
    for script, name in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", kind), ("cs", LATIN)):
        fonts.set(qn(f"w:{script}"), name)


def line_below(paragraph: Paragraph) -> None:
    """The red line under the head."""
    borders = OxmlElement("w:pBdr")
    borders.append(_border("bottom", size=18, space=4))
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _border(side: str, *, size: int, space: int = 0) -> Any:
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", size), ("space", space), ("color", str(RED))):
        line.set(qn(f"w:{name}"), str(value))
    return line


def stay_on_one_page(table: Table) -> None:
    """Break no row over pages."""
    for row in table.rows:
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(whole)


def name_substitutes(document: Docx) -> None:
    """What Word and WPS take where the named fonts are not installed."""
    part = next(
        one for one in document.part.package.iter_parts() if one.content_type == _FONT_TABLE
    )
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{instead}"/></w:font>'
        for name, instead in _INSTEAD.items()
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    part._blob = f'{head}<w:fonts xmlns:w="{_W}">{fonts}</w:fonts>'.encode()
