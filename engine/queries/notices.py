"""Notices (通知) as a person reads them: on the page, and in a letter from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from engine import deployed, notice_words
from engine.models import Case, City, Notice, NoticeSetting, Person, TaskStatus, UserTask
from engine.notice_kinds import DEFAULTS, Channel, NoticeKind, channels
from engine.permissions import Actor
from engine.queries import design_drafts
from engine.queries.compartments import known

PAGE = 50
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """One notice in words. task_id: its task while that is open; number: of its case, or ""."""

    id: UUID
    kind: str
    sentence: Texts
    number: str
    task_id: UUID | None
    at: datetime
    read: bool
    urgent: bool
    instruction: str = ""
    draft: str = ""

    @property
    def path(self) -> str:
        """The page on which one acts on it; nothing where there is none of its own."""
        if self.task_id is not None:
            return f"/tasks/{self.task_id}"
        if self.instruction:
            return f"/instructions/{UUID(self.instruction)}"
        if self.draft:
            return f"/design/drafts/{UUID(self.draft)}/review"
        return f"/cases/{self.number}" if self.number else ""


@dataclass(frozen=True)
class Page:
    """One page of them, unread first; unread, total: over all pages."""

    notices: Sequence[Told]
    unread: int
    total: int
    number: int
    last: int


@dataclass(frozen=True)
class Letter:
    """What one message says to one person. language: "zh" or "en"."""

    id: UUID
    login: str
    name: str
    email: str
    mobile: str
    language: str
    notices: Sequence[Told]
    written_at: datetime

    @property
    def said(self) -> list[str]:
        """Each notice in one line, with the number of its case."""
        return [f"{one.number} {one.sentence[self.language]}".strip() for one in self.notices]


@dataclass(frozen=True)
class Choices:
    """How somebody wants to be told. by_kind: what is chosen, or usual."""

    by_kind: Mapping[NoticeKind, frozenset[Channel]]
    outside: bool
    any_hour: bool
    language: str
    email: str
    mobile: str


def page(session: Session, actor: Actor, *, number: int = 1, unread_only: bool = False) -> Page:
    """The person's notices, unread first, newest first, in two statements."""
    mine = [Notice.person_id == actor.id, known(Notice.case_id, actor)]
    unread, total = session.execute(
        select(func.count().filter(Notice.read_at.is_(None)), func.count()).where(*mine)
    ).one()
    shown = unread if unread_only else total
    last = max(1, -(-shown // PAGE))
    number = max(1, min(number, last))
    if unread_only:
        mine.append(Notice.read_at.is_(None))
    rows = session.execute(
        _rows(*mine)
        .order_by(Notice.read_at.is_not(None), Notice.at.desc(), Notice.id.desc())
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    ).all()
    return Page(_told(session, rows), unread, total, number, last)


def path(session: Session, notice_id: UUID, actor: Actor) -> str:
    """Where the person acts on an own notice; nothing where there is no such page."""
    rows = session.execute(
        _rows(Notice.id == notice_id, Notice.person_id == actor.id, known(Notice.case_id, actor))
    ).all()
    return next((one.path for one in _told(session, rows)), "")


def choices(session: Session, actor: Actor) -> Choices:
    """How the person wants to be told, in one statement."""
    row = session.execute(
        select(
            Person.email,
            Person.mobile,
            NoticeSetting.choices,
            NoticeSetting.outside,
            NoticeSetting.any_hour,
            NoticeSetting.language,
        )
        .outerjoin(NoticeSetting, NoticeSetting.person_id == Person.id)
        .where(Person.id == actor.id)
    ).one()
    return Choices(
        {kind: channels(row.choices, kind) for kind in DEFAULTS},
        row.outside is not False,
        bool(row.any_hour),
        row.language or "",
        row.email,
        row.mobile,
    )


def letter(
    session: Session, message_id: UUID, person_id: UUID, keys: Sequence[UUID], at: datetime
) -> Letter | None:
    """What a message says to a person; None if there is nothing left to say, or nobody.

    Nothing of a sealed case, nor of one that is about a unit, ever leaves the office.
    """
    person = session.execute(
        select(
            Person.login,
            Person.name_zh,
            Person.name_en,
            Person.email,
            Person.mobile,
            Person.language.label("own"),
            NoticeSetting.language.label("chosen"),
        )
        .outerjoin(NoticeSetting, NoticeSetting.person_id == Person.id)
        .where(Person.id == person_id, Person.active)
    ).one_or_none()
    if person is None:
        return None
    rows = session.execute(
        _rows(
            Notice.id.in_(keys),
            Notice.person_id == person_id,
            Case.sealed.is_not(True),
            Case.accused_key.is_(None),
        ).order_by(Notice.at, Notice.id)
    ).all()
    if not rows:
        return None
    language = "en" if (person.chosen or person.own).startswith("en") else "zh"
    name = person.name_en if language == "en" and person.name_en else person.name_zh
    told = _told(session, rows)
    return Letter(message_id, person.login, name, person.email, person.mobile, language, told, at)


def _rows(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            Notice.id,
            Notice.kind,
            Notice.payload,
            Notice.at,
            Notice.read_at,
            Notice.urgent,
            Case.number,
            Case.pack_id,
            UserTask.id.label("task_id"),
            UserTask.name_zh,
            UserTask.name_en,
            UserTask.status,
        )
        .outerjoin(Case, Case.id == Notice.case_id)
        .outerjoin(UserTask, UserTask.id == Notice.task_id)
        .where(*conditions)
    )


def _told(session: Session, rows: Sequence[Any]) -> Sequence[Told]:
    if not rows:
        return ()
    city = session.execute(select(City.organisation_revision, City.timezone)).one()
    units = deployed.unit_names(session, city.organisation_revision)
    called = {
        "by": _colleagues(session, {row.payload["by"] for row in rows if "by" in row.payload}),
        "draft": design_drafts.names(
            session, {row.payload["draft"] for row in rows if "draft" in row.payload}
        ),
        "unit": units,
    }
    zone = ZoneInfo(city.timezone)
    return tuple(
        Told(
            id=row.id,
            kind=row.kind,
            sentence=notice_words.sentence(row.kind, _names(session, row, called, zone)),
            number=row.number or "",
            task_id=row.task_id if row.status == TaskStatus.OPEN else None,
            at=row.at,
            read=row.read_at is not None,
            urgent=row.urgent,
            instruction=str(row.payload.get("instruction", "")),
            draft=str(row.payload.get("draft", "")),
        )
        for row in rows
    )


def _names(
    session: Session,
    row: Any,
    called: Mapping[str, Mapping[str, Texts]],
    zone: ZoneInfo,
) -> Mapping[str, Texts]:
    """What the placeholders of a sentence are called; the unknown are left out."""
    facts, names = row.payload, {}
    pack = deployed.pack(session, row.pack_id) if row.pack_id is not None else None
    if row.task_id is not None:
        names["task"] = {"zh": row.name_zh, "en": row.name_en or row.name_zh}
    for name in ("slip", "count"):
        if name in facts:
            names[name] = dict.fromkeys(notice_words.LANGUAGES, str(facts[name]))
    for name, known_by_key in called.items():
        if facts.get(name) in known_by_key:
            names[name] = dict(known_by_key[facts[name]])
    if "due" in facts:
        due = datetime.fromisoformat(facts["due"]).astimezone(zone)
        names["due"] = dict(notice_words.moment(due))
    limit = pack.limits.get(facts.get("limit", "")) if pack else None
    if limit is not None:
        names["limit"] = {"zh": limit.zh, "en": limit.en}
    rung = pack.item("ladder", facts["rung"]) if pack and "rung" in facts else None
    if rung is not None:
        names["rung"] = {"zh": rung["zh"], "en": rung["en"]}
    return names


def _colleagues(session: Session, keys: set[str]) -> Mapping[str, Texts]:
    if not keys:
        return {}
    rows = session.execute(
        select(Person.id, Person.name_zh, Person.name_en).where(
            Person.id.in_({UUID(hex=key) for key in keys})
        )
    )
    return {row.id.hex: {"zh": row.name_zh, "en": row.name_en or row.name_zh} for row in rows}
