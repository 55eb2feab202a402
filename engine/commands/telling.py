"""Telling colleagues (通知同事): a row for each person now, what leaves the office later.

A notice is written in the transaction of what it tells of, so that none is lost and none is told
of what did not happen. The worker decides afterwards what of it goes by mail, SMS or webhook.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import audience
from engine.commands.audience import Holders, Organisation
from engine.db import new_key, table
from engine.models import Case, Notice, NoticeSetting
from engine.notice_kinds import OUTSIDE, URGENT, Channel, NoticeKind, channels, facts_of
from engine.permissions import RIGHTS

# What comes within this time goes outside as one.
BUNDLE = timedelta(minutes=10)
_NO_CASE = {"sealed": False, "accused_key": None}
_notice, _setting, _case = table(Notice), table(NoticeSetting), table(Case)

__all__ = ["BUNDLE", "Holders", "Telling", "tell", "tell_all"]


@dataclass(frozen=True)
class Telling:
    """Something to tell: to whom, of what kind, about which case and task.

    origin: what it comes of; who was told of it once is not told again. by: whose doing it is.
    """

    to: Iterable[UUID | Holders]
    kind: str
    case_id: UUID | None = None
    task_id: UUID | None = None
    details: Mapping[str, Any] | None = None
    urgent: bool = False
    origin: str = ""
    by: UUID | None = None


def tell(
    session: Session,
    to: Iterable[UUID | Holders],
    kind: str,
    *,
    case_id: UUID | None,
    task_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
    urgent: bool = False,
    origin: str = "",
    by: UUID | None = None,
) -> int:
    """Tell persons, and those who hold a role in a unit, of one thing; how many are told.

    kind: of `NoticeKind`. details: facts by the names of `notice_kinds.FACTS`; whose doing it is
    (`by`) is one of them, and that person is not told. urgent: goes out at once, at any hour.
    Whoever may not know of the case is passed over without a word; absent people's stand-ins are
    told too. Raises `ValueError` for a kind or a fact that is none.
    """
    return tell_all(session, [Telling(to, kind, case_id, task_id, details, urgent, origin, by)])


def tell_all(session: Session, tellings: Sequence[Telling]) -> int:
    """The same for several things, in seven statements however many they are."""
    if not tellings:
        return 0
    tree = Organisation.read(session)
    meant = _meant(session, tellings, tree)
    cases = _cases(session, tellings)
    rows: list[dict[str, Any]] = []
    for one, persons in zip(tellings, meant, strict=True):
        case = cases[one.case_id] if one.case_id is not None else _NO_CASE
        rows.extend(_rows(one, audience.knowing(session, case, persons, tree)))
    if not rows:
        return 0
    _settle(session, rows)
    # In one order everywhere, so that two workers that tell the same do not lock each other out.
    rows.sort(key=lambda row: (row["person_id"], row["origin"]))
    return _insert(session, rows)


def _meant(
    session: Session, tellings: Sequence[Telling], tree: Organisation
) -> Sequence[set[UUID]]:
    """The persons of each telling: named, holding the role, and standing in for one of these."""
    named = [audience.named(one.to) for one in tellings]
    behind = audience.holders(session, frozenset().union(*(roles for _, roles in named)), tree)
    persons = [set(people).union(*(behind[one] for one in roles)) for people, roles in named]
    instead = audience.substitutes(session, set().union(*persons), tree)
    return [
        people.union(*(instead.get(one, ()) for one in people)) - {telling.by}
        for people, telling in zip(persons, tellings, strict=True)
    ]


def _cases(session: Session, tellings: Sequence[Telling]) -> Mapping[UUID, Mapping[Any, Any]]:
    wanted = {one.case_id for one in tellings if one.case_id is not None}
    if not wanted:
        return {}
    rows = session.execute(
        select(_case.c.id, *(_case.c[name] for name in RIGHTS)).where(_case.c.id.in_(wanted))
    ).mappings()
    return {row["id"]: dict(row) for row in rows}


def _rows(one: Telling, persons: Iterable[UUID]) -> list[dict[str, Any]]:
    kind, facts, now = NoticeKind(one.kind), facts_of(one.details), clock.now()
    if one.by is not None:
        facts.setdefault("by", one.by.hex)
    origin = one.origin or new_key().hex
    return [
        {
            "id": new_key(),
            "person_id": person,
            "kind": str(kind),
            "case_id": one.case_id,
            "task_id": one.task_id,
            "payload": facts,
            "urgent": one.urgent or kind in URGENT,
            "origin": origin,
            "at": now,
            "read_at": None,
            "plan_at": None,
        }
        for person in persons
    ]


def _settle(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """What each person wants of it: shown as news or not, and whether it may leave the office."""
    chosen = {
        row.person_id: row
        for row in session.execute(
            select(_setting.c.person_id, _setting.c.choices, _setting.c.outside).where(
                _setting.c.person_id.in_({row["person_id"] for row in rows})
            )
        )
    }
    for row in rows:
        setting = chosen.get(row["person_id"])
        wanted = channels(setting.choices if setting else None, row["kind"])
        if Channel.IN_APP not in wanted:
            row["read_at"] = row["at"]
        if wanted.intersection(OUTSIDE) and (setting is None or setting.outside):
            row["plan_at"] = row["at"] if row["urgent"] else row["at"] + BUNDLE


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    written = (
        insert(_notice)
        .on_conflict_do_nothing(index_elements=["person_id", "origin"])
        .returning(_notice.c.id)
    )
    return len(session.execute(written, rows).all())
