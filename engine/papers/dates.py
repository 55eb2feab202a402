"""Dates, times and budgets as papers write them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from engine.working_time import Budget

_DAYS = ("一", "二", "三", "四", "五", "六", "日")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_UNITS = {
    ("WD", False): ("个工作日", "working day"),
    ("d", False): ("日", "day"),
    ("h", False): ("小时", "hour"),
    ("h", True): ("个工作小时", "working hour"),
}


def day(on: date, language: str) -> str:
    """`2026年11月2日`, `2 November 2026`."""
    if language == "en":
        return f"{on.day} {_MONTHS_EN[on.month - 1]} {on.year}"
    return f"{on.year}年{on.month}月{on.day}日"


def weekday(on: date, language: str) -> str:
    """`2026年11月2日（星期一）`, `Monday, 2 November 2026`."""
    if language == "en":
        return f"{_DAYS_EN[on.weekday()]}, {day(on, language)}"
    return f"{day(on, language)}（星期{_DAYS[on.weekday()]}）"


def local_day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """The day of an instant where the office is."""
    return day(at.astimezone(zone), language)


def moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """`2026年11月2日 18:00`, `2 November 2026, 18:00`."""
    here = at.astimezone(zone)
    return f"{day(here, language)}{', ' if language == 'en' else ' '}{here:%H:%M}"


def appointment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """`2026年11月9日（星期一）9时30分`, `Monday, 9 November 2026, at 09:30`."""
    here = at.astimezone(zone)
    if language == "en":
        return f"{weekday(here, language)}, at {here:%H:%M}"
    minutes = f"{here.minute}分" if here.minute else ""
    return f"{weekday(here, language)}{here.hour}时{minutes}"


def budget(text: str, language: str) -> str:
    """`5 个工作日`, `5 working days`, of a budget as packs write it."""
    one = Budget.parse(text)
    zh, en = _UNITS[one.unit, one.office]
    if language == "en":
        return f"{one.amount} {en}{'s' if one.amount > 1 else ''}"
    return f"{one.amount} {zh}"
