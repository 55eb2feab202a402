"""What every command that takes in a sheet asks for in the same words."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Any], Any]

file: Decorator = click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
sheet: Decorator = click.option(
    "--sheet", help="Which sheet of a spreadsheet  [default: the first]."
)
check: Decorator = click.option(
    "--check", "only_check", is_flag=True, help="Say what would become of it; no more."
)
refused: Decorator = click.option(
    "--refused",
    "refused_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows go  [default: FILE.refused.csv].",
)


def mapped(headings: Iterable[str]) -> Decorator:
    """The option that says which column holds what. headings: the fields there are."""
    return click.option(
        "--map",
        "mapped",
        multiple=True,
        metavar="FIELD=HEADING",
        help=f"Which column holds {', '.join(headings)}; FIELD= leaves it out.",
    )
