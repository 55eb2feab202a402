"""What colleagues do on a case together, as its pages show it: who is here, notes, opinions.

None of it ever stands on a page, a paper or an answer that a citizen gets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from engine import clock
from engine.commands import notes, opinions, presence
from engine.models import CaseStatus, Position
from engine.permissions import may
from engine.queries import together
from engine.queries.case_file import File, OpenTask
from engine.queries.dues import Due
from engine.queries.together import Asked, Written
from web import clocks, i18n
from web.request import current_person, written

POSITIONS: Mapping[str, str] = {
    Position.AGREE: lazy_gettext("同意"),
    Position.CONDITIONS: lazy_gettext("有条件同意"),
    Position.DISAGREE: lazy_gettext("不同意"),
    Position.NOT_OURS: lazy_gettext("不是我们的职责"),
}
LONGEST_NOTE, LONGEST_QUESTION = notes.LONGEST, opinions.LONGEST
# A page that is opened again within this time is not written down again.
_JUST_NOW = timedelta(seconds=30)


@dataclass(frozen=True)
class Opinion:
    """An opinion in words. badge: how long the unit still has, or how it kept its time."""

    asked: Asked
    unit: str
    position: str
    badge: clocks.Badge | None
    may_withdraw: bool


@dataclass(frozen=True)
class Panel:
    """All of it for one reader. present: a sentence for each colleague who is on the case now."""

    number: str
    case_id: UUID
    present: Sequence[str]
    notes: Sequence[Written]
    opinions: Sequence[Opinion]
    watching: bool
    watchers: int
    takes_part: bool
    may_ask: bool
    beaten_at: datetime | None


def panel(session: Session, file: File, waiting: Sequence[OpenTask] = ()) -> Panel:
    """What the reader of a case sees of it, in one statement. waiting: its open tasks."""
    actor = current_person()
    found = together.of_case(session, file.case.id, actor, notes=not file.only_asked)
    due = {task.instance_id: task.due for task in waiting}
    # A unit that was asked reads the question to it and not those to others.
    mine = [
        one
        for one in found.opinions
        if not file.only_asked or actor.acts_for("handler", one.unit_key)
    ]
    asks = may(actor, "opinion.ask") and opinions.asks_for(actor, file.case) is not None
    return Panel(
        number=file.case.number,
        case_id=file.case.id,
        present=[_here(i18n.pick(one.name), one.at) for one in found.present],
        notes=found.notes,
        opinions=[_opinion(file, one, due, asks=asks) for one in mine],
        watching=found.watching,
        watchers=found.watchers,
        takes_part=not file.only_asked,
        may_ask=asks and file.case.status == CaseStatus.OPEN and "opinion" in file.pack.parts,
        beaten_at=found.beaten_at,
    )


def beat(shown: Panel) -> None:
    """Note that the reader is on a page of the case now; nothing if that was just noted."""
    if shown.beaten_at is None or clock.now() - shown.beaten_at >= _JUST_NOW:
        seen(shown.case_id)


def seen(case_id: UUID) -> None:
    """Note it, in one statement and a transaction of its own."""
    written(partial(presence.seen, case_id=case_id, person_id=current_person().id))


def _here(name: str, at: datetime) -> str:
    minutes = int((clock.now() - at) / timedelta(minutes=1))
    if minutes < 1:
        return str(_("%(who)s 正在看这一件", who=name))
    return str(_("%(who)s 正在看这一件，%(n)s 分钟前", who=name, n=minutes))


def _opinion(file: File, one: Asked, due: Mapping[UUID, Due | None], *, asks: bool) -> Opinion:
    ledger = due.get(one.id)
    badge = None
    if one.waits and ledger is not None:
        badge = clocks.badge_of(ledger, file.calendar, file.pack.hours, short=True)
    return Opinion(
        asked=one,
        unit=i18n.pick(file.unit(one.unit_key)),
        position=str(POSITIONS.get(one.position, one.position)),
        badge=badge,
        may_withdraw=asks and one.waits,
    )
