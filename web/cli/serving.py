"""`serve`: the process of an installation that answers requests, as `run` does too."""

import socket
from collections.abc import Callable

import click
import waitress

from engine import tending
from engine.errors import HuiyinError
from web.app import create_app
from web.cli.installation import Installation, log_to_stderr, pass_installation, tell
from web.cli.working import ended_by_signals

THREADS = 8
# A browser keeps six connections open and speaks on few of them: without room for all of these
# nobody new is let in. Below the 1,024 files that a process may open on most machines.
CONNECTIONS = {"connection_limit": 900, "channel_timeout": 30, "cleanup_interval": 10}
at_host = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
)
at_port = click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on  [default: HUIYIN_PORT, 8000]."
)


@click.command()
@at_host
@at_port
@pass_installation
def serve(installation: Installation, host: str, port: int | None) -> None:
    """The pages and the API alone; `huiyin worker` does the clock work."""
    log_to_stderr()
    port = port or installation.settings.port
    refuse_taken(host, port)
    installation.ready()
    installation.arm()
    answer(installation, host, port, lambda: click.echo(address(host, port)))


def answer(
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


def address(host: str, port: int) -> str:
    """Where a browser finds what listens there."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - shown, not bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def refuse_taken(host: str, port: int) -> None:
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
