"""Spreadsheets (.xlsx): one sheet as records, read by calamine after the file was measured."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from engine.errors import InvalidInput
from engine.importing import workbooks
from engine.importing.reasons import TOO_EXACT
from engine.importing.records import Records, Row

HEAD = 8
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_EXACT = 10**15
_HALF_A_SECOND = timedelta(milliseconds=500)


def is_one(head: bytes) -> bool:
    """Whether a file that begins so is a spreadsheet, or some other packed document."""
    return head.startswith((_ZIP, _OLE))


def open_sheet(path: Path, wanted: str | None) -> Records:
    """The records of one sheet, the first if none is named.

    Raises `InvalidInput` for what is no .xlsx, is locked, damaged or beyond all measure.
    """
    with path.open("rb") as file:
        if file.read(HEAD) == _OLE:
            _refuse_old(path)
    measured = workbooks.measure(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = _chosen(path, book, wanted)
        return _opened(sheet, measured.get(sheet.name, {}))
    except CalamineError as error:
        raise InvalidInput(path.name, "a whole .xlsx file", type(error).__name__) from error


def _refuse_old(path: Path) -> None:
    """Refuse what only looks like it: a locked .xlsx, or the format before it."""
    found = (
        "a file locked with a password; save it without one"
        if _LOCKED in path.read_bytes()
        else "an older format, such as .xls; save it as .xlsx"
    )
    raise InvalidInput(path.name, "an .xlsx or CSV file", found)


def _chosen(path: Path, book: CalamineWorkbook, wanted: str | None) -> CalamineSheet:
    names = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if not names:
        raise InvalidInput(path.name, "a spreadsheet with a sheet of cells")
    if wanted is not None and wanted not in names:
        raise InvalidInput("--sheet", f"one of {', '.join(names)}", wanted[:40])
    return book.get_sheet_by_name(wanted or names[0])


def _opened(sheet: CalamineSheet, flaws: workbooks.Flaws) -> Records:
    done = [0]
    before = sheet.start[1] if sheet.start else 0

    def rows() -> Iterator[Row]:
        for number, values in enumerate(sheet.iter_rows(), 1):
            done[0] = number
            texts, wrong = [], {}
            for place, value in enumerate(values):
                flaw = flaws.get((number, before + place + 1))
                if isinstance(value, float) and abs(value) >= _EXACT:
                    flaw = flaw or TOO_EXACT
                if flaw is not None:
                    wrong[place] = flaw
                texts.append(text_of(value))
            if wrong or any(map(str.strip, texts)):
                yield Row(number, texts, wrong)

    def close() -> None:
        """Nothing is open: the sheet is in memory."""

    def expect(width: int) -> None:
        """Every record of a sheet has as many cells."""

    height = sheet.end[0] + 1 if sheet.end else 0
    return Records(rows(), height, lambda: done[0], close, expect, "rows", sheet.name)


def text_of(value: float | str | bool | datetime | date | time | timedelta) -> str:
    """A cell's value as a person would write it; a whole number has no decimals."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float() | int():
            return str(int(value)) if float(value).is_integer() else repr(value)
        case datetime():
            return (value + _HALF_A_SECOND).strftime("%Y-%m-%d %H:%M:%S")
        case date() | time():
            return value.isoformat()
    return str(value)
