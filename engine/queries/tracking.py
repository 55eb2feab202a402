"""A case as the citizen who sent it may see it: where it is, what was done, what is promised.

Nothing of the office's own gets out of here: no notes, no persons, no other citizens. What is
told is what the diagram calls public, what the pack names, and the answers that were sent.
"""

import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, cast, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from engine import deployed, history
from engine.bpmn.specification import Specification
from engine.deployed import Deployed
from engine.errors import NotFound
from engine.identity import Vault, normal_code
from engine.models import (
    Answer,
    Case,
    CaseStatus,
    City,
    Contact,
    HistoryEvent,
    Identity,
    Instance,
    Matter,
    Slip,
    TaskStatus,
    Unit,
    UserTask,
)
from engine.packs import Pack
from engine.queries import promises
from engine.queries.promises import Promise
from engine.queries.told import KINDS, Event, Texts, Told, public_words, texts
from engine.working_time import Calendar, OfficeHours

DONE, NOW, NEXT = "done", "now", "next"


@dataclass(frozen=True)
class Stage:
    """A stage of the case's own diagram; state is done, now or next."""

    key: str
    name: Texts
    state: str


@dataclass(frozen=True)
class SentAnswer:
    """An answer that went out."""

    text: str
    outcome: Texts | None
    unit: Texts | None
    at: datetime


@dataclass(frozen=True)
class Main:
    """The case that this one was joined to, where the work is done now."""

    number: str
    stage: Texts | None
    unit: Texts | None


@dataclass(frozen=True)
class Course:
    """Everything the page shows. now: what waits; unit: who handles it, None before transfer."""

    number: str
    title: str
    body: str
    place: str
    category: Texts | None
    confidential: bool
    anonymous: bool
    status: str
    received_at: datetime
    closed_at: datetime | None
    outcome: Texts | None
    office: Texts
    unit: Texts | None
    stages: tuple[Stage, ...]
    now: tuple[Texts, ...]
    events: tuple[Event, ...]
    answers: tuple[SentAnswer, ...]
    promises: tuple[Promise, ...]
    supervisions: int
    main: Main | None
    pack: Pack
    calendar: Calendar
    hours: OfficeHours

    @property
    def over(self) -> bool:
        """Whether nothing more happens."""
        return self.closed_at is not None


def find(session: Session, vault: Vault, code: str, digits: str) -> UUID | None:
    """The case of a secret code and the last four digits of its sender's phone.

    Who left no phone needs the code alone. None for whatever does not match.
    """
    row = session.execute(
        select(Contact.case_id, Identity.id, Identity.key_id, Identity.sealed)
        .outerjoin(Identity, Identity.id == Contact.identity_id)
        .where(Contact.code_hmac == vault.look_up(normal_code(code)))
    ).one_or_none()
    if row is None:
        return None
    phone = vault.open(row.key_id, row.sealed).phone if row.id else ""
    typed = "".join(sign for sign in unicodedata.normalize("NFKC", digits) if sign.isdecimal())
    if phone and not hmac.compare_digest(typed.encode(), phone[-4:].encode()):
        return None
    case_id: UUID = row.case_id
    return case_id


def course(session: Session, case_id: UUID) -> Course:
    """The case for its citizen, in four statements. Raises `NotFound`."""
    row = _case(session, case_id)
    case: Case = row.Case
    pack = deployed.pack(session, case.pack_id)
    process = deployed.definition(session, row.definition_id)
    calendar = deployed.calendar(session, row.calendar_revision, row.timezone)
    tasks, answers, slips = _pieces(session, case_id, row.main_id)
    units = {piece.unit_key: _texts(piece) for piece in (*slips, *answers) if piece.name_zh}
    units |= {case.unit_key: row.unit} if row.unit else {}
    over = case.closed_at is not None
    main = _main(row, pack, process) if case.status == CaseStatus.MERGED else None
    stages = _stages(process.specification, pack, case.stage, over=over)
    told = Told(pack, units)
    return Course(
        number=case.number,
        title=case.title,
        body=case.body,
        place=case.place,
        category=_item(pack, "categories", case.category),
        confidential=case.confidential,
        anonymous=bool(case.facts.get("anonymous")),
        status=case.status,
        received_at=case.received_at,
        closed_at=case.closed_at,
        outcome=_item(pack, "outcomes", case.outcome),
        office=row.office,
        unit=row.unit,
        stages=stages,
        now=() if over else _now(session, process.specification, case.stage, tasks),
        events=_events(session, case_id, told),
        answers=tuple(
            SentAnswer(p.text, _item(pack, "outcomes", p.name), units.get(p.unit_key), p.at)
            for p in answers
        ),
        promises=promises.of_case(session, case_id, pack, calendar),
        supervisions=case.facts.get("open_supervisions", 0),
        main=main,
        pack=pack,
        calendar=calendar,
        hours=pack.hours,
    )


@dataclass(frozen=True)
class _Row:
    Case: Case
    definition_id: UUID
    unit: Texts | None
    office: Texts
    main_id: UUID | None
    main_number: str
    main_stage: str
    main_unit: Texts | None
    timezone: str
    calendar_revision: int


