"""`incidents`: steps that stopped, from the command line; each act is somebody's, with a reason."""

import json
from uuid import UUID

import click

from engine.commands import batches as doing
from engine.db import reading, written
from engine.permissions import Actor, may, require
from engine.queries import batches, people
from engine.queries import incidents as seen
from engine.queries.incidents import Asked
from web.cli.installation import Installation, pass_installation

_AS = click.option("--as", "login", required=True, help="Login of the administrator who acts.")


@click.group("incidents")
def incidents() -> None:
    """Steps that stopped: list them, try them again, pass them over."""


@incidents.command("list")
@_AS
@click.option("--element", default="", help="Only those of this element.")
@click.option("--process", default="", help="Only those of this process.")
@click.option("--settled", is_flag=True, help="Those that were handled.")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@pass_installation
def list_incidents(
    installation: Installation, login: str, element: str, process: str, settled: bool, as_json: bool
) -> None:
    """The newest, each with its id, case, element and reason."""
    asked = Asked(state="settled" if settled else "open", element=element, process=process)
    actor = _operator(installation, login)
    with reading(installation.ready()) as session:
        found = seen.listed(session, actor, asked)
    rows = [
        {
            "id": str(one.id),
            "case": one.case_number,
            "process": one.process,
            "element": one.element,
            "reason": one.reason,
            "occurred_at": one.occurred_at.isoformat(),
        }
        for one in found.failures
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo("\t".join(row[name] for name in ("id", "case", "element", "reason")))


@incidents.command()
@click.argument("ids", nargs=-1, required=True, type=click.UUID)
@_AS
@click.option("--because", default="", help="Why, for the case's history.")
@pass_installation
def retry(installation: Installation, ids: tuple[UUID, ...], login: str, because: str) -> None:
    """Let exactly these run again."""
    _act(installation, doing.RETRY, ids, login, because)


@incidents.command()
@click.argument("ids", nargs=-1, required=True, type=click.UUID)
@_AS
@click.option("--because", required=True, help="Why, for the case's history.")
@pass_installation
def skip(installation: Installation, ids: tuple[UUID, ...], login: str, because: str) -> None:
    """Let exactly these run again and pass the step that failed over, this once."""
    _act(installation, doing.SKIP, ids, login, because)


def _act(
    installation: Installation, act: str, ids: tuple[UUID, ...], login: str, because: str
) -> None:
    """One line for each: its id and done, settled, missing or refused; 1 unless all were done."""
    sessions, actor = installation.ready(), _operator(installation, login)
    key = written(
        sessions, lambda session: doing.begin(session, act, ids, by=actor, remark=because)
    )
    doing.run(sessions, key, by=actor)
    with reading(sessions) as session:
        done = batches.batch(session, actor, key)
    for item in done.items:
        click.echo(f"{item.failure.id}\t{item.result}")
    if any(item.result != doing.DONE for item in done.items):
        raise SystemExit(1)


def _operator(installation: Installation, login: str) -> Actor:
    with reading(installation.ready()) as session:
        actor = people.by_login(session, login)
    require(may(actor, "operations"), f"{login} is no administrator.")
    return actor
