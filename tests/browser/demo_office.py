"""The office that `make run` shows, built once for all who look at it."""

import fcntl
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from engine.commands import rehearsal
from engine.db import connect, transaction
from engine.models import Incident, Instance
from engine.settings import Settings
from tests.browser.conftest import MONDAY
from tests.processes import Office, free_port, wait_for

_BUILDING = 600.0  # seconds, on a machine that does other things too


@dataclass(frozen=True)
class Shown:
    """A demo office that serves."""

    base: str
    password: str
    office: Office

    def is_at(self, at: str) -> None:
        """Move the clock of all its processes."""
        url = self.office.database_url
        settings = Settings(home=self.office.home, database_url=url, rehearsal=True)
        sessions = connect(url)
        with transaction(sessions) as session:
            rehearsal.move(session, datetime.fromisoformat(at), settings)
        sessions.kw["bind"].dispose()

    def rating_tokens(self) -> list[str]:
        """The secrets in the links by which citizens may rate, newest first."""
        journals = sorted(self.office.home.glob("*notices.jsonl"))
        told = "".join(path.read_text("utf-8") for path in journals)
        tokens = re.findall(r'"rate": "([\w-]+)"', told)
        assert tokens, "no notice holds a link to rate"
        return tokens[::-1]


@contextmanager
def shown(folder: Path, kept: Path, cases: int, days: int) -> Iterator[Shown]:
    """The demo office, served from `folder` by `huiyin run`.

    kept: where it is kept once it is built. cases, days: as `huiyin demo` takes them.
    """
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "built").exists():
            _build(kept / "home", cases, days)
            (kept / "built").touch()
    home = folder / "home"
    shutil.copytree(kept / "home", home)
    with _serving(home) as (office, base):
        yield Shown(base, (home / "demo-password").read_text("ascii").strip(), office)


@contextmanager
def _serving(home: Path) -> Iterator[tuple[Office, str]]:
    office = Office(home, f"sqlite:///{home / 'huiyin.db'}")
    port = free_port()
    log = home / "run.log"
    with office.running("run", "--port", str(port), log=log) as server:
        base = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{base}/healthz", server, _BUILDING)
        except AssertionError as error:
            raise AssertionError(f"{error}: {log.read_text('utf-8')[-2000:]}") from error
        yield office, base


def _build(home: Path, cases: int, days: int) -> None:
    """The demo up to a Monday morning, and one step that stopped, for operations to show."""
    shutil.rmtree(home, ignore_errors=True)  # of a worker that did not come to the end
    home.mkdir(parents=True)
    office = Office(home, f"sqlite:///{home / 'huiyin.db'}")
    for words in (("migrate",), ("clock", "set", MONDAY)):
        done = office.huiyin(*words)
        assert done.returncode == 0, done.stderr
    words = ("demo", "--cases", str(cases), "--days", str(days))
    with office.running(*words, log=home / "demo.log") as playing:
        ended = playing.wait(_BUILDING)
    assert ended == 0, (home / "demo.log").read_text("utf-8")[-2000:]
    sessions = connect(office.database_url)
    with transaction(sessions) as session:
        running = session.scalars(select(Instance).where(Instance.status == "running")).first()
        assert running is not None
        session.add(
            Incident(
                instance_id=running.id,
                case_id=running.case_id,
                source="deadline",
                element="handled",
                reason="The gateway has no way for “not yet”: expected one that holds.",
                occurred_at=datetime.fromisoformat(MONDAY),
            )
        )
    sessions.kw["bind"].dispose()
