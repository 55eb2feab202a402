"""The file of refused rows (拒收清单): what a person mends in a spreadsheet and sends again.

A cell that a spreadsheet would run as a formula gets an apostrophe in front; taken in again, the
apostrophe is gone.
"""

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from engine.importing.reasons import Reason
from engine.importing.records import Row

HEADINGS = ("refused_line", "refused_reason", "拒收原因")
_RUN = re.compile(r"'*[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")


def is_of(headings: Sequence[str]) -> bool:
    """Whether a file with these headings is one of refused rows."""
    return tuple(headings[: len(HEADINGS)]) == HEADINGS


def bare(headings: Sequence[str]) -> list[str]:
    """The headings of the rows themselves."""
    return list(headings[len(HEADINGS) :])


def restored(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows as they were before they were refused, but for what was mended."""
    ahead = len(HEADINGS)
    for row in rows:
        flaws = {place - ahead: flaw for place, flaw in row.flaws.items() if place >= ahead}
        cells = row.cells if row.fault else [unmarked(cell) for cell in row.cells[ahead:]]
        yield replace(row, cells=cells, flaws=flaws)


def marked(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if _RUN.match(cell) else cell


def unmarked(cell: str) -> str:
    """The cell as it was before it was `marked`."""
    return cell[1:] if cell.startswith("'") and _RUN.match(cell) else cell


class RefusedRows:
    """Writes the file: made at the first refused row, readable by its owner only.

    marks: how many cells got an apostrophe.
    """

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        self.path = path
        self.marks = 0
        self._headings = headings
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> "RefusedRows":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, row: Row, reason: Reason) -> None:
        """Add a row with line and reason in front."""
        if self._file is None:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL)
            self._put([*HEADINGS, *self._headings])
        self._put([str(row.line), reason.en, reason.zh, *row.cells])

    def _put(self, cells: Sequence[str]) -> None:
        kept = [marked(cell) for cell in cells]
        self.marks += sum(one != other for one, other in zip(cells, kept, strict=True))
        self._writer.writerow(kept)
