"""`demo`, and the demo office of `huiyin run`: its people, their password, its cases."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from tqdm import tqdm

from engine import clock, deployed, schema
from engine.commands import shipping
from engine.commands.notices import Notice
from engine.db import reading, transaction
from engine.errors import HuiyinError
from engine.models import Heartbeat, Person
from engine.playing import demo as demonstration
from engine.playing import memory
from engine.playing.cast import Wanted
from engine.playing.figures import figures
from web.cli import deploying
from web.cli.installation import Installation, pass_installation, tell

CASES, DAYS, SEED = 300, 30, 1
_FILE = "demo-password"
_ALIVE = timedelta(seconds=15)  # since the last sign of life of a worker
# Read aloud and typed on a phone: no signs that look alike.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_ELSEWHERE = "Set HUIYIN_HOME to a new folder for another."


@click.command()
@click.option("--cases", type=click.IntRange(1, 100_000), default=CASES, show_default=True)
@click.option("--days", type=click.IntRange(1, 730), default=DAYS, show_default=True)
@click.option("--seed", type=int, default=SEED, show_default=True)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day that is played, to its end  [default: now].",
)
@pass_installation
def demo(
    installation: Installation, cases: int, days: int, seed: int, until: datetime | None
) -> None:
    """Play offices of two cities through the real commands, and tell what came of it.

    A fresh home is set up first. The same numbers give the same figures; a demo that was cut
    short is carried on, one that was played is told again. Ends with 1 if the balance fails.
    """
    if schema.revision_of(installation.sessions) is None:
        deploying.prepare(installation)
    installation.ready()
    if _is_fresh(installation):
        _organise(installation, _password(installation.settings.home / _FILE))
    end = _end_of(installation, until)
    wanted = _play(installation, Wanted(cases, days, seed, end), until_now=until is None)
    with reading(installation.sessions) as session:
        told = figures(session, wanted)
    click.echo("\n".join(told.lines))
    if not told.holds:
        raise HuiyinError("The balance does not hold, or something failed: see the figures.")


def prepare(installation: Installation) -> None:
    """Give a fresh database the demo office, and a demo installation its cases.

    Fresh: nobody can sign in yet. A demo that was cut short is carried on; an installation that
    has taken in anything else stays as it is.
    """
    path = installation.settings.home / _FILE
    if _is_fresh(installation):
        _organise(installation, _password(path))
    if not path.exists():
        return
    with reading(installation.sessions) as session:
        known = demonstration.held(session)
        begun = known is not None or memory.has_cases(session)
        strangers = memory.strangers(session)
    if known is not None and not known.ended and not strangers:
        _play(installation, known.wanted, until_now=False)
    elif not begun and not strangers:
        wanted = Wanted(CASES, DAYS, SEED, _end_of(installation, None))
        _play(installation, wanted, until_now=True)


def greet(installation: Installation, address: str) -> None:
    """Say where it is and, in a demo office, who may sign in: by city and role."""
    path = installation.settings.home / _FILE
    if path.exists():
        with reading(installation.sessions) as session:
            cities = demonstration.people(session)
        click.echo("登录名 Sign-in names:")
        for city, roles in cities.items():
            click.echo(f"  {city}")
            for role, logins in roles.items():
                click.echo(f"    {role}: {' '.join(logins)}")
        click.echo(f"共同的演示口令 Their common demo password: {path.read_text('ascii').strip()}")
    click.echo(f"地址 Address: {address}")


def _play(installation: Installation, wanted: Wanted, *, until_now: bool) -> Wanted:
    """Play what is missing of a demo; the one that the home holds then.

    until_now: nobody named the last day, so that of a demo that is there will do.
    Raises `HuiyinError` in words where the home holds anything else.
    """
    sessions = installation.sessions
    with reading(sessions) as session:
        known = demonstration.held(session)
        _refuse_others(session, known)
    if known is not None:
        asked = (wanted.cases, wanted.days, wanted.seed)
        there = known.wanted
        same = asked == (there.cases, there.days, there.seed)
        if not same or not (until_now or wanted.until == there.until):
            raise HuiyinError(f"This home holds another demo: {there}. {_ELSEWHERE}")
        wanted = there
        if known.ended:
            tell("This demo was played already; these are its figures.")
            return wanted
        tell("This demo was cut short; it is carried on.")
    with _Sheet(installation.settings.home / "demo-notices.jsonl") as sheet, _bar(wanted) as bar:

        def told(day: date, cases: int) -> None:
            bar.set_postfix_str(day.isoformat(), refresh=False)
            bar.update(cases - bar.n)

        demonstration.play(sessions, installation.vault, sheet, wanted, told)
        bar.update(wanted.cases - bar.n)
    return wanted


def _refuse_others(session: Session, known: demonstration.Demo | None) -> None:
    """A demo is played into an office of its own, and by nobody else meanwhile."""
    strangers = memory.strangers(session)
    if strangers:
        raise HuiyinError(
            f"This office has {strangers} contacts of its own; a demo is not mixed with them. "
            + _ELSEWHERE
        )
    if known is None and memory.has_cases(session):
        raise HuiyinError(f"This home holds the demo of an earlier version. {_ELSEWHERE}")
    newest = session.scalar(select(func.max(Heartbeat.beat_at)))
    if newest is not None and abs(clock.now() - newest) < _ALIVE and not (known and known.ended):
        raise HuiyinError(
            "A worker runs on this database, by another clock than a demo's. End it first; "
            "one that has just ended counts as running for some seconds."
        )
    if not demonstration.packs(session):
        raise HuiyinError("No city of the demo is deployed here. Run `huiyin migrate` first.")


def _end_of(installation: Installation, until: datetime | None) -> datetime:
    with reading(installation.sessions) as session:
        zone = deployed.current_calendar(session).zone
    if until is None:
        return clock.now().astimezone(zone)
    return (until + timedelta(days=1)).replace(tzinfo=zone)


@contextmanager
def _bar(wanted: Wanted) -> "Iterator[tqdm[None]]":
    """Progress, by cases that have come in."""
    tell(f"Playing {wanted.cases} demo cases of {wanted.days} days …")
    with tqdm(total=wanted.cases, unit=" cases", mininterval=0.5) as bar:
        yield bar


def _is_fresh(installation: Installation) -> bool:
    with reading(installation.sessions) as session:
        return session.scalar(select(Person.id).limit(1)) is None


def _organise(installation: Installation, password: str) -> None:
    tell("Setting up the demo office …")
    with transaction(installation.sessions) as session:
        shipping.organise_demo(session, password)


def _password(path: Path) -> str:
    """The password in `path`, made for this installation if there is none; owner-only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(made + "\n")
    return path.read_text(encoding="ascii").strip()


class _Sheet:
    """Where a demo's notices end: a file beside the database, to look at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> "_Sheet":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(handle, "a", encoding="utf-8")
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def send(self, notice: Notice) -> None:
        """One line for one notice; it goes nowhere."""
        assert self._file is not None
        line = {
            "id": notice.id.hex,
            "kind": notice.kind,
            "recipient": notice.recipient,
            "payload": notice.payload,
            "written_at": notice.written_at.isoformat(),
        }
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
