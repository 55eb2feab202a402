"""Rules that come true (规则触发): looked at every few minutes, fired once per unit and window.

A ladder about a unit begins, and stands at the unit's worst case: the one that has waited longest.
What is fired is decided under the locks of that case and of the rule; the row of the window is
unique. So it happens once with any number of workers, and one that is killed leaves nothing half.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from engine import clock, deployed, effects, faults, history, projection
from engine.commands import hot
from engine.commands.rules import begin_of
from engine.db import Sessions, new_key, reading, table, transaction, written
from engine.errors import Conflict, InvalidInput
from engine.history import Entry
from engine.models import (
    Case,
    CaseStatus,
    RuleFiring,
    RuleVersion,
    Scope,
    Supervision,
    SupervisionRule,
    SupervisionStatus,
)
from engine.rules import holding, windows
from engine.rules.definition import Rule
from engine.rules.happenings import happenings, open_to_all, portions
from engine.rules.windows import Firing
from engine.work import Work

log = logging.getLogger(__name__)

CAUSE = "rule_"  # of a ladder, before the key of its rule
_LEASE = timedelta(minutes=10)
_rule, _firing, _supervision = table(SupervisionRule), table(RuleFiring), table(Supervision)
_case = table(Case)


@dataclass(frozen=True)
class _On:
    """A rule that is switched on, as read. since: up to when it was looked at."""

    id: UUID
    key: str
    office_key: str
    version_id: UUID
    version: int
    name: Mapping[str, str]
    rule: Rule
    since: datetime


def evaluate(sessions: Sessions) -> int:
    """Look at every rule that is on and at every ladder that one began; how many fired or ended."""
    done = sum(_look_at(sessions, one) for one in _lease(sessions))
    return done + _cure(sessions)


def _lease(sessions: Sessions) -> list[_On]:
    """The rules that no other worker is at."""
    with transaction(sessions, redone=True) as session:
        now = clock.now()
        # A clock that went back must not keep everybody waiting.
        free = or_(
            _rule.c.claimed_until.is_(None),
            _rule.c.claimed_until < now,
            _rule.c.claimed_until > now + 2 * _LEASE,
        )
        mine = session.scalars(
            update(_rule)
            .where(_rule.c.on_version_id.is_not(None), free)
            .values(claimed_until=now + _LEASE)
            .returning(_rule.c.id)
        ).all()
        if not mine:
            return []
        rows = session.execute(
            select(_rule, RuleVersion)
            .join(RuleVersion, RuleVersion.id == _rule.c.on_version_id)
            .where(_rule.c.id.in_(mine))
            .order_by(_rule.c.key)
        )
        return [
            _On(
                id=row.id,
                key=row.key,
                office_key=row.office_key,
                version_id=row.RuleVersion.id,
                version=row.RuleVersion.version,
                name=row.RuleVersion.name,
                rule=Rule.of(row.RuleVersion.content),
                since=row.evaluated_at or row.on_since,
            )
            for row in rows
        ]


def _look_at(sessions: Sessions, one: _On) -> int:
    """Fire what has come true since the last look; how often."""
    with reading(sessions) as session:
        now, calendar = clock.now(), deployed.current_calendar(session)
        seen = min(one.since, now)
        first = windows.first_day(calendar.local(seen).date(), one.rule, calendar)
        found = windows.firings(
            happenings(session, one.rule.counts, one.office_key, begin_of(first, calendar), now),
            one.rule,
            calendar,
            _over(session, one.id),
        )
    fired = sum(_fired(sessions, one, firing) for firing in found)
    with transaction(sessions, redone=True) as session:
        session.execute(
            update(_rule)
            .where(_rule.c.id == one.id, _rule.c.on_version_id == one.version_id)
            .values(evaluated_at=now, claimed_until=None)
        )
    return fired


def _over(session: Session, rule_id: UUID) -> dict[str, date]:
    """By unit the last day of the last window in which the rule came true."""
    last = select(_firing.c.unit_key, func.max(_firing.c.until_on).label("until_on"))
    rows = session.execute(last.where(_firing.c.rule_id == rule_id).group_by(_firing.c.unit_key))
    return {row.unit_key: row.until_on for row in rows}


def _fired(sessions: Sessions, one: _On, firing: Firing) -> bool:
    with reading(sessions) as session:
        place = _place(session, one, firing)
    if place is None:
        return False
    try:
        return written(sessions, partial(_fire, one=one, firing=firing, place=place))
    except Conflict:
        log.info("rule %s: another worker was a moment earlier", one.id)
    except InvalidInput:
        log.warning("rule %s: its unit is no more", one.id)
    return False


def _place(session: Session, one: _On, firing: Firing) -> UUID | None:
    """The case at which the ladder stands or is to stand: one that is open, if any is."""
    standing: UUID | None = session.scalar(
        select(_supervision.c.case_id).where(
            _supervision.c.cause == CAUSE + one.key,
            _supervision.c.target == firing.unit,
            _supervision.c.scope == Scope.UNIT,
            _supervision.c.status == SupervisionStatus.OPEN,
        )
    )
    if standing is not None:
        return standing
    states: dict[UUID, str] = {}
    for some in portions(firing.cases):
        asked = select(_case.c.id, _case.c.status).where(_case.c.id.in_(some), open_to_all())
        states.update((row.id, row.status) for row in session.execute(asked))
    shown = [key for key in firing.cases if key in states]
    runs = [key for key in shown if states[key] == CaseStatus.OPEN]
    return next(iter(runs or shown), None)


def _fire(session: Session, one: _On, firing: Firing, place: UUID) -> bool:
    """Write the window down and begin the ladder; False if it is written down already."""
    work = hot.of_case(session, place, None, "supervision")
    if work.case["sealed"] or work.facts["confidential"] or work.case["accused_key"]:
        raise Conflict("The case is kept from others now.")
    on = session.scalar(select(_rule.c.on_version_id).where(_rule.c.id == one.id).with_for_update())
    crossing = select(_firing.c.id).where(
        _firing.c.rule_id == one.id,
        _firing.c.unit_key == firing.unit,
        _firing.c.until_on >= firing.from_on,
        _firing.c.from_on <= firing.until_on,
    )
    if on != one.version_id or session.scalar(crossing.limit(1)) is not None:
        return False
    target = work.successors.get(firing.unit, firing.unit)
    key = effects.start_about_unit(
        work,
        CAUSE + one.key,
        target,
        rung=one.rule.rung,
        reason=_reason(one, firing),
        evidence=_evidence(one, firing),
    )
    if key is None:
        key = _joined(work, CAUSE + one.key, target, firing)
    session.execute(
        _firing.insert().values(
            id=new_key(),
            rule_id=one.id,
            version_id=one.version_id,
            unit_key=firing.unit,
            from_on=firing.from_on,
            until_on=firing.until_on,
            at=firing.at,
            fired_at=work.now,
            cases=[case_id.hex for case_id in firing.cases],
            supervision_id=key,
        )
    )
    projection.write_case(session, work)
    told = {"rule": one.key, "supervision": key.hex, "cases": len(firing.cases)}
    entry = Entry("rule.fired", work.now, payload={**told, "from_on": firing.from_on.isoformat()})
    history.record(session, f"unit:{target}", [entry])
    faults.reach("inside-firing")
    return True


def _joined(work: Work, cause: str, target: str, firing: Firing) -> UUID:
    """Put the cases of another window to the ladder that stands; its key."""
    row = work.session.execute(
        select(_supervision.c.id, _supervision.c.evidence).where(
            _supervision.c.cause == cause,
            _supervision.c.target == target,
            _supervision.c.scope == Scope.UNIT,
            _supervision.c.status == SupervisionStatus.OPEN,
        )
    ).one()
    known = row.evidence["cases"]
    added = [case_id.hex for case_id in firing.cases if case_id.hex not in known]
    evidence = {**row.evidence, "cases": [*known, *added], "until_on": firing.until_on.isoformat()}
    work.session.execute(
        update(_supervision).where(_supervision.c.id == row.id).values(evidence=evidence)
    )
    work.note("supervision.unit_joined", supervision=row.id.hex, cases=len(added))
    key: UUID = row.id
    return key


def _evidence(one: _On, firing: Firing) -> dict[str, Any]:
    return {
        "rule": one.key,
        "version": one.version,
        "name": dict(one.name),
        **one.rule.content(),
        "from_on": firing.from_on.isoformat(),
        "until_on": firing.until_on.isoformat(),
        "cases": [case_id.hex for case_id in firing.cases],
    }


def _reason(one: _On, firing: Firing) -> str:
    """What stands on the papers of the ladder, in any language; the evidence has the cases."""
    window = f"{firing.from_on.isoformat()} – {firing.until_on.isoformat()}"
    return f"{one.name['zh']} ({window}: {len(firing.cases)})"


def _cure(sessions: Sessions) -> int:
    """End the ladders over whose cases the rule does not hold any more; how many."""
    with reading(sessions) as session:
        open_ones = session.execute(
            select(
                _supervision.c.id,
                _supervision.c.case_id,
                _supervision.c.target,
                _supervision.c.evidence,
            ).where(
                _supervision.c.status == SupervisionStatus.OPEN,
                _supervision.c.scope == Scope.UNIT,
                _supervision.c.cause.startswith(CAUSE, autoescape=True),
                _supervision.c.cured_at.is_(None),
            )
        ).all()
        over = [row for row in open_ones if _is_over(session, row.evidence, row.target)]
    return sum(_ended(sessions, row.id, row.case_id) for row in over)


def _is_over(session: Session, evidence: Mapping[str, Any], unit_key: str) -> bool:
    rule = Rule.of(evidence)
    cases: Sequence[UUID] = [UUID(hex=one) for one in evidence["cases"]]
    return len(holding.still(session, rule.counts, cases, unit_key)) <= rule.left


def _ended(sessions: Sessions, supervision_id: UUID, case_id: UUID) -> bool:
    try:
        return written(sessions, partial(_end, supervision_id=supervision_id, case_id=case_id))
    except Conflict:
        log.info("supervision %s moved on; the next round will see", supervision_id)
        return False


def _end(session: Session, supervision_id: UUID, case_id: UUID) -> bool:
    work = hot.of_case(session, case_id, None, "supervision")
    # Whoever was faster has told the ladder already: it is told once.
    waits = select(_supervision.c.id).where(
        _supervision.c.id == supervision_id,
        _supervision.c.status == SupervisionStatus.OPEN,
        _supervision.c.cured_at.is_(None),
    )
    if session.scalar(waits) is None:
        return False
    effects.cure_one(work, supervision_id)
    projection.write_case(session, work)
    return True
