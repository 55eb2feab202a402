"""Fixtures: the command, called in this process on this test's database."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.databases import ROOT
from tests.processes import command, free_port
from web.cli import huiyin


@dataclass
class Command:
    """Calls `huiyin` with the settings of one test."""

    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, given: str | None = None, **settings: str) -> Result:
        """Run in this process; an exception that the command lets out fails the test."""
        return CliRunner().invoke(
            huiyin, words, input=given, env=self.settings | settings, catch_exceptions=False
        )

    def well(self, *words: str, **rest: str) -> str:
        """Run, expect code 0, give what a machine would read."""
        result = self(*words, **rest)
        assert result.exit_code == 0, result.output
        return result.stdout

    def start(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        """Start a process of its own."""
        return subprocess.Popen(
            command(*words),
            cwd=ROOT,
            env=os.environ | self.settings | settings,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


@pytest.fixture
def empty(tmp_path: Path) -> Command:
    """The command of an installation that has nothing yet."""
    return Command({"HUIYIN_HOME": str(tmp_path / "home")})


@pytest.fixture
def cli(database_url: str, tmp_path: Path) -> Command:
    """The command of an installation with packs, processes and the demo office's people."""
    return Command({"HUIYIN_HOME": str(tmp_path / "home"), "HUIYIN_DATABASE_URL": database_url})


@pytest.fixture
def started(cli: Command) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes, and ends those that are left at the end of the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str, command: Command = cli, **settings: str) -> subprocess.Popen[str]:
        process = command.start(*words, **settings)
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    return free_port()
