"""Cases that are likely about the same thing (疑似重复): same person, same place, a like text.

A proposal for people: nothing is merged by it. The index of texts gives the few that have the
rarest of the words in common, so that it costs the same however many cases there are; how alike
they are is told by all their words. Confidential and sealed texts are not in the index.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal, select, union_all
from sqlalchemy.orm import Session

from engine import bigrams, clock, deployed
from engine.db import table
from engine.models import Case, CaseStatus, CaseWords, City, Contact, Identity
from engine.permissions import Actor
from engine.queries import case_list, commonness, search

RECENT = timedelta(days=60)
SHOWN = 5
LIKE = 0.5  # twice the shared pairs of signs over all of both
VERY_LIKE = 0.8  # of what is longer ago
SOMEWHAT_LIKE = 0.2
_LOOKED_AT = 60
# Two must be shared of the rarest tokens of the title and of the text.
_OF_TITLE, _OF_TEXT = 5, 6
_PERSON = "person"
_SIGN = re.compile(r"[^\w]|_")
Texts = Mapping[str, str]

_case, _words, _city = table(Case), table(CaseWords), table(City)
_contact, _identity = table(Contact), table(Identity)


@dataclass(frozen=True)
class Alike:
    """A case like the one asked about.

    by: what makes it so, of person, place, category, title, text, and same: word for word.
    """

    number: str
    title: str
    place: str
    stage: Texts
    unit: Texts
    received_at: datetime
    by: frozenset[str]
    likeness: float


@dataclass(frozen=True)
class _About:
    """What is compared with, its words taken apart once."""

    title: str
    body: str
    place: str
    category: str
    title_pairs: frozenset[str]
    all_pairs: frozenset[str]

    @property
    def whole(self) -> str:
        """All its words without marks and blanks."""
        return _bare(self.title + self.body)


def found(
    session: Session,
    actor: Actor,
    office_key: str | None,
    *,
    title: str,
    body: str = "",
    place: str = "",
    category: str = "",
    besides: UUID | None = None,
    phone: bytes | None = None,
) -> Sequence[Alike]:
    """Open cases of one office that the person may open, the likest first; one statement.

    besides: the case itself, whose person is known by it. phone: under what a person's phone is
    found, of what is no case yet. Nothing if there is nothing to go by. Once in ten minutes a
    second statement looks which words are common.
    """
    about = _About(
        title,
        body,
        place,
        category,
        frozenset(bigrams.pairs(title)),
        frozenset(bigrams.pairs(f"{title}\n{body}")),
    )
    theirs = and_(
        case_list.may_see(actor),
        _case.c.office_key == office_key,
        _case.c.status == CaseStatus.OPEN,
        *([_case.c.id != besides] if besides else []),
    )
    ways = [
        way.where(theirs).limit(_LOOKED_AT).subquery()
        for way in _ways(session, actor, about, besides, phone)
    ]
    if not ways:
        return []
    every = union_all(*(select(way.c.id, way.c.way) for way in ways)).subquery()
    rows = session.execute(
        select(
            _case,
            every.c.way,
            select(_city.c.organisation_revision).scalar_subquery().label("organisation"),
        ).join(every, every.c.id == _case.c.id)
    ).all()
    if not rows:
        return []
    names = deployed.unit_names(session, rows[0].organisation)
    by_person = {row.id for row in rows if row.way == _PERSON}
    cases = {row.id: row for row in rows}
    told = [
        one
        for key, row in cases.items()
        if (one := _alike(session, row, names, about, same_person=key in by_person))
    ]
    return sorted(told, key=lambda one: (one.likeness, one.received_at), reverse=True)[:SHOWN]


def _ways(
    session: Session, actor: Actor, about: _About, besides: UUID | None, phone: bytes | None
) -> Iterator[Select[Any]]:
    """Where to look, each the newest first: ids of cases and which way found them."""
    dialect = session.get_bind().dialect.name
    own = 1 if besides else 0
    named = commonness.rarest(session, about.title_pairs, _OF_TITLE, own=own)
    said = about.all_pairs.difference(named)
    rare = [*named, *commonness.rarest(session, said, _OF_TEXT, own=own)]
    if rare:
        question = search.any_two_of(dialect, rare)
        yield _by_index(dialect, search.holds(dialect, question))
    if about.place and (tokens := bigrams.asked(about.place)):
        here = search.holds(dialect, search.all_of(dialect, tokens))
        yield _by_index(dialect, here)
    phones = _phones(actor, besides, phone)
    if phones is not None:
        sent = _identity.join(_contact, _contact.c.identity_id == _identity.c.id)
        yield (
            select(_case.c.id, literal(_PERSON).label("way"))
            .select_from(sent.join(_case, _case.c.id == _contact.c.case_id))
            .where(_identity.c.phone_hmac.in_(phones), search.may_know_sender(actor))
            .order_by(_case.c.id.desc())
        )


def _by_index(dialect: str, condition: ColumnElement[bool]) -> Select[Any]:
    source, newest = search.index_of(dialect)
    return (
        select(_case.c.id, literal("").label("way"))
        .select_from(source.join(_case, _case.c.id == _words.c.case_id))
        .where(condition)
        .order_by(newest)
    )


def _phones(actor: Actor, besides: UUID | None, phone: bytes | None) -> Any:
    """Under what the person is found; of a case only if its sender may be known."""
    if phone is not None:
        return [phone]
    if besides is None:
        return None
    own = _contact.join(_identity, _identity.c.id == _contact.c.identity_id)
    return (
        select(_identity.c.phone_hmac)
        .select_from(own.join(_case, _case.c.id == _contact.c.case_id))
        .where(
            _contact.c.case_id == besides,
            _identity.c.phone_hmac.is_not(None),
            search.may_know_sender(actor),
        )
        .correlate(None)
    )


def _alike(
    session: Session, row: Any, names: Mapping[str, Texts], about: _About, *, same_person: bool
) -> Alike | None:
    """The case, if it is like enough."""
    title = bigrams.likeness(about.title_pairs, bigrams.pairs(row.title))
    text = 0.0
    if about.body:
        text = bigrams.likeness(about.all_pairs, bigrams.pairs(f"{row.title}\n{row.body}"))
    same = bool(about.body) and _bare(row.title + row.body) == about.whole
    like = 1.0 if same else max(title, text)
    here = bool(about.place) and _bare(row.place) == _bare(about.place)
    kind = bool(about.category) and row.category == about.category
    # The same place says much, but only with a word of the same thing; so does the same person.
    near = here and (kind or like >= SOMEWHAT_LIKE)
    likeness = like + 0.4 * near + 0.1 * kind + 0.4 * (same_person and like >= SOMEWHAT_LIKE)
    apart = abs(clock.now() - row.received_at)
    if likeness < (LIKE if apart <= RECENT else VERY_LIKE):
        return None
    by = {
        "person": same_person,
        "place": here,
        "category": kind,
        "title": title >= SOMEWHAT_LIKE,
        "text": text >= LIKE,
        "same": same,
    }
    return Alike(
        number=row.number,
        title=row.title,
        place=row.place,
        stage=deployed.pack(session, row.pack_id).item("stages", row.stage) or {},
        unit=names.get(row.unit_key or "", {}),
        received_at=row.received_at,
        by=frozenset(name for name, holds in by.items() if holds),
        likeness=likeness,
    )


def _bare(text: str) -> str:
    return _SIGN.sub("", bigrams.normal(text))
