"""A demo: begun, carried on if it was cut short, and noted as played in the system's history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, deployed, history
from engine.commands import boards, figures
from engine.commands.cases import newest_pack
from engine.db import Sessions, hurried, reading, transaction
from engine.errors import NotFound
from engine.history import Entry
from engine.identity import Vault
from engine.ledger import Terms
from engine.models import City, HistoryEvent, Unit
from engine.playing import bank, digesting, ruling
from engine.playing.cast import Wanted, cast
from engine.playing.habits import Habit
from engine.playing.office import Office
from engine.playing.player import Player
from engine.queries import staff
from engine.worker import Sender, Worker

NAME = "demo"
BEGUN, ENDED = "demo.begun", "demo.ended"
_STREAM = "system"


@dataclass(frozen=True)
class Demo:
    """The demo that a database holds, and whether it was played to its end."""

    wanted: Wanted
    ended: bool


def held(session: Session) -> Demo | None:
    """The demo of this database, or None."""
    rows = session.execute(
        select(HistoryEvent.kind, HistoryEvent.payload)
        .where(HistoryEvent.stream == _STREAM, HistoryEvent.kind.in_((BEGUN, ENDED)))
        .order_by(HistoryEvent.seq)
    ).all()
    if not rows:
        return None
    told: dict[str, Any] = rows[0].payload or {}
    until = datetime.fromisoformat(told["until"])
    wanted = Wanted(told["cases"], told["days"], told["seed"], until)
    return Demo(wanted, ended=any(row.kind == ENDED for row in rows))


def packs(session: Session) -> Sequence[str]:
    """The keys of the packs that a demo here plays: known to the bank, and deployed."""
    return [key for key in bank.cities() if _is_deployed(session, key)]


def people(session: Session) -> dict[str, dict[str, list[str]]]:
    """Who may sign in: city -> role -> logins, in the order of the packs."""
    roles: dict[str, str] = {}
    for key in packs(session):
        for entry in newest_pack(session, key)[1].items("roles"):
            roles.setdefault(entry["key"], f"{entry['zh']} {entry['key']}")
    units = deployed.unit_names(session, session.scalar(select(City.organisation_revision)) or 0)
    paths = dict(session.execute(select(Unit.key, Unit.path)).all())
    found: dict[str, dict[str, list[str]]] = {}
    for one in staff.everyone(session):
        for unit, role in one.memberships:
            top = units[paths[unit].split("/")[1]]
            by_role = found.setdefault(f"{top['zh']} {top['en']}", {})
            logins = by_role.setdefault(role, [])
            if one.active and one.login not in logins:
                logins.append(one.login)
    return {
        city: {name: by_role[role] for role, name in roles.items() if role in by_role}
        for city, by_role in found.items()
    }


def play(
    sessions: Sessions,
    vault: Vault,
    sender: Sender,
    wanted: Wanted,
    told: Callable[[date, int], None] = lambda _day, _cases: None,
    *,
    everyone: Habit | None = None,
) -> int:
    """Play a demo, or what is missing of it; how many acts could not be.

    told: hears of each simulated day. everyone: the habit of all handlers, else each has their own.
    The process's clock goes through the past meanwhile, so nothing else may happen in it.
    """
    with reading(sessions) as session:
        begun = held(session)
        calendar = deployed.current_calendar(session)
        terms = {key: Terms(newest_pack(session, key)[1], calendar) for key in packs(session)}
    if begun is None:
        _note(sessions, BEGUN, wanted)
    seed = str(wanted.seed)
    office = Office(sessions, vault, seed, list(terms), everyone)
    worker = Worker(sessions, sender, NAME)
    player = Player(office, worker, cast(wanted, terms), seed, wanted.until, told)
    with hurried(sessions):
        player.play()
        figures.refresh(sessions)
        boards.refresh(sessions)
        with clock.held(wanted.until):
            ruling.make(sessions, worker)
            digesting.make(sessions)
    _note(sessions, ENDED, wanted)
    return player.passed_over


def _note(sessions: Sessions, kind: str, wanted: Wanted) -> None:
    told = {
        "cases": wanted.cases,
        "days": wanted.days,
        "seed": wanted.seed,
        "until": wanted.until.isoformat(),
    }
    with transaction(sessions) as session:
        history.record(session, _STREAM, [Entry(kind, clock.now(), payload=told)])


def _is_deployed(session: Session, key: str) -> bool:
    try:
        newest_pack(session, key)
    except NotFound:
        return False
    return True
