"""Digests (专报、摘报): begun as drafts, edited, sent for review, given back, issued with a number.

Counting and printing happen outside: a draft and the files of an issue are handed in ready.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from engine import clock, history
from engine.commands import snapshots
from engine.db import new_key, table
from engine.digests import content as contents
from engine.digests.drafting import Draft, Office
from engine.digests.kinds import Kind
from engine.digests.numbers import Number
from engine.digests.periods import Period
from engine.digests.reading import by_hand, may, next_number, values
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.history import Entry
from engine.models import Digest, DigestNumber, DigestStatus
from engine.permissions import Actor, require
from engine.rates.taking import Taken

WRITE, ISSUE = "digests.write", "digests.issue"
LONGEST_NOTE = 500
BY_HAND = "by-hand:"
_digest, _number = table(Digest), table(DigestNumber)


@dataclass(frozen=True)
class Counted:
    """A number that was counted, with its figure, and is not bound yet."""

    number: Number
    taken: Taken


def begin(
    session: Session,
    kind: Kind,
    office: Office,
    period: Period,
    draft: Draft,
    *,
    by: Actor | None = None,
) -> UUID:
    """Keep a draft with its numbers frozen; its id. by: None when it is made by itself.

    Raises `Conflict` if the period has one of this kind. Kinds without a schedule may have several.
    """
    key, now = new_key(), clock.now()
    row = Digest(
        id=key,
        kind=kind.key,
        pack_key=office.pack.key,
        office_key=office.key,
        offices=list(office.offices),
        period=period.key if kind.drafted else f"{BY_HAND}{key.hex}",
        since=period.instants(office.zone)[0],
        until=period.instants(office.zone)[1],
        status=DigestStatus.DRAFT,
        content=dict(draft.content),
        steps=[_step("drafted", by)],
        made_at=now,
        made_by=by.id if by else None,
        frozen_at=now,
    )
    if by is not None:
        require(may(by, WRITE, row))
    if session.scalar(
        select(_digest.c.id).where(
            _digest.c.office_key == row.office_key,
            _digest.c.kind == row.kind,
            _digest.c.period == row.period,
        )
    ):
        raise Conflict("There is a digest of this period already.")
    session.add(row)
    session.flush()
    _bind(session, row, draft, by)
    _note(session, "digest.drafted", row, by)
    return key


def recount(session: Session, row: Digest, draft: Draft, *, by: Actor) -> None:
    """Freeze the numbers of a draft anew; what people wrote stays. Raises `Conflict`."""
    _require_draft(row, by)
    fresh = {section["key"]: section for section in draft.content["sections"]}
    row.content = {
        "sections": [
            {**section, "parts": fresh.get(section["key"], section)["parts"]}
            if section.get("edited")
            else fresh.get(section["key"], section)
            for section in row.content["sections"]
        ]
    }
    added = {one.key for one in by_hand(session, row.id)}
    session.execute(delete(_number).where(_number.c.digest_id == row.id))
    _bind(session, row, draft, by, added)
    row.frozen_at = clock.now()
    _go_on(row, _step("recounted", by))
    _note(session, "digest.recounted", row, by)


def edit(
    session: Session, row: Digest, section: str, said: Mapping[str, str], *, by: Actor
) -> None:
    """Write a section's heading and text anew. said: heading_zh, heading_en, body_zh, body_en.

    Raises `InvalidAnswers` for a number there is not, `NotFound`, `Conflict`.
    """
    _require_draft(row, by)
    told = {name: value.replace("\r\n", "\n").strip() for name, value in said.items()}
    sections = [dict(one) for one in row.content["sections"]]
    found = next((one for one in sections if one["key"] == section), None)
    if found is None:
        raise NotFound("No such section.")
    known = set(values(session, row.id))
    faults = _faults(told, known)
    if faults:
        raise InvalidAnswers(faults)
    found["heading"] = {"zh": told["heading_zh"], "en": told["heading_en"]}
    found["body"] = {"zh": told["body_zh"], "en": told["body_en"]}
    found["edited"] = True
    row.content = {"sections": sections}
    _go_on(row, _step("edited", by, section=section))
    _note(session, "digest.edited", row, by, section=section)


def add_number(session: Session, row: Digest, counted: Counted, *, by: Actor) -> str:
    """Bind one more number to a draft; its key. Raises `Conflict`."""
    _require_draft(row, by)
    known, key = values(session, row.id), counted.number.key
    place, unique = 1, key
    while unique in known:
        place += 1
        unique = f"{key}_{place}"
    frozen = snapshots.keep(session, [counted.taken], by=by)[0]
    session.add(
        DigestNumber(
            digest_id=row.id,
            key=unique,
            position=len(known),
            name=dict(counted.number.name),
            show=counted.number.show,
            snapshot_id=frozen.id,
            added=True,
        )
    )
    _go_on(row, _step("numbered", by))
    _note(session, "digest.numbered", row, by, key=unique, figure=frozen.number)
    return unique


def send(session: Session, row: Digest, *, by: Actor) -> None:
    """Send a draft for review. Raises `Conflict`."""
    _require_draft(row, by)
    row.status, row.sent_by = DigestStatus.REVIEW, by.id
    _go_on(row, _step("sent", by))
    _note(session, "digest.sent", row, by)


def give_back(session: Session, row: Digest, note: str, *, by: Actor) -> None:
    """Give one that was sent back to whoever writes it, with a word. Raises `Conflict`."""
    require(may(by, WRITE, row))
    if row.status != DigestStatus.REVIEW:
        raise Conflict("The digest is not in review.")
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise InvalidAnswers(
            {
                "note": {
                    "zh": f"写明要改什么，最多 {LONGEST_NOTE} 个字。",
                    "en": f"Say what to change, in at most {LONGEST_NOTE} characters.",
                }
            }
        )
    row.status = DigestStatus.DRAFT
    _go_on(row, _step("returned", by, note=note))
    _note(session, "digest.returned", row, by)


def require_issuable(row: Digest, by: Actor) -> None:
    """Raise unless this person may issue it now: in review, and sent by somebody else."""
    require(may(by, ISSUE, row))
    if row.status != DigestStatus.REVIEW:
        raise Conflict("The digest is not in review.")
    require(row.sent_by != by.id, "Whoever sent a digest for review does not issue it.")


def issue(
    session: Session, row: Digest, number: int, files: Mapping[str, str], *, by: Actor
) -> None:
    """Issue a digest under a number with the files that were made; from now on it is as it is.

    Raises `Conflict` if another got the number meanwhile.
    """
    require_issuable(row, by)
    if next_number(session, row) != number:
        raise Conflict("Another issue was numbered at the same moment.")
    row.status, row.number, row.files = DigestStatus.ISSUED, number, dict(files)
    row.issued_at, row.issued_by = clock.now(), by.id
    _go_on(row, _step("issued", by))
    _note(session, "digest.issued", row, by, number=number, files=dict(files))


def keep_files(session: Session, row: Digest, files: Mapping[str, str]) -> None:
    """Keep the files of an issue that has none yet; who was first is right."""
    if row.status != DigestStatus.ISSUED:
        raise Conflict("The digest is not issued yet.")
    if not row.files:
        row.files = dict(files)
        _note(session, "digest.printed", row, None, number=row.number, files=dict(files))


def locked(session: Session, digest_id: UUID) -> Digest:
    """The row, locked. Raises `NotFound`."""
    row = session.get(Digest, digest_id, with_for_update=True)
    if row is None:
        raise NotFound("No such digest.")
    return row


def at_revision(session: Session, digest_id: UUID, revision: int) -> Digest:
    """The row as a page showed it, locked. Raises `NotFound`, `Conflict` if it has moved on."""
    row = locked(session, digest_id)
    if row.revision != revision:
        raise Conflict("The digest was changed meanwhile.")
    return row


def _require_draft(row: Digest, by: Actor) -> None:
    require(may(by, WRITE, row))
    if row.status != DigestStatus.DRAFT:
        raise Conflict("The digest is in review or issued.")


def _bind(
    session: Session, row: Digest, draft: Draft, by: Actor | None, added: Collection[str] = ()
) -> None:
    """Freeze and bind a draft's numbers. added: keys of those that people added."""
    frozen = snapshots.keep(session, draft.taken, by=by)
    rows = [
        {
            "id": new_key(),
            "digest_id": row.id,
            "key": one.key,
            "position": place,
            "name": dict(one.name),
            "show": one.show,
            "snapshot_id": frozen[one.figure].id,
            "added": one.key in added,
        }
        for place, one in enumerate(draft.numbers)
    ]
    if rows:
        session.execute(insert(_number), rows)


