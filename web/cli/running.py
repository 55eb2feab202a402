"""`run`: everything of an installation in one process, with a demo office to begin with."""

from datetime import UTC

import click
from apscheduler.schedulers.background import BackgroundScheduler

from web.cli import demonstrating, deploying
from web.cli.installation import Installation, log_to_stderr, pass_installation
from web.cli.serving import address, answer, at_host, at_port, refuse_taken
from web.cli.working import JOBS, end, make


@click.command()
@at_host
@at_port
@pass_installation
def run(installation: Installation, host: str, port: int | None) -> None:
    """Everything in one process: database, pages, worker; a fresh one with a demo office."""
    log_to_stderr()
    port = port or installation.settings.port
    refuse_taken(host, port)
    deploying.prepare(installation)
    demonstrating.prepare(installation)
    installation.arm()
    working = make(installation)
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=JOBS)
    working.schedule(scheduler)

    def greet() -> None:
        scheduler.start()
        demonstrating.greet(installation, address(host, port))

    try:
        answer(installation, host, port, greet)
    finally:
        end(working, scheduler)
