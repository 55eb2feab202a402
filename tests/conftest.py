"""Shared fixtures: a database per test, time held still, an office with its people.

SQLite by default, and both for tests marked `both`; `HUIYIN_TEST_DATABASE_URL=postgresql` runs
the whole suite on a PostgreSQL server of its own (see tests/README.md).
"""

import gc
import os
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine import clock
from engine.db import Sessions, connect
from engine.identity import Vault
from tests import databases
from tests.story import Story

CHINA = ZoneInfo("Asia/Shanghai")
HERE = Path(__file__).resolve().parent
# Where what is drawn at random, or is the same for everybody, is gone through again and again.
_AGAIN = (
    "migrations",
    "workflows",
    "test_both_languages.py",
    "test_mutated_files.py",
    "engine/bpmn/test_codec_damaged.py",
    "engine/bpmn/test_expression_bounds.py",
    "engine/bpmn/test_expressions_fuzzed.py",
    "engine/bpmn/test_family.py",
    "engine/bpmn/test_hostile_files.py",
    "web/api/test_fuzz.py",
    "web/compartment",
    "web/permissions",
    "web/test_translations.py",
)
# Of the tests of a file that work with a database so many count coverage, then one of so many.
_FIRST, _ONE_OF = 8, 4
# Where the databases differ most, PostgreSQL is not left to the slow tests.
_ON_BOTH = (
    "test_alike",
    "test_cases",
    "test_db",
    "test_messages",
    "test_numbers",
    "test_search",
    "test_worker",
)
# A Monday without holidays near, so that a day more is a working day more.
START = datetime(2026, 11, 2, 9, 0, tzinfo=CHINA)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, databases.Template]:
    """Founded databases by kind, with packs, processes and people; filled as they are needed."""
    return databases.Templates(tmp_path_factory.mktemp("template"))


@pytest.fixture
def database_kind() -> str:
    """Which database this test runs on; tests marked `both` run on each."""
    return databases.wanted()


@pytest.fixture
def held() -> Iterator[clock.Held]:
    """Time, held still at the start of a Monday."""
    with clock.held(START) as at:
        yield at


@pytest.fixture
def database_url(
    templates: dict[str, databases.Template], database_kind: str, tmp_path: Path
) -> Iterator[str]:
    """A fresh copy of the template."""
    with templates[database_kind].copy(tmp_path) as url:
        yield url


@pytest.fixture
def sessions(
    database_url: str, templates: dict[str, databases.Template], database_kind: str
) -> Iterator[Sessions]:
    """The session factory of this test's database."""
    factory = connect(database_url)
    templates[database_kind].knows(factory)
    yield factory
    factory.kw["bind"].dispose()


@pytest.fixture
def vault() -> Vault:
    """A vault with a key of its own."""
    return Vault(bytes(range(32)))


@pytest.fixture
def story(sessions: Sessions, held: clock.Held, vault: Vault, tmp_path: Path) -> Story:
    """A builder over the commands."""
    return Story(sessions, held, vault, tmp_path)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine may be talked to."""
    real = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family != socket.AF_UNIX and host not in {"127.0.0.1", "localhost", "::1"}:
            raise OSError(f"tests reach no network: {host}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `both` runs on SQLite and on PostgreSQL, there mostly as a slow one."""
    if metafunc.definition.get_closest_marker("both"):
        soon = metafunc.module.__name__.rpartition(".")[2] in _ON_BOTH
        long = metafunc.definition.get_closest_marker("story") or not soon
        other = pytest.param("postgresql", marks=[pytest.mark.slow] if long else [])
        metafunc.parametrize("database_kind", ["sqlite", other])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage, which takes longer than the tests themselves, is counted where it may find more.

    Not on the second database, not in what was gone through before, of a page or a command that is
    tried several times only the first time, and of the many tests of a file that work with a
    database not in all: what is told is less than the true share.
    """
    opened: set[str] = set()
    with_database: Counter[str] = Counter()
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        params = item.callspec.params if hasattr(item, "callspec") else {}
        second = params.get("database_kind") == "postgresql"
        name, _, _ = item.nodeid.partition("[")
        again = place.startswith(_AGAIN) or (place.startswith(("web", "cli")) and name in opened)
        again |= second and item.get_closest_marker("both") is not None
        if not again and "database_url" in getattr(item, "fixturenames", ()):
            with_database[place] += 1
            again = with_database[place] > _FIRST and with_database[place] % _ONE_OF > 0
        if again:
            item.add_marker("no_cover")
        else:
            opened.add(name)


def pytest_configure(config: pytest.Config) -> None:
    """Nothing of the machine's own settings reaches a test."""
    for name in list(os.environ):
        if name.startswith("HUIYIN_") and not name.startswith(("HUIYIN_TEST_", "HUIYIN_TRIAL_")):
            del os.environ[name]


def pytest_collection_finish() -> None:
    """What is loaded now stays: the collector, a fifth of the time, need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests counted with `record_property`, added up over all of them and all workers."""
    counted: dict[str, int] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            counted[name] = counted.get(name, 0) + value
    if counted:
        terminalreporter.section("counted")
    for name, value in counted.items():
        terminalreporter.write_line(f"{value:,} {name}")
