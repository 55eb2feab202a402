"""Clocks in words: badges in working time, and the count laid out as a calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.clock import Held
from engine.db import Sessions
from engine.working_time import Budget, Calendar, Day, OfficeHours, explain
from tests.web.site import application
from web import clocks

CHINA = ZoneInfo("Asia/Shanghai")
HOURS = OfficeHours()


def _year() -> dict[date, Day]:
    """2026 with Mid-Autumn, the National Day week, and two shifted working days."""
    off = {date(2026, 9, 25), *(date(2026, 10, n) for n in range(1, 8))}
    shifted = {date(2026, 9, 20), date(2026, 10, 10)}
    days = {}
    for n in range(365):
        on = date(2026, 1, 1) + timedelta(days=n)
        working = on in shifted or (on.weekday() < 5 and on not in off)
        name = "国庆" if on in off and on.month == 10 else ""
        days[on] = Day(working, "国办通知", name_zh=name, name_en="National Day" if name else "")
    return days


CALENDAR = Calendar(_year())


@dataclass
class Row:
    due_at: datetime | None
    budget: str = "5 WD"
    provisional: bool = False
    settled_at: datetime | None = None
    settled_as: str = ""


def at(day: int, hour: int, minute: int = 0, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA)


@pytest.fixture(autouse=True)
def page(sessions: Sessions, held: Held, tmp_path: Path) -> Iterator[None]:
    """Saturday 10 October 2026, a shifted working day, twenty past two."""
    held.set(at(10, 14, 20))
    with application(sessions, tmp_path).test_request_context("/?lang=zh"):
        yield


@pytest.mark.parametrize(
    ("due_at", "state", "text"),
    [
        (at(14, 18), "ok", "剩 3 个工作日 3 小时"),
        (at(12, 18), "ok", "剩 1 个工作日 3 小时"),
        (at(12, 12), "soon", "剩 6 小时 40 分"),
        (at(10, 18), "soon", "剩 3 小时 40 分"),
        (at(10, 14, 20), "soon", "剩 0 分"),
        (at(10, 12), "late", "超期 50 分"),
        (at(9, 18), "late", "超期 3 小时 50 分"),
        (at(8, 18), "late", "超期 1 个工作日 3 小时"),
    ],
)
def test_a_badge_speaks_working_time(due_at: datetime, state: str, text: str) -> None:
    badge = clocks.badge(due_at, CALENDAR, HOURS)
    assert (badge.state, badge.text) == (state, text)


def test_what_ran_out_while_the_office_was_closed_is_just_over(held) -> None:
    held.set(at(10, 13))
    badge = clocks.badge(at(10, 12), CALENDAR, HOURS)
    assert (badge.state, badge.text) == ("late", "刚超期")


def test_the_exact_instant_and_whether_it_may_change() -> None:
    assert clocks.badge(at(14, 18), CALENDAR, HOURS).exact == "10月14日（周三）18:00"
    unsure = clocks.badge(at(14, 18), CALENDAR, HOURS, provisional=True)
    assert unsure.exact == "10月14日（周三）18:00（暂定）"


def test_dense_lists_say_it_shorter() -> None:
    assert clocks.badge(at(14, 18), CALENDAR, HOURS, short=True).text == "剩 3 天 3 小时"


def test_a_row_of_the_ledger() -> None:
    def told(row: Row) -> tuple[str, str]:
        badge = clocks.badge_of(row, CALENDAR, HOURS)
        assert badge is not None
        return badge.state, badge.text

    assert told(Row(at(14, 18))) == ("ok", "剩 3 个工作日 3 小时")
    assert told(Row(None)) == ("hold", "暂停，不计时")
    assert told(Row(at(11, 2), "24 h")) == ("ok", "剩 11 小时 40 分")
    assert told(Row(at(10, 16), "2 h")) == ("soon", "剩 1 小时 40 分")
    met = Row(at(14, 18), settled_at=at(9, 9, 40), settled_as="met")
    assert told(met) == ("met", "已按时 10月9日 09:40")
    late = Row(at(8, 18), settled_at=at(9, 9, 40), settled_as="late")
    assert told(late) == ("late", "超期办结 10月9日 09:40")
    gone = Row(at(8, 18), settled_at=at(9, 9), settled_as="cancelled")
    assert clocks.badge_of(gone, CALENDAR, HOURS) is None


def test_the_count_day_by_day() -> None:
    count = explain(
        at(17, 20, 14, month=9),
        Budget.parse("8 WD"),
        CALENDAR,
        HOURS,
        extended=Budget.parse("7 WD"),
    )
    cells = clocks.calendar_cells(count, today=date(2026, 10, 10), first_due=date(2026, 9, 29))
    told = {cell.date: (cell.words, cell.classes) for cell in cells}
    assert cells[0].weekday == "周四"
    assert told["9/17"] == (("收到",), "from-4")
    assert told["9/18"] == (("第1天",), "")
    assert told["9/19"] == (("周末",), "is-off")
    assert told["9/20"] == (("第2天", "调休"), "is-shift")
    assert told["9/29"][0][-1] == "原到期"
    assert told["10/1"] == (("国庆",), "is-off")
    assert told["10/10"][0][1:] == ("调休", "今天")
    assert told["10/10"][1] == "is-shift is-today"
    last = cells[-1]
    assert last.words[-1] == "到期"
    assert "is-due" in last.classes
    assert sum(cell.today for cell in cells) == 1


def test_hours_and_an_open_pause_have_no_due_day() -> None:
    count = explain(at(10, 9), Budget.parse("48 h"), CALENDAR, HOURS)
    cells = clocks.calendar_cells(count, today=date(2026, 10, 10))
    assert [cell.words[0] for cell in cells] == ["收到", "计时", "计时"]
    paused = explain(
        at(10, 9), Budget.parse("5 WD"), CALENDAR, HOURS, suspensions=[(at(12, 9), None)]
    )
    assert all(
        "is-due" not in cell.classes
        for cell in clocks.calendar_cells(paused, today=date(2026, 10, 12))
    )


def test_a_day_without_a_notice_is_provisional() -> None:
    count = explain(at(31, 9, month=12), Budget.parse("2 WD"), CALENDAR, HOURS)
    cells = clocks.calendar_cells(count, today=date(2026, 12, 31))
    assert "暂定" in cells[1].words


def test_weekdays_begin_on_monday() -> None:
    assert list(clocks.weekdays()) == ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
