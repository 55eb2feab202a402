"""The calendar (工作日历): a notice of holidays comes, and every open deadline follows it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from engine import calendar_notice, clock, deployed, history, ledger
from engine.cleaning import cleaned_line
from engine.db import table
from engine.errors import InvalidAnswers, NotFound
from engine.history import Entry
from engine.ledger import Row, Terms
from engine.models import CalendarDay, Case, City, Deadline, Pack, Suspension, TaskStatus, UserTask
from engine.permissions import Actor, may, require
from engine.working_time import Calendar, Day

_deadline, _task, _day = table(Deadline), table(UserTask), table(CalendarDay)
_MOVED_DEADLINE = (
    update(_deadline)
    .where(_deadline.c.id == bindparam("b_id"), _deadline.c.settled_at.is_(None))
    .values(
        {name: bindparam(f"b_{name}") for name in ("due_at", "provisional", "rungs", "next_at")}
    )
)
_MOVED_TASK = (
    update(_task)
    .where(_task.c.deadline_id == bindparam("b_id"), _task.c.status == TaskStatus.OPEN)
    .values(due_at=bindparam("b_due_at"))
)


_LONGEST = {"name_zh": 40, "name_en": 60, "source": 100}
_TEXT = {"zh": "太长了。", "en": "Too long."}
_DAY = {"zh": "填 2000 到 2100 年的一天。", "en": "A day of 2000 to 2100."}
_SOURCE = {
    "zh": "写按什么改的，如哪个通知、哪号文。",
    "en": "Say by what it changes: which notice, which paper.",
}


@dataclass(frozen=True)
class Moved:
    """A deadline whose due time changed. number: the case's, empty where there is none."""

    number: str
    limit: str
    old: datetime | None
    new: datetime | None


@dataclass(frozen=True)
class Imported:
    """What a notice changed: the years it settles, how many days it wrote, what moved."""

    years: list[int]
    days: int
    moved: list[Moved]


def import_notice(
    session: Session, text: str, filename: str, *, by: UUID | None = None
) -> Imported:
    """Write the days of a notice and derive every open deadline anew.

    text, filename: as `calendar_notice.parse_notice` reads them. Days that are there are replaced.
    Raises `InvalidInput` with line and column.
    """
    rows = calendar_notice.parse_notice(text, filename)
    session.execute(
        delete(_day).where(_day.c.on == bindparam("b_on")), [{"b_on": row.on} for row in rows]
    )
    session.execute(
        insert(_day),
        [
            {
                "on": row.on,
                "working": row.working,
                "name_zh": row.name_zh,
                "name_en": row.name_en,
                "source": row.source,
                "provisional": False,
            }
            for row in rows
        ],
    )
    session.execute(update(City).values(calendar_revision=City.calendar_revision + 1))
    moved = rederive(session)
    years = sorted({row.on.year for row in rows})
    told = {"years": years, "days": len(rows), "moved": len(moved)}
    history.record(session, "system", [Entry("calendar.imported", clock.now(), by, payload=told)])
    return Imported(years, len(rows), moved)


@dataclass(frozen=True)
class DaySaid:
    """What an office says of one day. working: whether it is worked; source: by what."""

    on: date
    working: bool
    name_zh: str = ""
    name_en: str = ""
    source: str = ""


def change_day(session: Session, said: DaySaid, *, by: Actor) -> list[Moved]:
    """Write one day and derive every open deadline anew; what moved.

    Raises `NotAllowed`, `InvalidAnswers` by field.
    """
    require(may(by, "calendar.change"))
    texts = {name: cleaned_line(getattr(said, name)) for name in ("name_zh", "name_en", "source")}
    wrong = {name: _TEXT for name, text in texts.items() if len(text) > _LONGEST[name]}
    if not 2000 <= said.on.year <= 2100:
        wrong["on"] = _DAY
    if not texts["source"]:
        wrong["source"] = _SOURCE
    if wrong:
        raise InvalidAnswers(wrong)
    session.execute(delete(_day).where(_day.c.on == said.on))
    row = {"on": said.on, "working": said.working, **texts, "provisional": False}
    session.execute(insert(_day), [row])
    session.execute(update(City).values(calendar_revision=City.calendar_revision + 1))
    moved = rederive(session)
    told = {
        "on": said.on.isoformat(),
        "working": said.working,
        "source": texts["source"],
        "moved": len(moved),
    }
    entry = Entry("calendar.changed", clock.now(), by.id, payload=told)
    history.record(session, "system", [entry])
    return moved


