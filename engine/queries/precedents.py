"""Precedents (裁定先例) as a list: what was ruled, for which cases, who may withdraw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed
from engine.models import Case, City, Person, Precedent
from engine.permissions import GRANTS, Actor
from engine.queries.case_list import may_see
from engine.queries.compartments import known

Texts = Mapping[str, str]
MOST = 500


@dataclass(frozen=True)
class Listed:
    """One precedent. number: of the case it was ruled on, "" for who may not see that."""

    id: UUID
    office: Texts
    category: Texts
    words: Sequence[str]
    unit: Texts
    ground: str
    number: str
    ruled_at: datetime
    ruled_by: Texts
    withdrawn_at: datetime | None
    may_withdraw: bool


def listed(session: Session, actor: Actor, *, withdrawn: bool = False) -> list[Listed]:
    """The precedents of the offices the person works for, newest first.

    withdrawn: those that hold no more as well.
    """
    offices = frozenset().union(
        *(actor.scope[role] for role in GRANTS["precedent.read"] & actor.roles)
    )
    revision = session.scalar(select(City.organisation_revision)) or 0
    names = deployed.unit_names(session, revision)
    query = (
        select(Precedent, Case.number, Case.pack_id, may_see(actor).label("seen"))
        .add_columns(Person.name_zh, Person.name_en)
        .join(Case, Case.id == Precedent.case_id)
        .outerjoin(Person, Person.id == Precedent.ruled_by)
        .where(Precedent.office_key.in_(sorted(offices)), known(Precedent.case_id, actor))
        .order_by(Precedent.id.desc())
        .limit(MOST)
    )
    if not withdrawn:
        query = query.where(Precedent.withdrawn_at.is_(None))
    found = []
    for row in session.execute(query):
        one, pack = row.Precedent, deployed.pack(session, row.pack_id)
        may = any(actor.acts_for(role, one.office_key) for role in GRANTS["precedent.withdraw"])
        found.append(
            Listed(
                id=one.id,
                office=names.get(one.office_key, _itself(one.office_key)),
                category=pack.item("categories", one.category) or _itself(one.category),
                words=one.words,
                unit=names.get(one.unit_key, _itself(one.unit_key)),
                ground=one.ground,
                number=row.number if row.seen else "",
                ruled_at=one.ruled_at,
                ruled_by=_itself(row.name_zh or "", row.name_en or ""),
                withdrawn_at=one.withdrawn_at,
                may_withdraw=may and one.withdrawn_at is None,
            )
        )
    return found


def _itself(zh: str, en: str = "") -> Texts:
    return {"zh": zh, "en": en or zh}
