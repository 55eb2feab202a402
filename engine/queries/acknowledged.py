"""Answers that somebody outside has kept (已确认): whether the database knows each of them.

A file of lines of JSON, one for each answer that the API gave and its client wrote down:
`{"kind": "task", "task": id, "case": number, "by": login, "key": idempotency key}`. `MEMBERS` says
which members a kind must have; `by` with `key` are looked up for every kind where they are given.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from engine.models import (
    Case,
    Contact,
    HistoryEvent,
    Idempotency,
    Instance,
    Person,
    Supervision,
    UserTask,
)
from engine.queries.checks import MOST_TOLD, Check

BATCH = 200
# Members that are ids; the others are texts.
_IDS = frozenset({"contact", "task", "supervision"})
MEMBERS: Mapping[str, tuple[str, ...]] = {
    "contact": ("contact", "case"),
    "task": ("task", "case", "by"),
    "claim": ("task", "by"),
    "supervision": ("supervision", "case"),
}


@dataclass(frozen=True, eq=False)
class Answer:
    """One answer: its line in the file, its kind and the members that kind has."""

    line: int
    kind: str
    told: Mapping[str, Any]

    def __str__(self) -> str:
        about = self.told.get("case") or self.told.get("task")
        return f"line {self.line}: {self.kind} {about}"


def read(lines: Iterable[str], name: str) -> Iterator[Answer]:
    """The answers of a file. Raises `InvalidInput`, naming the line.

    A last line without its end was being written when its writer died: nobody relies on it.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip() or not line.endswith("\n"):
            continue
        yield _answer(line, number, f"{name} line {number}")


def check(session: Session, answers: Iterable[Answer]) -> list[Check]:
    """What became of the answers, one check for each kind and one for their keys."""
    counted = dict.fromkeys((*MEMBERS, "key"), 0)
    found: dict[str, list[str]] = {kind: [] for kind in counted}
    waiting = iter(answers)
    while batch := list(islice(waiting, BATCH)):
        for kind, missing in _MISSING.items():
            own = [one for one in batch if one.kind == kind]
            counted[kind] += len(own)
            found[kind] += [f"{one}: {why}" for one, why in missing(session, own)] if own else []
        keyed = [one for one in batch if "key" in one.told and "by" in one.told]
        counted["key"] += len(keyed)
        found["key"] += [f"{one}: {why}" for one, why in _keys(session, keyed)] if keyed else []
        session.expunge_all()
    return [
        Check(f"acknowledged: {kind}", number, len(found[kind]), tuple(found[kind][:MOST_TOLD]))
        for kind, number in counted.items()
    ]


_Missing = Iterator[tuple[Answer, str]]


def _answer(line: str, number: int, where: str) -> Answer:
    try:
        told = json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidInput(where, "an answer as JSON", error.msg) from error
    kind = str(told.get("kind")) if isinstance(told, dict) else "none"
    if kind not in MEMBERS:
        raise InvalidInput(where, f"a kind, one of {', '.join(MEMBERS)}", kind[:40])
    for member in MEMBERS[kind]:
        value = told.get(member)
        if not isinstance(value, str) or not value:
            raise InvalidInput(where, f"a text as {member}", type(value).__name__)
    try:
        ids = {member: UUID(told[member]) for member in _IDS & told.keys()}
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidInput(where, "ids that are UUIDs") from error
    return Answer(number, kind, {**told, **ids})


def _contacts(session: Session, answers: list[Answer]) -> _Missing:
    rows = session.execute(
        select(Contact.id, Case.number)
        .join(Case, Case.id == Contact.case_id)
        .where(Contact.id.in_([one.told["contact"] for one in answers]))
    )
    numbers = {row.id: row.number for row in rows}
    for one in answers:
        if numbers.get(one.told["contact"]) != one.told["case"]:
            yield one, f"contact {one.told['contact']} is not in the database as of this case"


