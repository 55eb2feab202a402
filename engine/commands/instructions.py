"""Leaders' instructions (批示): given on a line of an issued digest, reported on, settled.

A unit reports; whoever runs the digest says that it is done, or gives it back with a word.
"""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import administering, clock, deployed
from engine.commands.telling import Holders, tell
from engine.db import new_key
from engine.digests import content as contents
from engine.digests.reading import may, values
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import (
    City,
    Digest,
    DigestStatus,
    Instruction,
    InstructionStatus,
    Role,
    Unit,
)
from engine.notice_kinds import NoticeKind
from engine.permissions import Actor, require

GIVE, REPORT = "instructions.give", "instructions.report"
LONGEST_TEXT, LONGEST_LEADER, LONGEST_RESULT = 1000, 40, 4000
FURTHEST = 366  # days until one is due
Faults = dict[str, dict[str, str]]


def give(
    session: Session,
    row: Digest,
    line: str,
    said: dict[str, str],
    due_on: date | None,
    *,
    by: Actor,
) -> UUID:
    """Write down what a leader wrote on a line; the unit is told. said: text, leader, unit.

    Raises `NotFound`, `NotAllowed`, `Conflict` for a digest not issued, `InvalidAnswers`.
    """
    require(may(by, GIVE, row))
    if row.status != DigestStatus.ISSUED:
        raise Conflict("The digest is not issued yet.")
    printed = {key: one.told for key, one in values(session, row.id).items()}
    found = next((one for one in contents.lines(row.content, printed) if one.key == line), None)
    if found is None:
        raise NotFound("No such line.")
    told = {name: value.strip() for name, value in said.items()}
    faults = _faults(session, told, due_on)
    if faults or due_on is None:
        raise InvalidAnswers(faults)
    key = new_key()
    session.add(
        Instruction(
            id=key,
            digest_id=row.id,
            office_key=row.office_key,
            line=line,
            quoted=dict(found.text),
            text=told["text"],
            leader=told["leader"],
            unit_key=told["unit"],
            due_on=due_on,
            steps=[_step("given", by)],
            given_at=clock.now(),
            given_by=by.id,
        )
    )
    session.flush()
    unit = told["unit"]
    administering.note(
        session, "instruction.given", by, unit=unit, instruction=key.hex, digest=row.id.hex
    )
    at = datetime.combine(due_on, time(18), _zone(session))
    tell(
        session,
        [Holders(unit, Role.HANDLER)],
        NoticeKind.INSTRUCTED,
        case_id=None,
        details={"unit": unit, "due": at.isoformat(), "instruction": key.hex},
        origin=f"instruction:{key.hex}",
        by=by.id,
    )
    return key


def report(session: Session, instruction_id: UUID, result: str, *, by: Actor) -> None:
    """Say what a unit did; once more before it is settled replaces it.

    Raises `NotFound`, `NotAllowed`, `Conflict` if it is done, `InvalidAnswers`.
    """
    one = _locked(session, instruction_id)
    if not by.acts_for(Role.HANDLER, one.unit_key):
        raise NotFound("No such instruction.")
    if one.status == InstructionStatus.DONE:
        raise Conflict("The instruction is done.")
    result = _text(result, "result", LONGEST_RESULT)
    one.status, one.result, one.reported_at = InstructionStatus.REPORTED, result, clock.now()
    one.steps = [*one.steps, _step("reported", by, said=result)]
    _note(session, "instruction.reported", one, by)
    tell(
        session,
        [one.given_by] if one.given_by else [Holders(one.office_key, Role.SUPERVISOR)],
        NoticeKind.INSTRUCTION_REPORTED,
        case_id=None,
        details={"unit": one.unit_key, "instruction": one.id.hex},
        origin=f"reported:{one.id.hex}:{len(one.steps)}",
        by=by.id,
    )


def settle(session: Session, instruction_id: UUID, *, by: Actor) -> None:
    """Say that an instruction is done. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    one = _for_office(session, instruction_id, by)
    one.status, one.done_at = InstructionStatus.DONE, clock.now()
    one.steps = [*one.steps, _step("done", by)]
    _note(session, "instruction.done", one, by)


def give_again(session: Session, instruction_id: UUID, word: str, *, by: Actor) -> None:
    """Give a reported instruction back to its unit. Raises as `settle`, and `InvalidAnswers`."""
    one = _for_office(session, instruction_id, by)
    word = _text(word, "word", LONGEST_TEXT)
    one.status = InstructionStatus.OPEN
    one.steps = [*one.steps, _step("again", by, said=word)]
    _note(session, "instruction.again", one, by)
    tell(
        session,
        [Holders(one.unit_key, Role.HANDLER)],
        NoticeKind.INSTRUCTED,
        case_id=None,
        details={"unit": one.unit_key, "instruction": one.id.hex},
        origin=f"again:{one.id.hex}:{len(one.steps)}",
        by=by.id,
    )


def _for_office(session: Session, instruction_id: UUID, by: Actor) -> Instruction:
    one = _locked(session, instruction_id)
    if not any(by.acts_for(role, one.office_key) for role in (Role.SUPERVISOR, Role.LEADER)):
        raise NotFound("No such instruction.")
    if one.status != InstructionStatus.REPORTED:
        raise Conflict("The unit has not reported, or it is done.")
    return one


def _locked(session: Session, instruction_id: UUID) -> Instruction:
    one = session.get(Instruction, instruction_id, with_for_update=True)
    if one is None:
        raise NotFound("No such instruction.")
    return one


def _faults(session: Session, told: dict[str, str], due_on: date | None) -> Faults:
    faults: Faults = {}
    for name, most in (("text", LONGEST_TEXT), ("leader", LONGEST_LEADER)):
        if not told[name] or len(told[name]) > most:
            faults[name] = {
                "zh": f"要写，最多 {most} 个字。",
                "en": f"Write it, in at most {most} characters.",
            }
    unit = session.execute(
        select(Unit.key, Unit.closed_at).where(Unit.key == told["unit"][:64])
    ).one_or_none()
    if unit is None or unit.closed_at is not None or unit.key in _hidden(session):
        faults["unit"] = {"zh": "选一个单位。", "en": "Choose a unit."}
    today = clock.now().astimezone(_zone(session)).date()
    if due_on is None or not 0 <= (due_on - today).days <= FURTHEST:
        faults["due_on"] = {
            "zh": "写今天以后、一年以内的一天，像 2026-11-30。",
            "en": "A day from today on, within a year, such as 2026-11-30.",
        }
    return faults


def _hidden(session: Session) -> set[str]:
    """Units of compartments: what they do is not told in digests."""
    revision = session.scalars(select(City.organisation_revision)).one()
    sealed = tuple(deployed.compartments(session, revision))
    paths = deployed.unit_paths(session, revision)
    return {key for key, path in paths.items() if sealed and path.startswith(sealed)}


def _zone(session: Session) -> ZoneInfo:
    return ZoneInfo(session.scalars(select(City.timezone)).one())


def _text(said: str, name: str, most: int) -> str:
    said = said.replace("\r\n", "\n").strip()
    if not said or len(said) > most:
        raise InvalidAnswers(
            {
                name: {
                    "zh": f"要写，最多 {most} 个字。",
                    "en": f"Write it, at most {most} characters.",
                }
            }
        )
    return said


def _step(kind: str, by: Actor, **more: str) -> dict[str, Any]:
    return {"kind": kind, "at": clock.now().isoformat(), "by": by.id.hex, **more}


def _note(session: Session, kind: str, one: Instruction, by: Actor) -> None:
    administering.note(session, kind, by, unit=one.unit_key, instruction=one.id.hex)
