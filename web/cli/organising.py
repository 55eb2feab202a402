"""`organisation`: the tree of units and its people, from a sheet."""

from pathlib import Path

import click

from engine.commands import organisation_import, people, units
from engine.commands.organisation_import import MOST_ROWS, Done, Judged, Verdict
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidInput
from engine.importing import organisation_sheet
from engine.importing.organisation_sheet import HEADINGS, Sheet
from engine.importing.refused_rows import RefusedRows
from engine.models import Unit
from engine.queries import people as seen
from web.cli import sheets
from web.cli.installation import Installation, pass_installation, tell

SHOWN = 20  # rows that are told one by one


@click.group()
def organisation() -> None:
    """The units and the people in them."""


@organisation.command()
@click.argument("key")
@click.argument("name")
@click.option("--name-en", default="", help="The same in Latin letters.")
@pass_installation
def found(installation: Installation, key: str, name: str, name_en: str) -> None:
    """Found the topmost unit of a city; all others go below it.

    Then `huiyin user add LOGIN --name NAME --role KEY:administrator`, and the rest by the pages.
    """
    if units.KEY.fullmatch(key) is None:
        raise InvalidInput("KEY", "small letters, digits and underscores, 2 to 63", key[:40])
    with transaction(installation.ready()) as session:
        if session.get(Unit, key) is not None:
            raise Conflict(f"There is a unit {key!r} already.")
        people.add_unit(session, key, name, name_en or name, kind="territory")
    click.echo(key)


@organisation.command("import")
@sheets.file
@click.option("--by", required=True, help="Login of the administrator whose act it is.")
@sheets.sheet
@sheets.mapped(HEADINGS)
@sheets.check
@sheets.refused
@pass_installation
def import_sheet(
    installation: Installation,
    path: Path,
    by: str,
    sheet: str | None,
    mapped: tuple[str, ...],
    only_check: bool,
    refused_path: Path | None,
) -> None:
    """Take in units, people and their roles from a CSV or XLSX file, a row for each.

    Ends with the balance: read = created + changed + already there + refused. People who are new
    get no password; give them one with `huiyin user password` or on their page.
    """
    sessions = installation.ready()
    with reading(sessions) as session:
        actor = seen.by_login(session, by)
    found_in = organisation_sheet.read(path, MOST_ROWS, said=_mapping(mapped), sheet=sheet)
    for name, place in found_in.fields.items():
        tell(f"  {name:<12} {found_in.headings[place]}")
    if found_in.unused:
        tell(f"  not used: {', '.join(found_in.unused)}")
    act = organisation_import.rehearse if only_check else organisation_import.take
    done = act(sessions, found_in, by=actor)
    for one in [one for one in done.judged if one.verdict is not Verdict.THERE][:SHOWN]:
        tell(_told(one))
    if only_check:
        tell("Nothing was taken in: this was a check.")
        click.echo(f"would be: {done}")
        return
    _keep_refused(refused_path or path.with_name(f"{path.name}.refused.csv"), found_in, done)
    click.echo(str(done))


def _keep_refused(path: Path, sheet: Sheet, done: Done) -> None:
    with RefusedRows(path, sheet.headings) as refused:
        for one in done.judged:
            if one.reason is not None:
                refused.write(one.row, one.reason)
    if done.counts[Verdict.REFUSED]:
        tell(f"Refused rows with their reasons: {path}")


def _told(one: Judged) -> str:
    why = one.reason.en if one.reason is not None else ", ".join(one.what)
    return f"  line {one.row.line}: {one.verdict}: {why}"


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    said = {}
    for pair in pairs:
        name, equals, heading = pair.partition("=")
        if not equals:
            raise InvalidInput("--map", "FIELD=HEADING, such as unit=部门", pair[:60])
        said[name.strip()] = heading.strip()
    return said
