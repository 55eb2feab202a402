"""What colleagues do on a case together (协作): notes, opinions, who watches, who is here now.

All of it is read in one statement, for the pages of a case are opened all day.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from engine import clock
from engine.db import table
from engine.models import PRESENT, Mention, Note, Opinion, Person, Presence, Watch
from engine.permissions import Actor

NOTES = 200  # of the newest; nobody reads further back on one page
Texts = Mapping[str, str]
_note, _mention, _opinion = table(Note), table(Mention), table(Opinion)
_watch, _presence = table(Watch), table(Presence)
_person, _second = table(Person), table(Person).alias("second")


@dataclass(frozen=True)
class Written:
    """A note. mentions: whom it names."""

    id: UUID
    at: datetime
    by: Texts
    text: str
    mentions: Sequence[Texts] = ()


@dataclass(frozen=True)
class Asked:
    """An opinion that was asked for. waits: it was neither given nor taken back."""

    id: UUID
    unit_key: str
    asked_for: str
    question: str
    at: datetime
    by: Texts
    by_id: UUID
    position: str
    answer: str
    answered_at: datetime | None
    answered_by: Texts
    withdrawn_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether the unit still has to answer."""
        return self.answered_at is None and self.withdrawn_at is None


@dataclass(frozen=True)
class Present:
    """Somebody else who has a page of the case open. at: when last seen there."""

    name: Texts
    at: datetime


@dataclass(frozen=True)
class Together:
    """All of it. watchers: how many watch; beaten_at: when the reader was last seen here."""

    notes: Sequence[Written] = ()
    opinions: Sequence[Asked] = ()
    present: Sequence[Present] = ()
    watching: bool = False
    watchers: int = 0
    beaten_at: datetime | None = None


def of_case(session: Session, case_id: UUID, actor: Actor, *, notes: bool = True) -> Together:
    """What the person may read of it, in one statement. notes: whether also the notes."""
    parts = [_opinions(case_id), _watchers(case_id), _here(case_id)]
    if notes:
        parts += [_notes(case_id), _mentions(case_id)]
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(union_all(*parts)):
        rows[row.what].append(row)
    return _told(rows, actor)


def opinion_of(session: Session, opinion_id: UUID) -> Asked | None:
    """The question behind one instance; None if it asks nobody."""
    row = session.execute(_opinions(None).where(_opinion.c.id == opinion_id)).one_or_none()
    return _asked(row) if row is not None else None


# Each kind of row in the same columns ------------------------------------------------------------

_ABSENT: Mapping[str, ColumnElement[Any]] = {
    "id": cast(null(), _note.c.id.type),
    "at": cast(null(), _note.c.written_at.type),
    "person_id": cast(null(), _note.c.id.type),
    "zh": cast(null(), _person.c.name_zh.type),
    "en": cast(null(), _person.c.name_en.type),
    "text": cast(null(), _note.c.text.type),
    "answer": cast(null(), _note.c.text.type),
    "unit": cast(null(), _opinion.c.unit_key.type),
    "asked_for": cast(null(), _opinion.c.unit_key.type),
    "position": cast(null(), _opinion.c.position.type),
    "answered_at": cast(null(), _note.c.written_at.type),
    "withdrawn_at": cast(null(), _note.c.written_at.type),
    "second_zh": cast(null(), _person.c.name_zh.type),
    "second_en": cast(null(), _person.c.name_en.type),
}


def _row(what: str, **columns: Any) -> Select[Any]:
    told = {**_ABSENT, "zh": _person.c.name_zh, "en": _person.c.name_en, **columns}
    return select(
        literal(what).label("what"), *(column.label(name) for name, column in told.items())
    )


def _notes(case_id: UUID) -> Select[Any]:
    newest = (
        select(_note).where(_note.c.case_id == case_id).order_by(_note.c.id.desc()).limit(NOTES)
    ).subquery()
    return _row(
        "note",
        id=newest.c.id,
        at=newest.c.written_at,
        person_id=newest.c.written_by,
        text=newest.c.text,
    ).select_from(newest.join(_person, _person.c.id == newest.c.written_by))


def _mentions(case_id: UUID) -> Select[Any]:
    return (
        _row("mention", id=_mention.c.note_id, person_id=_mention.c.person_id)
        .select_from(
            _mention.join(_note, _note.c.id == _mention.c.note_id).join(
                _person, _person.c.id == _mention.c.person_id
            )
        )
        .where(_note.c.case_id == case_id)
    )


def _opinions(case_id: UUID | None) -> Select[Any]:
    query = _row(
        "opinion",
        id=_opinion.c.id,
        at=_opinion.c.asked_at,
        person_id=_opinion.c.asked_by,
        text=_opinion.c.question,
        answer=_opinion.c.answer,
        unit=_opinion.c.unit_key,
        asked_for=_opinion.c.asked_for,
        position=_opinion.c.position,
        answered_at=_opinion.c.answered_at,
        withdrawn_at=_opinion.c.withdrawn_at,
        second_zh=_second.c.name_zh,
        second_en=_second.c.name_en,
    ).select_from(
        _opinion.join(_person, _person.c.id == _opinion.c.asked_by).outerjoin(
            _second, _second.c.id == _opinion.c.answered_by
        )
    )
    return query if case_id is None else query.where(_opinion.c.case_id == case_id)


def _watchers(case_id: UUID) -> Select[Any]:
    return (
        _row("watch", person_id=_watch.c.person_id, at=_watch.c.since)
        .select_from(_watch.join(_person, _person.c.id == _watch.c.person_id))
        .where(_watch.c.case_id == case_id)
    )


def _here(case_id: UUID) -> Select[Any]:
    return (
        _row("here", person_id=_presence.c.person_id, at=_presence.c.seen_at)
        .select_from(_presence.join(_person, _person.c.id == _presence.c.person_id))
        .where(_presence.c.case_id == case_id, _presence.c.seen_at > clock.now() - PRESENT)
    )


# From rows to what is told -----------------------------------------------------------------------


def _told(of: Mapping[str, Sequence[Any]], actor: Actor) -> Together:
    named: dict[UUID, list[Texts]] = defaultdict(list)
    for row in of.get("mention", ()):
        named[row.id].append(_name(row))
    here = sorted(of.get("here", ()), key=lambda row: row.at, reverse=True)
    watchers = {row.person_id for row in of.get("watch", ())}
    return Together(
        notes=[
            Written(row.id, row.at, _name(row), row.text, named[row.id])
            for row in sorted(of.get("note", ()), key=lambda row: row.id, reverse=True)
        ],
        opinions=[
            _asked(row)
            for row in sorted(of.get("opinion", ()), key=lambda row: row.id, reverse=True)
        ],
        present=[Present(_name(row), row.at) for row in here if row.person_id != actor.id],
        watching=actor.id in watchers,
        watchers=len(watchers),
        beaten_at=next((row.at for row in here if row.person_id == actor.id), None),
    )


def _asked(row: Any) -> Asked:
    return Asked(
        id=row.id,
        unit_key=row.unit,
        asked_for=row.asked_for,
        question=row.text,
        at=row.at,
        by=_name(row),
        by_id=row.person_id,
        position=row.position,
        answer=row.answer,
        answered_at=row.answered_at,
        answered_by={"zh": row.second_zh or "", "en": row.second_en or row.second_zh or ""},
        withdrawn_at=row.withdrawn_at,
    )


def _name(row: Any) -> Texts:
    return {"zh": row.zh, "en": row.en or row.zh}
