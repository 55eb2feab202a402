"""`verify`: whether the installation's data hold together."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click

from engine.db import reading
from engine.errors import InvalidInput
from engine.queries import acknowledged, doubles, verifying
from engine.queries.acknowledged import Answer
from web.cli import progress
from web.cli.installation import Installation, pass_installation


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@click.option(
    "--expect",
    "expected",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Lines of JSON, one for each answer of the API that a client has kept: all must be there.",
)
@click.option(
    "--receipt",
    "receipts",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A citizen's receipt: what it speaks of must be there.",
)
@pass_installation
def verify(
    installation: Installation,
    as_json: bool,
    expected: tuple[Path, ...],
    receipts: tuple[Path, ...],
) -> None:
    """Check that all holds together: chains, balance, tasks, deadlines, nothing done twice."""
    done = []
    with reading(installation.ready()) as session:
        for check in chain(
            verifying.everything(session, installation.vault, progress.line()),
            doubles.checks(session),
            acknowledged.check(session, _answers(expected)) if expected else (),
            [verifying.receipts(session, _receipts(receipts))] if receipts else (),
        ):
            done.append(check)
            if not as_json:
                click.echo(
                    f"{'ok    ' if check.holds else 'BROKEN'}  {check.name}  ({check.looked_at})"
                )
                for line in check.found:
                    click.echo(f"        {line}")
                if check.broken > len(check.found):
                    click.echo(f"        and {check.broken - len(check.found)} more")
    if as_json:
        told = [
            {
                "check": check.name,
                "looked_at": check.looked_at,
                "broken": check.broken,
                "found": list(check.found),
            }
            for check in done
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    if not all(check.holds for check in done):
        raise click.exceptions.Exit(1)


def _receipts(paths: tuple[Path, ...]) -> Iterator[Any]:
    for path in paths:
        try:
            yield json.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise InvalidInput(path.name, "a receipt, which is JSON") from error


def _answers(paths: tuple[Path, ...]) -> Iterator[Answer]:
    for path in paths:
        try:
            with path.open(encoding="utf-8") as file:
                yield from acknowledged.read(file, path.name)
        except UnicodeDecodeError as error:
            raise InvalidInput(path.name, "a text in UTF-8") from error
