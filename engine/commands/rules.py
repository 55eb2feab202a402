"""Making, changing, trying out and switching rules over many cases (督办规则).

What a rule says is never edited: each change is a version. A version is switched on only after a
dry run on the past, so that whoever does it has seen what it would have done.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock, deployed, history
from engine.db import new_key
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.history import Entry
from engine.models import RuleTrial, RuleVersion, SupervisionRule
from engine.permissions import GRANTS, Actor, may, require
from engine.rules.definition import Draft, Rule
from engine.rules.happenings import happenings
from engine.rules.windows import firings
from engine.standing_in import in_whose_place_for
from engine.working_time import Calendar
from engine.working_time.office import utc

GRANT = "rules.change"
LONGEST_REASON = 1000
PAST = timedelta(days=365)  # how far back a dry run looks
_REASON = {
    "zh": f"写明为什么，最多 {LONGEST_REASON} 个字。",
    "en": f"Say why, in at most {LONGEST_REASON} characters.",
}


@dataclass(frozen=True)
class Tried:
    """What a dry run found; see `RuleTrial`."""

    version_id: UUID
    from_on: date
    until_at: datetime
    firings: list[dict[str, Any]]


def make(session: Session, office_key: str, draft: Draft, *, by: Actor) -> str:
    """Write a rule for the cases of an office; its key. It is off.

    Raises `NotAllowed`, `InvalidAnswers`.
    """
    require(may(by, GRANT))
    names, rule = draft.checked()
    _require(by, office_key)
    one = SupervisionRule(
        id=new_key(),
        key=_free_key(session, rule),
        office_key=office_key,
        version=1,
        made_at=clock.now(),
    )
    session.add(one)
    session.flush()
    _add_version(session, one, names, rule, by)
    _note(session, one, "rule.made", by, version=1, **rule.content())
    return one.key


def change(session: Session, key: str, draft: Draft, *, by: Actor) -> int:
    """Write a rule's next version; its number. That which is switched on stays so meanwhile.

    Raises `NotFound`, `NotAllowed`, `InvalidAnswers`, `Conflict` if nothing is different.
    """
    one = locked(session, key, by)
    names, rule = draft.checked()
    newest = version_of(session, one)
    if (newest.name, newest.content) == (names, rule.content()):
        raise Conflict("Nothing was changed.")
    one.version += 1
    _add_version(session, one, names, rule, by)
    _note(session, one, "rule.changed", by, version=one.version, **rule.content())
    return one.version


def try_out(session: Session, key: str, *, by: Actor) -> Tried:
    """When the newest version would have fired in the last year, and over which cases.

    Reads only; `keep_trial` keeps it. Raises `NotFound`, `NotAllowed`.
    """
    one = _one(session, key)
    _require(by, one.office_key)
    version, now = version_of(session, one), clock.now()
    rule, calendar = Rule.of(version.content), deployed.current_calendar(session)
    first = calendar.local(now - PAST).date()
    found = firings(
        happenings(session, rule.counts, one.office_key, begin_of(first, calendar), now),
        rule,
        calendar,
    )
    told = [
        {
            "unit": firing.unit,
            "at": firing.at.isoformat(),
            "from_on": firing.from_on.isoformat(),
            "until_on": firing.until_on.isoformat(),
            "cases": [case_id.hex for case_id in firing.cases],
        }
        for firing in found
    ]
    return Tried(version.id, first, now, told)


def keep_trial(session: Session, key: str, tried: Tried, *, by: Actor) -> None:
    """Keep what a dry run found.

    Raises `NotFound`, `NotAllowed`, `Conflict` if the rule was changed meanwhile.
    """
    one = locked(session, key, by)
    if version_of(session, one).id != tried.version_id:
        raise Conflict("The rule was changed meanwhile.")
    session.add(
        RuleTrial(
            id=new_key(),
            version_id=tried.version_id,
            from_on=tried.from_on,
            until_at=tried.until_at,
            firings=tried.firings,
            tried_at=clock.now(),
            tried_by=by.id,
        )
    )
    _note(session, one, "rule.tried", by, version=one.version, firings=len(tried.firings))


def switch_on(session: Session, key: str, reason: str, *, by: Actor) -> None:
    """Let the newest version hold from now on, also for the windows that take today in.

    Raises `NotFound`, `NotAllowed`, `InvalidAnswers` without a reason, `Conflict` if it is on
    already, or has not been tried out.
    """
    one = locked(session, key, by)
    reason = _said(reason)
    version = version_of(session, one)
    if one.on_version_id == version.id:
        raise Conflict("The rule is switched on already.")
    tried = select(RuleTrial.id).where(RuleTrial.version_id == version.id).limit(1)
    if session.scalar(tried) is None:
        raise Conflict("This version has not been tried out.", untried=True)
    one.on_version_id, one.on_since = version.id, clock.now()
    one.evaluated_at, one.claimed_until = None, None
    _note(session, one, "rule.on", by, version=version.version, reason=reason)


def switch_off(session: Session, key: str, reason: str, *, by: Actor) -> None:
    """Let a rule begin no more ladders; those that stand go on.

    Raises `NotFound`, `NotAllowed`, `InvalidAnswers` without a reason, `Conflict` if it is off.
    """
    one = locked(session, key, by)
    reason = _said(reason)
    if one.on_version_id is None:
        raise Conflict("The rule is switched off already.")
    one.on_version_id = one.on_since = None
    _note(session, one, "rule.off", by, version=one.version, reason=reason)


def locked(session: Session, key: str, by: Actor) -> SupervisionRule:
    """A rule that nobody else changes meanwhile. Raises `NotFound`, `NotAllowed`."""
    found = select(SupervisionRule).where(SupervisionRule.key == key).with_for_update()
    one = session.scalar(found)
    if one is None:
        raise NotFound("No such rule.")
    _require(by, one.office_key)
    return one


def version_of(session: Session, one: SupervisionRule) -> RuleVersion:
    """The newest version of a rule."""
    return session.scalars(
        select(RuleVersion).where(RuleVersion.rule_id == one.id, RuleVersion.version == one.version)
    ).one()


def begin_of(day: date, calendar: Calendar) -> datetime:
    """The first instant of a day."""
    return utc(datetime.combine(day, time()), calendar)


def _one(session: Session, key: str) -> SupervisionRule:
    one = session.scalar(select(SupervisionRule).where(SupervisionRule.key == key))
    if one is None:
        raise NotFound("No such rule.")
    return one


def _require(by: Actor, office_key: str) -> None:
    require(may(by, GRANT))
    require(
        any(by.acts_for(role, office_key) for role in GRANTS[GRANT]),
        "The rule belongs to another office.",
    )


def _free_key(session: Session, rule: Rule) -> str:
    """A key that says what is counted; with a number behind it from the second on."""
    start = f"{rule.counts}_{rule.number}_{rule.days}"
    alike = select(func.count()).where(SupervisionRule.key.startswith(start, autoescape=True))
    number = session.scalar(alike) or 0
    return f"{start}_{number + 1}" if number else start


def _add_version(
    session: Session, one: SupervisionRule, names: dict[str, str], rule: Rule, by: Actor
) -> None:
    session.add(
        RuleVersion(
            id=new_key(),
            rule_id=one.id,
            version=one.version,
            name=names,
            content=rule.content(),
            made_at=clock.now(),
            made_by=by.id,
        )
    )
    session.flush()


def _said(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidAnswers({"reason": _REASON})
    return reason


def _note(session: Session, one: SupervisionRule, kind: str, by: Actor, **payload: Any) -> None:
    away = in_whose_place_for(by, GRANT, one.office_key)
    entry = Entry(kind, clock.now(), by.id, payload={"rule": one.key, **payload})
    history.record(session, f"unit:{one.office_key}", [history.in_place_of(away, entry)])
