"""Rules over many cases (督办规则) as a supervisor sees them: what each says, did, and would do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import deployed
from engine.db import table
from engine.errors import NotFound
from engine.models import (
    City,
    HistoryEvent,
    Person,
    RuleFiring,
    RuleTrial,
    RuleVersion,
    Supervision,
    SupervisionRule,
)
from engine.permissions import GRANTS, Actor, require
from engine.queries import open_clocks
from engine.queries.rule_windows import Trial, Window, fired, trial
from engine.rules.definition import Rule

Text = Mapping[str, str]
_GRANT = "rules.change"


@dataclass(frozen=True)
class Version:
    """What the rule said from a day on."""

    version: int
    name: Text
    rule: Rule
    made_at: datetime
    by: Text
    on: bool


@dataclass(frozen=True)
class Switch:
    """Somebody switched it on or off, and why."""

    on: bool
    at: datetime
    by: Text
    version: int
    reason: str


@dataclass(frozen=True)
class Known:
    """A rule in a list. on_version: which is switched on, 0 for none; fired: how often it was."""

    key: str
    office_key: str
    office: Text
    name: Text
    rule: Rule
    version: int
    on_version: int
    on_since: datetime | None
    evaluated_at: datetime | None
    tried: int | None
    fired: int
    standing: int

    @property
    def may_switch_on(self) -> bool:
        """Whether the newest version was tried out and is not on."""
        return self.tried is not None and self.on_version != self.version


@dataclass(frozen=True)
class Opened:
    """One rule with all that belongs to it; the newest first."""

    known: Known
    versions: tuple[Version, ...]
    trial: Trial | None
    firings: tuple[Window, ...]
    switches: tuple[Switch, ...]


def listed(session: Session, actor: Actor) -> tuple[Known, ...]:
    """The rules of the offices the person supervises: those that are on come first."""
    rows = _rows(session, SupervisionRule.office_key.in_(open_clocks.offices(actor)))
    return tuple(sorted(rows, key=lambda one: (not one.on_version, one.key)))


def offices(session: Session, actor: Actor) -> dict[str, Text]:
    """The offices for which the person may make rules: where cases are run, by key."""
    mine = {key for role in GRANTS[_GRANT] for key in actor.scope.get(role, frozenset())}
    running = {
        str(office)
        for pack in open_clocks.terms(session).packs.values()
        for office in pack.content["offices"].values()
    }
    names = _units(session)
    return {key: names[key] for key in sorted(mine) if key in running or key in actor.units}


def opened(session: Session, actor: Actor, key: str, page: int = 1) -> Opened:
    """One rule. Raises `NotFound`, `NotAllowed` for another office's."""
    found = _rows(session, SupervisionRule.key == key)
    if not found:
        raise NotFound("No such rule.")
    [known] = found
    require(known.office_key in open_clocks.offices(actor), "The rule belongs to another office.")
    names = _units(session)
    return Opened(
        known=known,
        versions=_versions(session, known),
        trial=trial(session, actor, (known.key, known.version), names, page),
        firings=fired(session, actor, known.key, names),
        switches=_switches(session, known),
    )


def _rows(session: Session, wanted: Any) -> list[Known]:
    newest = RuleVersion
    on = table(RuleVersion).alias("on_version")
    fired = select(func.count()).where(RuleFiring.rule_id == SupervisionRule.id).scalar_subquery()
    standing = (
        select(func.count(Supervision.id.distinct()))
        .join(RuleFiring, RuleFiring.supervision_id == Supervision.id)
        .where(RuleFiring.rule_id == SupervisionRule.id, Supervision.status == "open")
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            SupervisionRule,
            newest,
            on.c.version.label("on_version"),
            fired.label("fired"),
            standing.label("standing"),
        )
        .join(
            newest,
            (newest.rule_id == SupervisionRule.id) & (newest.version == SupervisionRule.version),
        )
        .outerjoin(on, on.c.id == SupervisionRule.on_version_id)
        .where(wanted)
    ).all()
    tried = _times_tried(session, [row.RuleVersion.id for row in rows])
    names = _units(session)
    return [
        Known(
            key=row.SupervisionRule.key,
            office_key=row.SupervisionRule.office_key,
            office=names[row.SupervisionRule.office_key],
            name=row.RuleVersion.name,
            rule=Rule.of(row.RuleVersion.content),
            version=row.SupervisionRule.version,
            on_version=row.on_version or 0,
            on_since=row.SupervisionRule.on_since,
            evaluated_at=row.SupervisionRule.evaluated_at,
            tried=tried.get(row.RuleVersion.id),
            fired=row.fired,
            standing=row.standing,
        )
        for row in rows
    ]


def _times_tried(session: Session, versions: Sequence[UUID]) -> dict[UUID, int]:
    """How often each version would have fired, by its last dry run."""
    rows = session.execute(
        select(RuleTrial.version_id, RuleTrial.firings)
        .where(RuleTrial.version_id.in_(versions))
        .order_by(RuleTrial.id)
    )
    return {row.version_id: len(row.firings) for row in rows}


def _versions(session: Session, known: Known) -> tuple[Version, ...]:
    rows = session.execute(
        select(RuleVersion, Person.name_zh, Person.name_en)
        .join(SupervisionRule, SupervisionRule.id == RuleVersion.rule_id)
        .outerjoin(Person, Person.id == RuleVersion.made_by)
        .where(SupervisionRule.key == known.key)
        .order_by(RuleVersion.version.desc())
    )
    return tuple(
        Version(
            row.RuleVersion.version,
            row.RuleVersion.name,
            Rule.of(row.RuleVersion.content),
            row.RuleVersion.made_at,
            open_clocks.named(row.name_zh, row.name_en),
            row.RuleVersion.version == known.on_version,
        )
        for row in rows
    )


def _switches(session: Session, known: Known) -> tuple[Switch, ...]:
    rows = session.execute(
        select(HistoryEvent.kind, HistoryEvent.at, HistoryEvent.payload, Person)
        .outerjoin(Person, Person.id == HistoryEvent.by)
        .where(
            HistoryEvent.stream == f"unit:{known.office_key}",
            HistoryEvent.kind.in_(("rule.on", "rule.off")),
        )
        .order_by(HistoryEvent.seq.desc())
    )
    return tuple(
        Switch(
            row.kind == "rule.on",
            row.at,
            open_clocks.named(row.Person.name_zh, row.Person.name_en) if row.Person else {},
            row.payload["version"],
            row.payload["reason"],
        )
        for row in rows
        if row.payload is not None and row.payload["rule"] == known.key
    )


def _units(session: Session) -> Mapping[str, Text]:
    revision = session.scalar(select(City.organisation_revision)) or 0
    names: Mapping[str, Text] = deployed.unit_names(session, revision)
    return names
