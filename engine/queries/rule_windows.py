"""Windows in which a rule came true, or would have (触发窗口), each with its cases.

Of the cases behind a firing only those are listed, and counted, that are kept from nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.db import table
from engine.models import (
    Case,
    Person,
    RuleFiring,
    RuleTrial,
    RuleVersion,
    Supervision,
    SupervisionRule,
)
from engine.permissions import Actor
from engine.queries import compartments, open_clocks
from engine.rules.happenings import open_to_all, portions

Text = Mapping[str, str]
PAGE = 20
MOST_LISTED = 200
_case = table(Case)


@dataclass(frozen=True)
class CaseRef:
    """A case behind a firing."""

    number: str
    title: str


@dataclass(frozen=True)
class Ladder:
    """The ladder that a firing began."""

    number: str
    status: str


@dataclass(frozen=True)
class Window:
    """A unit's window in which the rule came true, or would have. ladder: where it did."""

    unit_key: str
    unit: Text
    at: datetime
    from_on: date
    until_on: date
    cases: tuple[CaseRef, ...]
    ladder: Ladder | None = None


@dataclass(frozen=True)
class Trial:
    """A dry run. total: how often the rule would have fired; windows: one page of them."""

    from_on: date
    until_at: datetime
    tried_at: datetime
    by: Text
    total: int
    units: int
    windows: tuple[Window, ...]
    page: int


def cases_of(session: Session, actor: Actor, keys: Iterable[str]) -> dict[str, CaseRef]:
    """Of these cases (keys as hex) those that may be shown, by key."""
    found: dict[str, CaseRef] = {}
    for some in portions(UUID(hex=one) for one in set(keys)):
        rows = session.execute(
            select(_case.c.id, _case.c.number, _case.c.title).where(
                _case.c.id.in_(some), open_to_all(), compartments.known(_case.c.id, actor)
            )
        )
        found.update((row.id.hex, CaseRef(row.number, row.title)) for row in rows)
    return found


def trial(
    session: Session,
    actor: Actor,
    rule: tuple[str, int],
    names: Mapping[str, Text],
    page: int,
) -> Trial | None:
    """The last dry run of a rule's version, by the rule's key and the version's number."""
    row = session.execute(
        select(RuleTrial, Person.name_zh, Person.name_en)
        .join(RuleVersion, RuleVersion.id == RuleTrial.version_id)
        .join(SupervisionRule, SupervisionRule.id == RuleVersion.rule_id)
        .outerjoin(Person, Person.id == RuleTrial.tried_by)
        .where(SupervisionRule.key == rule[0], RuleVersion.version == rule[1])
        .order_by(RuleTrial.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    one: RuleTrial = row.RuleTrial
    last = max(1, -(-len(one.firings) // PAGE))
    page = min(max(page, 1), last)
    newest = list(reversed(one.firings))[(page - 1) * PAGE : page * PAGE]
    refs = cases_of(session, actor, (key for firing in newest for key in firing["cases"]))
    return Trial(
        from_on=one.from_on,
        until_at=one.until_at,
        tried_at=one.tried_at,
        by=open_clocks.named(row.name_zh, row.name_en),
        total=len(one.firings),
        units=len({firing["unit"] for firing in one.firings}),
        windows=tuple(
            Window(
                unit_key=firing["unit"],
                unit=names.get(firing["unit"], {"zh": firing["unit"], "en": firing["unit"]}),
                at=datetime.fromisoformat(firing["at"]),
                from_on=date.fromisoformat(firing["from_on"]),
                until_on=date.fromisoformat(firing["until_on"]),
                cases=tuple(refs[key] for key in firing["cases"] if key in refs),
            )
            for firing in newest
        ),
        page=page,
    )


def fired(
    session: Session, actor: Actor, key: str, names: Mapping[str, Text]
) -> tuple[Window, ...]:
    """The windows in which a rule came true, the newest first."""
    rows = session.execute(
        select(RuleFiring, Supervision.number, Supervision.status)
        .join(SupervisionRule, SupervisionRule.id == RuleFiring.rule_id)
        .join(Supervision, Supervision.id == RuleFiring.supervision_id)
        .where(SupervisionRule.key == key)
        .order_by(RuleFiring.id.desc())
        .limit(MOST_LISTED)
    ).all()
    refs = cases_of(session, actor, (key for row in rows for key in row.RuleFiring.cases))
    return tuple(
        Window(
            unit_key=row.RuleFiring.unit_key,
            unit=names[row.RuleFiring.unit_key],
            at=row.RuleFiring.at,
            from_on=row.RuleFiring.from_on,
            until_on=row.RuleFiring.until_on,
            cases=tuple(refs[key] for key in row.RuleFiring.cases if key in refs),
            ladder=Ladder(row.number, row.status),
        )
        for row in rows
    )
