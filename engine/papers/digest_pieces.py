"""A table inside of a docx: put where a variable stands, it ends that paragraph and begins one."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

_FACE = '<w:rFonts w:eastAsia="仿宋_GB2312"/>'
_SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")


class Table:
    """Rows of texts under a head, as a template takes it: its words are escaped here."""

    def __init__(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.head, self.rows = head, rows

    def __html__(self) -> str:
        """The table between two paragraphs."""
        borders = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>' for side in _SIDES
        )
        columns = len(self.head) or max(len(row) for row in self.rows)
        grid = "<w:gridCol/>" * columns
        head = _row(self.head, bold=True) if self.head else ""
        return (
            "</w:t></w:r></w:p>"
            '<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:jc w:val="center"/>'
            f"<w:tblBorders>{borders}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
            f"{head}{''.join(_row(row) for row in self.rows)}</w:tbl>"
            '<w:p><w:r><w:t xml:space="preserve">'
        )

    __str__ = __html__


def _row(cells: Sequence[str], *, bold: bool = False) -> str:
    look = f'<w:rPr>{_FACE}{"<w:b/>" if bold else ""}<w:sz w:val="22"/></w:rPr>'
    head = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>" if bold else ""
    told = "".join(
        '<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/></w:tcPr>'
        f"<w:p>{_aligned(place)}<w:r>{look}"
        f'<w:t xml:space="preserve">{_plain(cell)}</w:t></w:r></w:p></w:tc>'
        for place, cell in enumerate(cells)
    )
    return f"<w:tr>{head}{told}</w:tr>"


def _aligned(place: int) -> str:
    return '<w:pPr><w:jc w:val="right"/></w:pPr>' if place else ""


def _plain(words: str) -> str:
    return escape(words.replace("\a", " "))
