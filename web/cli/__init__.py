"""The `huiyin` command: run, serve, import, explain and mend an installation.

What a machine reads goes to stdout, progress to stderr. Exit codes: 0 well, 1 refused or falling
short (said in words), 2 usage.
"""

import os

import click

from engine.settings import Settings
from web.cli.installation import Installation, Words

COMMANDS = {
    "run": "web.cli.running:run",
    "serve": "web.cli.serving:serve",
    "worker": "web.cli.working:worker",
    "migrate": "web.cli.deploying:migrate",
    "deploy": "web.cli.deploying:deploy",
    "lint": "web.cli.deploying:lint",
    "import": "web.cli.taking_in:import_file",
    "demo": "web.cli.demonstrating:demo",
    "due": "web.cli.timing:due",
    "calendar": "web.cli.timing:calendar",
    "clock": "web.cli.timing:clock",
    "user": "web.cli.accounts:user",
    "organisation": "web.cli.organising:organisation",
    "incidents": "web.cli.operating:incidents",
    "verify": "web.cli.checking:verify",
    "anchor": "web.cli.anchoring:anchor",
    "bench": "web.cli.benching:bench",
}


@click.group(cls=Words, places=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
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


def main() -> None:
    """The console script."""
    huiyin.main(prog_name="huiyin")
