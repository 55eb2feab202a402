"""The yearly notice of holidays (放假通知): the rows of the calendar, shipped and imported.

A notice lists what differs from Monday to Friday; a year's rows are all its days, so that each
day says who made it official and a year without rows is known to have no notice yet.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import PurePath

from chinese_calendar import constants

from engine.errors import InvalidInput
from engine.working_time import Day

MOST_BYTES = 1_000_000
_COLUMNS = "the columns date, working, name and perhaps name_en"
_WORKING = {
    **dict.fromkeys(("1", "true", "yes", "是", "班", "上班", "调休上班"), True),
    **dict.fromkeys(("0", "false", "no", "否", "休", "休息", "放假"), False),
}
_DATE = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})", re.ASCII)
_FESTIVALS = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One day of a notice, as the calendar table keeps it. Official: never provisional."""

    on: date
    working: bool
    source: str
    name_zh: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a notice file; place: where it stands, for messages."""

    place: str
    on: date
    working: bool
    name_zh: str
    name_en: str


def seed_days() -> list[CalendarRow]:
    """Every day of the years chinesecalendar knows, 2004 to 2026 in release 1.11; in order."""
    years = {on.year for on in constants.holidays}
    release = version("chinesecalendar")
    named: dict[date, tuple[bool, str, str]] = {}
    for working, days in ((False, constants.holidays), (True, constants.workdays)):
        for on, english in days.items():
            chinese = constants.Holiday(english).chinese
            named[on] = (working, _FESTIVALS.get(chinese, chinese), english)
    return [
        CalendarRow(
            on,
            *_official(on, named, f"国务院办公厅 {year} 年放假安排（chinesecalendar {release}）"),
        )
        for year in sorted(years)
        for on in _days_of(year)
    ]


def by_date(rows: Iterable[CalendarRow]) -> dict[date, Day]:
    """The rows as a `Calendar` takes them."""
    return {
        row.on: Day(row.working, row.source, name_zh=row.name_zh, name_en=row.name_en)
        for row in rows
    }


def parse_notice(text: str, filename: str) -> list[CalendarRow]:
    """Every day of the year a notice file is about, in order.

    text: CSV with the columns date, working, name (and name_en), or a JSON list of objects of the
    same; chosen by the ending of `filename`. It lists what differs from Monday to Friday, or whole
    years day by day. Rows of 24-31 December before the year are kept as they are, since a notice
    may move days across New Year (2019 did); any other second year must be given whole.
    A weekday listed as worked is refused as a slip of the date, unless the whole year is given.
    Raises `InvalidInput` with line and column, what was expected and what was found.
    """
    size = len(text.encode(errors="replace"))
    if size > MOST_BYTES:
        raise InvalidInput(filename, f"at most {MOST_BYTES} bytes", str(size))
    text = text.removeprefix("\ufeff")
    read = _json_cells if PurePath(filename).suffix.lower() == ".json" else _csv_cells
    entries: dict[date, _Entry] = {}
    for place, cells in read(text, filename):
        entry = _entry(place, cells)
        if entry.on in entries:
            raise InvalidInput(
                f"{place}, date", f"each day once, {entries[entry.on].place} has it", str(entry.on)
            )
        entries[entry.on] = entry
    if not entries:
        raise InvalidInput(filename, "at least one day", "none")
    return _whole_years(entries, filename)


def _whole_years(entries: Mapping[date, _Entry], filename: str) -> list[CalendarRow]:
    by_year: dict[int, list[_Entry]] = {}
    for entry in entries.values():
        by_year.setdefault(entry.on.year, []).append(entry)
    given = {year for year, found in by_year.items() if len(found) == len(_days_of(year))}
    notice = max(by_year)
    rows: list[CalendarRow] = []
    for year, found in sorted(by_year.items()):
        source = f"{notice} 年放假通知（{PurePath(filename).name[:60]}）"
        _refuse_slips(found, year, notice, whole=year in given, alone=given >= set(by_year))
        named = {entry.on: (entry.working, entry.name_zh, entry.name_en) for entry in found}
        days = _days_of(year) if year == notice or year in given else sorted(named)
        rows += [CalendarRow(on, *_official(on, named, source)) for on in days]
    return rows


def _refuse_slips(
    entries: Iterable[_Entry], year: int, notice: int, *, whole: bool, alone: bool
) -> None:
    for entry in entries:
        late = entry.on.month == 12 and entry.on.day >= 24 and year == notice - 1
        if year != notice and not late and not alone:
            raise InvalidInput(
                f"{entry.place}, date",
                f"a day of {notice} or of 24-31 December before, or every day of each year",
                str(entry.on),
            )
        if entry.working and entry.on.weekday() < 5 and not whole:
            raise InvalidInput(
                f"{entry.place}, working",
                "a Saturday or Sunday, since other days are worked anyway",
                f"{entry.on:%Y-%m-%d}, a {entry.on:%A}",
            )


def _official(
    on: date, named: Mapping[date, tuple[bool, str, str]], source: str
) -> tuple[bool, str, str, str]:
    working, name_zh, name_en = named.get(on, (on.weekday() < 5, "", ""))
    return working, source, name_zh, name_en


def _days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def _entry(place: str, cells: Mapping[str, object]) -> _Entry:
    written = cells["date"]
    found = _DATE.fullmatch(written.strip()) if isinstance(written, str) else None
    try:
        on = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:  # No such day, as 2027-02-30.
        on = None
    if on is None or not 2000 <= on.year <= 2100:
        raise InvalidInput(
            f"{place}, date", "a day of 2000 to 2100 such as 2027-01-01", _shown(written)
        )
    working = cells["working"]
    if isinstance(working, str):
        working = _WORKING.get(working.strip().lower())
    if not isinstance(working, bool):
        raise InvalidInput(
            f"{place}, working", "true or false (also 1, 0, 是, 否)", _shown(cells["working"])
        )
    return _Entry(
        place,
        on,
        working,
        _name(place, "name", cells.get("name"), 40),
        _name(place, "name_en", cells.get("name_en"), 60),
    )


def _name(place: str, column: str, value: object, most: int) -> str:
    text = "" if value is None else value
    if not isinstance(text, str) or len(text.strip()) > most or not text.strip().isprintable():
        raise InvalidInput(f"{place}, {column}", f"a name of at most {most} letters", _shown(value))
    return text.strip()


def _csv_cells(text: str, filename: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    try:
        for cells in reader:
            place = f"{filename}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
                _check_columns(columns, place)
            elif len(cells) != len(columns):
                raise InvalidInput(place, f"{len(columns)} columns", f"{len(cells)}")
            else:
                yield place, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise InvalidInput(
            f"{filename}, line {reader.line_num}", "comma-separated values", str(error)
        ) from error


def _json_cells(text: str, filename: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"{filename}, line {error.lineno}, column {error.colno}", "JSON", error.msg
        ) from error
    except (ValueError, RecursionError) as error:  # Numbers without end, brackets without end.
        raise InvalidInput(filename, "a list of days in JSON", type(error).__name__) from error
    if not isinstance(items, list):
        raise InvalidInput(filename, "a list of days in JSON", _shown(items))
    for number, item in enumerate(items, start=1):
        place = f"{filename}, item {number}"
        if not isinstance(item, dict):
            raise InvalidInput(place, "an object with date, working and name", _shown(item))
        _check_columns(list(item), place)
        yield place, item


def _check_columns(columns: list[str], place: str) -> None:
    known = {"date", "working", "name", "name_en"}
    doubled = len(set(columns)) < len(columns)
    if doubled or not {"date", "working", "name"} <= set(columns) <= known:
        raise InvalidInput(place, _COLUMNS, _shown(", ".join(columns)))


def _shown(value: object) -> str:
    """A value as found, short enough for a message."""
    return repr(value)[:60]
