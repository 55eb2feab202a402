"""An .xlsx file measured before anything opens it: what it unpacks to, and its cells.

The library that reads sheets sets room aside for the whole rectangle between the first and the
last cell; two cells in far corners would take all of a machine's memory. So each part is unpacked
and walked through here first, in little memory, and refused in words.
"""

import copy
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

from engine.errors import InvalidInput
from engine.importing.reasons import ERROR_VALUE, NO_VALUE, Reason

MOST_ROWS = 200_001
MOST_CELLS = 4_000_000
LARGEST = 400 << 20
MOST_PARTS = 2_000
Flaws = dict[tuple[int, int], Reason]
_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_CHUNK = 1 << 18
_WHERE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LOCKED = 0x1
_ENCODINGS = {None, "utf-8", "us-ascii"}


def measure(path: Path) -> Mapping[str, Flaws]:
    """The cells of each sheet that have no value to read: (row, column), from 1 -> why.

    Raises `InvalidInput` if the file is none, is damaged, or is beyond all measure.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_others(path, archive)
            scans = _scanned(path, archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        expat.ExpatError,
        RuntimeError,  # packed or locked in a way that zipfile does not know
    ) as error:
        raise InvalidInput(path.name, "a whole .xlsx file", type(error).__name__) from error
    targets = scans[_LINKS].targets
    found = {}
    for name, link in scans[_BOOK].sheets.items():
        part = targets.get(link, "").lstrip("/")
        part = (part if part.startswith("xl/") else f"xl/{part}").lower()
        if part not in scans:
            raise InvalidInput(path.name, "a whole .xlsx file", "a sheet that is missing")
        found[name] = scans[part].flaws
    return found


def _refuse_others(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse what is packed alike but is no .xlsx, and what cannot be unpacked here."""
    parts = archive.infolist()
    names = [part.filename.lower() for part in parts]
    if len(parts) > MOST_PARTS or len(set(names)) < len(names):
        raise InvalidInput(path.name, f"at most {MOST_PARTS} parts, each once", str(len(parts)))
    if any(part.flag_bits & _LOCKED or part.compress_type not in _PACKED for part in parts):
        raise InvalidInput(path.name, "an .xlsx or CSV file", "an archive locked with a password")
    if not {_BOOK, _LINKS} <= set(names):
        other = {"xl/workbook.bin": "an .xlsb file", "content.xml": "an .ods or .odt file"}
        found = next((told for name, told in other.items() if name in names), "another archive")
        raise InvalidInput(path.name, "an .xlsx or CSV file", f"{found}; save it as .xlsx")


def _scanned(path: Path, archive: zipfile.ZipFile) -> Mapping[str, "_Scan"]:
    """Every part of XML by its name in small letters. Raises `InvalidInput` if it is too much."""
    scans: dict[str, _Scan] = {}
    left = LARGEST
    for part in archive.infolist():
        name, scan = part.filename.lower(), None
        if name.endswith((".xml", ".rels")):
            scan = scans[name] = _Scan(path)
        for chunk in _unpacked(archive, part):
            left -= len(chunk)
            if left < 0:
                raise InvalidInput(
                    path.name, f"at most {LARGEST >> 20} MB unpacked; save it as CSV"
                )
            if scan is not None:
                scan.feed(chunk)
        if scan is not None:
            scan.end()
    return scans


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a part really unpacks to, whatever size it says it has."""
    honest = copy.copy(part)
    honest.file_size = LARGEST + 2 * _CHUNK
    with archive.open(honest) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


class _Scan:
    """One walk through a part: how far its cells reach, which of them have no value.

    sheets: name -> link, of the workbook; targets: link -> part.
    """

    def __init__(self, path: Path) -> None:
        self.flaws: Flaws = {}
        self.sheets: dict[str, str] = {}
        self.targets: dict[str, str] = {}
        self._path = path
        self._row = self._column = self._last_row = self._last_column = 0
        self._type, self._formula, self._value = "", False, False
        self._parser = expat.ParserCreate()
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def feed(self, chunk: bytes) -> None:
        """Go on. Raises `ExpatError`, `InvalidInput`."""
        self._parser.Parse(chunk, False)

    def end(self) -> None:
        """That was all."""
        self._parser.Parse(b"", True)

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding and encoding.lower()) not in _ENCODINGS:
            self._refuse()

    def _refuse(self, *_said: object) -> None:
        raise InvalidInput(self._path.name, "a plain .xlsx file", "XML that none contains")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "c":
                self._enter(attributes)
            case "f":
                self._formula = True
            case "v" | "is":
                self._value = True
            case "row":
                self._row = _whole(attributes.get("r")) or self._row + 1
                self._column = 0
            case "sheet":
                links = [value for key, value in attributes.items() if key.endswith(":id")]
                self.sheets[attributes.get("name", "")] = links[0] if links else ""
            case "Relationship":
                self.targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def _enter(self, attributes: dict[str, str]) -> None:
        where = attributes.get("r")
        self._column += 1
        if where is not None:
            found = _WHERE.fullmatch(where)
            if found is None:
                self._refuse()
            else:
                self._column, self._row = _number(found[1]), int(found[2])
        self._type, self._formula, self._value = attributes.get("t", ""), False, False

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] != "c" or not (self._value or self._formula):
            return
        self._last_row = max(self._last_row, self._row)
        self._last_column = max(self._last_column, self._column)
        if self._last_row > MOST_ROWS or self._last_row * self._last_column > MOST_CELLS:
            raise InvalidInput(
                self._path.name,
                f"at most {MOST_ROWS - 1:,} rows and {MOST_CELLS:,} cells a sheet; save it as CSV",
                f"a cell in row {self._last_row:,}, column {self._last_column:,}",
            )
        if self._type == "e":
            self.flaws[self._row, self._column] = ERROR_VALUE
        elif not self._value:
            self.flaws[self._row, self._column] = NO_VALUE


def _number(letters: str) -> int:
    """The number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 9 else None
