"""Sealed cases (封存件) as conditions: what of them is left out of a list, a count, a figure.

The rows say what `permissions.knows_of` says of one case. Few cases are sealed, and an index
holds those alone, so that the ids of the hidden ones are read once for a whole statement.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.db import table
from engine.models import Case
from engine.permissions import OFFICE_ROLES, Actor

_case = table(Case)
Column = ColumnElement[Any] | InstrumentedAttribute[UUID | None]


def hidden_from(actor: Actor) -> Select[UUID]:
    """The ids of the cases that do not exist for this person."""
    own = sorted(frozenset().union(*(actor.scope[role] for role in OFFICE_ROLES & actor.roles)))
    return select(_case.c.id).where(
        # As the index is written, so that it serves.
        or_(_case.c.sealed, _case.c.accused_key.is_not(None)),
        or_(
            and_(_case.c.sealed, _case.c.office_key.not_in(own)),
            _case.c.accused_key.in_(sorted(actor.lineage)),
        ),
    )


def known(case_id: Column, actor: Actor) -> ColumnElement[bool]:
    """That what belongs to this case, or to none, exists for the person."""
    return or_(case_id.is_(None), case_id.not_in(hidden_from(actor)))


def not_about(actor: Actor) -> ColumnElement[bool]:
    """That a case is not about a unit the person belongs to."""
    return or_(_case.c.accused_key.is_(None), _case.c.accused_key.not_in(sorted(actor.lineage)))


def named_sealed(session: Session, payloads: Iterable[Mapping[str, Any] | None]) -> frozenset[str]:
    """Numbers in the payloads of history events that are of sealed cases, and so not told.

    A case may have been joined to one before it was sealed. No statement where none was joined.
    """
    numbers = {number for payload in payloads for number in _named_in(payload or {})}
    if not numbers:
        return frozenset()
    return frozenset(
        session.scalars(select(_case.c.number).where(_case.c.number.in_(numbers), _case.c.sealed))
    )


def _named_in(payload: Mapping[str, Any]) -> set[str]:
    named = {
        str(payload.get("main", "")),
        str(payload.get("of", "")),
        str(payload.get("answers", {}).get("matter", "")),
        *map(str, payload.get("parts", ())),
    }
    return named - {""}
