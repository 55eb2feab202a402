"""`verify`: whether the installation's data hold together."""

import json

import click

from engine.db import reading
from engine.queries import verifying
from web.cli.installation import Installation, pass_installation


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@pass_installation
def verify(installation: Installation, as_json: bool) -> None:
    """Check history chains, the balance of cases, tasks, deadlines and identities."""
    done = []
    with reading(installation.ready()) as session:
        for check in verifying.everything(session, installation.vault):
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
