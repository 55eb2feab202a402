"""`huiyin bench import`: a file of messages taken into a fresh office.

The whole way of `huiyin import`: read, map, judge, receive, commit, on SQLite with its usual
durability; what the disk gives in that run is told beside it.
"""

import csv
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine import clock, schema
from engine.bench import office
from engine.commands import importing, installing, shipping
from engine.commands.import_rows import Plan
from engine.commands.importing import Tally
from engine.db import Sessions, connect, transaction
from engine.identity import Vault
from engine.importing import columns
from engine.importing.reading import open_table

PACK = shipping.DEMO_PACK
HEADINGS = ("编号", "姓名", "联系电话", "标题", "时间", "内容", "类别")
_PLACES = ("东门菜市", "青石巷", "会仙路", "滨江河堤", "梨园新村", "荷塘公园", "漓滨路口")
_MATTERS = (
    ("路灯不亮", "噪声", "已经好几天了，晚上走路看不清，老人摔过一次。"),
    ("夜间施工太吵", "噪声", "连着几晚过了十二点还在打桩，打过一次电话，停了半小时又开始。"),
    ("自来水发黄", "", "早上放出来的水带铁锈色，要放很久才清，楼上楼下都一样。"),
    ("公交等太久", "交通出行", "高峰时段等了四十分钟才来一辆，牌子上写的是十分钟一班。"),
)
_SENTENCES = 6  # so that a text has about as many signs as letters of citizens have


def run(
    folder: Path | None = None,
    rows: int = 10_000,
    *,
    home: Path = Path("var"),
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """How long it takes to take in `rows` messages, as JSON, and the conditions.

    folder: where the database is made (and removed), else a temporary folder on a disk; home:
    where that is if the system's temporary folder is in memory. tell: takes progress.
    """
    with office.work_folder(folder, home) as place:
        probes = [office.commit_probe(place)]
        path = place / "messages.csv"
        write_file(path, rows)
        sessions = connect(f"sqlite:///{place / 'huiyin.db'}")
        try:
            _found(sessions)
            begun, worked = time.perf_counter(), time.process_time()
            tally = _take_in(sessions, path, tell or (lambda _text: None))
            seconds, worked = time.perf_counter() - begun, time.process_time() - worked
        finally:
            sessions.kw["bind"].dispose()
        probes.append(office.commit_probe(place))
        return {
            "import": {
                "rows": tally.read,
                "taken": tally.taken,
                "already_there": tally.there,
                "refused": tally.refused,
                "seconds": round(seconds, 2),
                "processor_seconds": round(worked, 2),
                "rows_per_s": round(tally.read / seconds, 1),
                "file_bytes": path.stat().st_size,
                "database_bytes": sum(one.stat().st_size for one in place.glob("huiyin.db*")),
            },
            "conditions": {
                "commit_probe_ms": [round(1000 * probe, 3) for probe in probes],
                "filesystem": office.filesystem(place),
                "batch": importing.BATCH,
                "sqlite": {
                    "version": sqlite3.sqlite_version,
                    "journal_mode": "WAL",
                    "synchronous": "FULL",
                },
                "python": sys.version.split()[0],
            },
        }


def write_file(path: Path, rows: int) -> None:
    """Write a file of messages without faults, no two alike, each with a phone of its own."""
    first = clock.now() - timedelta(days=400)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(rows):
            place = _PLACES[number % len(_PLACES)]
            title, category, text = _MATTERS[number % len(_MATTERS)]
            writer.writerow(
                [
                    number + 1,
                    f"市民{number % 977}",
                    f"138{number:08d}",
                    f"{place}{title}",
                    f"{first + timedelta(minutes=number % 500_000):%Y/%m/%d %H:%M:%S}",
                    f"\n\t\t\u3000\u3000{place} {number} 号：{text * _SENTENCES}\n",
                    category,
                ]
            )


def _found(sessions: Sessions) -> None:
    schema.upgrade(sessions)
    with transaction(sessions) as session:
        installing.found(session, "Asia/Shanghai")
        shipping.deploy_missing(session)
    with transaction(sessions) as session:
        shipping.organise_demo(session, os.urandom(16).hex())


def _take_in(sessions: Sessions, path: Path, tell: Callable[[str], None]) -> Tally:
    tally, vault = Tally(), Vault(os.urandom(32))
    with closing(open_table(path)) as table:
        places = columns.find(table.headings).places
        plan = Plan(PACK, "bench", places, len(table.headings))
        importing.check(sessions, plan)
        for batch in importing.batches(table.rows):
            done = importing.take(sessions, vault, plan, batch)
            tally.read += len(batch)
            tally.taken += done.taken
            tally.there += done.there
            tally.refused += len(done.refused)
            if tally.read % 2_000 == 0 or len(batch) < importing.BATCH:
                tell(f"import: {tally.read} rows")
    return tally
