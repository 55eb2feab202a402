"""The saved views (保存的视图) a person has under the inbox: own ones, and those of the units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from engine.models import Desk, Person, SavedView
from engine.permissions import Actor


@dataclass(frozen=True)
class Saved:
    """A saved view. conditions: as in the inbox's address. first_for: roles that begin with it."""

    id: UUID
    name: str
    conditions: Mapping[str, Any]
    unit_key: str | None
    mine: bool
    first_for: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """What a person's inbox opens on, if it was said, and the saved views, own ones first."""

    first_view: str
    views: Sequence[Saved]

    def first(self, actor: Actor) -> str:
        """What the inbox opens on: the own choice, else that of the role; "" for the usual.

        Either a view of the inbox's own or the hex key of one that is still there.
        """
        there = {one.id.hex for one in self.views}
        if self.first_view and (len(self.first_view) < 32 or self.first_view in there):
            return self.first_view
        for one in self.views:
            if actor.roles.intersection(one.first_for):
                return one.id.hex
        return ""

    def of(self, key: str) -> Saved | None:
        """The saved view of this hex key."""
        return next((one for one in self.views if one.id.hex == key), None)


def of_person(session: Session, actor: Actor) -> Kept:
    """All of it in one statement; shared ones are those of the units above a person, and own."""
    theirs = or_(
        and_(SavedView.unit_key.is_(None), SavedView.person_id == actor.id),
        SavedView.unit_key.in_(sorted(actor.lineage)),
    )
    rows = session.execute(
        select(
            Desk.first_view,
            SavedView.id,
            SavedView.name,
            SavedView.conditions,
            SavedView.unit_key,
            SavedView.person_id,
            SavedView.first_for,
        )
        .select_from(Person)
        .outerjoin(Desk, Desk.person_id == Person.id)
        .outerjoin(SavedView, theirs)
        .where(Person.id == actor.id)
        .order_by(SavedView.unit_key.is_not(None), SavedView.name, SavedView.id)
    ).all()
    found = [
        Saved(
            row.id,
            row.name,
            row.conditions,
            row.unit_key,
            row.person_id == actor.id,
            tuple(role for role in row.first_for.split(",") if role),
        )
        for row in rows
        if row.id is not None
    ]
    return Kept((rows[0].first_view or "") if rows else "", found)
