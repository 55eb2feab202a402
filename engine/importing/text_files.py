"""CSV, plain or gzipped, in the encodings that offices send."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from engine.errors import InvalidInput
from engine.importing.reasons import UNCLOSED
from engine.importing.records import Records, Row

LONGEST_FIELD = 1_000_000
LONGEST_RECORD = 4_000_000
LONGEST_LINE = 1_000_000
LARGEST = 2 << 30
_CHUNK = 1 << 20
_DELIMITERS = (",", "\t", ";")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECODED = "text in UTF-8 or GB18030"
_BREAKS = re.compile(r"[\r\n]")


def open_text(path: Path) -> Records:
    """Open a text file, of which every byte has been looked at. Raises `InvalidInput`."""
    encoding = encoding_of(path)
    raw = path.open("rb")
    text = io.TextIOWrapper(_unpacked(raw), encoding=encoding, newline="")

    def close() -> None:
        text.close()
        raw.close()

    lines = _Lines(text)
    return Records(lines.records(), path.stat().st_size, raw.tell, close, lines.expect)


def encoding_of(path: Path) -> str:
    """The encoding of a file: by its mark, else UTF-8 if it is that, else GB18030.

    Raises `InvalidInput` if it is neither, is too large, or is no whole gzip file.
    """
    head = next(_chunks(path), b"")
    marked = [encoding for mark, encoding in _MARKS if head.startswith(mark)]
    for encoding in marked or ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
        if encoding == "utf-8":
            _refuse_damaged(path)
    raise InvalidInput(path.name, marked[0] if marked else _DECODED, "bytes that are none")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, length = 1, 0
    try:
        for chunk in _chunks(path):
            text = decoder.decode(chunk)
            first, *rest = _BREAKS.split(text)
            length += len(first)
            for part in rest:
                line, length = line + 1, max(len(part), length if length > LONGEST_LINE else 0)
            if length > LONGEST_LINE:
                raise InvalidInput(
                    f"{path.name}, about line {line}", f"at most {LONGEST_LINE} characters a line"
                )
            length = len(rest[-1]) if rest else length
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_damaged(path: Path) -> None:
    """Refuse UTF-8 with a few bytes broken: as GB18030 it would be another text altogether."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = wide = 0
    for chunk in _chunks(path):
        text = decoder.decode(chunk)
        spoilt = text.count("\ufffd")
        broken += spoilt
        wide += len(text) - len(text.encode("ascii", "ignore")) - spoilt
    if broken * 4 < wide:
        raise InvalidInput(path.name, _DECODED, f"UTF-8 with {broken} places that are damaged")


def _chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, unpacked. Raises `InvalidInput` if there are too many or it is cut."""
    size = 0
    with path.open("rb") as raw:
        stream = _unpacked(raw)
        try:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > LARGEST:
                    raise InvalidInput(
                        path.name, f"at most {LARGEST >> 30} GB of text; send it in parts"
                    )
                yield chunk
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidInput(path.name, "a whole gzip file", type(error).__name__) from error


def _unpacked(raw: BinaryIO) -> BinaryIO:
    """The file's bytes, unpacked if it is gzipped, whatever it is called."""
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    if packed:
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="rb"))
    return raw


class _Feed:
    """Lines for one record: those that wait, then the file's. given: what it took."""

    def __init__(self, waiting: deque[str], source: Iterator[str]) -> None:
        self._waiting = waiting
        self._source = source
        self._length = 0
        self.given: list[str] = []

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._source)
        self.given.append(line)
        self._length += len(line)
        if self._length > LONGEST_RECORD:
            raise csv.Error("record too long")
        return line


class _Lines:
    """Records of CSV as they stand; one whose quotes do not close is its first line alone.

    So a cut quote costs its own row, not those that follow. width: cells of a record, once known.
    """

    def __init__(self, text: Iterator[str]) -> None:
        csv.field_size_limit(LONGEST_FIELD)
        self.width = 0
        self._text = text
        self._waiting: deque[str] = deque()
        self._delimiter = _delimiter(self._waiting, text)

    def expect(self, width: int) -> None:
        """So many cells has a record."""
        self.width = width

    def records(self) -> Iterator[Row]:
        """One after the other; lines without a word are none."""
        number = 0
        while True:
            feed, line = _Feed(self._waiting, self._text), number + 1
            try:
                cells = next(csv.reader(feed, delimiter=self._delimiter, strict=True))
            except StopIteration:
                return
            except csv.Error:
                cells = []
            if (not cells and feed.given[0].strip()) or self._runs_on(cells, feed.given):
                first, *rest = feed.given
                self._waiting.extendleft(reversed(rest))
                number += 1
                yield Row(line, [_kept(first.rstrip("\r\n"))], fault=UNCLOSED)
                continue
            number += len(feed.given)
            if any(map(str.strip, cells)):
                yield Row(line, list(map(_kept, cells)))

    def _runs_on(self, cells: list[str], lines: list[str]) -> bool:
        """Whether a record seems to have swallowed the beginning of the next.

        Its quote is then closed by one that really opens a text, right behind a delimiter.
        """
        if len(lines) == 1 or not cells or not self.width:
            return False
        last, mark = lines[-1].rstrip("\r\n"), self._delimiter
        if last.endswith(f'{mark}"') and (last.count(mark) > 1 or len(cells) != self.width):
            return True
        many = self.width // 2
        return len(cells) != self.width and any(line.count(mark) >= many for line in lines[1:])


def _delimiter(waiting: deque[str], text: Iterator[str]) -> str:
    """What stands between cells, by the first line that has any of them."""
    for line in text:
        waiting.append(line)
        delimiter = max(_DELIMITERS, key=line.count)
        if delimiter in line:
            return delimiter
        if len(waiting) > len(_DELIMITERS) * 10:
            break
    return _DELIMITERS[0]


def _kept(cell: str) -> str:
    return cell.replace("\x00", "")
