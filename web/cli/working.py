"""`worker`, and what `run` has of it: the clock work of an installation, without its pages."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

import click
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler

from engine.journal import Journal
from engine.outside.post import Post
from engine.worker import Worker
from web.cli.installation import Installation, log_to_stderr, pass_installation, tell

# A tick that comes late is still worth doing; two late ones are one.
JOBS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}


@click.command()
@pass_installation
def worker(installation: Installation) -> None:
    """The clock work alone: deadlines, messages, the outbox. Several may run."""
    log_to_stderr()
    installation.ready()
    installation.arm()
    working = make(installation)
    scheduler = BlockingScheduler(timezone=UTC, job_defaults=JOBS)
    working.schedule(scheduler)
    with ended_by_signals():
        click.echo(f"worker {working.name}")
        try:
            scheduler.start()
        except SystemExit:
            tell("Ending …")
        finally:
            end(working, scheduler)


def make(installation: Installation) -> Worker:
    """The worker of an installation, with its post."""
    installation.settings.home.mkdir(parents=True, exist_ok=True)
    settings = installation.settings
    journal = Journal(settings.home / "notices.jsonl")
    post = Post(installation.sessions, journal, settings.ways, settings.public_url)
    return Worker(installation.sessions, post, channels=post.channels)


def end(working: Worker, scheduler: BaseScheduler) -> None:
    """Let the running piece of work finish; what is left is another worker's, or tomorrow's."""
    working.stop()
    if scheduler.running:
        scheduler.shutdown(wait=True)
    working.leave()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM ends like Ctrl-C: what is running is finished, then the process is gone."""

    def end(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
