"""The cases of few units, for a search to start from: PostgreSQL's way to a small unit's own.

A common word is in every sixth case of a city, of which a small unit has one in a hundred: to look
at each costs seconds. What is told here only says where to begin; `case_list.may_see` stands beside
it, and it holds wherever that does for somebody who acts for no office.
"""

from sqlalchemy import ARRAY, ColumnElement, Text, cast, func, literal_column, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from engine import bigrams
from engine.db import table
from engine.models import Case, Role, Slip
from engine.permissions import OFFICE_ROLES, Actor
from engine.queries import commonness

# Of more units than this nobody takes cases up by hand from a list.
FEW = 50
# With more slips than this a unit has so many cases that what is common is soon found among all.
SMALL = 20_000

_case, _slip = table(Case), table(Slip)
_one = _case.alias("one")
_CANDIDATES: ColumnElement[str] = literal_column("'candidate_units'")


def to_start_from(session: Session, actor: Actor, text: str) -> list[ColumnElement[bool]]:
    """A condition on `case` besides, or none where it would not help. text: what is looked for."""
    own = sorted(actor.scope.get(Role.HANDLER, ()))
    if (
        session.get_bind().dialect.name != "postgresql"
        or OFFICE_ROLES & actor.roles
        or not 0 < len(own) <= FEW
        or not commonness.are_common(session, bigrams.asked(text))
    ):
        return []
    slips = select(_slip.c.case_id).where(_slip.c.unit_key.in_(own))
    some = slips.limit(SMALL + 1).subquery()
    if (session.scalar(select(func.count()).select_from(some)) or 0) > SMALL:
        return []
    # Both as the index is written, so that it serves.
    several = func.strpos(_one.c.facts.op("->>")(_CANDIDATES), literal_column("'\"'"))
    named = cast(_one.c.facts.op("->")(_CANDIDATES), JSONB)
    may_take = named.op("?|", is_comparison=True)(cast(own, ARRAY(Text)))
    return [
        _case.c.id.in_(
            union_all(
                select(_one.c.id).where(_one.c.unit_key.in_(own)),
                slips,
                select(_one.c.id).where(several > literal_column("0"), may_take),
            )
        )
    ]
