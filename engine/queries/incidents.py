"""Failed steps (故障) as an operator sees them: listed, grouped by cause, one by one.

A case that is kept from the person gives its incident as "sealed": that it failed, when, and
nothing else. Of the person's own unit not even that is told.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.bpmn import skipping
from engine.errors import NotFound
from engine.models import Case, Definition, Incident, Instance, Person
from engine.permissions import Actor, knows_of
from engine.queries.compartments import known, not_about
from engine.queries.open_clocks import Text, named

PAGE = 50
MOST_GROUPS = 50
SOURCES = ("task", "contact", "deadline", "message")
_NOTHING = {"element": "", "reason": "", "case_number": "", "process": "", "version": 0}
_definition_id = func.coalesce(Incident.definition_id, Instance.definition_id)


@dataclass(frozen=True)
class Failure:
    """A failed step with where it belongs. source: one of `SOURCES`.

    sealed: of a case that is kept from the reader. name: of its element. settled_as, remark: what
    was done about it and why.
    """

    id: UUID
    source: str
    element: str
    reason: str
    occurred_at: datetime
    retries: int
    case_number: str
    process: str
    version: int
    resolved_at: datetime | None
    resolved_by: Text
    sealed: bool = False
    cause: str = ""
    instance_id: UUID | None = None
    settled_as: str = ""
    remark: str = ""
    name: Text = field(default_factory=lambda: {"zh": "", "en": ""})


@dataclass(frozen=True)
class Asked:
    """What is asked for. state: open or settled. The rest as in `Group`; empty is any."""

    state: str = "open"
    source: str = ""
    process: str = ""
    version: int = 0
    element: str = ""
    cause: str = ""
    page: int = 1

    @property
    def narrow(self) -> bool:
        """Whether it asks for what is not told of a sealed case."""
        return bool(self.process or self.version or self.element or self.cause)


@dataclass(frozen=True)
class Group:
    """Incidents of one cause: the same version of a process, element and kind of reason.

    number, first_at, last_at: how many, and when. reason: of the last, in full.
    """

    process: str
    version: int
    element: str
    name: Text
    cause: str
    reason: str
    number: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Listing:
    """One page of incidents, newest first, and the causes of all that were asked for.

    sealed: how many of them are of sealed cases, which stand in no group.
    """

    failures: tuple[Failure, ...]
    total: int
    groups: tuple[Group, ...]
    sealed: int
    processes: tuple[str, ...]


def failures(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The incidents with their cases; those about the person's own unit are not there."""
    return (
        select(
            Incident,
            Case.number,
            Case.office_key,
            Case.unit_key,
            Case.sealed,
            Case.accused_key,
            Definition.id.label("definition_id"),
            Definition.key,
            Definition.version,
            Person.name_zh,
            Person.name_en,
        )
        .outerjoin(Case, Case.id == Incident.case_id)
        .outerjoin(Instance, Instance.id == Incident.instance_id)
        .outerjoin(Definition, Definition.id == _definition_id)
        .outerjoin(Person, Person.id == Incident.resolved_by)
        .where(not_about(actor))
    )


def told(session: Session, row: Any, actor: Actor) -> Failure:
    """A row of `failures`, as much of it as the person may know."""
    one: Incident = row.Incident
    sealed = row.number is not None and not knows_of(actor, row)
    shown: dict[str, Any] = dict(_NOTHING)
    if not sealed:
        shown |= _shown(session, row)
    return Failure(
        id=one.id,
        source=one.source,
        occurred_at=one.occurred_at,
        retries=one.retries,
        resolved_at=one.resolved_at,
        resolved_by=named(row.name_zh, row.name_en),
        settled_as=one.settled_as,
        sealed=sealed,
        **shown,
    )


def _shown(session: Session, row: Any) -> dict[str, Any]:
    one: Incident = row.Incident
    return {
        "element": one.element,
        "reason": one.reason,
        "case_number": row.number or "",
        "process": row.key or "",
        "version": row.version or 0,
        "cause": one.cause,
        "instance_id": one.instance_id,
        "remark": one.remark,
        "name": _name(session, row.definition_id, one.element),
    }


