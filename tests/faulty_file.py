"""A file of messages with every fault that such files have in life; the texts are our own.

`write` makes it from a seed and says what must become of its rows.
"""

import csv
import gzip
import io
import random
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

HEADINGS = (
    *("留言编号", "留言用户", "联系电话", "留言主题", "留言时间", "留言详情"),
    *("一级标签", "备注"),
)
ID, NAME, PHONE, TITLE, TIME, BODY, CATEGORY, NOTE = range(len(HEADINGS))
_PLACES = ("东门菜市", "青石巷", "会仙路", "滨江河堤", "梨园新村", "荷塘公园", "漓滨路口")
_MATTERS = (
    ("路灯不亮", "已经好几天了，晚上走路看不清，请派人修理。"),
    ("夜间施工太吵", "连着几晚过了十二点还在打桩，老人孩子都睡不好。"),
    ("自来水发黄", "早上放出来的水带铁锈色，要放很久才清。"),
    ("共享单车乱停", "人行道被占满，推轮椅的人过不去。"),
    ("建议延长公交末班", "夜班的人九点半下班，末班车九点就收了。"),
    ("垃圾没有清运", "箱子满了半个月，味道很大。"),
)
_CATEGORIES = ("交通出行", "噪声", "other", "Water", "从来没有的类别", "")
# White space as it comes: leading lines, tabs, ideographic and no-break spaces, zero width.
_BLANKS = (
    *("", "\n\t\t\t\t\t\n", "\u3000\u3000", "\u00a0 ", "\u200b", "\r\n  ", "\t"),
    *("\u2003", "\u2028", "\ufeff", "\u00ad"),
)
_DATES = (
    "{0.year}/{0.month}/{0.day} {0.hour}:{0:%M:%S}",
    "{0:%Y-%m-%d %H:%M:%S}",
    "{0:%Y-%m-%dT%H:%M:%S}",
    "{0:%Y-%m-%d}",
    "{0:%Y/%m/%d}",
    "{0.year}年{0.month}月{0.day}日 {0:%H:%M}",
    "\u00a0{0:%Y-%m-%d %H:%M}\u3000",
    "{0:%Y%m%d %H%M%S}",
    "{0:%Y.%m.%d}",
)
# What a spreadsheet would run; for us it is what a citizen wrote.
FORMULAS = ("=cmd|' /C calc'!A0", "+86 路灯不亮", "-1 楼漏水", "@路灯 不亮", "'=已经写过")


@dataclass(frozen=True)
class Expected:
    """What must become of the rows when the file is taken in for the first time.

    reasons: a word of the reason of each refused row, in the file's order.
    """

    read: int
    taken: int
    there: int
    refused: int
    reasons: tuple[str, ...]


