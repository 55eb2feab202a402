"""Cases that are likely about the same thing (疑似重复): the same place, a like title, of late.

A proposal for people: nothing is merged by it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import Session

from engine import clock, deployed
from engine.models import Case, CaseStatus, City
from engine.permissions import Actor
from engine.queries import case_list

RECENT = timedelta(days=60)
SHOWN = 5
LIKE = 0.5  # of titles: twice the shared pairs of signs over all of both
SOMEWHAT_LIKE = 0.2
_LOOKED_AT = 40
_PAIRS = 16
_SIGN = re.compile(r"[^\w]|_")
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Alike:
    """A case like the one asked about. by: what makes it so, of place, category, title."""

    number: str
    title: str
    place: str
    stage: Texts
    unit: Texts
    received_at: datetime
    by: frozenset[str]
    likeness: float


def found(
    session: Session,
    actor: Actor,
    office_key: str | None,
    *,
    title: str,
    place: str = "",
    category: str = "",
    besides: UUID | None = None,
) -> Sequence[Alike]:
    """Open cases of one office that the person may open, the likest first; one statement.

    besides: the case itself. Nothing if there is neither a title nor a place to go by.
    """
    pairs = _pairs(title)
    hits = [Case.title.contains(pair, autoescape=True) for pair in sorted(pairs)[:_PAIRS]]
    same_place = Case.place == place if place else None
    nearly: list[ColumnElement[bool]] = [*hits, *([same_place] if same_place is not None else [])]
    if not nearly:
        return []
    score: Any = sum((case((hit, 1), else_=0) for hit in hits), start=0)
    if same_place is not None:
        score = score + case((same_place, len(hits) + 1), else_=0)
    rows = session.execute(
        select(Case, select(City.organisation_revision).scalar_subquery().label("organisation"))
        .where(
            case_list.may_see(actor),
            Case.office_key == office_key,
            Case.status == CaseStatus.OPEN,
            Case.received_at >= clock.now() - RECENT,
            *([Case.id != besides] if besides else []),
            or_(*nearly),
        )
        .order_by(score.desc(), Case.id.desc())
        .limit(_LOOKED_AT)
    ).all()
    if not rows:
        return []
    names = deployed.unit_names(session, rows[0].organisation)
    every = [_alike(session, row.Case, names, pairs, place, category) for row in rows]
    told = [one for one in every if one.likeness >= LIKE]
    return sorted(told, key=lambda one: -one.likeness)[:SHOWN]


def _alike(
    session: Session,
    one: Case,
    names: Mapping[str, Texts],
    pairs: Collection[str],
    place: str,
    category: str,
) -> Alike:
    theirs = _pairs(one.title)
    like = 2 * len(theirs & set(pairs)) / max(len(theirs) + len(pairs), 1)
    here = bool(place) and _bare(one.place) == _bare(place)
    kind = bool(category) and one.category == category
    by = {name for name, holds in (("place", here), ("category", kind)) if holds}
    # The same place says much, but only with a word of the same thing.
    likeness = like + (0.4 if here and (kind or like >= SOMEWHAT_LIKE) else 0) + 0.1 * kind
    return Alike(
        number=one.number,
        title=one.title,
        place=one.place,
        stage=deployed.pack(session, one.pack_id).item("stages", one.stage) or {},
        unit=names.get(one.unit_key or "", {}),
        received_at=one.received_at,
        by=frozenset(by | ({"title"} if like >= SOMEWHAT_LIKE else set())),
        likeness=likeness,
    )


def _bare(text: str) -> str:
    return _SIGN.sub("", text)


def _pairs(text: str) -> set[str]:
    """Two neighbouring signs at a time, without marks and blanks."""
    bare = _bare(text)
    return {bare[at : at + 2] for at in range(len(bare) - 1)}
