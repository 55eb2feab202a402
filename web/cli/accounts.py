"""`user`: who may sign in, and tokens of the API."""

import json
import sys

import click

from engine.commands import people
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidInput, NotFound
from engine.models import Unit
from engine.queries import staff
from web.cli.installation import Installation, pass_installation


@click.group()
def user() -> None:
    """People who sign in, and their tokens."""


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@pass_installation
def list_users(installation: Installation, as_json: bool) -> None:
    """Everyone, with roles."""
    with reading(installation.ready()) as session:
        found = staff.everyone(session)
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        roles = " ".join(f"{unit}:{role}" for unit, role in one.memberships)
        gone = "" if one.active else "\t(inactive)"
        click.echo(f"{one.login}\t{one.name_zh}\t{roles}{gone}")


@user.command()
@click.argument("login")
@click.option("--name", required=True, help="The name as people read it.")
@click.option("--name-en", default="", help="The same in Latin letters.")
@click.option(
    "--role", "roles", multiple=True, metavar="UNIT:ROLE", help="A role in a unit; may be repeated."
)
@pass_installation
def add(
    installation: Installation, login: str, name: str, name_en: str, roles: tuple[str, ...]
) -> None:
    """Add someone; the password is asked for, or read as a line from standard input."""
    sessions = installation.ready()
    memberships = [_membership(text) for text in roles]
    password = _asked_password()
    with transaction(sessions) as session:
        if staff.is_there(session, login):
            raise Conflict(f"There is a person {login!r} already.")
        for unit, _ in memberships:
            if session.get(Unit, unit) is None:
                raise NotFound(f"No unit {unit!r}.")
        people.add_person(
            session, login, name, name_en=name_en, password=password, memberships=memberships
        )
    click.echo(login)


@user.command()
@click.argument("login")
@pass_installation
def password(installation: Installation, login: str) -> None:
    """Give someone a new password, asked for or read as a line from standard input."""
    sessions = installation.ready()
    new = _asked_password()
    with transaction(sessions) as session:
        people.set_password(session, login, new)
    click.echo(login)


@user.command()
@click.argument("login")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@pass_installation
def token(installation: Installation, login: str, name: str) -> None:
    """Make a new token of the API for someone. It is shown once."""
    with transaction(installation.ready()) as session:
        made = people.new_token(session, login, name)
    click.echo(made)


def _membership(text: str) -> tuple[str, str]:
    unit, colon, role = text.partition(":")
    if not colon or not unit or not role:
        raise InvalidInput("--role", "UNIT:ROLE, such as jdz_office:screener", text[:80])
    return unit, role


def _asked_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
