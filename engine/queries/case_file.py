"""The file of a case (卷宗): who may open it, and everything that was said and done, as rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed, involved, permissions
from engine.errors import NotFound
from engine.identity import Reporter, Vault
from engine.models import (
    Answer,
    Callback,
    Case,
    CitizenContact,
    City,
    Contact,
    Deadline,
    Evidence,
    Identity,
    IdentityView,
    Measure,
    Person,
    Review,
    Slip,
    Supervision,
    SupervisionStep,
    TaskStatus,
    UserTask,
)
from engine.packs import Pack
from engine.permissions import Actor
from engine.queries import reporters
from engine.queries.inbox import Due
from engine.queries.reporters import Masked
from engine.work import restored
from engine.working_time import Calendar

Texts = Mapping[str, str]


@dataclass(frozen=True)
class File:
    """A case somebody may open, with what its keys are called.

    facts: all of them. units: names by key. knows_person: whether the reader may know who sent
    it in. only_asked: the reader's unit was asked for its opinion, and has no other part in it.
    """

    case: Case
    facts: Mapping[str, Any]
    pack: Pack
    calendar: Calendar
    zone: ZoneInfo
    units: Mapping[str, Texts]
    active_units: frozenset[str]
    knows_person: bool
    only_asked: bool = False

    def unit(self, key: str | None) -> Texts:
        """What a unit is called; nothing for none."""
        return self.units.get(key or "", {"zh": key or "", "en": key or ""})

    def item(self, section: str, key: str) -> Texts:
        """What an entry of one of the pack's lists is called; the key itself if it has none."""
        return self.pack.item(section, key) or {"zh": key, "en": key}


@dataclass(frozen=True)
class OpenTask:
    """A task of the case that waits, with who has claimed it."""

    id: UUID
    element: str
    name: Texts
    instance_id: UUID
    unit_key: str | None
    item: str
    assignee: Texts | None
    due_at: datetime | None
    due: Due | None
    may_do: bool


@dataclass(frozen=True)
class Records:
    """What was said and done, oldest first; steps by supervision, people's names by id."""

    received: Sequence["Received"]
    slips: Sequence[Slip]
    contacts: Sequence[CitizenContact]
    measures: Sequence[Measure]
    answers: Sequence[Answer]
    reviews: Sequence[Review]
    callbacks: Sequence[Callback]
    evidence: Sequence[Evidence]
    supervisions: Sequence[Supervision]
    steps: Mapping[UUID, Sequence[SupervisionStep]]
    views: Sequence[IdentityView]
    people: Mapping[UUID, Texts] = field(default_factory=dict)

    def person(self, key: UUID | None) -> Texts:
        """What a person is called; nothing for none."""
        return self.people.get(key, {}) if key else {}


@dataclass(frozen=True)
class Received:
    """A contact (来件) of the case; person: masked, None if it came without or is not told."""

    channel: str
    received_at: datetime
    entered_by: UUID | None
    person: Masked | None
    named: bool


def opened(session: Session, number: str, by: Actor) -> File:
    """The case of this number, in two statements. Raises `NotFound`, `NotAllowed`."""
    row = session.execute(
        select(Case, *CITY).join(City, City.id == 1).where(Case.number == number)
    ).one_or_none()
    if row is None:
        raise NotFound("No such case.")
    case: Case = row.Case
    permissions.require_known(by, case)
    file = of_row(session, row, by)
    units = involved.units_of(session, case.id, file.facts)
    if involved.takes_part(by, case, units):
        return file
    permissions.require(
        permissions.may_see_case(by, case, units.asked), "The case belongs to other units."
    )
    return replace(file, only_asked=True)


# What `of_row` reads besides the case.
CITY = (City.calendar_revision, City.organisation_revision, City.timezone)


def of_row(session: Session, row: Any, by: Actor) -> File:
    """The file of a row with a case and the city's columns; who may open it is asked elsewhere."""
    return File(
        case=row.Case,
        facts=restored(row.Case.facts),
        pack=deployed.pack(session, row.Case.pack_id),
        calendar=deployed.calendar(session, row.calendar_revision, row.timezone),
        zone=ZoneInfo(row.timezone),
        units=deployed.unit_names(session, row.organisation_revision),
        active_units=deployed.city_units(session, row.organisation_revision, row.Case.office_key),
        knows_person=permissions.may_see_identity(by, row.Case),
    )