def rederive(session: Session) -> list[Moved]:
    """Derive every open deadline from its ledger and the calendar as it now stands.

    Rungs that have fired stay fired. Harmless when repeated; a second run in a transaction of its
    own finds what others opened while the first ran. Raises `NotFound` without a city.
    """
    calendar = _calendar(session)
    _lock_cases(session)
    paused = _suspensions(session)
    packs: dict[UUID, Terms] = {}
    changed: list[Row] = []
    moved: list[Moved] = []
    found = session.execute(
        select(_deadline, Case.number, Case.pack_id)
        .outerjoin(Case, Case.id == _deadline.c.case_id)
        .where(_deadline.c.settled_at.is_(None))
        .order_by(Case.number, _deadline.c.id)
        .with_for_update(of=_deadline)
    ).mappings()
    for read in found:
        row = {column.name: read[column] for column in _deadline.c}
        pack_id = read["pack_id"] or _newest_pack(session)
        if pack_id not in packs:
            packs[pack_id] = Terms(deployed.pack(session, pack_id), calendar)
        before = dict(row)
        has_moved = ledger.derive(packs[pack_id], row, paused[row["id"]])
        if row != before:
            changed.append(row)
        if has_moved:
            moved.append(Moved(read["number"] or "", row["limit"], before["due_at"], row["due_at"]))
    _write(session, changed)
    return moved


def _lock_cases(session: Session) -> None:
    """Every case with an open deadline, in the order of their keys: whoever acts on one queues."""
    cases = select(Deadline.case_id).where(Deadline.settled_at.is_(None))
    session.execute(
        select(Case.id).where(Case.id.in_(cases)).order_by(Case.id).with_for_update()
    ).all()


def _write(session: Session, rows: Sequence[Row]) -> None:
    if not rows:
        return
    session.execute(
        _MOVED_DEADLINE,
        [
            {
                "b_id": row["id"],
                "b_due_at": row["due_at"],
                "b_provisional": row["provisional"],
                "b_rungs": row["rungs"],
                "b_next_at": row["next_at"],
            }
            for row in rows
        ],
    )
    session.execute(_MOVED_TASK, [{"b_id": row["id"], "b_due_at": row["due_at"]} for row in rows])


def _calendar(session: Session) -> Calendar:
    """Read from the rows: what is not committed must not get into the shared one."""
    timezone = session.scalar(select(City.timezone))
    if timezone is None:
        raise NotFound("The database has not been founded. Run `huiyin migrate` first.")
    days: dict[date, Day] = {
        row.on: Day(row.working, row.source, row.provisional, row.name_zh, row.name_en)
        for row in session.execute(select(_day))
    }
    return Calendar(days, ZoneInfo(timezone))


def _suspensions(session: Session) -> dict[UUID, list[tuple[datetime, datetime | None]]]:
    pauses: dict[UUID, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for row in session.execute(
        select(Suspension.deadline_id, Suspension.from_at, Suspension.until_at)
        .join(Deadline, Deadline.id == Suspension.deadline_id)
        .where(Deadline.settled_at.is_(None))
        .order_by(Suspension.from_at)
    ):
        pauses[row.deadline_id].append((row.from_at, row.until_at))
    return pauses


def _newest_pack(session: Session) -> UUID:
    """A unit's own supervision has no case, hence the installation's newest pack."""
    newest = session.scalar(select(Pack.id).order_by(Pack.deployed_at.desc()).limit(1))
    if newest is None:
        raise NotFound("No pack is deployed.")
    return newest
