"""The `huiyin` command: run, serve, import, explain and mend an installation.

What a machine reads goes to stdout, progress to stderr. Exit codes: 0 well, 1 refused or falling
short (said in words), 2 usage.
"""

import os

import click

from engine.settings import Settings
from web.cli.accounts import user
from web.cli.anchoring import anchor
from web.cli.benching import bench
from web.cli.checking import verify
from web.cli.demonstrating import demo
from web.cli.deploying import deploy, lint, migrate
from web.cli.installation import Installation, Words
from web.cli.operating import incidents
from web.cli.organising import organisation
from web.cli.serving import run, serve, worker
from web.cli.taking_in import import_file
from web.cli.timing import calendar, clock, due


@click.group(cls=Words, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="huiyin", prog_name="huiyin")
@click.option("--trace", is_flag=True, help="Show where a fault of the program happened.")
@click.pass_context
def huiyin(context: click.Context, trace: bool) -> None:  # noqa: ARG001 - read by `Words`
    """回音：让每一个声音都有回音。An echo for every voice.

    Settings are read from HUIYIN_* variables; HUIYIN_HOME (default: var) holds the embedded
    database, files and keys.
    """
    context.obj = Installation(Settings.from_env(os.environ))
    context.call_on_close(context.obj.close)


for _command in (
    run,
    serve,
    worker,
    migrate,
    deploy,
    lint,
    import_file,
    demo,
    due,
    calendar,
    clock,
    user,
    organisation,
    incidents,
    verify,
    anchor,
    bench,
):
    huiyin.add_command(_command)


def main() -> None:
    """The console script."""
    huiyin.main(prog_name="huiyin")
