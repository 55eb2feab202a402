"""When a message was written, in the forms that such files use."""

import re
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.errors import InvalidInput

_EXPECTED = "a time such as 2019/4/25 9:32:09, 2019-04-25T09:32:09 or 2019-04-25"
_WRITTEN = re.compile(
    r"(?P<year>[0-9]{4})[-/.年] ?(?P<month>[0-9]{1,2})[-/.月] ?(?P<day>[0-9]{1,2})日?"
    r"(?: ?(?:星期|周|礼拜)[一二三四五六日天])?"
    r"(?:(?:[T ]{1,3}|(?<=[日一二三四五六天]))(?P<half>上午|下午|晚上)? ?"
    r"(?P<hour>[0-9]{1,2})[:时点](?P<minute>[0-9]{1,2})分?"
    r"(?::?(?P<second>[0-9]{1,2})秒?(?:[.,][0-9]{1,9})?)?"
    r" ?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.ASCII,
)
_WITHOUT_MARKS = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:[T ]?(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?)?",
    re.ASCII,
)
EARLIEST = 1949
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_NOON = 12


def parse_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant that is written; None if nothing is. Aware; without an offset, of `zone`.

    A bare date is its midnight. Raises `InvalidInput` for anything else.
    """
    plain = unicodedata.normalize("NFKC", text)
    bare = " ".join("".join(sign for sign in plain if not _is_unseen(sign)).split())
    if not bare:
        return None
    found = _WRITTEN.fullmatch(bare) or _WITHOUT_MARKS.fullmatch(bare)
    if found is None:
        raise InvalidInput("received_at", _EXPECTED)
    told = found.groupdict()
    try:
        offset = datetime.fromisoformat(f"2000-01-01T00:00{told.get('zone') or ''}").tzinfo
        year, month, day, hour, minute, second = (int(told[name] or 0) for name in _PARTS)
        if told.get("half") in {"下午", "晚上"} and hour < _NOON:
            hour += _NOON
        at = datetime(year, month, day, hour, minute, second, tzinfo=offset or zone)
    except ValueError as error:
        raise InvalidInput("received_at", _EXPECTED) from error
    if at.year < EARLIEST:
        raise InvalidInput("received_at", f"a year from {EARLIEST} on", str(at.year))
    return at


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cf", "Cc"} and not sign.isspace()