def failure(session: Session, actor: Actor, incident_id: UUID) -> Failure:
    """One incident, open or settled. Raises `NotFound`."""
    row = session.execute(failures(actor).where(Incident.id == incident_id)).one_or_none()
    if row is None:
        raise NotFound("No such incident.")
    return told(session, row, actor)


def why_not_skipped(session: Session, one: Failure) -> str | None:
    """Why the element of an incident cannot be passed over (`skipping.REFUSALS`), or None."""
    if one.sealed or not one.element or not one.process:
        return "unknown"
    definition_id = session.scalar(
        select(Definition.id).where(
            Definition.kind == "bpmn",
            Definition.key == one.process,
            Definition.version == one.version,
        )
    )
    assert definition_id is not None
    specification = deployed.definition(session, definition_id).specification
    return skipping.refusal(specification, one.element)


def listed(session: Session, actor: Actor, asked: Asked) -> Listing:
    """The incidents that fit what is asked, a page of them, with their causes."""
    wanted = failures(actor).where(*_fitting(asked, actor))
    rows = session.execute(
        wanted.add_columns(func.count().over().label("total"))
        .order_by(Incident.occurred_at.desc(), Incident.id.desc())
        .limit(PAGE)
        .offset(PAGE * (asked.page - 1))
    ).all()
    groups = _groups(session, actor, asked)
    in_groups = session.scalar(
        select(func.count()).select_from(
            wanted.where(known(Incident.case_id, actor)).with_only_columns(Incident.id).subquery()
        )
    )
    total = rows[0].total if rows else 0
    processes = session.scalars(
        select(Definition.key)
        .join(Incident, Incident.definition_id == Definition.id)
        .where(known(Incident.case_id, actor))
        .distinct()
        .order_by(Definition.key)
    )
    return Listing(
        failures=tuple(told(session, row, actor) for row in rows),
        total=total,
        groups=groups,
        sealed=max(0, total - (in_groups or 0)),
        processes=tuple(processes),
    )


def _groups(session: Session, actor: Actor, asked: Asked) -> tuple[Group, ...]:
    grouped = (Definition.id, Definition.key, Definition.version, Incident.element, Incident.cause)
    rows = session.execute(
        failures(actor)
        .with_only_columns(
            *grouped,
            func.count().label("number"),
            func.min(Incident.occurred_at).label("first_at"),
            func.max(Incident.occurred_at).label("last_at"),
            func.max(Incident.reason).label("reason"),
        )
        .where(*_fitting(asked, actor), known(Incident.case_id, actor))
        .group_by(*grouped)
        .order_by(func.count().desc(), func.max(Incident.occurred_at).desc())
        .limit(MOST_GROUPS)
    )
    return tuple(
        Group(
            process=row.key or "",
            version=row.version or 0,
            element=row.element,
            name=_name(session, row.id, row.element),
            cause=row.cause,
            reason=row.reason,
            number=row.number,
            first_at=row.first_at,
            last_at=row.last_at,
        )
        for row in rows
    )


def _fitting(asked: Asked, actor: Actor) -> list[ColumnElement[bool]]:
    settled = Incident.resolved_at.is_not(None)
    found: list[ColumnElement[bool]] = [
        settled if asked.state == "settled" else Incident.resolved_at.is_(None)
    ]
    if asked.source:
        found.append(Incident.source == asked.source)
    if asked.process:
        found.append(Definition.key == asked.process)
    if asked.version:
        found.append(Definition.version == asked.version)
    if asked.element:
        found.append(Incident.element == asked.element)
    if asked.cause:
        found.append(Incident.cause == asked.cause)
    if asked.narrow:
        found.append(known(Incident.case_id, actor))
    return found


def _name(session: Session, definition_id: UUID | None, element: str) -> Text:
    if definition_id is None or not element:
        return {"zh": "", "en": ""}
    found = deployed.definition(session, definition_id).specification.elements.get(element)
    if found is None:
        return {"zh": "", "en": ""}
    return {"zh": found.name, "en": found.name_en}
