"""Real processes of the product: servers and workers, started for a test and ended with it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.databases import ROOT


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
