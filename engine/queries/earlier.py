"""What somebody said before (以前的诉求): found by the HMAC of the phone, never by the phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.errors import InvalidInput
from engine.identity import Vault, normal_phone
from engine.models import Callback, Case, CaseStatus, Contact, Identity
from engine.permissions import Actor
from engine.queries import case_list, search

SHOWN = 8
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Earlier:
    """A case the same phone stands behind. times: contacts of this phone about it.

    result: of the last callback that gave one, else empty.
    """

    number: str
    title: str
    place: str
    status: str
    stage: Texts
    outcome: Texts
    result: str
    received_at: datetime
    said_at: datetime
    times: int

    @property
    def running(self) -> bool:
        """Whether something still happens in it."""
        return self.status in {CaseStatus.OPEN, CaseStatus.MERGED}


def is_phone(text: str) -> bool:
    """Whether this is a whole phone, so that something may be known of it."""
    try:
        return bool(normal_phone(text))
    except InvalidInput:
        return False


def by_phone(session: Session, vault: Vault, actor: Actor, phone: str) -> Sequence[Earlier]:
    """The cases of this phone that the person may open, the last spoken of first; one statement.

    Only those whose sender the person may know. Nothing for what is no phone.
    """
    if not is_phone(phone):
        return []
    said = (
        select(
            Contact.case_id,
            func.count().label("times"),
            func.max(Contact.received_at).label("said_at"),
        )
        .join(Identity, Identity.id == Contact.identity_id)
        .where(Identity.phone_hmac == vault.look_up(normal_phone(phone)))
        .group_by(Contact.case_id)
        .subquery()
    )
    result = (
        select(Callback.result)
        .where(Callback.case_id == Case.id, Callback.result != "")
        .order_by(Callback.id.desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Case, said.c.times, said.c.said_at, result.label("result"))
        .join(said, said.c.case_id == Case.id)
        .where(case_list.may_see(actor), search.may_know_sender(actor))
        .order_by(said.c.said_at.desc(), Case.id.desc())
        .limit(SHOWN)
    )
    told = []
    for row in rows:
        case: Case = row.Case
        pack = deployed.pack(session, case.pack_id)
        told.append(
            Earlier(
                number=case.number,
                title=case.title,
                place=case.place,
                status=case.status,
                stage=pack.item("stages", case.stage) or {},
                outcome=pack.item("outcomes", case.outcome) or {},
                result=row.result or "",
                received_at=case.received_at,
                said_at=row.said_at,
                times=row.times,
            )
        )
    return told
