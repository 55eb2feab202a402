"""What was said before (以前的诉求) by the person of a case, or about its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine import bigrams, deployed
from engine.db import table
from engine.models import Case, CaseStatus, CaseWords, Contact, Identity
from engine.permissions import Actor
from engine.queries import case_list, search
from engine.queries.case_file import File

SHOWN = 8
Texts = Mapping[str, str]
_case, _words = table(Case), table(CaseWords)
_contact, _identity = table(Contact), table(Identity)


@dataclass(frozen=True)
class Before:
    """An earlier case. outcome: how it ended; nothing while it runs."""

    number: str
    title: str
    place: str
    received_at: datetime
    running: bool
    outcome: Texts


def of_person(session: Session, actor: Actor, file: File) -> Sequence[Before]:
    """Cases the same phone stands behind, the newest first; at most one statement.

    Only where the person may know who sent in this case, and only those of which that is so too.
    """
    if not file.knows_person:
        return []
    own = (
        select(_identity.c.phone_hmac)
        .join_from(_contact, _identity, _identity.c.id == _contact.c.identity_id)
        .where(_contact.c.case_id == file.case.id, _identity.c.phone_hmac.is_not(None))
    )
    behind = (
        select(_contact.c.case_id)
        .join_from(_identity, _contact, _contact.c.identity_id == _identity.c.id)
        .where(_identity.c.phone_hmac.in_(own))
    )
    wanted = _cases(actor, file).where(_case.c.id.in_(behind), search.may_know_sender(actor))
    return _told(session, wanted.order_by(_case.c.id.desc()))


def of_place(session: Session, actor: Actor, file: File) -> Sequence[Before]:
    """Cases about the very place of this one, the newest first; at most one statement."""
    tokens = bigrams.asked(file.case.place)
    if not tokens:
        return []
    dialect = session.get_bind().dialect.name
    source, newest = search.index_of(dialect)
    wanted = (
        _cases(actor, file)
        .select_from(source.join(_case, _case.c.id == _words.c.case_id))
        .where(
            search.holds(dialect, search.all_of(dialect, tokens)),
            _case.c.place == file.case.place,
        )
    )
    return _told(session, wanted.order_by(newest))


def _cases(actor: Actor, file: File) -> Select[Any]:
    return select(_case).where(
        case_list.may_see(actor),
        _case.c.office_key == file.case.office_key,
        _case.c.id != file.case.id,
    )


def _told(session: Session, wanted: Select[Any]) -> list[Before]:
    return [
        Before(
            number=row.number,
            title=row.title,
            place=row.place,
            received_at=row.received_at,
            running=row.status in {CaseStatus.OPEN, CaseStatus.MERGED},
            outcome=deployed.pack(session, row.pack_id).item("outcomes", row.outcome) or {},
        )
        for row in session.execute(wanted.limit(SHOWN))
    ]
