"""`bench`: measurements of this machine, told as ratios."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from engine.bench import engine, importing
from web.cli.installation import Installation, pass_installation, tell


@click.group()
def bench() -> None:
    """Measure; ratios from one run on one machine."""


@bench.command("engine")
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the databases are made and removed  [default: temporary, on a disk].",
)
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@pass_installation
def bench_engine(
    installation: Installation, rounds: int, folder: Path | None, as_json: bool
) -> None:
    """Completing user tasks, against the library's own serializer in the same database."""
    measured = engine.run(folder, rounds, home=installation.settings.home, tell=tell)
    _show(measured, as_json)


@bench.command("import")
@click.option("--rows", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the database is made and removed  [default: temporary, on a disk].",
)
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@pass_installation
def bench_import(installation: Installation, rows: int, folder: Path | None, as_json: bool) -> None:
    """Taking a file of messages into a fresh office, whole way."""
    measured = importing.run(folder, rows, home=installation.settings.home, tell=tell)
    _show(measured, as_json)


def _show(measured: Mapping[str, Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(measured, ensure_ascii=False, indent=2))
        return
    for part, figures in measured.items():
        click.echo(f"{part}:")
        for name, value in figures.items():
            click.echo(f"  {name:<24} {value}")
