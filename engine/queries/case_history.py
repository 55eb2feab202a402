"""The history of a case (办理记录) with the names its ids and elements have, and its chain."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deployed, history
from engine.models import Case, HistoryEvent, Instance, Person
from engine.queries import compartments

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """One event. name: of its element, path: of the elements a run passed.

    payload: None if it was erased. form: JSON Schema of a completed task's answers, if it is
    known.
    """

    seq: int
    kind: str
    at: datetime
    by: Texts | None
    element: str
    payload: Mapping[str, Any] | None
    hash: str
    part: str
    name: Texts | None
    form: Mapping[str, Any] | None
    path: Sequence[Texts]


@dataclass(frozen=True)
class History:
    """All events, oldest first. broken_at: the first number that does not hold, None if whole."""

    events: Sequence[Event]
    broken_at: int | None


def of_case(session: Session, case: Case) -> History:
    """The history of a case, its chain checked up to the head on the case's row."""
    stream = history.case_stream(case.id)
    rows = session.execute(
        select(HistoryEvent, Person.name_zh, Person.name_en)
        .outerjoin(Person, Person.id == HistoryEvent.by)
        .where(HistoryEvent.stream == stream)
        .order_by(HistoryEvent.seq)
    ).all()
    parts = _Parts(session, case.id)
    untold = compartments.named_sealed(session, (row.HistoryEvent.payload for row in rows))
    events = [_event(row, parts, untold) for row in rows]
    broken_at = history.broken(session, stream)
    last = rows[-1].HistoryEvent if rows else None
    if broken_at is None and (last is None or last.hash != case.chain_hash):
        broken_at = (last.seq if last else 0) + 1  # the end was cut off
    return History(events, broken_at)


class _Parts:
    """The instances of a case and what the elements of their diagrams are called."""

    def __init__(self, session: Session, case_id: UUID) -> None:
        rows = session.execute(
            select(Instance.id, Instance.part, Instance.definition_id).where(
                Instance.case_id == case_id
            )
        )
        self._of = {
            row.id: (row.part, deployed.definition(session, row.definition_id)) for row in rows
        }

    def part(self, instance_id: UUID | None) -> str:
        """`appeal`, `supervision`, `extension`; nothing if unknown."""
        return self._of[instance_id][0] if instance_id in self._of else ""

    def name(self, instance_id: UUID | None, element: str) -> Texts | None:
        """What an element is called; None if it has no name."""
        if instance_id not in self._of:
            return None
        known = self._of[instance_id][1].specification.elements.get(element)
        if known is None or not known.name:
            return None
        return {"zh": known.name, "en": known.name_en or known.name}

    def form(self, instance_id: UUID | None, element: str) -> Mapping[str, Any] | None:
        """The form of a task."""
        if instance_id not in self._of:
            return None
        process = self._of[instance_id][1]
        known = process.specification.elements.get(element)
        return process.forms.get(known.form) if known and known.form else None


def _event(row: Any, parts: _Parts, untold: Collection[str]) -> Event:
    event: HistoryEvent = row.HistoryEvent
    path = (event.payload or {}).get("path", [])
    return Event(
        seq=event.seq,
        kind=event.kind,
        at=event.at,
        by={"zh": row.name_zh, "en": row.name_en or row.name_zh} if event.by else None,
        element=event.element,
        payload=_without(event.payload, untold) if untold else event.payload,
        hash=event.hash.hex(),
        part=parts.part(event.instance_id),
        name=parts.name(event.instance_id, event.element),
        form=parts.form(event.instance_id, event.element)
        if event.kind == "task.completed"
        else None,
        path=[name for one in path if (name := parts.name(event.instance_id, one))],
    )


def _without(payload: Any, untold: Collection[str]) -> Any:
    """A payload without these numbers, wherever they stand in it."""
    if isinstance(payload, dict):
        return {name: _without(one, untold) for name, one in payload.items()}
    return "" if isinstance(payload, str) and payload in untold else payload
