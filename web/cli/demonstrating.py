"""The demo office of `huiyin run`: its people, their password, its cases."""

import os
import secrets
from pathlib import Path

import click
from sqlalchemy import func, select

from engine.commands import shipping
from engine.db import reading, transaction
from engine.models import Contact, Person
from engine.playing import demo
from engine.queries import staff
from engine.worker import Journal, Worker
from web.cli.installation import Installation, tell

CASES = demo.CASES
_FILE = "demo-password"
# Read aloud and typed on a phone: no signs that look alike.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def prepare(installation: Installation) -> None:
    """Give a fresh database the demo office, and a demo installation its cases.

    Fresh: nobody can sign in yet. A run that was cut short is carried on by the next; one that
    has taken in anything else stays as it is.
    """
    path = installation.settings.home / _FILE
    with reading(installation.sessions) as session:
        fresh = session.scalar(select(Person.id).limit(1)) is None
    if fresh:
        _organise(installation, _password(path))
    if not path.exists():
        return
    with reading(installation.sessions) as session:
        others = session.scalar(
            select(func.count()).where(Contact.source.is_distinct_from(demo.SOURCE))
        )
    if not others:
        play(installation, CASES)


def play(installation: Installation, cases: int, seed: int = demo.SEED) -> int:
    """Play the demo cases that are not there; how many."""
    sessions = installation.sessions
    working = Worker(sessions, Journal(installation.settings.home / "demo-notices.jsonl"), "demo")
    with reading(sessions) as session:
        wanted = demo.missing(session, cases)
    if not wanted:
        return 0
    tell(f"Playing {len(wanted)} demo cases …")
    return demo.play(sessions, installation.vault, working.drain, cases=cases, seed=seed)


def greet(installation: Installation, address: str) -> None:
    """Say where it is and, in a demo office, who may sign in."""
    path = installation.settings.home / _FILE
    if path.exists():
        with reading(installation.sessions) as session:
            everyone = staff.everyone(session)
        click.echo("登录名 Sign-in names:")
        for one in everyone:
            roles = ", ".join(sorted({role for _, role in one.memberships}))
            click.echo(f"  {one.login:<12} {one.name_zh}  {one.name_en}  [{roles}]")
        click.echo(f"共同的演示口令 Their common demo password: {path.read_text('ascii').strip()}")
    click.echo(f"地址 Address: {address}")


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
