"""The callback desk (回访台): whom to call now, what was tried, in which band of the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from engine import calling, clock, deployed, forms
from engine.db import table
from engine.identity import Vault
from engine.models import (
    Answer,
    Callback,
    Case,
    City,
    Contact,
    Deadline,
    Identity,
    Instance,
    Person,
    Role,
    UserTask,
)
from engine.packs import Item, Pack
from engine.permissions import Actor, may_see_identity
from engine.queries import callback_draws, inbox, reporters
from engine.queries.inbox import Due
from engine.queries.reporters import Masked
from engine.work import restored
from engine.working_time import Calendar

PAGE = 50
VIEWS = ("now", "mine", "all")
RECORD = "callback"
Texts = Mapping[str, str]
_task, _case, _callback, _contact = table(UserTask), table(Case), table(Callback), table(Contact)
_OFFERED = callback_draws.is_offered(_task.c.unit_key, _case.c.pack_id, _case.c.id)


@dataclass(frozen=True)
class Tried:
    """An attempt since the answer went out."""

    at: datetime
    band: str
    reached: bool


@dataclass(frozen=True)
class Entry:
    """One citizen to be called.

    person: masked; None if the case came without one, or if the reader may not know. tried: since
    the answer went out, oldest first; days: on how many days. band_now: in the words of its pack,
    "" between the bands. may_call_now: it is a band, and not one that was tried today in vain, and
    the case was drawn where not all can be called. drawn: it was drawn; offered: it need not wait
    for the next draw.
    """

    task_id: UUID
    number: str
    title: str
    unit: Texts
    category: str
    pack: Pack
    outcome: str
    answer: str
    answered_at: datetime | None
    due: Due | None
    assignee_id: UUID | None
    assignee: Texts | None
    person: Masked | None
    confidential: bool
    tried: Sequence[Tried]
    days: int
    band_now: str
    may_call_now: bool
    drawn: bool = False
    offered: bool = True

    @property
    def attempts(self) -> int:
        """How often it was tried since the answer went out."""
        return len(self.tried)


@dataclass(frozen=True)
class Queue:
    """A page of the desk. bands: of the packs whose citizens are to be called, each once."""

    entries: Sequence[Entry]
    total: int
    counts: Mapping[str, int]
    bands: Sequence[Item]
    now_band: str
    calendar: Calendar


@dataclass(frozen=True)
class _Kind:
    """Callback tasks of one form in one pack; band: the one that it is now."""

    pack_id: UUID
    definition_id: UUID
    form: str
    pack: Pack
    band: str


@dataclass
class _Found:
    """What is read beside the tasks of a page."""

    tried: dict[UUID, list[Tried]] = field(default_factory=dict)
    people: dict[UUID, Any] = field(default_factory=dict)


def queue(
    session: Session,
    vault: Vault,
    actor: Actor,
    zone: ZoneInfo,
    *,
    view: str = "now",
    page: int = 1,
) -> Queue:
    """The citizens whom the person may call: those due first. view: one of `VIEWS`; page: from 1.

    Five statements, however many there are.
    """
    local = clock.now().astimezone(zone)
    kinds = _kinds(session, actor, local)
    theirs = and_(inbox.may_do(actor), _of(kinds))
    views = {"now": _callable_now(kinds, local), "mine": _task.c.assignee_id.in_(actor.acts_as)}
    head = session.execute(
        select(
            City.calendar_revision,
            City.organisation_revision,
            City.timezone,
            *(
                select(func.count(case((condition, 1))))
                .select_from(_joined())
                .where(theirs)
                .scalar_subquery()
                .label(f"n_{name}")
                for name, condition in views.items()
            ),
            select(func.count())
            .select_from(_joined())
            .where(theirs)
            .scalar_subquery()
            .label("n_all"),
        )
    ).one()
    counts = {name: getattr(head, f"n_{name}") for name in VIEWS}
    names = deployed.unit_names(session, head.organisation_revision)
    wanted = [theirs, views[view]] if view in views else [theirs]
    bands = {band["key"]: band for kind in kinds for band in kind.pack.items("callback_bands")}
    return Queue(
        entries=_entries(session, vault, actor, wanted, page, names, local),
        total=counts.get(view, counts["all"]),
        counts=counts,
        bands=list(bands.values()),
        now_band=next((kind.band for kind in kinds if kind.band), ""),
        calendar=deployed.calendar(session, head.calendar_revision, head.timezone),
    )


def _joined() -> Any:
    return _task.join(_case, _case.c.id == _task.c.case_id).join(
        Instance, Instance.id == _task.c.instance_id
    )


def _kinds(session: Session, actor: Actor, local: datetime) -> list[_Kind]:
    rows = session.execute(
        select(_case.c.pack_id, Instance.definition_id, _task.c.form)
        .select_from(_joined())
        .where(inbox.may_do(actor), _task.c.roles.contains(f",{Role.CALLER},"))
        .distinct()
    ).all()
    found = []
    for pack_id, definition_id, form in rows:
        schema = deployed.definition(session, definition_id).form(form)
        if forms.record(schema) == RECORD:
            pack = deployed.pack(session, pack_id)
            found.append(_Kind(pack_id, definition_id, form, pack, calling.band_at(pack, local)))
    return found


def _of(kinds: Sequence[_Kind]) -> ColumnElement[bool]:
    if not kinds:
        return false()
    return or_(
        *(
            and_(
                _case.c.pack_id == kind.pack_id,
                Instance.definition_id == kind.definition_id,
                _task.c.form == kind.form,
            )
            for kind in kinds
        )
    )


def _callable_now(kinds: Sequence[_Kind], local: datetime) -> ColumnElement[bool]:
    """It is a band of the pack, and nobody tried in vain in it today."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    open_bands = {kind.pack_id: kind.band for kind in kinds if kind.band}
    if not open_bands:
        return false()
    in_band = or_(
        *(
            and_(
                _case.c.pack_id == pack_id,
                ~select(_callback.c.id)
                .where(
                    _callback.c.case_id == _task.c.case_id,
                    _callback.c.called_at >= midnight,
                    _callback.c.called_at < midnight + timedelta(days=1),
                    _callback.c.band == band,
                    _callback.c.reached.is_(False),
                )
                .exists(),
            )
            for pack_id, band in open_bands.items()
        )
    )
    return and_(in_band, _OFFERED)


