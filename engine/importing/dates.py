"""When a message was written, in the forms that such files use."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.errors import InvalidInput

_EXPECTED = "a time such as 2019/4/25 9:32:09, 2019-04-25T09:32:09 or 2019-04-25"
_WRITTEN = re.compile(
    r"(?P<year>[0-9]{4})(?P<mark>[-/.年])(?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?"
    r"(?:[T ]{1,3}(?P<hour>[0-9]{1,2})[:时](?P<minute>[0-9]{1,2})分?"
    r"(?::?(?P<second>[0-9]{1,2})秒?(?:[.,][0-9]{1,9})?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.ASCII,
)
EARLIEST = 1949
_PARTS = ("year", "month", "day", "hour", "minute", "second")


def parse_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant that is written; None if nothing is. Aware; without an offset, of `zone`.

    A bare date is its midnight. Raises `InvalidInput` for anything else.
    """
    bare = " ".join(text.replace("\u200b", "").split())
    if not bare:
        return None
    found = _WRITTEN.fullmatch(bare)
    if found is None:
        raise InvalidInput("received_at", _EXPECTED, repr(bare[:40]))
    try:
        offset = datetime.fromisoformat(f"2000-01-01T00:00{found['zone'] or ''}").tzinfo
        year, month, day, hour, minute, second = (int(found[name] or 0) for name in _PARTS)
        at = datetime(year, month, day, hour, minute, second, tzinfo=offset or zone)
    except ValueError as error:
        raise InvalidInput("received_at", _EXPECTED, repr(bare[:40])) from error
    if at.year < EARLIEST:
        raise InvalidInput("received_at", f"a year from {EARLIEST} on", str(at.year))
    return at