def open_tasks(session: Session, case_id: UUID, by: Actor) -> Sequence[OpenTask]:
    """The tasks of the case that wait, the most urgent first."""
    rows = session.execute(
        select(UserTask, Person.name_zh, Person.name_en, Deadline.budget, Deadline.provisional)
        .outerjoin(Person, Person.id == UserTask.assignee_id)
        .outerjoin(Deadline, Deadline.id == UserTask.deadline_id)
        .where(UserTask.case_id == case_id, UserTask.status == TaskStatus.OPEN)
        .order_by(UserTask.due_at.asc().nulls_last(), UserTask.id)
    )
    return [
        OpenTask(
            id=row.UserTask.id,
            element=row.UserTask.element,
            name=texts(row.UserTask.name_zh, row.UserTask.name_en),
            instance_id=row.UserTask.instance_id,
            unit_key=row.UserTask.unit_key,
            item=row.UserTask.item,
            assignee=texts(row.name_zh, row.name_en) if row.UserTask.assignee_id else None,
            due_at=row.UserTask.due_at,
            due=Due(row.UserTask.due_at, row.budget, row.provisional) if row.budget else None,
            may_do=permissions.may_do(by, row.UserTask),
        )
        for row in rows
    ]


def received(session: Session, vault: Vault, file: File) -> Sequence[Received]:
    """The contacts of the case, oldest first; whose they are only masked, and only if told."""
    rows = session.execute(
        select(
            Contact.channel,
            Contact.received_at,
            Contact.entered_by,
            Contact.identity_id,
            Identity.key_id,
            Identity.sealed,
        )
        .outerjoin(Identity, Identity.id == Contact.identity_id)
        .where(Contact.case_id == file.case.id)
        .order_by(Contact.id)
    )
    return [
        Received(
            channel=row.channel,
            received_at=row.received_at,
            entered_by=row.entered_by,
            person=masked(vault, row) if file.knows_person else None,
            named=row.identity_id is not None,
        )
        for row in rows
    ]


_KINDS: tuple[Any, ...] = (
    Slip,
    CitizenContact,
    Measure,
    Answer,
    Review,
    Callback,
    Evidence,
    Supervision,
    IdentityView,
)


def records(session: Session, vault: Vault, file: File) -> Records:
    """Everything that was said and done; one statement for each kind, one for the names.

    Who was only asked reads what was ordered and done, and nothing that was said to the citizen.
    """
    case_id = file.case.id
    kinds: list[Sequence[Any]] = [
        session.scalars(select(kind).where(kind.case_id == case_id).order_by(kind.id)).all()
        for kind in _KINDS
    ]
    if file.only_asked:
        told = (Slip, Measure, Evidence)
        kinds = [rows if kind in told else [] for kind, rows in zip(_KINDS, kinds, strict=True)]
    slips, contacts, measures, answers, reviews, callbacks, evidence, supervisions, views = kinds
    steps: dict[UUID, list[SupervisionStep]] = defaultdict(list)
    if supervisions:
        keys = [one.id for one in supervisions]
        for step in session.scalars(
            select(SupervisionStep)
            .where(SupervisionStep.supervision_id.in_(keys))
            .order_by(SupervisionStep.id)
        ):
            steps[step.supervision_id].append(step)
    said = received(session, vault, file)
    people = {
        *(one.entered_by for one in said),
        *(one.recorded_by for one in (*contacts, *measures)),
        *(one.written_by for one in answers),
        *(one.reviewed_by for one in reviews),
        *(one.called_by for one in callbacks),
        *(one.added_by for one in evidence),
        *(one.viewed_by for one in views),
        *(step.done_by for done in steps.values() for step in done),
    }
    return Records(
        said,
        slips,
        contacts,
        measures,
        answers,
        reviews,
        callbacks,
        evidence,
        supervisions,
        steps,
        views,
        names(session, people),
    )


def names(session: Session, people: Iterable[UUID | None]) -> dict[UUID, Texts]:
    """What these people are called."""
    wanted = {one for one in people if one is not None}
    if not wanted:
        return {}
    rows = session.execute(
        select(Person.id, Person.name_zh, Person.name_en).where(Person.id.in_(wanted))
    )
    return {row.id: texts(row.name_zh, row.name_en) for row in rows}


def evidence(session: Session, case_id: UUID, sha256: str) -> Evidence:
    """The evidence of this content. Raises `NotFound`, also if another case has it."""
    found = session.scalar(
        select(Evidence)
        .where(Evidence.case_id == case_id, Evidence.sha256 == sha256)
        .order_by(Evidence.id)
        .limit(1)
    )
    if found is None:
        raise NotFound("No such file.")
    return found


def texts(zh: str, en: str) -> Texts:
    """A name in both languages; the Chinese one where there is no other."""
    return {"zh": zh, "en": en or zh}


def masked(vault: Vault, row: Any) -> Masked | None:
    """Whose contact a row is, told so that it names nobody; None for one without a name."""
    if row.identity_id is None:
        return None
    reporter: Reporter = vault.open(row.key_id, row.sealed)
    return reporters.masked(reporter)
