"""Cases: what was said, asked, ordered, answered and checked.

Contact, answer, evidence, review and callback are facts of their own, each with actor and
time; that a case is closed is derived from them.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class CaseStatus(StrEnum):
    """The four parts of the balance: received = refused + merged + open + closed."""

    OPEN = "open"
    REFUSED = "refused"
    MERGED = "merged"
    CLOSED = "closed"


class Contact(Base):
    """What arrived (来件): the raw text as it came, and where from.

    of_contact_id: the contact that this is a part of. One contact may ask for several things:
    each further case has such a row, for the same person and with a code of its own. It holds no
    text, and it is not counted: what arrived is the one it is of.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        # Of the few that are parts.
        Index(
            "ix_contact_of_contact_id",
            "of_contact_id",
            sqlite_where=text("of_contact_id IS NOT NULL"),
            postgresql_where=text("of_contact_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    identity_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity.id"), index=True)
    channel: Mapped[str] = mapped_column(String(32))
    source: Mapped[str | None] = mapped_column(String(100))
    source_id: Mapped[str | None] = mapped_column(String(200))
    raw_title: Mapped[str] = mapped_column(Text)
    raw_body: Mapped[str] = mapped_column(Text)
    code_hmac: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    received_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    # The case in whose callback it was said.
    origin_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"))
    of_contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id"))


class Identity(Base):
    """Who said it (身份), apart from content and encrypted; findable by HMAC only."""

    __tablename__ = "identity"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    key_id: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # nonce + AES-GCM of JSON
    phone_hmac: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)


