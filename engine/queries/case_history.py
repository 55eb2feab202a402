"""The history of a case (办理记录) with the names its ids and elements have, and its chain."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from engine import deployed, history
from engine.models import Case, HistoryEvent, Instance, Person
from engine.queries import compartments

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """One event. name: of its element, path: of the elements a run passed, passed: their ids.

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
    instance_id: UUID | None = None

    @property
    def passed(self) -> Sequence[str]:
        """The ids of the elements a run passed."""
        path: Sequence[str] = (self.payload or {}).get("path", ())
        return path


@dataclass(frozen=True)
class History:
    """All events, oldest first. broken_at: the first number that does not hold, None if whole."""

    events: Sequence[Event]
    broken_at: int | None


def of_case(session: Session, case: Case) -> History:
    """The history of a case, its chain checked up to the head on the case's row."""
    told = events(session, case)
    broken_at = history.broken(session, history.case_stream(case.id))
    last = told[-1] if told else None
    if broken_at is None and (last is None or last.hash != case.chain_hash.hex()):
        broken_at = (last.seq if last else 0) + 1  # the end was cut off
    return History(told, broken_at)


def events(session: Session, case: Case) -> list[Event]:
    """What happened, oldest first, without a look at the chain.

    One statement; one more for the names of sealed cases and of those who were stood in for, where
    the events name any.
    """
    rows = session.execute(
        select(HistoryEvent, Person.name_zh, Person.name_en, Instance.part, Instance.definition_id)
        .outerjoin(Person, Person.id == HistoryEvent.by)
        .outerjoin(
            Instance, and_(Instance.id == HistoryEvent.instance_id, Instance.case_id == case.id)
        )
        .where(HistoryEvent.stream == history.case_stream(case.id))
        .order_by(HistoryEvent.seq)
    ).all()
    parts = _Parts(session, rows)
    away = _names(session, (row.HistoryEvent.payload for row in rows))
    untold = compartments.named_sealed(session, (row.HistoryEvent.payload for row in rows))
    return [_event(row, parts, untold, away) for row in rows]


class _Parts:
    """The instances that events name, and what the elements of their diagrams are called."""

    def __init__(self, session: Session, rows: Iterable[Any]) -> None:
        known = {
            row.HistoryEvent.instance_id: (row.part, row.definition_id)
            for row in rows
            if row.definition_id is not None
        }
        self._of = {
            key: (part, deployed.definition(session, definition_id))
            for key, (part, definition_id) in known.items()
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


def _names(session: Session, payloads: Iterable[Any]) -> Mapping[str, Texts]:
    """Those in whose place something was done, by their key as payloads hold it."""
    keys = {str(one[history.INSTEAD_OF]) for one in payloads if one and history.INSTEAD_OF in one}
    if not keys:
        return {}
    rows = session.execute(
        select(Person.id, Person.name_zh, Person.name_en).where(
            Person.id.in_([UUID(hex=key) for key in keys])
        )
    )
    return {row.id.hex: {"zh": row.name_zh, "en": row.name_en or row.name_zh} for row in rows}


def both_names(by: Texts, away: Texts | None) -> Texts:
    """Who did it, and in whose place: 李四（代张三）."""
    if away is None:
        return by
    return {"zh": f"{by['zh']}（代{away['zh']}）", "en": f"{by['en']} (for {away['en']})"}


def _event(row: Any, parts: _Parts, untold: Collection[str], away: Mapping[str, Texts]) -> Event:
    event: HistoryEvent = row.HistoryEvent
    path = (event.payload or {}).get("path", [])
    return Event(
        seq=event.seq,
        kind=event.kind,
        at=event.at,
        by=both_names(
            {"zh": row.name_zh, "en": row.name_en or row.name_zh},
            away.get((event.payload or {}).get(history.INSTEAD_OF, "")),
        )
        if event.by
        else None,
        element=event.element,
        payload=_without(event.payload, untold) if untold else event.payload,
        hash=event.hash.hex(),
        part=parts.part(event.instance_id),
        name=parts.name(event.instance_id, event.element),
        form=parts.form(event.instance_id, event.element)
        if event.kind == "task.completed"
        else None,
        path=[name for one in path if (name := parts.name(event.instance_id, one))],
        instance_id=event.instance_id,
    )


def _without(payload: Any, untold: Collection[str]) -> Any:
    """A payload without these numbers, wherever they stand in it."""
    if isinstance(payload, dict):
        return {name: _without(one, untold) for name, one in payload.items()}
    if isinstance(payload, list):
        return [kept for one in payload if (kept := _without(one, untold)) != ""]
    return "" if isinstance(payload, str) and payload in untold else payload