def _tasks(session: Session, answers: list[Answer]) -> _Missing:
    keys = [one.told["task"] for one in answers]
    rows = session.execute(
        select(
            UserTask.id,
            UserTask.status,
            UserTask.element,
            UserTask.instance_id,
            Case.number,
            Person.login,
        )
        .join(Case, Case.id == UserTask.case_id)
        .outerjoin(Person, Person.id == UserTask.closed_by)
        .where(UserTask.id.in_(keys))
    )
    tasks = {row.id: row for row in rows}
    instances = [row.instance_id for row in tasks.values()]
    history = {
        (row.instance_id, row.element, row.login)
        for row in session.execute(
            select(HistoryEvent.instance_id, HistoryEvent.element, Person.login)
            .join(Person, Person.id == HistoryEvent.by)
            .where(
                HistoryEvent.kind == "task.completed",
                HistoryEvent.stream.in_(_streams(session, instances)),
            )
        )
    }
    for one in answers:
        row = tasks.get(one.told["task"])
        if row is None:
            yield one, f"task {one.told['task']} is not in the database"
        elif (row.status, row.number, row.login) != ("completed", one.told["case"], one.told["by"]):
            yield one, f"task {row.id} is {row.status}, by {row.login}"
        elif (row.instance_id, row.element, row.login) not in history:
            yield one, f"task {row.id} is completed without a word in the history"


def _streams(session: Session, instances: list[UUID]) -> list[str]:
    cases = session.scalars(select(Instance.case_id).where(Instance.id.in_(instances)).distinct())
    return [f"case:{key.hex}" for key in cases if key is not None]


def _claims(session: Session, answers: list[Answer]) -> _Missing:
    rows = session.execute(
        select(UserTask.id, UserTask.status, Person.login)
        .outerjoin(Person, Person.id == UserTask.assignee_id)
        .where(UserTask.id.in_([one.told["task"] for one in answers]))
    )
    tasks = {row.id: row for row in rows}
    for one in answers:
        row = tasks.get(one.told["task"])
        # What was given back, or done by another, is no longer claimed; its key is looked up.
        if row is None:
            yield one, f"task {one.told['task']} is not in the database"
        elif row.status == "open" and row.login not in {one.told["by"], None}:
            yield one, f"task {row.id} is claimed by {row.login}"


def _supervisions(session: Session, answers: list[Answer]) -> _Missing:
    rows = session.execute(
        select(Supervision.id, Case.number)
        .join(Case, Case.id == Supervision.case_id)
        .where(Supervision.id.in_([one.told["supervision"] for one in answers]))
    )
    numbers = {row.id: row.number for row in rows}
    for one in answers:
        if numbers.get(one.told["supervision"]) != one.told["case"]:
            yield one, f"supervision {one.told['supervision']} is not one of this case"


def _keys(session: Session, answers: list[Answer]) -> _Missing:
    """The first answer to each key is kept, and it is the one that was given."""
    logins = {one.told["by"] for one in answers}
    rows = session.execute(select(Person.login, Person.id).where(Person.login.in_(logins)))
    people = {row.login: row.id for row in rows}
    scoped = {
        one: Idempotency.key_of(str(people.get(one.told["by"])), one.told["key"]) for one in answers
    }
    kept = {
        row.key: row.answer
        for row in session.execute(
            select(Idempotency.key, Idempotency.answer).where(Idempotency.key.in_(scoped.values()))
        )
    }
    for one, key in scoped.items():
        answer = kept.get(key)
        if answer is None:
            yield one, f"the key {one.told['key']} has no answer"
            continue
        for member in MEMBERS[one.kind]:
            given = answer["body"].get(member)
            if given is not None and given != str(one.told[member]):
                yield one, f"the key {one.told['key']} has another {member}"


_MISSING: Mapping[str, Callable[[Session, list[Answer]], _Missing]] = {
    "contact": _contacts,
    "task": _tasks,
    "claim": _claims,
    "supervision": _supervisions,
}
