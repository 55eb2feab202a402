"""What a command works on, and how it tells that something went wrong."""

import logging
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any

import click
from sqlalchemy.exc import ArgumentError, DBAPIError

from engine import faults, schema
from engine.commands import rehearsal
from engine.db import Sessions, connect
from engine.errors import HuiyinError, InvalidDiagram
from engine.identity import Vault
from engine.settings import Settings


class Installation:
    """One installation: its settings, its database and its keys, opened when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._at_the_end: list[Callable[[], None]] = []

    @cached_property
    def sessions(self) -> Sessions:
        """The database, migrated or not; the clock is rehearsal's where that is set."""
        sessions = connect(self.settings.database_url)
        self._at_the_end.append(sessions.kw["bind"].dispose)
        source = rehearsal.follow(self.settings)
        if source is not None:
            self._at_the_end.append(source.close)
        return sessions

    def close(self) -> None:
        """Let go of the database."""
        for end in self._at_the_end:
            end()

    @cached_property
    def vault(self) -> Vault:
        """Seals and opens identities."""
        return Vault.at(self.settings.home)

    def ready(self) -> Sessions:
        """The database, if it is at this code's revision. Raises `HuiyinError` in words."""
        if schema.revision_of(self.sessions) != schema.newest():
            raise HuiyinError("The database is not up to date. Run `huiyin migrate` first.")
        return self.sessions

    def arm(self) -> None:
        """Arm the fault that the settings name, for crash tests."""
        try:
            faults.arm(self.settings.fault)
        except ValueError as error:
            raise HuiyinError(f"HUIYIN_FAULT: {error}") from error


pass_installation = click.make_pass_decorator(Installation)


class Words(click.Group):
    """A group whose commands never show a stack trace: what went wrong is said in words.

    places: where each command is, as "module:name", in the order of a working life and not of the
    alphabet. Only the one that is called is loaded, so that a small one answers at once.
    """

    def __init__(self, *given: Any, places: Mapping[str, str], **options: Any) -> None:
        super().__init__(*given, **options)
        self.places = places

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The commands as they are listed."""
        return list(self.places)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, loaded."""
        if cmd_name not in self.places:
            return None
        module, _, name = self.places[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run; a refusal ends with code 1."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # Click's own ways to end; a reader that has gone is no fault.
        except Exception as error:
            if ctx.params.get("trace"):
                raise
            raise click.ClickException(_told(error)) from error


def _told(error: Exception) -> str:
    """What went wrong, in words."""
    match error:
        case HuiyinError():
            return in_words(error)
        case DBAPIError():
            reason = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
            return f"The database refused: {reason[0]}"
        case ArgumentError():
            return "HUIYIN_DATABASE_URL: expected an address such as postgresql://user@host/name"
        case OSError():
            told = f"{error.filename}: " if error.filename else ""
            return f"{told}{error.strerror or type(error).__name__}"
    return f"A fault of the program: {type(error).__name__}. `huiyin --trace …` shows where."


def in_words(error: HuiyinError) -> str:
    """The message of an error with every fault it names."""
    if isinstance(error, InvalidDiagram):
        return "\n".join([error.message, *(fault_line(one.as_dict()) for one in error.faults)])
    told = [error.message]
    fields = error.details.get("fields")
    if isinstance(fields, dict):
        told += [f"  {name}: {texts['en']}" for name, texts in fields.items()]
    return "\n".join(told)


def fault_line(fault: dict[str, Any]) -> str:
    """One fault of a diagram on one line."""
    place = f"{fault['file']}:{fault['line']}" if fault["line"] else str(fault["file"])
    element = " ".join(part for part in (fault["element"], fault["name"]) if part)
    return (
        f"{place}: {fault['severity']}: {f'{element}: ' if element else ''}"
        f"{fault['message']} [{fault['rule']}]"
    )


def tell(text: str = "") -> None:
    """Progress and times: stderr."""
    click.echo(text, err=True)


def log_to_stderr() -> None:
    """What servers and workers log: ids, never names or contents of a case."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for noisy in ("alembic", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # A tick that finds the one before still at work is no news twice a second.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
