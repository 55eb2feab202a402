"""`run` and `serve`: the processes of an installation that answer requests."""

import socket
from collections.abc import Callable
from datetime import UTC

import click
import waitress
from apscheduler.schedulers.background import BackgroundScheduler

from engine import tending
from engine.errors import HuiyinError
from web.app import create_app
from web.cli import demonstrating, deploying
from web.cli.installation import Installation, log_to_stderr, pass_installation, tell
from web.cli.working import JOBS, end, ended_by_signals, make

THREADS = 8
# A browser keeps six connections open and speaks on few of them: without room for all of these
# nobody new is let in. Below the 1,024 files that a process may open on most machines.
CONNECTIONS = {"connection_limit": 900, "channel_timeout": 30, "cleanup_interval": 10}
_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_port = click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on  [default: HUIYIN_PORT, 8000]."
)


@click.command()
@_host
@_port
@pass_installation
def run(installation: Installation, host: str, port: int | None) -> None:
    """Everything in one process: database, pages, worker; a fresh one with a demo office."""
    log_to_stderr()
    port = port or installation.settings.port
    _refuse_taken(host, port)
    deploying.prepare(installation)
    demonstrating.prepare(installation)
    installation.arm()
    working = make(installation)
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=JOBS)
    working.schedule(scheduler)

    def greet() -> None:
        scheduler.start()
        demonstrating.greet(installation, _address(host, port))

    try:
        _serve(installation, host, port, greet)
    finally:
        end(working, scheduler)


@click.command()
@_host
@_port
@pass_installation
def serve(installation: Installation, host: str, port: int | None) -> None:
    """The pages and the API alone; `huiyin worker` does the clock work."""
    log_to_stderr()
    port = port or installation.settings.port
    _refuse_taken(host, port)
    installation.ready()
    installation.arm()
    _serve(installation, host, port, lambda: click.echo(_address(host, port)))


def _serve(
    installation: Installation, host: str, port: int, when_listening: Callable[[], None]
) -> None:
    """Answer requests until a signal ends it; those that are running are finished."""
    app = create_app(installation.sessions, installation.settings, installation.vault)
    tending.settle()
    server = waitress.create_server(
        app, host=host, port=port, threads=THREADS, ident="huiyin", **CONNECTIONS
    )
    with ended_by_signals():
        try:
            when_listening()
            server.run()
            tell("Ending …")
        finally:
            server.close()


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - shown, not bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def _refuse_taken(host: str, port: int) -> None:
    """Say at once that the port is taken, before a minute of work is done for nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise HuiyinError(
                f"Cannot listen on {host} port {port}: {error.strerror}. "
                "Choose another with --port or HUIYIN_PORT."
            ) from error
