"""A file of messages as rows: CSV, plain or gzipped, in the encodings that offices send."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from engine.errors import InvalidInput

LONGEST_FIELD = 10_000_000
_CHUNK = 1 << 20
_DELIMITERS = (",", "\t", ";")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECODED = "text in UTF-8 or GB18030"


@dataclass(frozen=True)
class Row:
    """One record. line: where it ends in the file; cells: as they stand, in the file's order."""

    line: int
    cells: list[str] = field(default_factory=list)


@dataclass
class Table:
    """An open file of messages.

    headings: of its columns, stripped; rows: the records behind them; at: how many bytes of the
    file have been read, of `size`, for a progress bar.
    """

    headings: list[str]
    rows: Iterator[Row]
    size: int
    at: Callable[[], int]
    close: Callable[[], None]


def open_table(path: Path) -> Table:
    """Open a file of messages. Raises `InvalidInput` if it is no text or has no headings."""
    encoding = encoding_of(path)
    raw = path.open("rb")
    text = io.TextIOWrapper(_unpacked(raw), encoding=encoding, newline="")

    def close() -> None:
        text.close()
        raw.close()

    rows = _records(text, path.name)
    try:
        first = next(rows, None)
        if first is None:
            raise InvalidInput(path.name, "a line of headings", "an empty file")
    except BaseException:
        close()
        raise
    headings = [cell.strip().strip("\ufeff") for cell in first.cells]
    return Table(headings, rows, path.stat().st_size, raw.tell, close)


def encoding_of(path: Path) -> str:
    """The encoding of a file: by its mark, else UTF-8 if it is that, else GB18030.

    Raises `InvalidInput` if it is neither.
    """
    with path.open("rb") as raw:
        head = _unpacked(raw).read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise InvalidInput(path.name, _DECODED)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as raw:
        stream = _unpacked(raw)
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidInput(path.name, "a whole gzip file", type(error).__name__) from error
    return True


def _unpacked(raw: BinaryIO) -> BinaryIO:
    """The file's bytes, unpacked if it is gzipped, whatever it is called."""
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    if packed:
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="rb"))
    return raw


def _records(text: io.TextIOWrapper, name: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_FIELD)
    start = text.readline()
    delimiter = max(_DELIMITERS, key=start.count)
    lines = _whole_lines(start, text)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if cells:
                yield Row(reader.line_num, [cell.replace("\x00", "") for cell in cells])
    except csv.Error as error:
        raise InvalidInput(f"{name}, line {reader.line_num}", "CSV", str(error)) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name}, line {reader.line_num}", _DECODED) from error


def _whole_lines(start: str, text: io.TextIOWrapper) -> Iterator[str]:
    yield start
    yield from text
