"""What a citizen suggests in a callback becomes a contact and a case of its own (回访中提出)."""

import secrets
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands import cases
from engine.commands.cases import Said, Sender
from engine.models import Case, Contact
from engine.work import Work

CHANNEL = "callback"
_DIGEST = 32


def receive(session: Session, work: Work, callback_id: UUID, text: str) -> str | None:
    """Take in what was said besides in this callback of the case; the new case's number.

    Of the same person, by the identity that is kept already; nobody is told a code, as the caller
    has none to tell. None where the pack, of the case's version or the newest, has no such channel.
    Once for each callback: its id is the contact's own.
    """
    if work.terms.pack.item("channels", CHANNEL) is None:
        return None
    origin = session.execute(
        select(Case.confidential, Case.sealed).where(Case.id == work.case_id)
    ).one()
    terms = cases.receiving(session, work.terms.pack.key)
    if terms.pack.item("channels", CHANNEL) is None or origin.sealed:
        return None
    sender = Sender(
        identity_id=session.scalar(
            select(Contact.identity_id)
            .where(Contact.case_id == work.case_id, Contact.identity_id.is_not(None))
            .order_by(Contact.id)
            .limit(1)
        ),
        code_hmac=secrets.token_bytes(_DIGEST),
        anonymous=bool(work.facts["anonymous"]),
        may_call_back=bool(work.facts["may_call_back"]),
        origin=work.case_id,
    )
    said = Said(
        CHANNEL,
        "",
        text,
        confidential=origin.confidential,
        source=CHANNEL,
        source_id=callback_id.hex,
    )
    _, _, number = cases.open_case(session, terms, said, sender, by=work.by)
    return number
