"""Whether anything was done twice: task, timer, message, notice, ladder; where time went back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from engine import history
from engine.models import (
    Deadline,
    HistoryEvent,
    Instance,
    Message,
    OutboxNotice,
    Supervision,
    UserTask,
)
from engine.queries.checks import MOST_TOLD, Check

FIRED = ("deadline.overdue", "deadline.warned")
# The clocks of an office's machines differ by less.
CLOCKS_APART = timedelta(seconds=60)


def checks(session: Session) -> Iterator[Check]:
    """Every check, one after the other."""
    yield tasks(session)
    yield timers(session)
    yield messages(session)
    yield notices(session)
    yield ladders(session)
    yield times(session)


def tasks(session: Session) -> Check:
    """Each completed task has one event of history, and no event is without its task."""
    count = _count(session, UserTask.status == "completed")
    told = select(HistoryEvent.instance_id, HistoryEvent.element, func.count().label("n")).where(
        HistoryEvent.kind == "task.completed"
    )
    done = select(UserTask.instance_id, UserTask.element, -func.count()).where(
        UserTask.status == "completed"
    )
    both: CompoundSelect[Any] = union_all(
        told.group_by(HistoryEvent.instance_id, HistoryEvent.element),
        done.group_by(UserTask.instance_id, UserTask.element),
    )
    found = [
        f"instance {key.hex}: {element} was completed {abs(more)} times "
        f"{'more' if more > 0 else 'less'} in the history than in its tasks"
        for key, element, more in _differing(session, both)
    ]
    return _check("completed once: tasks", count, found)


def timers(session: Session) -> Check:
    """No ledger fired one rung twice for one due time; one that is extended has a new one."""
    payload = HistoryEvent.payload
    fired = (
        select(
            HistoryEvent.instance_id,
            HistoryEvent.element,
            payload["limit"].as_string().label("limit"),
            payload["rung"].as_string().label("rung"),
            payload["due"].as_string().label("due"),
        )
        .where(HistoryEvent.kind.in_(FIRED))
        .subquery()
    )
    count = session.scalar(select(func.count()).select_from(fired)) or 0
    several: Select[*tuple[Any, ...]] = (
        select(*fired.c, func.count().label("times"))
        .where(fired.c.limit.is_not(None))
        .group_by(*fired.c)
        .having(func.count() > 1)
    )
    found = []
    for row in session.execute(several):
        # Of units that work side by side each has a ledger of its own, with the same due time.
        ledgers = session.scalar(
            select(func.count()).where(
                Deadline.instance_id == row.instance_id,
                Deadline.element == row.element,
                Deadline.limit == row.limit,
            )
        )
        if row.times > (ledgers or 0):
            found.append(
                f"instance {row.instance_id.hex}: {row.limit} fired {row.rung} {row.times} times, "
                f"it has {ledgers}"
            )
    return _check("fired once: timers", count, found)


def messages(session: Session) -> Check:
    """Each message that woke its target did so once."""
    count = session.scalar(select(func.count()).where(Message.delivered_at.is_not(None))) or 0
    told = select(
        HistoryEvent.instance_id, literal("").label("name"), func.count().label("n")
    ).where(HistoryEvent.kind == "message.delivered")
    sent = select(Message.target_id, literal(""), -func.count()).where(
        Message.result == "delivered", Message.name != "start"
    )
    both: CompoundSelect[Any] = union_all(
        told.group_by(HistoryEvent.instance_id), sent.group_by(Message.target_id)
    )
    found = [
        f"instance {key.hex}: woken {abs(more)} times {'more' if more > 0 else 'less'} than it has "
        "delivered messages"
        for key, _, more in _differing(session, both)
    ]
    return _check("delivered once: messages", count, found)


def notices(session: Session) -> Check:
    """No more notices of a limit that ran out than limits that did."""
    count = session.scalar(select(func.count()).select_from(OutboxNotice)) or 0
    events = (
        select(HistoryEvent.stream, HistoryEvent.kind, func.count().label("n"))
        .where(HistoryEvent.kind.in_(FIRED))
        .group_by(HistoryEvent.stream, HistoryEvent.kind)
    )
    told = {(row.stream, row.kind): row.n for row in session.execute(events)}
    found = []
    for case_id, kind, number in session.execute(
        select(OutboxNotice.case_id, OutboxNotice.kind, func.count())
        .where(OutboxNotice.kind.in_(FIRED), OutboxNotice.case_id.is_not(None))
        .group_by(OutboxNotice.case_id, OutboxNotice.kind)
    ):
        known = told.get((history.case_stream(case_id), kind), 0) if case_id else number
        if number > known:
            found.append(f"case {case_id}: {number} notices {kind} for {known} events")
    return _check("written once: notices", count, found)


def ladders(session: Session) -> Check:
    """A supervision has one ladder, and one cause has one supervision that is open."""
    count = session.scalar(select(func.count()).select_from(Supervision)) or 0
    twice = (
        select(Instance.supervision_id, func.count())
        .where(Instance.supervision_id.is_not(None))
        .group_by(Instance.supervision_id)
        .having(func.count() > 1)
    )
    found = [
        f"supervision {key.hex} was started {number} times"
        for key, number in session.execute(twice)
        if key is not None
    ]
    cause = (Supervision.case_id, Supervision.cause, Supervision.target)
    found += [
        f"case {row.case_id.hex}: {row.cause} is open twice about {row.target}"
        for row in session.execute(
            select(*cause)
            .where(Supervision.status == "open")
            .group_by(*cause)
            .having(func.count() > 1)
        )
    ]
    return _check("started once: ladders", count, found)


def times(session: Session) -> Check:
    """Where the clock went back between two events of a stream: told, and no fault of the data."""
    before = func.lag(HistoryEvent.at, type_=HistoryEvent.at.type).over(
        partition_by=HistoryEvent.stream, order_by=HistoryEvent.seq
    )
    pairs = select(
        HistoryEvent.stream, HistoryEvent.seq, HistoryEvent.at, before.label("before")
    ).subquery()
    count = session.scalar(select(func.count()).select_from(HistoryEvent)) or 0
    found = [
        f"{row.stream}: the clock went back before event {row.seq}, "
        f"from {row.before.isoformat()} to {row.at.isoformat()}"
        for row in session.execute(select(pairs).where(pairs.c.at < pairs.c.before))
        if row.before - row.at > CLOCKS_APART
    ]
    return Check(f"times: {len(found)} steps back", count, 0, tuple(found[:MOST_TOLD]))


def _differing(session: Session, both: CompoundSelect[Any]) -> Iterator[tuple[UUID, str, int]]:
    """Keys whose counts, one side positive and the other negative, do not sum up to nothing."""
    rows = both.subquery()
    key, name, number = rows.c
    for row in session.execute(
        select(key, name, func.sum(number))
        .where(key.is_not(None))
        .group_by(key, name)
        .having(func.sum(number) != 0)
    ):
        yield row[0], row[1], int(row[2])


def _count(session: Session, *where: Any) -> int:
    return session.scalar(select(func.count()).where(*where)) or 0


def _check(name: str, looked_at: int, found: list[str]) -> Check:
    return Check(name, looked_at, len(found), tuple(found[:MOST_TOLD]))
