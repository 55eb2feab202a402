"""What a quick fix is: a button's words, and operations on elements of a drawing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Operation = Mapping[str, Any]


@dataclass(frozen=True)
class Fix:
    """label: {"zh", "en"}; operations: each with what to `do` and the `element`."""

    label: Mapping[str, str]
    operations: tuple[Operation, ...]


def fix(zh: str, en: str, *operations: Operation) -> Fix:
    """A fix with its words in both languages."""
    return Fix({"zh": zh, "en": en}, operations)


def property_of(element: str, name: str, value: str) -> Operation:
    """Write one of our properties, or take it away with an empty value."""
    return {"do": "property", "element": element, "name": name, "value": value}


def attribute(element: str, name: str, *, value: str | bool) -> Operation:
    """Write an attribute of BPMN's own, or take it away with an empty value."""
    return {"do": "attribute", "element": element, "name": name, "value": value}


def removed(element: str, name: str) -> Operation:
    """Take away another tool's attribute or extension element, named with its prefix."""
    return {"do": "remove-foreign", "element": element, "name": name}
