"""A file of messages as rows, whatever kind of file it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from engine.errors import InvalidInput
from engine.importing import columns, refused_rows, spreadsheets, text_files
from engine.importing.records import Records, Row

# Above the headings there may be a title, a date, an empty line.
_LOOKED_AT = 10


@dataclass
class Table:
    """An open file of messages.

    headings: of its columns, stripped; rows: the records behind them; heading_line: where they
    stand; at: how much of the file has been read, of `size`, in `unit`, for a progress bar;
    sheet: which one of a spreadsheet.
    """

    headings: list[str]
    rows: Iterator[Row]
    heading_line: int
    size: int
    at: Callable[[], int]
    close: Callable[[], None]
    unit: str = "B"
    sheet: str = ""


def open_table(
    path: Path, *, sheet: str | None = None, said: Mapping[str, str] | None = None
) -> Table:
    """Open a file of messages and find its headings; the whole file is looked at first.

    sheet: of a spreadsheet, its first if none is named. said: field -> heading, as for
    `columns.find`. Raises `InvalidInput` if it is no table.
    """
    records = open_records(path, sheet)
    try:
        first: list[Row] = []
        for row in islice(records.rows, _LOOKED_AT):
            first.append(row)
            if columns.names_the_text(row.cells, said):
                break
        if not first:
            raise InvalidInput(path.name, "a line of headings", "an empty file")
        # If none of them names the text, the first is at fault, and is told so.
        place = len(first) - 1 if columns.names_the_text(first[-1].cells, said) else 0
        if first[place].fault is not None:
            raise InvalidInput(f"{path.name}, line {first[place].line}", "a line of headings")
    except BaseException:
        records.close()
        raise
    headings = [cell.strip().strip("\ufeff") for cell in first[place].cells]
    records.expect(len(headings))
    rows = _fitted(chain(first[place + 1 :], records.rows), len(headings))
    if refused_rows.is_of(headings):
        headings, rows = refused_rows.bare(headings), refused_rows.restored(rows)
    return Table(
        headings,
        rows,
        first[place].line,
        records.size,
        records.at,
        records.close,
        records.unit,
        records.sheet,
    )


def open_records(path: Path, sheet: str | None = None) -> Records:
    """The records of a file as they stand, headings or not. Raises `InvalidInput`."""
    with path.open("rb") as file:
        head = file.read(spreadsheets.HEAD)
    if spreadsheets.is_one(head):
        return spreadsheets.open_sheet(path, sheet)
    if sheet is not None:
        raise InvalidInput("--sheet", "a spreadsheet", path.name)
    return text_files.open_text(path)


def _fitted(rows: Iterable[Row], width: int) -> Iterator[Row]:
    """Rows without the empty cells beyond the headings."""
    for row in rows:
        if len(row.cells) > width and not any(map(str.strip, row.cells[width:])):
            yield replace(row, cells=row.cells[:width])
        else:
            yield row
