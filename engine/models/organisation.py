"""The organisation (组织): units, persons, memberships, tokens.

A unit's key is its primary key: diagrams, packs and catalogues name units by it, so that the
hot path needs no look-up and a history stays readable.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
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


class Unit(Base):
    """A unit (单位) of the tree: city, district, township, village; department or territory."""

    __tablename__ = "unit"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    parent_key: Mapped[str | None] = mapped_column(ForeignKey("unit.key"))
    path: Mapped[str] = mapped_column(String(500), index=True)  # scope is a prefix of it
    name_zh: Mapped[str]
    name_en: Mapped[str]
    level: Mapped[str] = mapped_column(String(32), default="city")
    kind: Mapped[str] = mapped_column(String(32), default="department")
    active: Mapped[bool] = mapped_column(default=True)


class Person(Base):
    """Someone who signs in (人员)."""

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

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")


class Membership(Base):
    """A person's role in a unit (任职)."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "unit_key", "role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"), index=True)
    role: Mapped[str] = mapped_column(String(32))

    person: Mapped[Person] = relationship(back_populates="memberships")


class ApiToken(Base):
    """A token of the API (接口令牌); only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
