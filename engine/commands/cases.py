"""Taking in what citizens say: a contact becomes a case and its process starts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import clock, deployed, facts, history, numbers, projection, text_index
from engine.cleaning import cleaned_line, cleaned_text, kept_raw
from engine.commands import hot, instances
from engine.db import new_key, table
from engine.deployed import Deployed
from engine.errors import InvalidAnswers, InvalidInput, NotFound
from engine.history import Entry
from engine.identity import Reporter, Vault, new_code, normal_code, normal_phone
from engine.ledger import Terms
from engine.models import Case, CaseStatus, City, Contact, Identity, Pack
from engine.packs import Pack as PackContent
from engine.permissions import RIGHTS, Actor, may, may_see_case, require
from engine.prepared import Prepared, wire
from engine.work import Work, stored

LONGEST_TITLE = 200
LONGEST_BODY = 5000
LONGEST_NAME = 50
LONGEST_PLACE = 200
LONGEST_RAW = 100_000

_OTHER_PHONE = {
    "zh": "这个号码没有反映过那一件。是另一个人的，另行登记，初审时再并案。",
    "en": "That case did not come from this phone. Take it in by itself; screening may join it.",
}

INSERT_CASE = Prepared(insert(table(Case)))
INSERT_CONTACT = Prepared(insert(table(Contact)))
INSERT_IDENTITY = Prepared(insert(table(Identity)))


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


@dataclass
class Receiving:
    """What the contacts of one transaction are received with, read once.

    now: when all of them are taken in; units: keys of all active units; successors: of closed
    ones; numbers: the next ones.
    """

    pack_id: UUID
    pack: PackContent
    terms: Terms
    process: Deployed
    units: frozenset[str]
    successors: Mapping[str, str]
    now: datetime
    numbers: Iterator[str]


def receiving(session: Session, pack_key: str, many: int = 1) -> Receiving:
    """All that `many` contacts need to be received. Raises `NotFound`."""
    pack_id, pack = newest_pack(session, pack_key)
    now = clock.now()
    city = session.execute(
        select(City.timezone, City.calendar_revision, City.organisation_revision)
    ).one()
    calendar = deployed.calendar(session, city.calendar_revision, city.timezone)
    series = f"{pack.prefix}-{calendar.local(now).strftime('%Y%m%d')}-"
    return Receiving(
        pack_id=pack_id,
        pack=pack,
        terms=Terms(pack, calendar),
        process=deployed.latest(session, pack.parts["appeal"]),
        units=deployed.unit_keys(session, city.organisation_revision),
        successors=deployed.successors(session, city.organisation_revision),
        now=now,
        numbers=numbers.running(session, series, many),
    )


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
    terms = receiving(session, pack_key)
    if wrong := faults(terms.pack, said):
        raise InvalidAnswers(wrong)
    return receive_checked(session, vault, terms, said, by=by)


def receive_checked(
    session: Session, vault: Vault, receiving: Receiving, said: Said, *, by: UUID | None = None
) -> Received:
    """Take in a contact in which `faults` finds none."""
    reporter = Reporter(cleaned_line(said.reporter.name), normal_phone(said.reporter.phone))
    code, sender = _sender(session, vault, reporter)
    contact_id, case_id, number = open_case(session, receiving, said, sender, by=by)
    return Received(contact_id, case_id, number, code)


@dataclass(frozen=True)
class Sender:
    """Who said it, as far as a case must know. code_hmac: under what the person's code is found.

    origin: the case in whose callback it was said.
    """

    identity_id: UUID | None
    code_hmac: bytes
    anonymous: bool
    may_call_back: bool
    origin: UUID | None = None


@dataclass(frozen=True)
class PartOf:
    """What makes a new case a part of a contact that is there.

    contact_id: key of the part's own row. of: the contact. accused_key: the unit it is about.
    facts: what is known already. told: the payload of its event; code: what its citizen is told.
    """

    contact_id: UUID
    of: UUID
    accused_key: str | None
    facts: Mapping[str, Any]
    told: Mapping[str, Any]
    code: str


def open_case(
    session: Session,
    receiving: Receiving,
    said: Said,
    sender: Sender,
    *,
    by: UUID | None,
    part: PartOf | None = None,
) -> tuple[UUID, UUID, str]:
    """A contact, its case and the process of it; their keys and the case's number."""
    pack, now = receiving.pack, receiving.now
    title, body = cleaned_line(said.title), cleaned_text(said.body)
    title = title or body.split("\n", 1)[0][:60]
    case_id = new_key()
    known: dict[str, Any] = facts.defaults() | {
        "category": said.category,
        "anonymous": sender.anonymous,
        "confidential": said.confidential,
        "may_call_back": sender.may_call_back,
        **(part.facts if part else {}),
    }
    office = pack.reception(said.channel)
    number = next(receiving.numbers)
    row: dict[str, Any] = {
        "id": case_id,
        "number": number,
        "pack_id": receiving.pack_id,
        "office_key": office,
        "unit_key": None,
        "matter_id": None,
        "title": title,
        "body": body,
        "place": cleaned_line(said.place),
        "category": said.category,
        "channel": said.channel,
        "confidential": said.confidential,
        "sealed": False,
        "watched": False,
        "accused_key": part.accused_key if part else None,
        "status": CaseStatus.OPEN,
        "stage": "",
        "outcome": "",
        "facts": stored(known),
        "received_at": said.received_at or now,
        "closed_at": None,
        "chain_seq": 0,
        "chain_hash": history.START,
    }
    INSERT_CASE.run(wire(session), row)
    text_index.enter(wire(session), row)
    contact_id = _keep_contact(session, said, sender, case_id, now, by, part)
    work = Work(
        session=session,
        now=now,
        by=by,
        instance={"part": "appeal"},
        case=row,
        deployed=receiving.process,
        terms=receiving.terms,
        facts=known,
        units=receiving.units,
        successors=receiving.successors,
    )
    instance_id = new_key()
    told = {"channel": said.channel, "number": number}
    work.entries.append(Entry("case.received", now, by, instance_id, payload=told))
    if part is not None:
        work.entries.append(Entry("case.split", now, by, payload=part.told))
        work.notify("case.split", "citizen", {"of": part.told["of"], "code": part.code})
    instances.start(work, instance_id)
    return contact_id, case_id, number


