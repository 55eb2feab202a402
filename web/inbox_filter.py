"""What part of the inbox an address asks for, and the address of a part."""

from typing import Any

from werkzeug.datastructures import MultiDict

from engine.queries.inbox import VIEWS, Filter

LONGEST_PAGE = 10_000
LONGEST_TEXT = 100


def asked(arguments: MultiDict[str, str]) -> Filter:
    """The filter of an address; what cannot be understood is left out."""
    view = arguments.get("view", "")
    return Filter(
        view=view if view in VIEWS else VIEWS[0],
        stage=arguments.get("stage", "")[:64],
        element=arguments.get("task", "")[:64],
        category=arguments.get("category", "")[:64],
        unit=arguments.get("unit", "")[:64],
        text=arguments.get("q", "").strip()[:LONGEST_TEXT],
        page=page_number(arguments),
    )


def arguments(wanted: Filter) -> dict[str, Any]:
    """The same as the arguments of an address, without what goes without saying."""
    told: dict[str, Any] = {
        "view": wanted.view if wanted.view != VIEWS[0] else "",
        "stage": wanted.stage,
        "task": wanted.element,
        "category": wanted.category,
        "unit": wanted.unit,
        "q": wanted.text,
        "page": wanted.page if wanted.page > 1 else "",
    }
    return {name: value for name, value in told.items() if value != ""}


def page_number(arguments: MultiDict[str, str]) -> int:
    """The page asked for, from 1."""
    text = arguments.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(number, 1), LONGEST_PAGE)