def _case(session: Session, case_id: UUID) -> _Row:
    unit, office, main_unit = aliased(Unit), aliased(Unit), aliased(Unit)
    main = aliased(Case)
    row = session.execute(
        select(
            Case,
            Instance.definition_id,
            unit.name_zh,
            unit.name_en,
            office.name_zh.label("office_zh"),
            office.name_en.label("office_en"),
            main.id.label("main_id"),
            main.number.label("main_number"),
            main.stage.label("main_stage"),
            main_unit.name_zh.label("main_zh"),
            main_unit.name_en.label("main_en"),
            City.timezone,
            City.calendar_revision,
        )
        .join(Instance, (Instance.case_id == Case.id) & (Instance.part == "appeal"))
        .join(office, office.key == Case.office_key)
        .outerjoin(unit, unit.key == Case.unit_key)
        .outerjoin(Matter, Matter.id == Case.matter_id)
        .outerjoin(main, (main.id == Matter.main_case_id) & (main.id != Case.id))
        .outerjoin(main_unit, main_unit.key == main.unit_key)
        .join(City, City.id == 1)
        .where(Case.id == case_id)
    ).one_or_none()
    if row is None:
        raise NotFound("No such case.")
    return _Row(
        Case=row.Case,
        definition_id=row.definition_id,
        unit=_named(row.name_zh, row.name_en),
        office={"zh": row.office_zh, "en": row.office_en},
        main_id=row.main_id,
        main_number=row.main_number or "",
        main_stage=row.main_stage or "",
        main_unit=_named(row.main_zh, row.main_en),
        timezone=row.timezone,
        calendar_revision=row.calendar_revision,
    )


@dataclass(frozen=True)
class _Piece:
    """An open task, a sent answer or a slip. name: its element, its outcome or its number."""

    kind: str
    name: str
    text: str
    at: datetime
    unit_key: str | None
    definition_id: UUID | None
    name_zh: str | None
    name_en: str | None


def _pieces(
    session: Session, case_id: UUID, main_id: UUID | None
) -> tuple[list[_Piece], list[_Piece], list[_Piece]]:
    """Open tasks, sent answers (also those of the case it was joined to) and slips, by time."""
    nothing = literal("", String)
    of_no_process = cast(null(), Instance.definition_id.type)
    whole = union_all(
        select(
            literal("task", String).label("kind"),
            UserTask.element.label("name"),
            nothing.label("text"),
            UserTask.opened_at.label("at"),
            UserTask.unit_key.label("unit_key"),
            Instance.definition_id.label("definition_id"),
        )
        .join(Instance, Instance.id == UserTask.instance_id)
        .where(UserTask.case_id == case_id, UserTask.status == TaskStatus.OPEN),
        select(
            literal("answer", String),
            Answer.outcome,
            Answer.text,
            Answer.sent_at,
            Answer.unit_key,
            of_no_process,
        ).where(
            Answer.case_id.in_([key for key in (case_id, main_id) if key]),
            Answer.sent_at.is_not(None),
        ),
        select(
            literal("slip", String),
            Slip.number,
            nothing,
            Slip.issued_at,
            Slip.unit_key,
            of_no_process,
        ).where(Slip.case_id == case_id),
    ).subquery()
    rows = session.execute(
        select(whole, Unit.name_zh, Unit.name_en)
        .outerjoin(Unit, Unit.key == whole.c.unit_key)
        .order_by(whole.c.at, whole.c.name)
    )
    found = [_Piece(**row) for row in rows.mappings()]
    tasks, answers, slips = (
        [piece for piece in found if piece.kind == kind] for kind in ("task", "answer", "slip")
    )
    return tasks, answers, slips


def _stages(
    specification: Specification, pack: Pack, here: str, *, over: bool
) -> tuple[Stage, ...]:
    """The stages of the diagram, called as the pack calls them."""
    keys = [stage.id for stage in specification.stages]
    place = keys.index(here) if here in keys else 0
    return tuple(
        Stage(
            stage.id,
            _item(pack, "stages", stage.id) or {"zh": stage.name, "en": stage.name_en},
            DONE if at < place or (over and at == place) else NOW if at == place else NEXT,
        )
        for at, stage in enumerate(specification.stages)
    )


def _now(
    session: Session, specification: Specification, stage: str, tasks: Sequence[_Piece]
) -> tuple[Texts, ...]:
    """What waits, in the words of the diagrams; of the stage where no task says any."""
    found: list[Texts] = []
    for task in tasks:
        assert task.definition_id is not None
        elements = deployed.definition(session, task.definition_id).specification.elements
        words = public_words(elements.get(task.name))
        if words and words not in found:
            found.append(words)
    of_stage = public_words(specification.elements.get(stage))
    return tuple(found) or ((of_stage,) if of_stage else ())


def _main(row: _Row, pack: Pack, process: Deployed) -> Main | None:
    if row.main_id is None:
        return None
    stage = process.specification.elements.get(row.main_stage)
    named = {"zh": stage.name, "en": stage.name_en} if stage else None
    return Main(row.main_number, _item(pack, "stages", row.main_stage) or named, row.main_unit)


def _events(session: Session, case_id: UUID, told: Told) -> tuple[Event, ...]:
    rows = session.execute(
        select(HistoryEvent, Instance.definition_id)
        .outerjoin(Instance, Instance.id == HistoryEvent.instance_id)
        .where(HistoryEvent.stream == history.case_stream(case_id), HistoryEvent.kind.in_(KINDS))
        .order_by(HistoryEvent.seq)
    ).all()
    found = []
    for row in rows:
        process = (
            deployed.definition(session, row.definition_id)
            if row.definition_id is not None
            else None
        )
        event = told.event(row.HistoryEvent, process)
        if event is not None:
            found.append(event)
    return tuple(found)


def _item(pack: Pack, section: str, key: str) -> Texts | None:
    return texts(pack.item(section, key)) if key else None


def _named(zh: str | None, en: str | None) -> Texts | None:
    return {"zh": zh, "en": en or zh} if zh else None


def _texts(piece: _Piece) -> Texts:
    return {"zh": piece.name_zh or "", "en": piece.name_en or piece.name_zh or ""}
