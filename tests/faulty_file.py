"""A file of messages with every fault that such files have in life; the texts are our own.

`write` makes it from a seed and says what must become of its rows.
"""

import csv
import gzip
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

HEADINGS = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "一级标签", "备注")
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
_BLANKS = ("", "\n\t\t\t\t\t\n", "\u3000\u3000", "\u00a0 ", "\u200b", "\r\n  ", "\t")
_DATES = (
    "{0.year}/{0.month}/{0.day} {0.hour}:{0:%M:%S}",
    "{0:%Y-%m-%d %H:%M:%S}",
    "{0:%Y-%m-%dT%H:%M:%S}",
    "{0:%Y-%m-%d}",
    "{0:%Y/%m/%d}",
    "{0.year}年{0.month}月{0.day}日 {0:%H:%M}",
    "\u00a0{0:%Y-%m-%d %H:%M}\u3000",
)


@dataclass(frozen=True)
class Expected:
    """What must become of the rows when the file is taken in for the first time."""

    read: int
    taken: int
    there: int
    refused: int


def write(path: Path, *, rows: int = 200, seed: int = 1, encoding: str = "utf-8-sig") -> Expected:
    """Write `rows` records to `path`, gzipped if its name ends in .gz; what to expect of them."""
    chance = random.Random(seed)
    taken = there = refused = 0
    records: list[list[str]] = []
    good: list[list[str]] = []
    for number in range(rows):
        record = _record(chance, number)
        fault = chance.choice(_FAULTS) if number % 5 == 4 else None
        if fault == "again":
            records.append(list(chance.choice(good)))
            there += 1
        elif fault is not None:
            records.append(_spoilt(record, fault, chance))
            refused += 1
        else:
            records.append(record)
            good.append(record)
            taken += 1
    with (gzip.open if path.suffix == ".gz" else open)(
        path, "wt", encoding=encoding, newline=""
    ) as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(records)
    return Expected(rows, taken, there, refused)


_FAULTS = ("again", "no body", "blank body", "date", "future", "long title", "long body", "cells")


def _record(chance: random.Random, number: int) -> list[str]:
    place, (title, body) = chance.choice(_PLACES), chance.choice(_MATTERS)
    blank = lambda: chance.choice(_BLANKS)  # noqa: E731 - said five times below
    at = datetime(2019, 1, 1, 8) + timedelta(minutes=chance.randrange(700_000))  # noqa: DTZ001
    said = f"{blank()}{place}{blank()}{title}，{blank()}{body}{blank()}"
    if number % 7 == 0:
        said += '\n他们说："再等等。"\r\n\r\n\r\n已经等了，很久, 真的。'
    return [
        str(100 + number),
        f"U{number:06d}",
        f"{blank()}{place}{title}{blank()}",
        chance.choice(_DATES).format(at),
        said,
        chance.choice(_CATEGORIES),
        "",
    ]


def _spoilt(record: list[str], fault: str, chance: random.Random) -> list[str]:
    spoilt = list(record)
    match fault:
        case "no body":
            spoilt[4] = ""
        case "blank body":
            spoilt[4] = "".join(chance.choices(_BLANKS, k=6))
        case "date":
            spoilt[3] = chance.choice(("昨天", "2019-02-30", "13/13/2019", "0001-01-01"))
        case "future":
            spoilt[3] = "2099-01-01 08:00:00"
        case "long title":
            spoilt[2] = "很" * 201
        case "long body":
            spoilt[4] = "长" * 5001
        case "cells":
            spoilt = spoilt[:-2]
    return spoilt
