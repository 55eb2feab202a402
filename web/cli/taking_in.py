"""`import`: messages from a file."""

import re
import sys
from contextlib import closing
from itertools import chain, count
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from tqdm import tqdm

from engine.commands import column_maps, importing
from engine.commands.import_rows import Earlier, Fit, Known, Plan, Refused, Verdict
from engine.commands.importing import Tally
from engine.db import reading, transaction
from engine.errors import HuiyinError, InvalidInput
from engine.importing import columns
from engine.importing.columns import Columns
from engine.importing.reading import Table, open_table
from engine.importing.refused_rows import RefusedRows
from engine.queries import people
from web.cli import sheets
from web.cli.installation import Installation, pass_installation, tell

_ENDING = re.compile(r"(?i)\.(gz|csv|tsv|txt|xlsx|refused(-[0-9]+)?)$")
SHOWN = 10  # verdicts that a check tells one by one


@click.command("import")
@sheets.file
@click.option("--pack", required=True, help="Key of the pack that the cases are to follow.")
@click.option("--source", help="Where the rows come from  [default: the file's name].")
@sheets.sheet
@click.option("--channel", default="web", show_default=True, help="Where the file says none.")
@sheets.mapped(columns.HEADINGS)
@click.option("--forget", is_flag=True, help="Guess the columns anew, not as last remembered.")
@sheets.check
@click.option("--by", help="Login of who enters them.")
@sheets.refused
@pass_installation
def import_file(
    installation: Installation,
    path: Path,
    pack: str,
    source: str | None,
    sheet: str | None,
    channel: str,
    mapped: tuple[str, ...],
    forget: bool,
    only_check: bool,
    by: str | None,
    refused_path: Path | None,
) -> None:
    """Take in a file of messages, CSV (plain or gzipped) or XLSX; each becomes a case once.

    Which column holds what is guessed from the headings, shown, and remembered for the next file
    of the same source. Ends with the balance: read = taken + already there + refused.
    """
    sessions = installation.ready()
    said, source = _mapping(mapped), source or _stem(path)
    if refused_path is not None and refused_path.exists() and refused_path.samefile(path):
        raise InvalidInput("--refused", "another file than the one that is read")
    with closing(open_table(path, sheet=sheet, said=said)) as table:
        with reading(sessions) as session:
            known = {} if forget else column_maps.remembered(session, source)
        found = columns.find(table.headings, said, known)
        plan = Plan(
            pack_key=pack,
            source=source,
            columns=found.places,
            width=len(table.headings),
            channel=channel,
            by=_person(installation, by),
        )
        importing.check(sessions, plan)
        _show(table, found, source)
        if only_check:
            _rehearse(installation, plan, table, path.name)
            return
        with transaction(sessions) as session:
            column_maps.remember(session, source, found.headings, by=plan.by)
        tally = _take_all(installation, plan, table, path, refused_path)
    click.echo(str(tally))
    if not tally.balances:
        raise HuiyinError("The balance does not hold: a row was lost. Please report this.")


def _take_all(
    installation: Installation, plan: Plan, table: Table, path: Path, refused_path: Path | None
) -> Tally:
    tally = Tally()
    with (
        RefusedRows(refused_path or _beside(path), table.headings) as refused,
        _bar(table, path.name) as bar,
    ):
        for batch in importing.batches(table.rows):
            done = importing.take(installation.sessions, installation.vault, plan, batch)
            tally.read += len(batch)
            tally.taken += done.taken
            tally.there += done.there
            tally.refused += len(done.refused)
            for one in done.refused:
                refused.write(one.row, one.reason)
            _move(bar, table)
    if tally.refused:
        tell(f"Refused rows with their reasons: {refused.path}")
    if refused.marks:
        tell(
            f"{refused.marks} cells in it begin like a formula and have an apostrophe in front, so "
            "that no spreadsheet runs them; imported again, they are as they came."
        )
    return tally


def _rehearse(installation: Installation, plan: Plan, table: Table, name: str) -> None:
    """Tell what would become of the first rows, and the balance of all; take nothing."""
    tally = Tally()
    seen: dict[str, Earlier] = {}
    with _bar(table, name) as bar:
        for batch in importing.batches(table.rows):
            for verdict in importing.rehearse(installation.sessions, plan, batch, seen):
                tally.read += 1
                tally.taken += isinstance(verdict, Fit)
                tally.there += isinstance(verdict, Known)
                tally.refused += isinstance(verdict, Refused)
                if tally.read <= SHOWN:
                    bar.write(_told(verdict), file=sys.stderr)
            _move(bar, table)
    tell("Nothing was taken: this was a check.")
    click.echo(f"would be: {tally}")


def _told(verdict: Verdict) -> str:
    """A verdict without the citizen's words."""
    line = f"  line {verdict.row.line}: "
    match verdict:
        case Refused(_, reason):
            return f"{line}refused: {reason.en}"
        case Known():
            return f"{line}already there"
        case Fit(_, said):
            at = f"{said.received_at:%Y-%m-%d %H:%M}" if said.received_at else "no time"
            parts = (at, f"{len(said.body)} characters", said.category or "no category")
            return f"{line}taken ({', '.join(parts)})"


def _show(table: Table, found: Columns, source: str) -> None:
    """Which column holds what, and how that is known."""
    place = f"line {table.heading_line}" + (f" of sheet {table.sheet}" if table.sheet else "")
    tell(f"Source {source}; headings on {place}. Columns:")
    for column in found.found:
        tell(f"  {column.field:<12} {column.heading}  ({column.how})")
    for name in found.left_out:
        tell(f"  {name:<12} left out")
    if found.unused:
        tell(f"  not used: {', '.join(found.unused)}")


def _bar(table: Table, name: str) -> Any:
    """A progress bar on stderr; `_move` brings it to where the file is read."""
    return tqdm(total=table.size, unit=table.unit, unit_scale=True, desc=name, mininterval=0.5)


def _move(bar: Any, table: Table) -> None:
    bar.update(table.at() - bar.n)


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    said = {}
    for pair in pairs:
        name, equals, heading = pair.partition("=")
        if not equals:
            raise InvalidInput("--map", "FIELD=HEADING, such as body=留言详情", pair[:60])
        said[name.strip()] = heading.strip()
    return said


def _stem(path: Path) -> str:
    name = path.name
    while (ending := _ENDING.search(name)) and ending.start():
        name = name[: ending.start()]
    return name[: importing.LONGEST_SOURCE]


def _beside(path: Path) -> Path:
    """Where refused rows go: a name that is free, as the last file of them may be being mended."""
    names = (f"{path.name}.refused{end}.csv" for end in chain([""], map("-{}".format, count(2))))
    return next(place for name in names if not (place := path.with_name(name)).exists())


def _person(installation: Installation, login: str | None) -> UUID | None:
    if login is None:
        return None
    with reading(installation.sessions) as session:
        return people.by_login(session, login).id
