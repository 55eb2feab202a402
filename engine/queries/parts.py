"""The cases that one contact was split into (拆件), for the staff and for its citizen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import CompoundSelect, ScalarSelect, func, or_, select, union
from sqlalchemy.orm import Session

from engine import deployed, forms
from engine.errors import Conflict
from engine.identity import Vault
from engine.models import Case, CaseStatus, Contact, Instance, TaskStatus, UserTask
from engine.permissions import Actor, require_may_complete
from engine.queries import case_file, case_list
from engine.queries.case_file import File

Texts = Mapping[str, str]
# The kinds of record that a case is screened by.
SCREENING = frozenset({"case", "screening"})


@dataclass(frozen=True)
class Listed:
    """One of the cases, the first of them first."""

    number: str
    title: str
    status: str
    stage: Texts


@dataclass(frozen=True)
class Told:
    """One of the cases as its citizen may know it.

    code: empty for the one that has the code of the contact itself. title, stage: empty where the
    case was handed on and nothing else of it is told.
    """

    case_id: UUID
    number: str
    code: str
    title: str
    stage: Texts
    over: bool
    current: bool


@dataclass(frozen=True)
class Whole:
    """A case that may be split now. task_id: the task that screens it. parts: how many it has."""

    file: File
    task_id: UUID
    parts: int


def whole(session: Session, number: str, actor: Actor) -> Whole:
    """The case of this number as it may be split.

    Raises `NotFound`, `NotAllowed`, `Conflict` where it is not being screened by this person.
    """
    file = case_file.opened(session, number, actor)
    case = file.case
    if not case.sealed and case.status == CaseStatus.OPEN and case.matter_id is None:
        rows = session.execute(
            select(UserTask, Instance.definition_id)
            .join(Instance, Instance.id == UserTask.instance_id)
            .where(UserTask.case_id == case.id, UserTask.status == TaskStatus.OPEN)
        )
        for row in rows:
            schema = deployed.definition(session, row.definition_id).forms.get(row.UserTask.form)
            if schema and forms.record(schema) in SCREENING:
                require_may_complete(actor, row.UserTask)
                return Whole(file, row.UserTask.id, len(case.facts.get("parts", ())))
    raise Conflict("The case is screened already.")


def of_case(session: Session, case: Case, actor: Actor) -> Sequence[Listed]:
    """All parts that the person may see, this one too; none where it was never split."""
    if not case.facts.get("parts"):
        return ()
    rows = session.scalars(
        select(Case)
        .where(Case.id.in_(_made_of(_root_of(case.id))), case_list.may_see(actor))
        .order_by(Case.id)
    ).all()
    return [
        Listed(one.number, one.title, one.status, _stage(session, one))
        for one in rows
        if len(rows) > 1
    ]


def for_citizen(session: Session, vault: Vault, case_id: UUID, split: bool) -> Sequence[Told]:
    """All parts of what this case's citizen said, each with its code; none where nothing was split.

    split: whether it can be, as far as the caller knows: then one statement, else none. The reader
    has shown the code of one of them, and all were said by the same person at once.
    """
    if not split:
        return ()
    rows = session.execute(
        select(Contact.id, Contact.of_contact_id, Case)
        .join(Case, Case.id == Contact.case_id)
        .where(
            Contact.case_id.in_(_made_of(_root_of(case_id))),
            or_(Contact.of_contact_id.is_not(None), Contact.id == _root_of(case_id)),
        )
        .order_by(Case.id)
    ).all()
    return [
        Told(
            case_id=row.Case.id,
            number=row.Case.number,
            code=vault.code_of_part(row.id) if row.of_contact_id else "",
            title="" if row.Case.sealed else row.Case.title,
            stage={} if row.Case.sealed else _stage(session, row.Case),
            over=row.Case.closed_at is not None and not row.Case.sealed,
            current=row.Case.id == case_id,
        )
        for row in rows
        if len(rows) > 1
    ]


def _root_of(case_id: UUID) -> ScalarSelect[UUID]:
    """What arrived and made this case, or what it is a part of."""
    return (
        select(func.coalesce(Contact.of_contact_id, Contact.id))
        .where(Contact.case_id == case_id)
        .order_by(Contact.id)
        .limit(1)
        .scalar_subquery()
    )


def _made_of(root: ScalarSelect[UUID]) -> CompoundSelect[UUID]:
    """The cases of a contact and of its parts; each half by an index of its own."""
    return union(
        select(Contact.case_id).where(Contact.id == root),
        select(Contact.case_id).where(Contact.of_contact_id == root),
    )


def _stage(session: Session, case: Case) -> Texts:
    return deployed.pack(session, case.pack_id).item("stages", case.stage) or {}