def _entries(
    session: Session,
    vault: Vault,
    actor: Actor,
    wanted: Sequence[ColumnElement[bool]],
    page: int,
    names: Mapping[str, Texts],
    local: datetime,
) -> list[Entry]:
    rows = session.execute(
        select(
            Case,
            *(_task.c[name].label(f"t_{name}") for name in ("id", "assignee_id", "due_at")),
            Deadline.budget,
            Deadline.provisional,
            Person.name_zh,
            Person.name_en,
            callback_draws.is_drawn(_case.c.id).label("drawn"),
            _OFFERED.label("offered"),
        )
        .select_from(_joined())
        .outerjoin(Deadline, Deadline.id == _task.c.deadline_id)
        .outerjoin(Person, Person.id == _task.c.assignee_id)
        .where(*wanted)
        .order_by(_task.c.due_at.asc().nulls_last(), _task.c.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    if not rows:
        return []
    cases = [row.Case.id for row in rows]
    answers = _answers(session, cases)
    found = _Found(_tried(session, rows), _people(session, cases))
    return [_entry(session, vault, actor, row, answers, found, names, local) for row in rows]


def _answers(session: Session, cases: Sequence[UUID]) -> dict[UUID, Any]:
    newest = (
        select(func.max(Answer.sent_at).label("at"), Answer.case_id)
        .where(Answer.case_id.in_(cases))
        .group_by(Answer.case_id)
        .subquery()
    )
    rows = session.execute(
        select(Answer.case_id, Answer.text, Answer.sent_at, Answer.outcome).join(
            newest, and_(newest.c.case_id == Answer.case_id, newest.c.at == Answer.sent_at)
        )
    )
    return {row.case_id: row for row in rows}


def _tried(session: Session, rows: Sequence[Any]) -> dict[UUID, list[Tried]]:
    """The attempts since the answer went out: as many as the case counts, the newest."""
    many = {row.Case.id: restored(row.Case.facts)["callback_attempts"] for row in rows}
    tried: dict[UUID, list[Tried]] = {}
    if any(many.values()):
        for one in session.execute(
            select(Callback.case_id, Callback.called_at, Callback.band, Callback.reached)
            .where(Callback.case_id.in_([key for key, count in many.items() if count]))
            .order_by(Callback.id)
        ):
            tried.setdefault(one.case_id, []).append(Tried(one.called_at, one.band, one.reached))
    return {key: some[-many[key] :] for key, some in tried.items()}


def _people(session: Session, cases: Sequence[UUID]) -> dict[UUID, Any]:
    rows = session.execute(
        select(Contact.case_id, Identity.key_id, Identity.sealed)
        .join(Identity, Identity.id == Contact.identity_id)
        .where(Contact.case_id.in_(cases))
        .order_by(Contact.id.desc())
    )
    return {row.case_id: row for row in rows}  # the first contact's stands last


def _entry(
    session: Session,
    vault: Vault,
    actor: Actor,
    row: Any,
    answers: Mapping[UUID, Any],
    found: _Found,
    names: Mapping[str, Texts],
    local: datetime,
) -> Entry:
    one: Case = row.Case
    pack, answer = deployed.pack(session, one.pack_id), answers.get(one.id)
    identity = found.people.get(one.id) if may_see_identity(actor, one) else None
    tried, band = found.tried.get(one.id, []), calling.band_at(pack, local)
    days = [attempt.at.astimezone(local.tzinfo).date() for attempt in tried]
    in_vain = any(
        (day, attempt.band, attempt.reached) == (local.date(), band, False)
        for day, attempt in zip(days, tried, strict=True)
    )
    return Entry(
        task_id=row.t_id,
        number=one.number,
        title=one.title,
        unit=names.get(one.unit_key or "", {}),
        category=one.category,
        pack=pack,
        outcome=answer.outcome if answer else one.outcome,
        answer=answer.text if answer else "",
        answered_at=answer.sent_at if answer else None,
        due=Due(row.t_due_at, row.budget, row.provisional) if row.budget else None,
        assignee_id=row.t_assignee_id,
        assignee={"zh": row.name_zh, "en": row.name_en or row.name_zh}
        if row.t_assignee_id
        else None,
        person=reporters.masked(vault.open(identity.key_id, identity.sealed)) if identity else None,
        confidential=one.confidential,
        tried=tried,
        days=len(set(days)),
        band_now=band,
        may_call_now=bool(band) and not in_vain and bool(row.offered),
        drawn=bool(row.drawn),
        offered=bool(row.offered),
    )
