"""What one command works on: an instance and its case, as read, and what is to be written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine import facts as known_facts
from engine import succession, text_index
from engine.bpmn.values import Facts
from engine.db import new_key
from engine.deployed import Deployed
from engine.history import Entry, in_place_of
from engine.ledger import Row, Terms
from engine.prepared import wire

_DEFAULTS = known_facts.defaults()
# Each case has lists of its own.
_LISTS = tuple(name for name, default in _DEFAULTS.items() if default == [])


@dataclass(frozen=True)
class Cure:
    """A cause of supervision that is gone; unit: only of ladders about it."""

    cause: str
    unit: str | None = None


@dataclass
class Work:
    """One instance in one transaction.

    instance, case: columns by name, as read. facts: the case's facts, changed in place; the host
    keeps notes of its own beside them (slips, answer, answer_forms, extension, matter_number).
    units: keys of all active units; successors: of closed ones, by their key.
    deadlines: open ledgers of the instance, and citizen's ledgers of the case.
    read: the ledgers as they were read, to see what changed; stood: the case's status and unit;
    said: what is searched of it.
    wire: for prepared statements.
    entries, messages, notices: what projection.save will write. cures: causes of supervision that
    are gone; told after the run, which may have started their ladder this very moment.
    suggestions: what was said besides in a callback, by its key. moved: an operator moved a token,
    so what was left was not met. instead_of: who is away and in whose place `by` acts.
    """

    session: Session
    now: datetime
    by: UUID | None
    instance: dict[str, Any]
    case: dict[str, Any]
    deployed: Deployed
    terms: Terms
    facts: dict[str, Any]
    units: frozenset[str] = frozenset()
    deadlines: list[Row] = field(default_factory=list)
    task: Mapping[str, Any] | None = None
    entries: list[Entry] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)
    cures: list[Cure] = field(default_factory=list)
    suggestions: list[tuple[UUID, str]] = field(default_factory=list)
    case_columns: dict[str, Any] = field(default_factory=dict)
    read: dict[UUID, Row] = field(default_factory=dict)
    moved: bool = False
    instead_of: UUID | None = None
    successors: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = text_index.units(self.facts)
        self.follow()
        self.wire = wire(self.session)
        self.read = {row["id"]: row.copy() for row in self.deadlines}
        self.stood = (self.case["status"], self.case["unit_key"])
        confidential = bool(self.facts["confidential"])
        self.said = text_index.said(self.case, confidential=confidential, units=named)

    @property
    def instance_id(self) -> UUID:
        """The instance's key."""
        return self.instance["id"]  # type: ignore[no-any-return]

    @property
    def case_id(self) -> UUID:
        """The case's key."""
        return self.case["id"]  # type: ignore[no-any-return]

    def own_deadlines(self) -> list[Row]:
        """The ledgers that this instance keeps."""
        return [row for row in self.deadlines if row["instance_id"] == self.instance_id]

    def follow(self) -> None:
        """Put the successors of closed units in their place."""
        succession.follow(self.facts, self.successors)

    def facts_for_run(self) -> Facts:
        """What the run may read: the case's facts and which timers are due."""
        self.follow()
        due = frozenset(
            row["token"]
            for row in self.own_deadlines()
            if row["token"] is not None
            and row["settled_at"] is None
            and not row["timer_fired"]
            and row["due_at"] is not None
            and row["due_at"] <= self.now
        )
        return Facts(dict(self.facts), due)

    def tell(self, target_id: UUID, name: str, payload: Mapping[str, Any] | None = None) -> None:
        """Send a message to an instance; it is delivered after the commit."""
        self.messages.append(
            {
                "id": new_key(),
                "target_id": target_id,
                "case_id": self.case_id,
                "name": name,
                "payload": dict(payload or {}),
                "sent_at": self.now,
                "delivered_at": None,
                "result": "",
                "claimed_until": None,
                "incident_id": None,
                "attempts": 0,
            }
        )

    def notify(
        self, kind: str, recipient: str, payload: Mapping[str, Any], *, key: UUID | None = None
    ) -> None:
        """Tell somebody outside; it is sent after the commit, at least once.

        Of a sealed case only its compartment and the citizen are told, and that by its number.
        """
        if self.case.get("sealed"):
            if recipient not in {"citizen", f"unit:{self.case['office_key']}"}:
                return
            payload = {}
        self.notices.append(
            {
                "id": key or new_key(),
                "case_id": self.case_id,
                "kind": kind,
                "recipient": recipient,
                "payload": {"case": self.case["number"], **payload},
                "written_at": self.now,
                "next_at": self.now,
                "attempts": 0,
                "sent_at": None,
                "claimed_until": None,
                "last_error": "",
            }
        )

    def note(self, kind: str, element: str = "", **payload: Any) -> None:
        """Write an event into the case's history."""
        self.entries.append(Entry(kind, self.now, self.by, self.instance_id, element, payload))

    def told(self) -> list[Entry]:
        """What is to be written into the case's history, with both names where two belong to it."""
        if self.instead_of is None:
            return self.entries
        return [
            entry if entry.by is None else in_place_of(self.instead_of, entry)
            for entry in self.entries
        ]

    def walked(self, path: list[str]) -> None:
        """Tell with what set it going which elements the run passed; an event of its own if none.

        A row less for every act: half of all history, without a word lost.
        """
        for place, entry in enumerate(self.entries):
            if entry.instance_id == self.instance_id and "path" not in entry.payload:
                self.entries[place] = replace(entry, payload={**entry.payload, "path": path})
                return
        self.note("run", path=path)


def stored(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as kept on the case's row: those that differ from their default."""
    return {
        name: value
        for name, value in facts.items()
        if name not in _DEFAULTS or value != _DEFAULTS[name]
    }


def restored(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The whole facts of a case from its row."""
    return {**_DEFAULTS, **{name: [] for name in _LISTS}, **kept}