class IdentityView(Base):
    """Someone looked at an identity (身份查看)."""

    __tablename__ = "identity_view"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey("identity.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    viewed_at: Mapped[datetime]
    viewed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(Text, default="")


class Case(Base):
    """What is asked, counted once (诉求).

    sealed: only the compartment it was handed to sees it. accused_key: the unit it is about, whose
    people never do. facts: what diagrams read as `case.<name>` (engine.facts). watched:
    whether somebody does (`Watch`). chain_seq, chain_hash: head of its history stream.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_status_received", "status", "received_at"),
        Index("ix_case_unit", "unit_key", "status", postgresql_include=["id"]),
        Index("ix_case_office", "office_key", "status"),
        # Of the few that are kept from somebody.
        Index(
            "ix_case_sealed",
            "office_key",
            sqlite_where=text("sealed = 1 OR accused_key IS NOT NULL"),
            postgresql_where=text("sealed OR accused_key IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    pack_id: Mapped[UUID] = mapped_column(ForeignKey("pack.id"))
    office_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    unit_key: Mapped[str | None] = mapped_column(ForeignKey("unit.key"))
    matter_id: Mapped[UUID | None] = mapped_column(ForeignKey("matter.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(64), default="")
    channel: Mapped[str] = mapped_column(String(32), default="")
    confidential: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bool] = mapped_column(default=False)
    accused_key: Mapped[str | None] = mapped_column(ForeignKey("unit.key"))
    status: Mapped[str] = mapped_column(String(16), default=CaseStatus.OPEN)
    stage: Mapped[str] = mapped_column(String(64), default="")
    outcome: Mapped[str] = mapped_column(String(32), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    received_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    watched: Mapped[bool] = mapped_column(default=False, server_default=false())
    chain_seq: Mapped[int] = mapped_column(default=0)
    chain_hash: Mapped[bytes] = mapped_column(LargeBinary(32), default=bytes(32))


class Matter(Base):
    """Cases about the same thing, handled once (问题)."""

    __tablename__ = "matter"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    main_case_id: Mapped[UUID] = mapped_column(index=True)
    opened_at: Mapped[datetime]


class Slip(Base):
    """The order to a unit (工单, 处理签)."""

    __tablename__ = "slip"
    __table_args__ = (
        Index("ix_slip_unit_key", "unit_key", postgresql_include=["case_id"]),
        Index(
            "ix_slip_returned",
            "returned_at",
            sqlite_where=text("returned_at IS NOT NULL"),
            postgresql_where=text("returned_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    number: Mapped[str] = mapped_column(String(48), unique=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    host: Mapped[bool] = mapped_column(default=True)
    instructions: Mapped[str] = mapped_column(Text, default="")
    issued_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    return_reason: Mapped[str] = mapped_column(String(64), default="")
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    proposed_unit_key: Mapped[str] = mapped_column(String(64), default="")


class CitizenContact(Base):
    """The unit contacted the citizen (联系市民)."""

    __tablename__ = "citizen_contact"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    unit_key: Mapped[str | None] = mapped_column(String(64))
    contacted_at: Mapped[datetime]
    way: Mapped[str] = mapped_column(String(32))
    what: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Measure(Base):
    """What a unit did (办理措施), by the host or a co-handler.

    amount: how much work that was (工作量), counted in amount_unit, a key of the pack's work units.
    """

    __tablename__ = "measure"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    unit_key: Mapped[str | None] = mapped_column(String(64))
    measures: Mapped[str] = mapped_column(Text)
    done_on: Mapped[date | None]
    amount: Mapped[float | None]
    amount_unit: Mapped[str] = mapped_column(String(64), default="", server_default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Answer(Base):
    """An answer (答复): written, reviewed, sent; a revision is a row of its own.

    A letter that refuses is one too. details: what its outcome asks for besides the text, by the
    names of the form's fields; of an answer taken over from another case, `of`: that case's number.
    token_hmac: the digest under which the secret is found by which its citizen may rate it; the
    secret has 256 bits, so one round without a key is enough.
    """

    __tablename__ = "answer"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    unit_key: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(32), default="")
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    forms: Mapped[list[str]] = mapped_column(default=list)  # direct, batch, press, public_reply
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    token_hmac: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True, unique=True)


class Evidence(Base):
    """A file that shows what was done (证据), by content.

    phase: "before" or "after" the work, else empty. pair: the picture before and the one after of
    the same number show the same place; 0 for what belongs to no pair.
    """

    __tablename__ = "evidence"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    phase: Mapped[str] = mapped_column(String(8), default="", server_default="")
    pair: Mapped[int] = mapped_column(default=0, server_default="0")
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Review(Base):
    """The gate before an answer goes out (审核)."""

    __tablename__ = "review"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    answer_id: Mapped[UUID | None] = mapped_column(ForeignKey("answer.id"))
    passed: Mapped[bool]
    fault: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    checks: Mapped[list[str]] = mapped_column(default=list)  # keys of the pack's check list
    reviewed_at: Mapped[datetime]
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Callback(Base):
    """One attempt to ask the citizen (回访): contacted, solved, satisfied."""

    __tablename__ = "callback"
    __table_args__ = (
        # Of the bad marks.
        Index(
            "ix_callback_bad",
            "called_at",
            sqlite_where=text("satisfaction < 3"),
            postgresql_where=text("satisfaction < 3"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    attempt: Mapped[int]
    reached: Mapped[bool]
    contacted: Mapped[bool | None]
    result: Mapped[str] = mapped_column(String(16), default="")  # solved, partly, unsolved
    satisfaction: Mapped[int | None]
    band: Mapped[str] = mapped_column(String(16), default="")
    suggestion: Mapped[str] = mapped_column(Text, default="")
    called_at: Mapped[datetime]
    called_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Evaluation(Base):
    """What the citizen says of the result by a link of their own (评价), once.

    token_hmac: the answer's own, so that there is one for each. asked_at: when the answer went
    out. result: solved, partly, unsolved.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        # Of the bad marks.
        Index(
            "ix_evaluation_bad",
            "rated_at",
            sqlite_where=text("satisfaction < 3"),
            postgresql_where=text("satisfaction < 3"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    token_hmac: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    asked_at: Mapped[datetime]
    rated_at: Mapped[datetime | None]
    contacted: Mapped[bool | None]
    result: Mapped[str] = mapped_column(String(16), default="")
    satisfaction: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text, default="")


class Precedent(Base):
    """A ruling on whose duty it is, kept for the next like case (裁定先例).

    Like: of the same category, and with one of `words` in its title or text where there are any.
    """

    __tablename__ = "precedent"
    __table_args__ = (Index("ix_precedent_office_category", "office_key", "category"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    office_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    category: Mapped[str] = mapped_column(String(64))
    words: Mapped[list[str]] = mapped_column(default=list)
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    ground: Mapped[str] = mapped_column(Text, default="")
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), index=True)
    ruled_at: Mapped[datetime]
    ruled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
