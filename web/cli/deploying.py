"""`migrate`, `deploy` and `lint`: the schema, and diagrams and packs into use."""

import json
from pathlib import Path

import click

from engine import schema
from engine.commands import deployments, installing, linting, shipping
from engine.db import transaction
from engine.errors import InvalidInput
from web.cli.installation import Installation, fault_line, pass_installation, tell

_path = click.Path(path_type=Path)


@click.command()
@pass_installation
def migrate(installation: Installation) -> None:
    """Create or upgrade the database; deploy the shipped packs that are not there."""
    for key in prepare(installation):
        click.echo(f"deployed {key}")
    click.echo(f"revision {schema.revision_of(installation.sessions)}")


def prepare(installation: Installation) -> list[str]:
    """Bring the database up to date, found the city; what was deployed newly."""
    sessions = installation.sessions
    if schema.revision_of(sessions) != schema.newest():
        tell("Bringing the database up to date …")
        schema.upgrade(sessions)
    with transaction(sessions) as session:
        installing.found(session, installation.settings.timezone)
        return shipping.deploy_missing(session)


@click.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=_path)
@click.option("--note", default="", help="Why, for the list of deployments.")
@pass_installation
def deploy(installation: Installation, folders: tuple[Path, ...], note: str) -> None:
    """Put folders of diagrams, or of packs, into use as their next versions."""
    sessions = installation.ready()
    for folder in folders:
        with transaction(sessions) as session:
            if (folder / "process.bpmn").is_file():
                files = deployments.read_folder(folder)
                done = deployments.deploy(session, files, by="command line", note=note)
                made = [
                    f"{kind} {key} version {version}" for kind, key, version in done.definitions
                ]
            elif (folder / "pack.json").is_file():
                version = deployments.deploy_pack(session, folder.resolve())
                made = (
                    [] if version is None else [f"pack {folder.resolve().name} version {version}"]
                )
            else:
                raise InvalidInput(str(folder), "a folder with a process.bpmn or a pack.json")
        for line in made or [f"{folder.resolve().name} unchanged"]:
            click.echo(line)


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, type=_path)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="markdown is for --rules, and prints docs/rules.md.",
)
@click.option("--rules", "listed", is_flag=True, help="List the rules instead, each with its why.")
def lint(paths: tuple[Path, ...], shape: str, listed: bool) -> None:
    """Check folders or files of diagrams; every fault with its element and a way out."""
    if listed and not paths:
        _list_rules(shape)
        return
    if listed or not paths or shape == "markdown":
        raise click.UsageError("Name files to check, or --rules alone.")
    found = [fault.as_dict() for path in paths for fault in linting.faults_at(path)]
    if shape == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for fault in found:
            click.echo(fault_line(fault))
    errors = sum(fault["severity"] == "error" for fault in found)
    tell(f"{errors} errors, {len(found) - errors} warnings")
    if errors:
        raise click.exceptions.Exit(1)


def _list_rules(shape: str) -> None:
    if shape == "markdown":
        click.echo(linting.page_of_rules(), nl=False)
    elif shape == "json":
        click.echo(json.dumps(linting.rules(), ensure_ascii=False, indent=2))
    else:
        for rule in linting.rules():
            click.echo(f"{rule['id']} ({rule['severity']})\n  {rule['zh']}\n  {rule['en']}")
