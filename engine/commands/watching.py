"""Watching a case (关注): who does, and telling them what happened to it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import clock, history, involved
from engine.commands import telling
from engine.commands.telling import Telling
from engine.db import table
from engine.errors import NotFound
from engine.models import Case, HistoryEvent, Watch
from engine.notice_kinds import NoticeKind
from engine.permissions import RIGHTS, Actor, require, require_known

BATCH = 100
# What the machine does by itself, and what is nobody else's affair, is not told.
QUIET = ("run", "message.delivered", "message.retried", "identity.viewed")
_watch, _case, _event = table(Watch), table(Case), table(HistoryEvent)


def watch(session: Session, number: str, *, by: Actor) -> None:
    """Be told from now on what happens to a case. Raises `NotFound`, `NotAllowed`."""
    case = _case_of(session, number, by)
    units = involved.units_of(session, case.id, case.facts)
    require(involved.takes_part(by, case, units), "The case belongs to other units.")
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(_watch)
        .values(
            case_id=case.id,
            person_id=by.id,
            since=clock.now(),
            told_seq=case.chain_seq,
            waiting=False,
        )
        .on_conflict_do_nothing(index_elements=["case_id", "person_id"])
    )
    session.execute(update(_case).where(_case.c.id == case.id).values(watched=True))


def unwatch(session: Session, number: str, *, by: Actor) -> None:
    """Be told no more; whoever does not watch it, does not. Raises `NotFound`."""
    case = _case_of(session, number, by)
    session.execute(delete(_watch).where(_watch.c.case_id == case.id, _watch.c.person_id == by.id))
    others = exists().where(_watch.c.case_id == case.id)
    session.execute(update(_case).where(_case.c.id == case.id, ~others).values(watched=False))


def tell(session: Session) -> int:
    """Tell those who watch what has happened since they were told last; how many had to be."""
    told_of = select(_watch.c.case_id).where(_watch.c.waiting).distinct().limit(BATCH)
    # The case first, as everywhere; one that somebody works on right now has more to come.
    cases = session.scalars(
        select(_case.c.id)
        .where(_case.c.id.in_(told_of))
        .order_by(_case.c.id)
        .with_for_update(skip_locked=True)
    ).all()
    if not cases:
        return 0
    waiting = session.execute(
        select(_watch.c.case_id, _watch.c.person_id, _watch.c.told_seq)
        .where(_watch.c.waiting, _watch.c.case_id.in_(cases))
        .order_by(_watch.c.case_id, _watch.c.person_id)
    ).all()
    happened = _happened(session, waiting)
    tellings = [
        told for row in waiting if (told := _telling(row, happened[row.case_id])) is not None
    ]
    telling.tell_all(session, tellings)
    for row in waiting:
        newest = max((event.seq for event in happened[row.case_id]), default=row.told_seq)
        session.execute(
            update(_watch)
            .where(_watch.c.case_id == row.case_id, _watch.c.person_id == row.person_id)
            .values(waiting=False, told_seq=newest)
        )
    return len(waiting)


def _happened(session: Session, waiting: Sequence[Any]) -> dict[UUID, list[Any]]:
    """The events behind what the slowest of each case knows, oldest first, by case."""
    since: dict[UUID, int] = {}
    for row in waiting:
        since[row.case_id] = min(row.told_seq, since.get(row.case_id, row.told_seq))
    streams = {history.case_stream(case_id): case_id for case_id in since}
    happened: dict[UUID, list[Any]] = defaultdict(list)
    for event in session.execute(
        select(_event.c.stream, _event.c.seq, _event.c.kind, _event.c.by)
        .where(
            or_(
                *(
                    and_(_event.c.stream == stream, _event.c.seq > since[case_id])
                    for stream, case_id in streams.items()
                )
            )
        )
        .order_by(_event.c.stream, _event.c.seq)
    ):
        happened[streams[event.stream]].append(event)
    return happened


def _telling(row: Any, events: Sequence[Any]) -> Telling | None:
    """What one person is told of a case: the newest of what others did, and how much it was."""
    news = [
        event
        for event in events
        if event.seq > row.told_seq and event.kind not in QUIET and event.by != row.person_id
    ]
    if not news:
        return None
    newest = news[-1]
    details: dict[str, Any] = {"event": newest.kind, "count": len(news)}
    return Telling(
        [row.person_id],
        NoticeKind.WATCHED,
        case_id=row.case_id,
        details=details,
        origin=f"watch:{row.case_id.hex}:{newest.seq}",
        by=newest.by,
    )


def _case_of(session: Session, number: str, by: Actor) -> Any:
    """The case, locked: who begins to watch and who stops are told apart."""
    row = session.execute(
        select(_case.c.id, _case.c.facts, _case.c.chain_seq, *(_case.c[name] for name in RIGHTS))
        .where(_case.c.number == number)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("No such case.")
    require_known(by, row)
    return row
