"""Phrases and answer templates that somebody may use: their own, and those of their units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import Session

from engine import deployed, permissions
from engine.errors import NotFound
from engine.models import City, Phrase, Unit
from engine.permissions import Actor
from engine.queries import packs_in_use

Texts = Mapping[str, str]
SHOWN = 60  # beside a form


@dataclass(frozen=True)
class Known:
    """A phrase. unit: whose it is, nothing for the person's own."""

    id: UUID
    title: str
    text: str
    kind: str
    category: str
    unit_key: str
    unit: Texts
    may_change: bool


def usable(session: Session, actor: Actor, *, kind: str, category: str) -> list[Known]:
    """Phrases for a form of this kind and a case of this category; one statement.

    Those of the category come first, then those of the kind, then the rest.
    """
    return _read(
        session,
        actor,
        Phrase.kind.in_(["", kind]),
        Phrase.category.in_(["", category]),
        most=SHOWN,
    )


def of_person(session: Session, actor: Actor) -> list[Known]:
    """Every phrase the person may use; one statement."""
    return _read(session, actor)


def one(session: Session, actor: Actor, phrase_id: UUID) -> Known:
    """One phrase the person may use. Raises `NotFound`."""
    found = _read(session, actor, Phrase.id == phrase_id)
    if not found:
        raise NotFound("No such phrase.")
    return found[0]


def offers(session: Session, actor: Actor) -> tuple[Mapping[str, Texts], Mapping[str, Texts]]:
    """Categories a phrase may be for, and the units the person may write for; one statement."""
    row = session.execute(
        select(City.organisation_revision, packs_in_use.NEWEST.label("packs")).where(City.id == 1)
    ).one()
    categories: dict[str, Texts] = {}
    for pack in packs_in_use.nearest(packs_in_use.named(session, row.packs), actor):
        for key, texts in pack.names("categories").items():
            categories.setdefault(key, texts)
    names = deployed.unit_names(session, row.organisation_revision)
    own = [key for key in actor.units if permissions.may_share_phrases(actor, key)]
    return categories, {key: names.get(key, {}) for key in own}


def _read(
    session: Session, actor: Actor, *conditions: ColumnElement[bool], most: int | None = None
) -> list[Known]:
    rows: Sequence[Any] = session.execute(
        select(Phrase, Unit.name_zh, Unit.name_en)
        .outerjoin(Unit, Unit.key == Phrase.unit_key)
        .where(
            or_(
                Phrase.person_id == actor.id,
                Phrase.unit_key.in_(sorted({*actor.lineage, *actor.units})),
            ),
            *conditions,
        )
        .order_by(
            case((Phrase.category != "", 0), (Phrase.kind != "", 1), else_=2),
            Phrase.unit_key.is_not(None),
            Phrase.title,
            Phrase.id,
        )
        .limit(most)
    ).all()
    return [_known(actor, row) for row in rows]


def _known(actor: Actor, row: Any) -> Known:
    phrase: Phrase = row.Phrase
    return Known(
        id=phrase.id,
        title=phrase.title,
        text=phrase.text,
        kind=phrase.kind,
        category=phrase.category,
        unit_key=phrase.unit_key or "",
        unit={"zh": row.name_zh, "en": row.name_en or row.name_zh} if phrase.unit_key else {},
        may_change=not phrase.unit_key or permissions.may_share_phrases(actor, phrase.unit_key),
    )
