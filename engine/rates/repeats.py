"""Who came again: the same person about the same category, after the first case was closed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import Case, Contact, Identity

# As far back as anybody asks.
LOOK_BACK = timedelta(days=180)
_case, _contact, _identity = table(Case), table(Contact), table(Identity)


def repeats(session: Session, keys: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each case was first repeated: these and those that they repeat, where they were.

    The same person is known by the digest of the phone; a case without a category repeats none.
    """
    sender = (
        select(_identity.c.phone_hmac)
        .join(_contact, _contact.c.identity_id == _identity.c.id)
        .where(_contact.c.case_id.in_(keys), _identity.c.phone_hmac.is_not(None))
    )
    people = session.scalars(sender.distinct()).all()
    if not people:
        return {}
    rows = session.execute(
        select(
            _case.c.id,
            _case.c.category,
            _case.c.received_at,
            _case.c.closed_at,
            _identity.c.phone_hmac,
        )
        .select_from(
            _identity.join(_contact, _contact.c.identity_id == _identity.c.id).join(
                _case, _case.c.id == _contact.c.case_id
            )
        )
        .where(_identity.c.phone_hmac.in_(people), _case.c.category != "")
        .order_by(_case.c.received_at)
    )
    together = defaultdict(list)
    for row in rows:
        together[row.phone_hmac, row.category].append(row)
    found: dict[UUID, datetime] = {}
    for cases in together.values():
        for place, one in enumerate(cases):
            if one.closed_at is None:
                continue
            later = (
                other.received_at
                for other in cases[place + 1 :]
                if other.id != one.id
                and one.closed_at < other.received_at <= one.closed_at + LOOK_BACK
            )
            at = next(later, None)
            if at is not None:
                found[one.id] = at
    return found
