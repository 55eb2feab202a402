"""What a person does with the own notices (通知): reads them, and says how to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.db import changed, table
from engine.errors import InvalidInput, NotFound
from engine.models import Notice, NoticeSetting
from engine.notice_kinds import Channel, NoticeKind
from engine.permissions import Actor

LANGUAGES = ("", "zh", "en")
REMEMBERED = timedelta(days=90)
_notice = table(Notice)


@dataclass(frozen=True)
class Wanted:
    """How somebody wants to be told. choices: kind -> channels; see `NoticeSetting`."""

    choices: Mapping[NoticeKind, Sequence[Channel]]
    outside: bool = True
    any_hour: bool = False
    language: str = ""


def read(session: Session, notice_id: UUID, *, by: Actor) -> None:
    """Note that the person has read one; again does nothing. Raises `NotFound` for others'."""
    found = session.scalar(
        select(_notice.c.id).where(_notice.c.id == notice_id, _notice.c.person_id == by.id)
    )
    if found is None:
        raise NotFound("No such notice.")
    session.execute(
        update(_notice)
        .where(_notice.c.id == notice_id, _notice.c.read_at.is_(None))
        .values(read_at=clock.now())
    )


def read_all(session: Session, *, by: Actor, until: UUID | None = None) -> int:
    """Note that the person has read all; how many were new.

    until: the newest that the person has seen; what came after it stays new.
    """
    own = [_notice.c.person_id == by.id, _notice.c.read_at.is_(None)]
    if until is not None:
        own.append(_notice.c.id <= until)
    return changed(session.execute(update(_notice).where(*own).values(read_at=clock.now())))


def forget_old(session: Session) -> None:
    """Drop what was read a quarter of a year ago; what happened stands in the history."""
    before = clock.now() - REMEMBERED
    session.execute(delete(_notice).where(_notice.c.at < before, _notice.c.read_at < before))


def choose(session: Session, wanted: Wanted, *, by: Actor) -> None:
    """Keep how the person wants to be told, from the next notice on. Raises `InvalidInput`."""
    if wanted.language not in LANGUAGES:
        raise InvalidInput("language", "zh, en or none", wanted.language[:16])
    row = session.get(NoticeSetting, by.id)
    if row is None:
        row = NoticeSetting(person_id=by.id)
        session.add(row)
    row.choices = {
        str(kind): sorted(str(Channel(one)) for one in ways)
        for kind, ways in wanted.choices.items()
    }
    row.outside, row.any_hour = wanted.outside, wanted.any_hour
    row.language, row.changed_at = wanted.language, clock.now()
