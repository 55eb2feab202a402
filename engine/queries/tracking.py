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

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine import deployed, history
from engine.bpmn.specification import Specification
from engine.deployed import Deployed
from engine.errors import NotFound
from engine.identity import Vault, normal_code
from engine.models import (
    Case,
    CaseStatus,
    City,
    Contact,
    HistoryEvent,
    Identity,
    Instance,
    Matter,
    Scope,
    Supervision,
    Unit,
)
from engine.packs import Pack
from engine.queries import compartments, pieces, promises
from engine.queries.pieces import Piece
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
    """Everything the page shows. now: what waits; unit: who handles it, None before transfer.

    sealed: it was handed to the competent organ, and nothing else of it is told. split: it is one
    of several cases made of what the citizen said.
    """

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
    sealed: bool = False
    split: bool = False

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
    if case.sealed:
        return _sealed(case, pack, calendar)
    tasks, answers, slips = pieces.of_case(session, case_id, row.main_id)
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
        split=bool(case.facts.get("parts")),
    )


def _sealed(case: Case, pack: Pack, calendar: Calendar) -> Course:
    """That it was handed on, and nothing that says to whom, why or how far it is."""
    return Course(
        number=case.number,
        title="",
        body="",
        place="",
        category=None,
        confidential=True,
        anonymous=bool(case.facts.get("anonymous")),
        status=CaseStatus.OPEN,
        received_at=case.received_at,
        closed_at=None,
        outcome=None,
        office={},
        unit=None,
        stages=(),
        now=(),
        events=(),
        answers=(),
        promises=(),
        supervisions=0,
        main=None,
        pack=pack,
        calendar=calendar,
        hours=pack.hours,
        sealed=True,
        split=bool(case.facts.get("parts")),
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
        .outerjoin(main, (main.id == Matter.main_case_id) & (main.id != Case.id) & ~main.sealed)
        .outerjoin(main_unit, main_unit.key == main.unit_key)
        .join(City, City.id == 1)
        .where(Case.id == case_id)
        .order_by(Instance.id.desc())  # of several processes in a row the newest tells
        .limit(1)
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


def _stages(
    specification: Specification, pack: Pack, here: str, *, over: bool
) -> tuple[Stage, ...]:
    """The stages of the diagram, called as the pack calls them.

    Where a case goes through several diagrams, those of the pack: each has some of them.
    """
    named: dict[str, Texts] = {
        stage.id: _item(pack, "stages", stage.id) or {"zh": stage.name, "en": stage.name_en}
        for stage in specification.stages
    }
    if pack.items("routes"):
        named = {entry["key"]: texts(entry) or {} for entry in pack.items("stages")}
    place = list(named).index(here) if here in named else 0
    return tuple(
        Stage(
            key,
            name,
            DONE if at < place or (over and at == place) else NOW if at == place else NEXT,
        )
        for at, (key, name) in enumerate(named.items())
    )


def _now(
    session: Session, specification: Specification, stage: str, tasks: Sequence[Piece]
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
        .outerjoin(Supervision, Supervision.id == Instance.supervision_id)
        .where(
            HistoryEvent.stream == history.case_stream(case_id),
            HistoryEvent.kind.in_(KINDS),
            # A ladder about a unit only stands at this case: it is about others, too.
            Supervision.scope.is_distinct_from(Scope.UNIT),
        )
        .order_by(HistoryEvent.seq)
    ).all()
    untold = compartments.named_sealed(session, (row.HistoryEvent.payload for row in rows))
    found = []
    for row in rows:
        process = (
            deployed.definition(session, row.definition_id)
            if row.definition_id is not None
            else None
        )
        event = told.event(row.HistoryEvent, process)
        if event is not None and event.number not in untold:
            found.append(event)
    return tuple(found)


def _item(pack: Pack, section: str, key: str) -> Texts | None:
    return texts(pack.item(section, key)) if key else None


def _named(zh: str | None, en: str | None) -> Texts | None:
    return {"zh": zh, "en": en or zh} if zh else None


def _texts(piece: Piece) -> Texts:
    return {"zh": piece.name_zh or "", "en": piece.name_en or piece.name_zh or ""}
