"""Where a case stands on its diagram: JSON for the viewer, a list for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.queries.case_file import File, OpenTask
from engine.queries.diagrams import Drawing, Standing
from web import clocks, i18n


@dataclass(frozen=True)
class Active:
    """A task that waits: its name, who has it, its clock."""

    name: str
    who: str
    badge: clocks.Badge | None


def active(file: File, tasks: Sequence[OpenTask], drawing: Drawing) -> list[Active]:
    """What waits on one diagram, for the list beside it."""
    return [
        Active(i18n.pick(task.name), _who(file, task), _badge(file, task))
        for task in tasks
        if task.instance_id == drawing.instance_id
    ]


def state(file: File, standing: Standing, tasks: Sequence[OpenTask]) -> dict[str, Any]:
    """What the viewer marks: `{done, active, overdue, flows}`, words in the page's language."""
    here = {one: [task for task in tasks if task.element == one] for one in standing.active}
    return {
        "done": list(standing.done),
        "flows": list(standing.flows),
        "overdue": list(standing.overdue),
        "active": [
            {
                "element": element,
                "tokens": max(len(waiting), 1),
                "state": _state(file, waiting, element in standing.overdue),
                "text": _label(file, waiting),
            }
            for element, waiting in here.items()
        ],
    }


def _state(file: File, tasks: Sequence[OpenTask], late: bool) -> str:
    if late:
        return "late"
    badge = _badge(file, tasks[0]) if tasks else None
    return badge.state if badge else "ok"


def _label(file: File, tasks: Sequence[OpenTask]) -> str:
    if not tasks:
        return ""
    badge = _badge(file, tasks[0], short=True)
    parts = [badge.text if badge else "", _who(file, tasks[0])]
    return " · ".join(part for part in parts if part)


def _who(file: File, task: OpenTask) -> str:
    return i18n.pick(task.assignee) or i18n.pick(file.unit(task.unit_key))


def _badge(file: File, task: OpenTask, *, short: bool = False) -> clocks.Badge | None:
    if task.due is None:
        return None
    return clocks.badge_of(task.due, file.calendar, file.pack.hours, short=short)
