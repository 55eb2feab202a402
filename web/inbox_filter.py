"""What part of the inbox an address asks for, and the address of a part."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.queries.inbox import VIEWS, Filter
from engine.queries.inbox_conditions import ASSIGNEES, DUES, RUNGS, SORTS

LONGEST_PAGE = 10_000
LONGEST_TEXT = 100
_KEY = 64
_YEARS = range(2000, 2101)
# Names in the address: of the filter's fields, where they differ.
_NAMES = {
    "element": "task",
    "text": "q",
    "assignee": "who",
    "received_from": "from",
    "received_to": "to",
}
_FIELDS = tuple(Filter.__dataclass_fields__)


def asked(arguments: MultiDict[str, str]) -> Filter:
    """The filter of an address; what cannot be understood is left out."""
    told = {name: arguments.get(_NAMES.get(name, name), "").strip() for name in _FIELDS}
    return Filter(
        view=_one_of(VIEWS, told["view"]) or VIEWS[0],
        stage=told["stage"][:_KEY],
        element=told["element"][:_KEY],
        category=told["category"][:_KEY],
        unit=told["unit"][:_KEY],
        text=told["text"][:LONGEST_TEXT],
        due=_one_of(DUES, told["due"]),
        due_from=_day(told["due_from"]),
        due_to=_day(told["due_to"]),
        assignee=_one_of(ASSIGNEES, told["assignee"]) or told["assignee"][:_KEY],
        channel=told["channel"][:_KEY],
        received_from=_day(told["received_from"]),
        received_to=_day(told["received_to"]),
        rung=_one_of(RUNGS, told["rung"]),
        pack=told["pack"][:_KEY],
        sort=_one_of(SORTS, told["sort"]) or SORTS[0],
        page=page_number(arguments),
    )


def arguments(wanted: Filter) -> dict[str, Any]:
    """The same as the arguments of an address, without what goes without saying.

    The view is always said: without one the inbox begins as its person has set it.
    """
    told: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(wanted, name)
        if name == "view" or (value and value != getattr(_USUAL, name)):
            told[_NAMES.get(name, name)] = value.isoformat() if isinstance(value, date) else value
    return told


def kept(wanted: Filter) -> dict[str, Any]:
    """What a saved view keeps of a filter: all but the page."""
    return arguments(replace(wanted, page=1))


def restored(conditions: Mapping[str, Any]) -> Filter:
    """The filter of a saved view."""
    return asked(MultiDict({name: str(value) for name, value in conditions.items()}))


def page_number(arguments: MultiDict[str, str]) -> int:
    """The page asked for, from 1."""
    text = arguments.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(number, 1), LONGEST_PAGE)


def since(arguments: MultiDict[str, str]) -> datetime | None:
    """When the list was shown that this request speaks of, if it says so."""
    try:
        at = datetime.fromisoformat(arguments.get("since", "")[:40])
    except ValueError:
        return None
    return at if at.tzinfo and at.year in _YEARS else None


_USUAL = Filter()


def _one_of(known: tuple[str, ...], text: str) -> str:
    return text if text in known else ""


def _day(text: str) -> date | None:
    try:
        on = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return on if on and on.year in _YEARS else None
