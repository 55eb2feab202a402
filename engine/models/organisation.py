"""The organisation (组织): units, persons, memberships, absences, tokens.

A unit's key is its primary key: diagrams, packs and catalogues name units by it, so that the
hot path needs no look-up and a history stays readable.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db import Base, new_key


class Role(StrEnum):
    """What a person does (角色); a membership gives a role in one unit."""

    INTAKE = "intake"
    SCREENER = "screener"
    DISPATCHER = "dispatcher"
    RULER = "ruler"
    HANDLER = "handler"
    REVIEWER = "reviewer"
    PUBLISHER = "publisher"
    CALLER = "caller"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    APPROVER = "approver"
    DESIGNER = "designer"
    ADMINISTRATOR = "administrator"
    CUSTODIAN = "custodian"
    INSPECTOR = "inspector"


class UnitKind(StrEnum):
    """What a unit is. Nobody sees into a compartment who is not a member of it."""

    DEPARTMENT = "department"
    TERRITORY = "territory"
    COMPARTMENT = "compartment"


class Level(StrEnum):
    """How high in the tree a unit stands (层级)."""

    CITY = "city"
    DISTRICT = "district"
    TOWNSHIP = "township"
    VILLAGE = "village"


class Unit(Base):
    """A unit (单位) of the tree: city, district, township, village; department or territory.

    territory: the area it serves, in words. contact, phone, email: whom others reach there.
    hours: when it works, as `OfficeHours.parse` reads it; empty for those of the pack. capacity:
    tasks that each of its people does in a working day, None if nobody said. successor_key: who
    took over what it had, once it is closed; no foreign key, as SQLite adds none to a table that
    others refer to.
    """

    __tablename__ = "unit"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    parent_key: Mapped[str | None] = mapped_column(ForeignKey("unit.key"))
    path: Mapped[str] = mapped_column(String(500), index=True)  # scope is a prefix of it
    name_zh: Mapped[str]
    name_en: Mapped[str]
    level: Mapped[str] = mapped_column(String(32), default="city")
    kind: Mapped[str] = mapped_column(String(32), default="department")
    active: Mapped[bool] = mapped_column(default=True)
    territory: Mapped[str] = mapped_column(default="", server_default="")
    contact: Mapped[str] = mapped_column(default="", server_default="")
    phone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    email: Mapped[str] = mapped_column(default="", server_default="")
    hours: Mapped[str] = mapped_column(default="", server_default="")
    capacity: Mapped[int | None]
    successor_key: Mapped[str | None] = mapped_column(String(64))
    closed_at: Mapped[datetime | None]


class Person(Base):
    """Someone who signs in (人员).

    capacity: tasks done in a working day, None for what the unit says. password_issued: somebody
    else gave the password, so the person is asked for an own one. sign_in_round: counted up to end
    every session there is.
    """

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str] = mapped_column(String(300), default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    active: Mapped[bool] = mapped_column(default=True)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    email: Mapped[str] = mapped_column(default="", server_default="")
    mobile: Mapped[str] = mapped_column(String(40), default="", server_default="")
    capacity: Mapped[int | None]
    password_issued: Mapped[bool] = mapped_column(default=False, server_default=false())
    sign_in_round: Mapped[int] = mapped_column(default=0, server_default="0")
    retired_at: Mapped[datetime | None]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")


class Membership(Base):
    """A person's role in a unit (任职), from a day until a day, both included; None is open."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "unit_key", "role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]

    person: Mapped[Person] = relationship(back_populates="memberships")


class Absence(Base):
    """Days on which a person is away and a substitute acts (代办), both days included.

    substitute_id: None where nobody does. ended_at: called off; what was done so far stands.
    """

    __tablename__ = "absence"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    substitute_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
    written_at: Mapped[datetime]
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]


class ApiToken(Base):
    """A token of the API (接口令牌); only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