def _faults(told: Mapping[str, str], known: set[str]) -> dict[str, Any]:
    faults: dict[str, Any] = {}
    if not told["heading_zh"]:
        faults["heading_zh"] = {"zh": "写一个标题。", "en": "Write a heading."}
    for name, text in told.items():
        most = contents.LONGEST_HEADING if name.startswith("heading") else contents.LONGEST_BODY
        if len(text) > most:
            faults[name] = {"zh": f"最多 {most} 个字。", "en": f"At most {most} characters."}
        unknown = sorted(contents.keys(text) - known)
        if unknown:
            missing = "、".join(unknown[:5])
            faults[name] = {
                "zh": f"没有叫 {missing} 的数。可用的列在旁边。",
                "en": f"There is no number {missing}. Those there are stand beside.",
            }
    return faults


def _step(kind: str, by: Actor | None, **more: str) -> dict[str, Any]:
    return {"kind": kind, "at": clock.now().isoformat(), "by": by.id.hex if by else "", **more}


def _go_on(row: Digest, step: dict[str, Any]) -> None:
    row.steps = [*row.steps, step]
    row.revision += 1


def _note(session: Session, kind: str, row: Digest, by: Actor | None, **more: Any) -> None:
    payload = {"digest": row.id.hex, "kind": row.kind, "office": row.office_key, **more}
    entry = Entry(kind, clock.now(), by.id if by else None, payload=payload)
    history.record(session, "system", [entry])
