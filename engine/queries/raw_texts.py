"""What came in, as it came (原文): unchanged beside the record that is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from engine.cleaning import Piece, marked
from engine.models import Contact

SHOWN = 5000  # characters of a text; who needs more opens the case
_MOST = 5  # contacts


@dataclass(frozen=True)
class Raw:
    """One contact's words. shared: other cases were made of them too."""

    received_at: datetime
    channel: str
    title: Sequence[Piece]
    body: Sequence[Piece]
    length: int
    shared: bool

    @property
    def cut(self) -> int:
        """How many signs were cleaned away from what is shown."""
        return sum(len(piece.text) for piece in (*self.title, *self.body) if piece.cut)


def of_case(session: Session, case_id: UUID) -> list[Raw]:
    """What the contacts of the case said, the oldest first; one statement.

    Of a part of a contact, all that was said: the part itself is in the case's own text.
    """
    whole = aliased(Contact)
    body = func.coalesce(whole.raw_body, Contact.raw_body)
    rows = session.execute(
        select(
            Contact.received_at,
            Contact.channel,
            func.coalesce(whole.raw_title, Contact.raw_title).label("title"),
            func.substr(body, 1, SHOWN).label("body"),
            func.length(body).label("length"),
            Contact.of_contact_id.is_not(None).label("shared"),
        )
        .outerjoin(whole, whole.id == Contact.of_contact_id)
        .where(Contact.case_id == case_id)
        .order_by(Contact.id)
        .limit(_MOST)
    )
    return [
        Raw(
            row.received_at,
            row.channel,
            marked(row.title),
            marked(row.body),
            row.length,
            bool(row.shared),
        )
        for row in rows
    ]
