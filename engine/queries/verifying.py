"""Whether what the database says of itself holds: chains, balance, projections, identities."""

from collections import Counter
from collections.abc import Iterator, Set
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session, aliased

from engine import deployed, work
from engine.bpmn.execution import Execution
from engine.bpmn.values import Facts
from engine.errors import HuiyinError
from engine.identity import Vault
from engine.models import (
    Case,
    CaseStatus,
    Contact,
    Deadline,
    Identity,
    Instance,
    InstanceStatus,
    Message,
    Supervision,
    UserTask,
)
from engine.queries import verifying_numbers
from engine.queries.anchored import anchored, anchors_whole, receipts
from engine.queries.chains import chains, heads
from engine.queries.checks import MOST_TOLD, Check, Progress, quiet

__all__ = [
    "MOST_TOLD",
    "Check",
    "anchored",
    "anchors_whole",
    "chains",
    "everything",
    "heads",
    "receipts",
]
_RUNNING = Instance.status == InstanceStatus.RUNNING


def everything(session: Session, vault: Vault, progress: Progress = quiet) -> Iterator[Check]:
    """Every check, one after the other; each reads its rows once and keeps few of them."""
    yield chains(session, progress)
    yield heads(session, progress)
    yield anchors_whole(session, progress)
    yield anchored(session, progress)
    yield balance(session)
    yield verifying_numbers.counted(session)
    yield verifying_numbers.frozen(session)
    yield verifying_numbers.draws(session)
    yield parts(session)
    yield instances(session)
    yield tasks(session)
    yield deadlines(session)
    yield supervisions(session)
    yield identities(session, vault)


def balance(session: Session) -> Check:
    """Received = refused + merged + open + closed, and every contact has its case."""
    count = dict(session.execute(select(Case.status, func.count()).group_by(Case.status)).all())
    received = sum(count.values())
    parts = {status: count.pop(status, 0) for status in CaseStatus}
    found = [f"{number} cases have the status {status!r}" for status, number in count.items()]
    with_contact = session.scalar(select(func.count(Contact.case_id.distinct()))) or 0
    if with_contact != received:
        found.append(f"{received} cases, but contacts of {with_contact}")
    told = " + ".join(f"{status} {number}" for status, number in parts.items())
    return _check(f"balance: received {received} = {told}", received, found)


def parts(session: Session) -> Check:
    """A part of a contact is of one that arrived, of the same person, and holds no text itself."""
    whole = aliased(Contact)
    rows = session.execute(
        select(
            Contact.id,
            (Contact.raw_title + Contact.raw_body != "").label("says"),
            whole.of_contact_id.is_not(None).label("nested"),
            Contact.identity_id.is_distinct_from(whole.identity_id).label("other"),
        )
        .join(whole, whole.id == Contact.of_contact_id)
        .where(Contact.of_contact_id.is_not(None))
    ).all()
    found = [
        f"contact {row.id.hex} is a part, and {why}"
        for row in rows
        for wrong, why in (
            (row.says, "holds a text"),
            (row.nested, "of another part"),
            (row.other, "of another person"),
        )
        if wrong
    ]
    return _check("parts of contacts", len(rows), found)


def instances(session: Session) -> Check:
    """A running instance has a state, an ended one none; an open case has its process."""
    count = session.scalar(select(func.count()).select_from(Instance)) or 0
    found = [
        f"instance {key.hex} is {status} {'without' if status == 'running' else 'with'} a state"
        for key, status in session.execute(
            select(Instance.id, Instance.status).where(
                (_RUNNING & Instance.state.is_(None)) | (~_RUNNING & Instance.state.is_not(None))
            )
        )
    ]
    # Between two processes of its own a case has the message that starts the next.
    running = union(
        select(Instance.case_id).where(_RUNNING, Instance.part == "appeal"),
        select(Message.case_id).where(
            Message.name == "start",
            Message.delivered_at.is_(None),
            Message.payload["part"].as_string() == "appeal",
        ),
    )
    found += [
        f"case {case.number} is {case.status}, its process is not"
        for case in session.execute(
            select(Case.number, Case.status).where(
                (Case.status == CaseStatus.OPEN) & Case.id.not_in(running)
                | (Case.status == CaseStatus.CLOSED) & Case.id.in_(running)
            )
        )
    ]
    return _check("instances", count, found)


