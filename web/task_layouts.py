"""Layouts of the task page: by the kind of record of its form, another body than the usual one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.permissions import Actor
from engine.queries.task_file import TaskFile
from web import screening_desk

# What stands in the form now: typed, taken from a draft, or known beforehand.
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Layout:
    """A partial template, and what it needs besides; `context` reads in the page's transaction."""

    template: str
    context: Callable[[Session, TaskFile, Actor, Values], Mapping[str, Any]]


_SCREENING = Layout("screening/_body.html", screening_desk.context)
LAYOUTS: dict[str, Layout] = {
    "case": _SCREENING,
    "screening": _SCREENING,
    "refusal": _SCREENING,
}
