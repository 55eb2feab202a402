"""Chosen tasks as a sheet (导出): exactly these rows, and nothing a spreadsheet would run."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter
from flask_babel import gettext as _

from engine.queries.inbox import Entry
from web import i18n
from web.inbox_lines import Line

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
# What a spreadsheet takes for a formula when it opens text; OWASP, CSV injection.
_RUN = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS = (16, 20, 24, 44, 16, 16, 18, 14, 18, 12)


def heads() -> list[str]:
    """The columns."""
    return [
        _("时限"),
        _("到期时间"),
        _("编号"),
        _("诉求标题"),
        _("该做什么"),
        _("类别"),
        _("承办单位"),
        _("办理人"),
        _("收到时间"),
        _("渠道"),
    ]


def rows(lines: Sequence[Line]) -> list[list[str]]:
    """Each task in a row of texts."""
    return [
        [
            line.badge.text if line.badge else _("没有时限"),
            _moment(line.entry),
            line.entry.number,
            line.entry.title,
            i18n.pick(line.entry.name),
            line.category,
            i18n.pick(line.entry.unit),
            i18n.pick(line.entry.assignee),
            _spelled(line.entry.received_at),
            line.channel,
        ]
        for line in lines
    ]


def as_csv(lines: Sequence[Line], left_out: int) -> bytes:
    """UTF-8 with a mark at its head, as spreadsheets want it."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(heads())
    writer.writerows([safe(text) for text in row] for row in rows(lines))
    if left_out:
        writer.writerow([left_out_words(left_out)])
    return b"\xef\xbb\xbf" + made.getvalue().encode("utf-8")


def as_xlsx(lines: Sequence[Line], left_out: int) -> bytes:
    """One sheet; every cell is written as text, so that none is a formula."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet, bold = book.add_worksheet(str(_("待办"))), book.add_format({"bold": True})
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
    for place, head in enumerate(heads()):
        sheet.write_string(0, place, str(head), bold)
    for number, row in enumerate(rows(lines), 1):
        for place, text in enumerate(row):
            sheet.write_string(number, place, str(text))
    if left_out:
        sheet.write_string(len(lines) + 1, 0, left_out_words(left_out))
    sheet.freeze_panes(1, 0)
    book.close()
    return made.getvalue()


def safe(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would run it."""
    told = str(text)
    return f"'{told}" if told.lstrip(" \u3000").startswith(_RUN) else told


def left_out_words(count: int) -> str:
    """How many of those chosen are not in the sheet, and why."""
    return str(_("另有 %(n)s 件已经办完或不在这里了，没有导出。", n=i18n.count(count)))


def _moment(entry: Entry) -> str:
    return _spelled(entry.due.due_at) if entry.due and entry.due.due_at else ""


def _spelled(at: datetime) -> str:
    return f"{i18n.local(at):%Y-%m-%d %H:%M}"