def tasks(session: Session) -> Check:
    """The open tasks are those that the states of the running instances wait for."""
    rows = _by_instance(
        session, select(UserTask.instance_id, UserTask.token).where(UserTask.status == "open")
    )
    found, count = [], 0
    for key, execution in _running(session):
        count += 1
        if isinstance(execution, str):
            found.append(f"instance {key.hex}: {execution}")
            continue
        wanted = Counter(task.token for task in execution.open_tasks())
        if wanted != rows.pop(key, Counter()):
            found.append(f"instance {key.hex}: open tasks differ from its state")
    found += [f"instance {key.hex} has ended, its tasks are open" for key in rows]
    return _check("tasks", count, found)


def deadlines(session: Session) -> Check:
    """The timers that a state waits for have their ledgers; what has ended has none open.

    A limit that was settled early, by a fact, leaves its timer waiting for nothing.
    """
    open_rows = _by_instance(
        session,
        select(Deadline.instance_id, Deadline.token).where(
            Deadline.settled_at.is_(None), Deadline.token.is_not(None), ~Deadline.timer_fired
        ),
    )
    found, count = [], 0
    for key, execution in _running(session):
        rows = open_rows.pop(key, Counter())
        if isinstance(execution, str):
            continue
        waiting = {timer.token for timer in execution.waiting_timers()}
        count += len(waiting)
        if (
            set(rows) - waiting
            or waiting - set(rows) - _settled(session, key, waiting - set(rows))
            or max(rows.values(), default=1) > 1
        ):
            found.append(f"instance {key.hex}: open deadlines differ from its state's timers")
    found += [f"instance {key.hex} has ended, its deadlines are open" for key in open_rows]
    return _check("deadlines", count, found)


def _settled(session: Session, instance_id: UUID, tokens: Set[UUID]) -> set[UUID | None]:
    """Those of an instance's timers whose ledger, its own or its case's, was settled."""
    if not tokens:
        return set()
    case_id = select(Instance.case_id).where(Instance.id == instance_id).scalar_subquery()
    return set(
        session.scalars(
            select(Deadline.token).where(
                (Deadline.instance_id == instance_id) | (Deadline.case_id == case_id),
                Deadline.settled_at.is_not(None),
                Deadline.token.in_(tokens),
            )
        )
    )


def supervisions(session: Session) -> Check:
    """A supervision that is open has its ladder, running or about to start."""
    rows = session.execute(
        select(Supervision.id, Supervision.number).where(Supervision.status == "open")
    ).all()
    alive = set(session.scalars(select(Instance.supervision_id).where(_RUNNING)))
    alive |= set(session.scalars(select(Message.target_id).where(Message.delivered_at.is_(None))))
    found = [f"supervision {row.number} is open without a ladder" for row in rows]
    found = [told for told, row in zip(found, rows, strict=True) if row.id not in alive]
    return _check("supervisions", len(rows), found)


def identities(session: Session, vault: Vault) -> Check:
    """Every identity opens with this installation's key."""
    count, found = 0, []
    for row in session.execute(
        select(Identity.id, Identity.key_id, Identity.sealed).execution_options(yield_per=1000)
    ):
        count += 1
        try:
            vault.open(row.key_id, row.sealed)
        except HuiyinError:
            found.append(f"identity {row.id.hex} does not open with the key of this home")
    return _check("identities", count, found)


def _check(name: str, looked_at: int, found: list[str]) -> Check:
    return Check(name, looked_at, len(found), tuple(found[:MOST_TOLD]))


def _by_instance(session: Session, query: Select[UUID, Any]) -> dict[UUID, Counter[UUID]]:
    grouped: dict[UUID, Counter[UUID]] = {}
    for key, token in session.execute(query):
        grouped.setdefault(key, Counter())[token] += 1
    return grouped


def _running(session: Session) -> Iterator[tuple[UUID, Execution | str]]:
    """Each running instance, restored without anything being due; or why it cannot be."""
    rows: Any = session.execute(
        select(Instance.id, Instance.definition_id, Instance.state, Case.facts)
        .outerjoin(Case, Case.id == Instance.case_id)
        .where(_RUNNING, Instance.state.is_not(None))
        .execution_options(yield_per=500)
    )
    for row in rows:
        definition = deployed.definition(session, row.definition_id)
        facts = Facts(work.restored(row.facts or {}))
        try:
            yield row.id, Execution.restore(definition.specification, row.state, facts)
        except HuiyinError as error:
            yield row.id, error.message
