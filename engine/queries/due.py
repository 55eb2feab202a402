"""When a limit that began at some moment would end, and why, day by day."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import calendar_notice, deployed, facts, ledger, packs, working_time
from engine.errors import InvalidInput, NotFound
from engine.ledger import Terms
from engine.models import Pack
from engine.working_time import Budget, Calendar, Explanation


@dataclass(frozen=True)
class Explained:
    """A limit's end with its days. start: aware, local."""

    limit: str
    budget: Budget
    start: datetime
    zone: ZoneInfo
    explanation: Explanation

    def as_dict(self) -> dict[str, Any]:
        """For `due --json`: instants with the zone's offset, reasons in Chinese."""
        due = self.explanation.due
        return {
            "due_at": due.at.astimezone(self.zone).isoformat() if due.at else None,
            "provisional": due.provisional,
            "days": [
                {
                    "date": step.date.isoformat(),
                    "working": step.working,
                    "counts": step.counts,
                    "reason": step.reason["zh"],
                }
                for step in self.explanation.days
            ],
        }


def terms_of(session: Session, pack_key: str) -> Terms:
    """How time is counted under the newest version of a pack. Raises `NotFound`."""
    pack_id = session.scalar(
        select(Pack.id).where(Pack.key == pack_key).order_by(Pack.version.desc()).limit(1)
    )
    if pack_id is None:
        raise NotFound(f"No pack {pack_key!r} is deployed.")
    return Terms(deployed.pack(session, pack_id), deployed.current_calendar(session))


def shipped_terms(folder: Path, timezone: str) -> Terms:
    """The same from a pack's folder and the shipped calendar, without a database."""
    days = calendar_notice.by_date(calendar_notice.seed_days())
    return Terms(packs.load(folder), Calendar(days, ZoneInfo(timezone)))


def explain(
    terms: Terms, start: date | datetime, limit: str, case: dict[str, Any] | None = None
) -> Explained:
    """The end of `limit` (a name of the pack's limits, or a budget such as "5 WD").

    start: a naive instant is local; a bare date means the opening of the office on it.
    case: facts on which the budget depends, such as what `time_limit` decided.
    Raises `InvalidInput` naming the limits there are.
    """
    budget_text = ledger.budget_of(terms.pack, limit, {**facts.defaults(), **(case or {})})
    try:
        budget = Budget.parse(budget_text)
    except InvalidInput as error:
        names = ", ".join(sorted(terms.pack.limits))
        raise InvalidInput("LIMIT", f"one of {names}, or {error.expected}", limit[:40]) from error
    zone = terms.calendar.zone
    if not isinstance(start, datetime):
        start = datetime.combine(start, terms.hours.segments[0][0])
    start = start.replace(tzinfo=zone) if start.tzinfo is None else start.astimezone(zone)
    explanation = working_time.explain(start, budget, terms.calendar, terms.hours)
    return Explained(limit, budget, start, zone, explanation)


def parse_start(text: str) -> date | datetime:
    """A date such as 2026-09-28, or an instant such as 2026-09-28T15:20 (also with an offset).

    Raises `InvalidInput`.
    """
    try:
        if len(text.strip()) <= len("2026-09-28"):
            return date.fromisoformat(text.strip())
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(
            "DATE", "a date such as 2026-09-28 or an instant such as 2026-09-28T15:20", text[:40]
        ) from error
