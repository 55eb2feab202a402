"""Taking in what citizens say: a contact becomes a case and its process starts."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import clock, deployed, facts, history, numbers
from engine.commands import instances
from engine.db import new_key
from engine.errors import InvalidAnswers, InvalidInput, NotFound
from engine.history import Entry
from engine.identity import Reporter, Vault, new_code, normal_code, normal_phone
from engine.ledger import Terms
from engine.models import Case, CaseStatus, City, Contact, Identity, Pack
from engine.packs import Pack as PackContent
from engine.work import Work, stored

LONGEST_TITLE = 200
LONGEST_BODY = 5000
LONGEST_NAME = 50
LONGEST_PLACE = 200
LONGEST_RAW = 100_000


@dataclass(frozen=True)
class Received:
    """What a citizen is told: the contact, the case's number, the secret code to follow it."""

    contact_id: UUID
    case_id: UUID
    number: str
    code: str


@dataclass(frozen=True)
class Said:
    """What was said, as it came.

    source, source_id: of an import, so that it is taken once. received_at: when it was said,
    where that is not now; the clocks run from the moment it is taken in.
    """

    channel: str
    title: str
    body: str
    reporter: Reporter = field(default_factory=Reporter)
    place: str = ""
    category: str = ""
    confidential: bool = False
    source: str | None = None
    source_id: str | None = None
    received_at: datetime | None = None


def receive(
    session: Session,
    vault: Vault,
    pack_key: str,
    said: Said,
    *,
    by: UUID | None = None,
) -> Received:
    """Take in a contact: keep it raw, make its case, start the process.

    Raises `InvalidAnswers` naming each field, `NotFound` if the pack is not deployed.
    """
    pack_id, pack = newest_pack(session, pack_key)
    if wrong := faults(pack, said):
        raise InvalidAnswers(wrong)
    title, body = cleaned_line(said.title), cleaned_text(said.body)
    title = title or body.split("\n", 1)[0][:60]
    reporter = Reporter(cleaned_line(said.reporter.name), normal_phone(said.reporter.phone))
    now = clock.now()
    city = session.execute(
        select(City.timezone, City.calendar_revision, City.organisation_revision)
    ).one()
    calendar = deployed.calendar(session, city.calendar_revision, city.timezone)
    units = deployed.unit_keys(session, city.organisation_revision)
    identity_id = _keep_identity(session, vault, reporter)
    code, case_id = new_code(), new_key()
    anonymous = not (reporter.name or reporter.phone)
    known: dict[str, Any] = facts.defaults() | {
        "category": said.category,
        "anonymous": anonymous,
        "confidential": said.confidential,
        "may_call_back": bool(reporter.phone),
    }
    office = pack.office("intake")
    day = calendar.local(now).strftime("%Y%m%d")
    series = f"{pack.prefix}-{day}-"
    number = f"{series}{numbers.next_in(session, series):06d}"
    row: dict[str, Any] = {
        "id": case_id,
        "number": number,
        "pack_id": pack_id,
        "office_key": office,
        "unit_key": None,
        "matter_id": None,
        "title": title,
        "body": body,
        "place": cleaned_line(said.place),
        "category": said.category,
        "channel": said.channel,
        "confidential": said.confidential,
        "status": CaseStatus.OPEN,
        "stage": "",
        "outcome": "",
        "facts": stored(known),
        "received_at": said.received_at or now,
        "closed_at": None,
        "chain_seq": 0,
        "chain_hash": history.START,
    }
    session.execute(insert(Case).values(row))
    contact_id = new_key()
    session.execute(
        insert(Contact).values(
            id=contact_id,
            case_id=case_id,
            identity_id=identity_id,
            channel=said.channel,
            source=said.source,
            source_id=said.source_id,
            raw_title=kept_raw(said.title),
            raw_body=kept_raw(said.body),
            code_hmac=vault.look_up(normal_code(code)),
            received_at=said.received_at or now,
            entered_at=now,
            entered_by=by,
        )
    )
    work = Work(
        session=session,
        now=now,
        by=by,
        instance={"part": "appeal"},
        case=row,
        deployed=deployed.latest(session, pack.parts["appeal"]),
        terms=Terms(pack, calendar),
        facts=known,
        units=units,
    )
    work.entries.append(
        Entry("case.received", now, by, payload={"channel": said.channel, "number": number})
    )
    instances.start(work, new_key())
    return Received(contact_id, case_id, number, code)


