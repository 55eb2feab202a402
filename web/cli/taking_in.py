"""`import` and `demo`: messages from a file, and cases played by our own people."""

import csv
import os
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import click
from tqdm import tqdm

from engine.commands import importing
from engine.commands.importing import Plan, Refused, Tally
from engine.db import reading
from engine.errors import HuiyinError, InvalidInput
from engine.importing import columns
from engine.importing.reading import open_table
from engine.playing import demo as demonstration
from engine.queries import people
from web.cli import demonstrating
from web.cli.installation import Installation, pass_installation, tell

_ENDINGS = (".gz", ".csv", ".tsv", ".txt", ".refused")


@click.command("import")
@click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--pack", required=True, help="Key of the pack that the cases are to follow.")
@click.option("--source", help="Where the rows come from  [default: the file's name].")
@click.option("--channel", default="web", show_default=True, help="Where the file says none.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="FIELD=HEADING",
    help=f"Which column holds {', '.join(columns.HEADINGS)}; FIELD= leaves it out.",
)
@click.option("--by", help="Login of who enters them.")
@click.option(
    "--refused",
    "refused_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows go  [default: FILE.refused.csv].",
)
@pass_installation
def import_file(
    installation: Installation,
    path: Path,
    pack: str,
    source: str | None,
    channel: str,
    mapped: tuple[str, ...],
    by: str | None,
    refused_path: Path | None,
) -> None:
    """Take in a CSV file (plain or gzipped) of messages; each becomes a case once.

    Ends with the balance: read = taken + already there + refused.
    """
    sessions = installation.ready()
    said = _mapping(mapped)
    table = open_table(path)
    try:
        places = columns.guess(table.headings, said)
        plan = Plan(
            pack_key=pack,
            source=source or _stem(path),
            columns=places,
            width=len(table.headings),
            channel=channel,
            by=_person(installation, by),
        )
        importing.check(sessions, plan)
        tell("Columns: " + ", ".join(f"{name}={table.headings[at]}" for name, at in places.items()))
        tally = Tally()
        with (
            _RefusedRows(refused_path or _beside(path), table.headings) as refused,
            tqdm(
                total=table.size, unit="B", unit_scale=True, desc=path.name, mininterval=0.5
            ) as bar,
        ):
            for batch in importing.batches(table.rows):
                tally.read += len(batch)
                done = importing.take(sessions, installation.vault, plan, batch)
                tally.taken += done.taken
                tally.there += done.there
                tally.refused += len(done.refused)
                refused.write(done.refused)
                bar.update(table.at() - bar.n)
    finally:
        table.close()
    if tally.refused:
        tell(f"Refused rows with their reasons: {refused.path}")
    click.echo(str(tally))
    if not tally.balances:
        raise HuiyinError("The balance does not hold: a row was lost. Please report this.")


@click.command()
@click.option(
    "--cases", type=click.IntRange(1, 500), default=demonstrating.CASES, show_default=True
)
@click.option("--seed", type=int, default=demonstration.SEED, show_default=True)
@pass_installation
def demo(installation: Installation, cases: int, seed: int) -> None:
    """Play a small set of demo cases through the real commands, over the past weeks.

    Needs the demo office's people (`huiyin run` on a fresh database adds them). Cases that are
    there are not played again.
    """
    installation.ready()
    click.echo(f"played {demonstrating.play(installation, cases, seed)}")


class _RefusedRows:
    """The file of refused rows: made at the first, readable by its owner only."""

    def __init__(self, path: Path, headings: list[str]) -> None:
        self.path = path
        self._headings = headings
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> "_RefusedRows":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, rows: list[Refused]) -> None:
        """Add rows with line and reason in front."""
        if rows and self._file is None:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(["refused_line", "refused_reason", *self._headings])
        for one in rows:
            self._writer.writerow([one.row.line, one.reason, *one.row.cells])


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
    while name.lower().endswith(_ENDINGS):
        name = name[: name.rindex(".")]
    return name[: importing.LONGEST_SOURCE] or path.name


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.refused.csv")


def _person(installation: Installation, login: str | None) -> UUID | None:
    if login is None:
        return None
    with reading(installation.sessions) as session:
        return people.by_login(session, login).id
