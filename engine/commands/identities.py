"""Looking at who sent a case in (身份查看): every look is written down with its purpose."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import projection
from engine.commands import hot
from engine.db import new_key
from engine.errors import InvalidInput, NotFound
from engine.identity import Reporter, Vault
from engine.models import Case, Contact, Identity, IdentityView
from engine.permissions import Actor, may_see_identity, require, require_known
from engine.standing_in import in_whose_place_for

SHORTEST_PURPOSE, LONGEST_PURPOSE = 2, 200


def show(session: Session, vault: Vault, number: str, purpose: str, *, by: Actor) -> list[Reporter]:
    """Who sent the case in, one for each contact with an identity, oldest first.

    Writes an `identity_view` for each and one event into the case's history. Raises `NotFound`,
    `NotAllowed`, `InvalidInput` for a purpose that says nothing.
    """
    case = session.execute(
        select(
            Case.id,
            Case.office_key,
            Case.unit_key,
            Case.confidential,
            Case.sealed,
            Case.accused_key,
        ).where(Case.number == number)
    ).one_or_none()
    if case is None:
        raise NotFound("No such case.")
    require_known(by, case)
    require(may_see_identity(by, case), "The person is known to others only.")
    purpose = " ".join(purpose.split())
    if not SHORTEST_PURPOSE <= len(purpose) <= LONGEST_PURPOSE:
        raise InvalidInput("purpose", f"{SHORTEST_PURPOSE} to {LONGEST_PURPOSE} characters")
    rows = session.execute(
        select(Identity.id, Identity.key_id, Identity.sealed)
        .join(Contact, Contact.identity_id == Identity.id)
        .where(Contact.case_id == case.id)
        .order_by(Contact.id)
    ).all()
    if not rows:
        raise NotFound("The case came without a name.")
    work = hot.of_case(session, case.id, by.id, "appeal")
    session.execute(
        insert(IdentityView),
        [
            {
                "id": new_key(),
                "identity_id": row.id,
                "case_id": case.id,
                "viewed_at": work.now,
                "viewed_by": by.id,
                "purpose": purpose,
            }
            for row in rows
        ],
    )
    work.instead_of = in_whose_place_for(by, "case.read", case.office_key, case.unit_key)
    work.note("identity.viewed", purpose=purpose)
    projection.write_case(session, work)
    return [vault.open(row.key_id, row.sealed) for row in rows]
