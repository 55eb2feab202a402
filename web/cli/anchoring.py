"""`anchor`: the day's anchor, made by hand or shown as it is printed."""

import json

import click

from engine import anchors
from engine.commands import anchors as making
from engine.queries import anchors as finding
from web.cli.installation import Installation, pass_installation, tell


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@pass_installation
def anchor(installation: Installation, as_json: bool) -> None:
    """Make today's anchor over all histories, if it is not there, and print it.

    The worker does it each night. What is printed is what /public/anchors shows: its hash alone,
    in a newspaper, fixes everything before it.
    """
    made = making.make(installation.ready())
    shown = anchors.printed(made.anchor)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(finding.lines(shown)))
    if not made.fresh:
        tell("It was there already: one a day.")
        return
    tell(f"Made over {made.streams} streams.")
    if made.anchor.missed:
        tell(f"On the {made.anchor.missed} days before it none was made.")
    if made.lost:
        tell(f"{made.lost} streams are not as they were anchored before. Run `huiyin verify`.")
        raise click.exceptions.Exit(1)
