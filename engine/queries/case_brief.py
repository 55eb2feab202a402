"""What the desk shows of a case beside a form: what was said and done, read in one statement.

The case's own page reads every column of every row (`engine.queries.case_file.records`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Float,
    Integer,
    LargeBinary,
    Select,
    String,
    Text,
    cast,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from engine.column_types import Instant, Key
from engine.db import table
from engine.identity import Vault
from engine.models import Answer, CitizenContact, Contact, Evidence, Identity, Measure, Slip
from engine.queries import case_file
from engine.queries.case_file import File, Received

_TYPES: dict[str, TypeEngine[Any]] = {
    "key": Key(),
    "at": Instant(),
    "by": Key(),
    "unit_key": String(),
    "word": String(),
    "text": Text(),
    "amount": Float(),
    "amount_unit": String(),
    "sha256": String(),
    "size": Integer(),
    "media_type": String(),
    "phase": String(),
    "pair": Integer(),
    "identity_id": Key(),
    "key_id": String(),
    "sealed": LargeBinary(),
}
_slip, _measure, _answer, _evidence = table(Slip), table(Measure), table(Answer), table(Evidence)
_told, _contact, _identity = table(CitizenContact), table(Contact), table(Identity)


@dataclass(frozen=True)
class Done:
    """A measure, an answer, or that the citizen was contacted. word: its outcome or its way."""

    at: datetime
    unit_key: str | None
    word: str
    text: str
    amount: float | None = None
    amount_unit: str = ""


@dataclass(frozen=True)
class Shown:
    """A file that shows what was done, as `Evidence` has it."""

    sha256: str
    name: str
    size: int
    media_type: str
    added_at: datetime
    phase: str
    pair: int


@dataclass(frozen=True)
class Pair:
    """The pictures of one place: before, after, or as yet only one of them."""

    before: Any | None
    after: Any | None


@dataclass(frozen=True)
class Brief:
    """What was said and done, oldest first. slip_units: those that ever had a slip."""

    received: Sequence[Received]
    measures: Sequence[Done]
    answers: Sequence[Done]
    contacts: Sequence[Done]
    evidence: Sequence[Shown]
    slip_units: Sequence[str]


def pairs(evidence: Sequence[Any]) -> list[Pair]:
    """The pictures of before and after side by side, in their order."""
    before = {one.pair: one for one in evidence if one.phase == "before"}
    after = {one.pair: one for one in evidence if one.phase == "after"}
    return [Pair(before.get(n), after.get(n)) for n in sorted(before.keys() | after.keys())]


def loose(evidence: Sequence[Any]) -> list[Any]:
    """The files that belong to no pair."""
    return [one for one in evidence if not one.phase]


def of_case(session: Session, vault: Vault, file: File) -> Brief:
    """Everything of a case that the desk shows; one statement.

    Who was only asked for an opinion reads nothing that was said with the citizen.
    """
    case_id = file.case.id
    rows = session.execute(union_all(*_parts(case_id)).order_by("key")).all()
    kinds: dict[str, list[Any]] = {}
    for row in rows:
        if not (file.only_asked and row.kind in {"answer", "told"}):
            kinds.setdefault(row.kind, []).append(row)
    return Brief(
        received=[
            Received(
                channel=row.word,
                received_at=row.at,
                entered_by=row.by,
                person=case_file.masked(vault, row) if file.knows_person else None,
                named=row.identity_id is not None,
            )
            for row in kinds.get("contact", [])
        ],
        measures=[_done(row) for row in kinds.get("measure", [])],
        answers=[_done(row) for row in kinds.get("answer", [])],
        contacts=[_done(row) for row in kinds.get("told", [])],
        evidence=[
            Shown(row.sha256, row.text, row.size, row.media_type, row.at, row.phase, row.pair)
            for row in kinds.get("evidence", [])
        ],
        slip_units=[row.unit_key for row in kinds.get("slip", [])],
    )


def _done(row: Any) -> Done:
    return Done(row.at, row.unit_key, row.word or "", row.text, row.amount, row.amount_unit or "")


def _parts(case_id: UUID) -> list[Select[Any]]:
    return [
        _part("slip", _slip, case_id, at=_slip.c.issued_at, unit_key=_slip.c.unit_key),
        _part(
            "measure",
            _measure,
            case_id,
            at=_measure.c.recorded_at,
            by=_measure.c.recorded_by,
            unit_key=_measure.c.unit_key,
            text=_measure.c.measures,
            amount=_measure.c.amount,
            amount_unit=_measure.c.amount_unit,
        ),
        _part(
            "answer",
            _answer,
            case_id,
            at=_answer.c.written_at,
            by=_answer.c.written_by,
            unit_key=_answer.c.unit_key,
            word=_answer.c.outcome,
            text=_answer.c.text,
        ),
        _part(
            "told",
            _told,
            case_id,
            at=_told.c.contacted_at,
            by=_told.c.recorded_by,
            unit_key=_told.c.unit_key,
            word=_told.c.way,
            text=_told.c.what,
        ),
        _part(
            "evidence",
            _evidence,
            case_id,
            at=_evidence.c.added_at,
            by=_evidence.c.added_by,
            text=_evidence.c.name,
            sha256=_evidence.c.sha256,
            size=_evidence.c.size,
            media_type=_evidence.c.media_type,
            phase=_evidence.c.phase,
            pair=_evidence.c.pair,
        ),
        _part(
            "contact",
            _contact,
            case_id,
            at=_contact.c.received_at,
            by=_contact.c.entered_by,
            word=_contact.c.channel,
            identity_id=_contact.c.identity_id,
            key_id=_identity.c.key_id,
            sealed=_identity.c.sealed,
        ).outerjoin_from(_contact, _identity, _identity.c.id == _contact.c.identity_id),
    ]


def _part(kind: str, source: Any, case_id: UUID, **told: Any) -> Select[Any]:
    """The rows of one table under the columns of all; what a table lacks is null of its type."""
    told["key"] = source.c.id
    columns = [
        (told[name] if name in told else cast(null(), kept)).label(name)
        for name, kept in _TYPES.items()
    ]
    return select(literal(kind).label("kind"), *columns).where(source.c.case_id == case_id)
