"""Working hours of a unit's own (单位办公时间): when its people are there.

A case's clock runs by its pack's hours, whoever has it (docs/decisions/0024); these say when a
unit can be reached, and so when a notice goes out and how much of its day is left.
"""

from collections.abc import Mapping
from datetime import time

from engine.working_time import OfficeHours

_NOON = time(12)


def parse(text: str) -> OfficeHours:
    """Hours written as `09:00-12:00,13:30-18:00`. Raises `InvalidInput`."""
    close = text.rpartition("-")[2].strip()
    hours = OfficeHours.parse(text, close, cutoff="00:00")
    return OfficeHours(hours.segments, hours.close, cutoff=min(_NOON, hours.close))


def inherited(said: Mapping[str, str], paths: Mapping[str, str]) -> dict[str, OfficeHours]:
    """The hours of every unit that has some: its own, else those of the nearest one above.

    said: as written, by key; paths: of the units, by key.
    """
    own = {key: parse(text) for key, text in said.items() if text}
    found = {}
    for key, path in paths.items():
        above = next((one for one in reversed(path.strip("/").split("/")) if one in own), None)
        if above is not None:
            found[key] = own[above]
    return found
