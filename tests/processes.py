"""Real processes of the product: started for a test, listened to, asked, and ended with it."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.databases import ROOT

PATIENCE = 60


@dataclass
class Office:
    """An installation in a folder: where its processes find database and keys."""

    home: Path
    database_url: str

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a process of this installation."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
        return {
            **kept,
            "HUIYIN_HOME": str(self.home),
            "HUIYIN_DATABASE_URL": self.database_url,
            "HUIYIN_REHEARSAL": "1",
            **more,
        }

    def huiyin(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            command(*arguments),
            env=self.environment(**more),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @contextmanager
    def running(
        self, *arguments: str, log: Path | None = None, **more: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A process that runs until the block ends; it may die before."""
        path = log or self.home / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with path.open("wb") as file:
            process = subprocess.Popen(
                command(*arguments),
                env=self.environment(**more),
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(5)


def command(*arguments: str) -> list[str]:
    """The `huiyin` command of this interpreter."""
    return [sys.executable, "-m", "web.cli", *arguments]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Wait until `url` answers; fail at once if the process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the process ended with {process.returncode}")
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {seconds} s")


def said(process: subprocess.Popen[str], pattern: str) -> list[str]:
    """What a process says until a line fits; the test fails if it ends or takes too long."""
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if re.search(pattern, line):
                return lines
    finally:
        watch.cancel()
    raise AssertionError(f"ended with {process.wait()}: {lines} {process.stderr.read()}")


def get(port: int, path: str) -> http.client.HTTPResponse:
    """The answer to a GET, its content as `body`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    response.body = response.read()
    connection.close()
    return response


def until(
    holds: Callable[[], object], seconds: float = PATIENCE, why: str = "nothing came"
) -> None:
    """Wait for another process; that is the only thing to wait for here."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, why
        time.sleep(0.05)


def ends_well(process: subprocess.Popen[str]) -> None:
    """Ask a process to end; it does, without a stack trace."""
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    assert "Traceback" not in told
