"""In whose place somebody acts (代办): told in history beside who did it."""

from collections.abc import Mapping
from uuid import UUID

from engine.permissions import GRANTS, Actor, TaskLike, covers


def in_whose_place(actor: Actor, task: TaskLike) -> UUID | None:
    """For whom the person does this task: whoever is away, or None for oneself.

    A task that the other had claimed is done in the other's place, and so is one that the person
    could not do by own right.
    """
    if not actor.stands_in:
        return None
    for one in actor.stands_in:
        if one.person_id == task.assignee_id:
            return one.person_id
    if task.assignee_id == actor.id or covers(actor.own or {}, task):
        return None
    return next((one.person_id for one in actor.stands_in if covers(one.scope, task)), None)


def in_whose_place_for(actor: Actor, grant: str, *unit_keys: str | None) -> UUID | None:
    """For whom the person uses a grant on what belongs to any of these units; None for oneself."""
    roles, units = GRANTS[grant], {key for key in unit_keys if key is not None}

    def reaches(scope: Mapping[str, frozenset[str]]) -> bool:
        return any(not units.isdisjoint(scope[role]) for role in roles & scope.keys())

    if not actor.stands_in or reaches(actor.own or {}):
        return None
    return next((one.person_id for one in actor.stands_in if reaches(one.scope)), None)
