"""Rules over many cases (督办规则): what a unit may not let happen too often, and what begins."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, new_key


class SupervisionRule(Base):
    """One rule of an office (督办规则); what it says stands in its versions.

    key: names it in the cause of a ladder. on_version_id: the version that is switched on, and
    since when. evaluated_at: up to when it was looked at; claimed_until: a worker is at it.
    """

    __tablename__ = "supervision_rule"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    key: Mapped[str] = mapped_column(String(24), unique=True)
    office_key: Mapped[str] = mapped_column(ForeignKey("unit.key"), index=True)
    version: Mapped[int]
    on_version_id: Mapped[UUID | None]
    on_since: Mapped[datetime | None]
    evaluated_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    made_at: Mapped[datetime]


class RuleVersion(Base):
    """What a rule says (规则版本); never edited.

    name: {"zh", "en"}. content: as `engine.rules.definition.Rule`.
    """

    __tablename__ = "rule_version"
    __table_args__ = (UniqueConstraint("rule_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_rule.id"))
    version: Mapped[int]
    name: Mapped[dict[str, Any]]
    content: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class RuleTrial(Base):
    """A dry run of one version on the past (试算): when it would have fired, and over which cases.

    firings: each {"unit", "at", "from_on", "until_on", "cases": [keys as hex]}, the oldest first.
    """

    __tablename__ = "rule_trial"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("rule_version.id"), index=True)
    from_on: Mapped[date]
    until_at: Mapped[datetime]
    firings: Mapped[list[Any]]
    tried_at: Mapped[datetime]
    tried_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class RuleFiring(Base):
    """A rule came true for one unit (规则触发), once in each window.

    at: when there were enough. from_on, until_on: the window, both days in it. cases: those that
    count, keys as hex. supervision_id: the ladder that began, or the one that stood already.
    """

    __tablename__ = "rule_firing"
    __table_args__ = (UniqueConstraint("rule_id", "unit_key", "from_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_key)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_rule.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("rule_version.id"))
    unit_key: Mapped[str] = mapped_column(ForeignKey("unit.key"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    at: Mapped[datetime]
    fired_at: Mapped[datetime]
    cases: Mapped[list[str]]
    supervision_id: Mapped[UUID] = mapped_column(ForeignKey("supervision.id"), index=True)