def add_contact(session: Session, vault: Vault, number: str, said: Said, *, by: Actor) -> Received:
    """A repeat about a case that is there: a contact of that case with a code of its own.

    The clocks stay as they are, whatever the case's status; that somebody came again is a fact.
    Raises `NotFound`, also for a case the person may not see, `NotAllowed`, `InvalidAnswers`, also
    for another phone than the case's: the code opens all that its citizen may read.
    """
    require(may(by, "contact.enter"))
    case = session.execute(
        select(Case.id, Case.pack_id, *(getattr(Case, name) for name in RIGHTS)).where(
            Case.number == number
        )
    ).one_or_none()
    if case is None or not may_see_case(by, case):
        raise NotFound("No such case.")
    if wrong := faults(deployed.pack(session, case.pack_id), said):
        raise InvalidAnswers(wrong)
    work = hot.of_case(session, case.id, by.id, "appeal")
    reporter = Reporter(cleaned_line(said.reporter.name), normal_phone(said.reporter.phone))
    phones = session.scalars(
        select(Identity.phone_hmac)
        .join(Contact, Contact.identity_id == Identity.id)
        .where(Contact.case_id == case.id, Identity.phone_hmac.is_not(None))
    ).all()
    if phones and not (reporter.phone and vault.look_up(reporter.phone) in phones):
        raise InvalidAnswers({"phone": _OTHER_PHONE})
    code, sender = _sender(session, vault, reporter)
    contact_id = _keep_contact(session, said, sender, case.id, work.now, by.id)
    work.facts["repeats"] += 1
    work.note("contact.added", channel=said.channel, contact=contact_id.hex)
    projection.write_case(session, work)
    return Received(contact_id, case.id, number, code)


def _keep_contact(
    session: Session,
    said: Said,
    sender: Sender,
    case_id: UUID,
    now: datetime,
    by: UUID | None,
    part: PartOf | None = None,
) -> UUID:
    contact_id = part.contact_id if part else new_key()
    INSERT_CONTACT.run(
        wire(session),
        {
            "id": contact_id,
            "case_id": case_id,
            "identity_id": sender.identity_id,
            "channel": said.channel,
            "source": said.source,
            "source_id": said.source_id,
            # What was said is kept once, with the contact that the part is of.
            "raw_title": "" if part else kept_raw(said.title),
            "raw_body": "" if part else kept_raw(said.body),
            "code_hmac": sender.code_hmac,
            "received_at": said.received_at or now,
            "entered_at": now,
            "entered_by": by,
            "origin_case_id": sender.origin,
            "of_contact_id": part.of if part else None,
        },
    )
    return contact_id


def newest_pack(session: Session, key: str) -> tuple[UUID, PackContent]:
    """The version of a pack that new cases begin with. Raises `NotFound`."""
    pack_id = session.scalar(
        select(Pack.id).where(Pack.key == key).order_by(Pack.version.desc()).limit(1)
    )
    if pack_id is None:
        raise NotFound(f"No pack {key!r} is deployed.", pack=key)
    return pack_id, deployed.pack(session, pack_id)


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


def _sender(session: Session, vault: Vault, reporter: Reporter) -> tuple[str, Sender]:
    """Who it is, kept, with a new secret code."""
    code = new_code()
    return code, Sender(
        identity_id=_keep_identity(session, vault, reporter),
        code_hmac=vault.look_up(normal_code(code)),
        anonymous=not (reporter.name or reporter.phone),
        may_call_back=bool(reporter.phone),
    )


def _keep_identity(session: Session, vault: Vault, reporter: Reporter) -> UUID | None:
    if not (reporter.name or reporter.phone):
        return None
    sealed = vault.seal(reporter)
    key = new_key()
    INSERT_IDENTITY.run(
        wire(session),
        {
            "id": key,
            "key_id": sealed.key_id,
            "sealed": sealed.sealed,
            "phone_hmac": sealed.phone_hmac,
        },
    )
    return key