def newest_pack(session: Session, key: str) -> tuple[UUID, PackContent]:
    """The version of a pack that new cases begin with. Raises `NotFound`."""
    pack_id = session.scalar(
        select(Pack.id).where(Pack.key == key).order_by(Pack.version.desc()).limit(1)
    )
    if pack_id is None:
        raise NotFound(f"No pack {key!r} is deployed.", pack=key)
    return pack_id, deployed.pack(session, pack_id)


def cleaned_text(text: str) -> str:
    """Text with white space of every kind brought into order; lines stay lines.

    Control characters go; runs of blanks become one; more than one empty line becomes one.
    """
    text = re.sub(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]", "\n", text)
    kept = "".join(
        " " if unicodedata.category(sign) == "Zs" or sign == "\t" else sign
        for sign in text
        if sign in "\n\t\u200d" or not (unicodedata.category(sign) in _UNSEEN or _is_none(sign))
    )
    lines = [re.sub(r" +", " ", line).strip() for line in kept.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def cleaned_line(text: str) -> str:
    """Text on one line."""
    return re.sub(r"\s+", " ", cleaned_text(text))


def kept_raw(text: str) -> str:
    """Text as it came; only what no database can hold, NUL and half signs, shows as U+FFFD."""
    return re.sub("[\x00\ud800-\udfff]", "\ufffd", text)


def _is_none(sign: str) -> bool:
    """Whether Unicode says that this is no character at all.

    One that is merely unknown here may be a name's sign of a Unicode newer than Python's.
    """
    return ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF


_UNSEEN = {"Cc", "Cs", "Co", "Cf"}


def faults(pack: PackContent, said: Said) -> dict[str, Mapping[str, str]]:
    """What keeps `said` from being received, by field; nothing if it may be."""
    title, body = cleaned_line(said.title), cleaned_text(said.body)
    found: dict[str, Mapping[str, str]] = {}
    if not body:
        found["body"] = {
            "zh": "写下您要说的事，一句话也可以。",
            "en": "Tell us what it is about; one sentence will do.",
        }
    for name, raw, text, longest in (
        ("title", said.title, title, LONGEST_TITLE),
        ("body", said.body, body, LONGEST_BODY),
        ("place", said.place, cleaned_line(said.place), LONGEST_PLACE),
        ("name", said.reporter.name, cleaned_line(said.reporter.name), LONGEST_NAME),
    ):
        # What is kept raw is kept whole, hence the second bound.
        if len(text) > longest or len(raw) > LONGEST_RAW:
            count = len(text) if len(text) > longest else len(raw)
            found[name] = {
                "zh": f"最多 {longest} 个字，现在有 {count} 个。",
                "en": f"At most {longest} characters; there are {count}.",
            }
    try:
        normal_phone(said.reporter.phone)
    except InvalidInput:
        found["phone"] = {
            "zh": "电话写 5 到 20 位数字，如 13800000000；不留电话也可以。",
            "en": "A phone has 5 to 20 digits, such as 13800000000; or leave it empty.",
        }
    for name, value, section in (
        ("channel", said.channel, "channels"),
        ("category", said.category, "categories"),
    ):
        if (value or name == "channel") and pack.item(section, value) is None:
            found[name] = {
                "zh": "这一项要从列表里选。",
                "en": f"Choose one of: {', '.join(entry['key'] for entry in pack.items(section))}.",
            }
    return found


def _keep_identity(session: Session, vault: Vault, reporter: Reporter) -> UUID | None:
    if not (reporter.name or reporter.phone):
        return None
    sealed = vault.seal(reporter)
    key = new_key()
    session.execute(
        insert(Identity).values(
            id=key, key_id=sealed.key_id, sealed=sealed.sealed, phone_hmac=sealed.phone_hmac
        )
    )
    return key