def write(path: Path, *, rows: int = 200, seed: int = 1, encoding: str = "utf-8-sig") -> Expected:
    """Write `rows` records to `path`: .csv, .csv.gz or .xlsx. What to expect of them.

    The same seed gives the same records; a spreadsheet has faults of its own instead of cut quotes.
    """
    chance = random.Random(seed)
    sheet = path.suffix == ".xlsx"
    faults = [*_FAULTS, *(_OF_SHEETS if sheet else _OF_TEXT)]
    taken = there = 0
    reasons: list[str] = []
    records: list[tuple[list[str], str]] = []
    good: list[list[str]] = []
    for number in range(rows):
        record = _record(chance, number)
        # Each fault once, then as they come.
        fault = ""
        if number % 5 == 4:
            fault = faults[number // 5] if number // 5 < len(faults) else chance.choice(faults)
        if fault == "again":
            records.append((list(chance.choice(good)), fault))
            there += 1
        elif fault:
            earlier = chance.choice(good)
            record, reason = _spoilt(record, earlier, fault, chance)
            records.append((record, fault))
            reasons.append(reason)
        else:
            records.append((record, ""))
            good.append(record)
            taken += 1
    (_write_sheet if sheet else _write_text)(path, records, encoding)
    return Expected(rows, taken, there, len(reasons), tuple(reasons))


# Each fault and a word of the reason for which its row is refused.
_FAULTS = {
    "again": "",
    "other text": "other text",
    "no body": "body",
    "blank body": "body",
    "date": "received_at",
    "future": "has passed",
    "long title": "title",
    "long body": "5000",
    "phone": "phone",
}
_OF_TEXT = {"cells": "columns", "quote": "quote"}
_OF_SHEETS = {"formula": "formula", "error": "error", "number": "15 digits"}


def _record(chance: random.Random, number: int) -> list[str]:
    place, (title, body) = chance.choice(_PLACES), chance.choice(_MATTERS)
    blank = lambda: chance.choice(_BLANKS)  # noqa: E731 - said five times below
    at = datetime(2019, 1, 1, 8) + timedelta(minutes=chance.randrange(700_000))  # noqa: DTZ001
    said = f"{blank()}{place}{blank()}{title}，{blank()}{body}{blank()}"
    if number % 7 == 0:
        said += '\n他们说："再等等。"\r\n\r\n\r\n已经等了，很久, 真的。'
    if number % 11 == 0:
        said = FORMULAS[number // 11 % len(FORMULAS)] + said
    return [
        str(100 + number),
        f"U{number:06d}",
        chance.choice(("", "13800001234", "0773-2800000", "+86 138 0000 1234")),
        f"{blank()}{place}{title}{blank()}",
        chance.choice(_DATES).format(at),
        said,
        chance.choice(_CATEGORIES),
        "",
    ]


def _spoilt(
    record: list[str], earlier: list[str], fault: str, chance: random.Random
) -> tuple[list[str], str]:
    spoilt = list(record)
    match fault:
        case "other text":
            spoilt[ID] = earlier[ID]
        case "no body":
            spoilt[BODY] = ""
        case "blank body":
            spoilt[BODY] = "".join(chance.choices(_BLANKS, k=6))
        case "date":
            spoilt[TIME] = chance.choice(("昨天", "2019-02-30", "13/13/2019", "0001-01-01"))
        case "future":
            spoilt[TIME] = "2099-01-01 08:00:00"
        case "long title":
            spoilt[TITLE] = "很" * 201
        case "long body":
            spoilt[BODY] = "长" * 5001
        case "phone":
            spoilt[PHONE] = chance.choice(("没有电话", "l38OOOO1234", "1.38E+10"))
        case "cells":
            spoilt = spoilt[:-2]
        case "quote":
            spoilt[TITLE], spoilt[BODY] = "引号断了", "路灯坏了，" * 3
    return spoilt, (_FAULTS | _OF_TEXT | _OF_SHEETS)[fault]


def _write_text(path: Path, records: list[tuple[list[str], str]], encoding: str) -> None:
    lines = [_line(list(HEADINGS))]
    for record, fault in records:
        line = _line(record)
        if fault == "quote":
            line = line.replace(record[BODY], f'"{record[BODY]}')
        lines.append(line)
    lines.insert(len(lines) // 2, "," * (len(HEADINGS) - 1) + "\r\n")  # an empty row is none
    with (gzip.open if path.suffix == ".gz" else open)(
        path, "wt", encoding=encoding, newline=""
    ) as file:
        file.writelines(lines)


def _line(record: list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(record)
    return text.getvalue()


def _write_sheet(path: Path, records: list[tuple[list[str], str]], _encoding: str) -> None:
    """A title above the headings, typed dates and numbers, an empty row, a second sheet."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet, other = book.add_worksheet("留言"), book.add_worksheet("说明")
        other.write(0, 0, "别的")
        day = book.add_format({"num_format": "yyyy/m/d h:mm:ss"})
        sheet.write(0, 0, "留言导出")
        sheet.write_row(2, 0, HEADINGS)
        for place, (record, fault) in enumerate(records, 3):
            row = place + (place > len(records) // 2)
            for column, cell in enumerate(record):
                sheet.write(row, column, *_typed(column, cell, day))
            match fault:
                case "formula":
                    sheet.write_formula(row, BODY, "=A1&B1", None, "")
                case "error":
                    sheet.write_formula(row, TITLE, "=NA()", None, "#N/A")
                case "number":
                    sheet.write_number(row, ID, 12345678901234567890)
    _leave_values_out(path)


def _leave_values_out(path: Path) -> None:
    """Formulas without their value, as programs write them that cannot reckon."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, re.sub(rb"(<f>A1&amp;B1</f>)<v></v>", rb"\1", content))


def _typed(column: int, cell: str, day: Any) -> tuple[Any, ...]:
    """A cell as a spreadsheet keeps it: numbers are numbers, some dates are dates."""
    if column == ID or (column == PHONE and cell.isdecimal()):
        return (int(cell),)
    if column == TIME and cell.count(":") == 2 and cell.count("-") == 2:
        return (datetime.fromisoformat(cell), day)
    return (cell,)
