"""A fresh office to measure in: a founded database with the benchmark's diagrams and people."""

import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine import schema
from engine.bench.scenarios import BODY, DIAGRAMS, TITLE
from engine.commands import cases, deployments, installing
from engine.commands.cases import Received, Said
from engine.db import Sessions, connect, transaction
from engine.identity import Reporter, Vault
from engine.permissions import Actor
from engine.queries import people

PROCESSES = ("five_tasks", "long_case")
PACKS = ("bench-five", "bench-long")
LOGIN = "bench"
_IN_MEMORY = {"tmpfs", "ramfs"}


@dataclass(frozen=True)
class Office:
    """A database in use, and somebody who may do every task of the benchmark."""

    sessions: Sessions
    vault: Vault
    actor: Actor

    def receive(self, pack: str) -> Received:
        """A citizen sends something in; its process waits for the first task."""
        said = Said("web", TITLE, BODY, Reporter("陈女士", "13800001234"), category="noise")
        with transaction(self.sessions) as session:
            return cases.receive(session, self.vault, pack, said)


@contextmanager
def founded(url: str) -> Iterator[Office]:
    """An office on the empty database at `url`."""
    sessions = connect(url)
    try:
        schema.upgrade(sessions)
        content = json.loads((DIAGRAMS / "organisation.json").read_text("utf-8"))
        with transaction(sessions) as session:
            installing.found(session, "Asia/Shanghai")
            for key in PROCESSES:
                deployments.deploy(session, deployments.read_folder(DIAGRAMS / key), by=LOGIN)
            for key in PACKS:
                deployments.deploy_pack(session, DIAGRAMS / "packs" / key)
            installing.organise(session, content, {})
            actor = people.by_login(session, LOGIN)
        yield Office(sessions, Vault(os.urandom(32)), actor)
    finally:
        sessions.kw["bind"].dispose()


def open_file(path: Path) -> sqlite3.Connection:
    """A bare SQLite file with the durability of the product's own."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def commit_probe(folder: Path, commits: int = 100) -> float:
    """The median seconds of one small commit in `folder`."""
    path = folder / "probe.db"
    taken = []
    connection = open_file(path)
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS probe (id INTEGER PRIMARY KEY, text TEXT)")
        for _ in range(commits):
            begun = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO probe (text) VALUES (?)", (BODY,))
            connection.execute("COMMIT")
            taken.append(time.perf_counter() - begun)
    finally:
        connection.close()
    return statistics.median(taken)


@contextmanager
def work_folder(wanted: Path | None, home: Path) -> Iterator[Path]:
    """A temporary folder on a disk: in `wanted`, else in the system's, else (in memory) in `home`.

    A folder that was asked for is taken as it is.
    """
    parent = wanted or Path(tempfile.gettempdir())
    if wanted is None and filesystem(parent) in _IN_MEMORY:
        parent = home
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="huiyin-bench-", dir=parent) as folder:
        yield Path(folder)


def filesystem(folder: Path) -> str:
    """The kind of file system `folder` lies on, such as ext4; "unknown" where none tells."""
    try:
        lines = Path("/proc/mounts").read_text("utf-8").splitlines()
    except OSError:
        return "unknown"
    place = folder.resolve()
    kinds = {Path(parts[1]): parts[2] for parts in map(str.split, lines)}
    above = [at for at in (place, *place.parents) if at in kinds]
    return kinds[above[0]] if above else "unknown"
