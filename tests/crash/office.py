"""An office under fire: web servers and workers that are killed and started again."""

import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.databases import ROOT
from tests.processes import Office, command, free_port


@dataclass
class Fleet:
    """The processes of one installation, named "web-1", …, "worker-1", …, each with its log.

    logs: where the logs go, the installation's home unless said.
    """

    office: Office
    webs: int
    workers: int
    logs: Path | None = None
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Fleet":
        self.ports = {f"web-{number}": free_port() for number in range(1, self.webs + 1)}
        try:
            for name in (*self.ports, *(f"worker-{n}" for n in range(1, self.workers + 1))):
                self.start(name)
            self.wait()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()

    def end(self) -> None:
        """End all that run, also what hangs."""
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self._stack.close()

    @property
    def addresses(self) -> list[str]:
        """Where the servers listen, whether they are up or not."""
        return [f"http://127.0.0.1:{port}" for port in self.ports.values()]

    def start(self, name: str, **more: str) -> subprocess.Popen[bytes]:
        """Start one that is not running."""
        words = ("worker",)
        if name in self.ports:
            words = ("serve", "--port", str(self.ports[name]))
        log = self._stack.enter_context(self._log(name).open("ab"))
        process = subprocess.Popen(
            command(*words),
            env=self.office.environment(**more),
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self.running[name] = process
        return process

    def kill(self, name: str) -> None:
        """Kill one as a power cut would."""
        self.running[name].kill()
        self.running[name].wait(10)

    def dead(self) -> list[str]:
        """Those that ended by themselves, which none may."""
        return [
            f"{name} ended with {process.returncode}"
            for name, process in self.running.items()
            if process.poll() is not None and process.returncode != -signal.SIGKILL
        ]

    def log(self, name: str) -> str:
        """What one has written so far."""
        return self._log(name).read_text("utf-8")

    def _log(self, name: str) -> Path:
        return (self.logs or self.office.home) / f"{name}.log"

    def wait(self, seconds: float = 60) -> None:
        """Wait until every server answers."""
        end = time.monotonic() + seconds
        for name, port in self.ports.items():
            while not _answers(port):
                if time.monotonic() > end or self.running[name].poll() is not None:
                    raise AssertionError(f"{name} does not come up: {self.log(name)[-2000:]}")
                time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except (URLError, ConnectionError, TimeoutError):
        return False
