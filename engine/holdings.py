"""What lies with a person or a unit (手上的事): what has to go somewhere before either may go."""

from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.models import (
    Absence,
    ApiToken,
    Case,
    CaseStatus,
    Draft,
    Membership,
    Opinion,
    Person,
    Phrase,
    SavedView,
    Supervision,
    SupervisionStatus,
    TaskStatus,
    Unit,
    UserTask,
    Watch,
)

LIVE = (CaseStatus.OPEN, CaseStatus.MERGED)


@dataclass(frozen=True)
class OfPerson:
    """How much of each kind lies with a person.

    tasks: claimed and open; absences: those to come in which the person stands in for somebody.
    """

    tasks: int
    drafts: int
    watches: int
    views: int
    phrases: int
    memberships: int
    tokens: int
    absences: int

    @property
    def nothing(self) -> bool:
        """Whether nobody needs to take anything over."""
        return not any(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True)
class OfUnit:
    """How much of each kind lies with a unit.

    tasks: open ones of the unit itself; offered: open ones that it and others may take up.
    """

    cases: int
    tasks: int
    offered: int
    supervisions: int
    opinions: int
    units: int
    people: int
    views: int
    phrases: int

    @property
    def work(self) -> int:
        """What would be left with nobody."""
        return self.cases + self.tasks + self.offered + self.supervisions + self.opinions


def of_person(session: Session, person_id: UUID) -> OfPerson:
    """What lies with a person; one statement."""
    today = clock.now().date()
    return OfPerson(
        **_counted(
            session,
            {
                "tasks": (
                    UserTask,
                    [UserTask.assignee_id == person_id, UserTask.status == TaskStatus.OPEN],
                ),
                "drafts": (Draft, [Draft.person_id == person_id]),
                "watches": (Watch, [Watch.person_id == person_id]),
                "views": (SavedView, [SavedView.person_id == person_id]),
                "phrases": (Phrase, [Phrase.person_id == person_id]),
                "memberships": (
                    Membership,
                    [
                        Membership.person_id == person_id,
                        or_(Membership.until_on.is_(None), Membership.until_on >= today),
                    ],
                ),
                "tokens": (
                    ApiToken,
                    [ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None)],
                ),
                "absences": (
                    Absence,
                    [
                        Absence.substitute_id == person_id,
                        Absence.ended_at.is_(None),
                        Absence.until_on >= today,
                    ],
                ),
            },
        )
    )


def of_unit(session: Session, key: str) -> OfUnit:
    """What lies with a unit itself, not with those below; one statement."""
    is_open = UserTask.status == TaskStatus.OPEN
    return OfUnit(
        **_counted(
            session,
            {
                "cases": (Case, [Case.unit_key == key, Case.status.in_(LIVE)]),
                "tasks": (UserTask, [is_open, UserTask.unit_key == key]),
                "offered": (UserTask, [is_open, offered_to(key)]),
                "supervisions": (
                    Supervision,
                    [Supervision.target == key, Supervision.status == SupervisionStatus.OPEN],
                ),
                "opinions": (
                    Opinion,
                    [
                        Opinion.unit_key == key,
                        Opinion.answered_at.is_(None),
                        Opinion.withdrawn_at.is_(None),
                    ],
                ),
                "units": (Unit, [Unit.parent_key == key, Unit.active.is_(True)]),
                "people": (
                    Membership,
                    [
                        Membership.unit_key == key,
                        Membership.person_id.in_(select(Person.id).where(Person.active)),
                    ],
                ),
                "views": (SavedView, [SavedView.unit_key == key]),
                "phrases": (Phrase, [Phrase.unit_key == key]),
            },
        )
    )


def offered_to(key: str) -> ColumnElement[bool]:
    """That a task without a unit may be taken up by this one."""
    return UserTask.unit_key.is_(None) & UserTask.candidates.contains(f",{key},", autoescape=True)


def live_cases(key: str) -> Any:
    """The ids of every live case in which a unit has something open, as a select."""
    return (
        select(Case.id)
        .where(
            Case.status.in_(LIVE),
            or_(
                Case.unit_key == key,
                Case.id.in_(
                    select(UserTask.case_id).where(
                        UserTask.status == TaskStatus.OPEN,
                        or_(UserTask.unit_key == key, offered_to(key)),
                    )
                ),
                Case.id.in_(
                    select(Supervision.case_id).where(
                        Supervision.target == key,
                        Supervision.status == SupervisionStatus.OPEN,
                    )
                ),
                Case.id.in_(
                    select(Opinion.case_id).where(
                        Opinion.unit_key == key,
                        Opinion.answered_at.is_(None),
                        Opinion.withdrawn_at.is_(None),
                    )
                ),
            ),
        )
        .order_by(Case.id)
    )


def _counted(
    session: Session, wanted: dict[str, tuple[Any, list[ColumnElement[bool]]]]
) -> dict[str, int]:
    row = session.execute(
        select(
            *(
                select(func.count())
                .select_from(model)
                .where(*conditions)
                .scalar_subquery()
                .label(name)
                for name, (model, conditions) in wanted.items()
            )
        )
    ).one()
    return dict(row._mapping)
