"""Named disasters on real processes: each passes by itself, is said, and costs nothing."""

import json
import os
import signal
import time
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from engine.commands import people, rehearsal
from engine.db import connect, reading, transaction
from engine.models import HistoryEvent, OutboxNotice
from engine.settings import Settings
from tests import databases
from tests.api_client import Client
from tests.crash.client import Book
from tests.crash.disk import mounted
from tests.crash.office import Fleet
from tests.processes import Office, get, until

pytestmark = pytest.mark.slow
MONDAY = "2026-11-02T09:00:00+08:00"
LATER = "2026-11-02T13:00:00+08:00"  # two hours to complete the record are over
LEASE_SECONDS = 30
SLACK_SECONDS = 15  # this machine has other things to do


class Ward:
    """One office in a disaster: its processes, a client, and the book of what was promised."""

    def __init__(self, stack, url, home, logs=None, workers=1):
        self.office = Office(home, url)
        self.stack = stack
        self.sessions = connect(url)
        stack.callback(self.sessions.kw["bind"].dispose)
        with transaction(self.sessions) as session:
            self.token = people.new_token(session, "li.zhi", "disaster")
        self.book = Book((logs or home) / "promised.jsonl")
        stack.callback(self.book.close)
        self.clock(MONDAY)
        self.fleet = stack.enter_context(Fleet(self.office, 1, workers, logs=logs))
        [self.port] = self.fleet.ports.values()
        self.tried = 0

    def clock(self, instant):
        """Set the office's time."""
        settings = Settings.from_env(self.office.environment())
        with transaction(self.sessions) as session:
            rehearsal.move(session, datetime.fromisoformat(instant), settings)

    def writes(self, key=None):
        """Take in a contact; what is acknowledged is put down."""
        self.tried += 1
        key = key or f"contact-{self.tried}"
        body = {
            "pack": "gl-jindianzi",
            "channel": "web",
            "title": f"第 {key} 盏路灯不亮",
            "body": "解放东路第三盏路灯不亮，已经一个星期。" * 40,
            "reporter": {"name": "陈女士", "phone": "13800001234"},
        }
        reply = Client(f"http://127.0.0.1:{self.port}", self.token).post("/contacts", body, key)
        if reply.status == 201:
            told = {name: reply.body[name] for name in ("contact", "case")}
            self.book.write(kind="contact", by="li.zhi", key=key, **told)
        return reply

    def ready(self):
        """What /readyz says."""
        answer = get(self.port, "/readyz")
        return answer.status, json.loads(answer.body)

    def is_ready(self):
        return self.ready()[0] == 200

    def overdue(self):
        """How often each case became overdue."""
        with reading(self.sessions) as session:
            return Counter(
                session.scalars(
                    select(HistoryEvent.stream).where(HistoryEvent.kind == "deadline.overdue")
                )
            )

    def unsent(self):
        with reading(self.sessions) as session:
            return session.scalars(
                select(OutboxNotice.id).where(OutboxNotice.sent_at.is_(None))
            ).all()

    def holds(self):
        """Whether `huiyin verify` finds everything that was promised, and nothing twice."""
        told = self.office.huiyin("verify", "--expect", str(self.book.path))
        assert told.returncode == 0, told.stdout + told.stderr
        assert self.fleet.dead() == [], "nobody had to be started again"
        return told.stdout


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


def test_a_full_disk_refuses_in_words_and_is_well_once_there_is_room(templates, tmp_path, stack):
    disk = stack.enter_context(mounted(tmp_path / "disk", 16))
    if disk is None:
        pytest.skip("this user may not mount a small disk")
    url = stack.enter_context(templates["sqlite"].copy(disk.folder))
    ward = Ward(stack, url, disk.folder, logs=tmp_path)
    assert ward.writes().status == 201
    until(ward.is_ready)
    disk.fill()
    refused = _refused(ward)
    assert (refused.body["code"], refused.body["reason"]) == ("unavailable", "full")
    assert refused.retry_after
    assert get(ward.port, "/submit").status == 200, "one can still read"
    status, told = ward.ready()
    assert (status, told["missing"]) == (503, ["space"])
    until(lambda: "waits: The disk is full" in ward.fleet.log("worker-1"))
    key = f"contact-{ward.tried}"
    disk.free()
    assert ward.writes(key).status == 201, "the same request, at once"
    until(ward.is_ready)
    until(lambda: "goes on after" in ward.fleet.log("worker-1"))
    ward.clock(LATER)
    until(lambda: set(ward.overdue().values()) == {1})
    until(lambda: not ward.unsent())
    ward.holds()
    lines = (disk.folder / "notices.jsonl").read_text("utf-8").splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == len(lines), "each notice went out"


def test_a_full_disk_of_postgresql_refuses_in_words(templates, tmp_path, stack):
    template = templates["postgresql"]
    if os.environ.get("HUIYIN_TEST_DATABASE_URL", "").startswith("postgresql://"):
        pytest.skip("the named server's disk is not ours to fill")
    home = databases.own_server().pgdata
    disk = stack.enter_context(mounted(home.parent / "disk", 24, home.stat().st_uid))
    if disk is None:
        pytest.skip("this user may not mount a small disk")
    databases.administer(f"CREATE TABLESPACE small LOCATION '{disk.folder}'")
    stack.callback(databases.administer, "DROP TABLESPACE small")
    source = make_url(template.url)
    databases.administer(f'CREATE DATABASE crowded TEMPLATE "{source.database}" TABLESPACE small')
    stack.callback(databases.administer, "DROP DATABASE crowded WITH (FORCE)")
    url = source.set(database="crowded").render_as_string(hide_password=False)
    ward = Ward(stack, url, tmp_path)
    disk.fill()
    refused = _refused(ward)
    assert (refused.body["code"], refused.body["reason"]) == ("unavailable", "full")
    key = f"contact-{ward.tried}"
    disk.free()
    assert ward.writes(key).status == 201
    until(ward.is_ready)
    ward.holds()


def test_a_database_that_is_gone_for_half_a_minute_is_waited_for(templates, tmp_path, stack):
    if os.environ.get("HUIYIN_TEST_DATABASE_URL", "").startswith("postgresql://"):
        pytest.skip("the named server is not ours to stop")
    url = stack.enter_context(templates["postgresql"].copy(tmp_path))
    ward = Ward(stack, url, tmp_path)
    assert ward.writes().status == 201
    until(ward.is_ready)
    with databases.stopped():
        gone = time.monotonic()
        refused = ward.writes("later")
        assert (refused.status, refused.body["reason"]) == (503, "away")
        assert refused.retry_after
        page = get(ward.port, "/submit")
        assert (page.status, page.getheader("Retry-After")) == (503, "5")
        assert "系统暂时存不上" in page.body.decode()
        assert "<h1>" in page.body.decode(), "a page, not a trace"
        assert get(ward.port, "/healthz").status == 200
        assert ward.ready() == (503, {"ready": False, "missing": ["database"]})
        until(lambda: "waits: The database is away" in ward.fleet.log("worker-1"))
        time.sleep(max(0.0, LEASE_SECONDS - (time.monotonic() - gone)))
    until(lambda: ward.writes("later").status == 201)
    until(lambda: "goes on after" in ward.fleet.log("worker-1"))
    ward.clock(LATER)
    until(lambda: set(ward.overdue().values()) == {1} and len(ward.overdue()) == 2)
    until(ward.is_ready)
    assert ward.fleet.log("worker-1").count("ERROR") <= 4, "said, not repeated twice a second"
    ward.holds()


@pytest.mark.both
def test_a_worker_that_hangs_with_a_lease_holds_up_for_half_a_minute_and_does_nothing_twice(
    database_url, tmp_path, stack
):
    ward = Ward(stack, database_url, tmp_path, workers=0)
    for _ in range(3):
        assert ward.writes().status == 201
    ward.clock(LATER)
    hung = ward.fleet.start("worker-1", HUIYIN_FAULT="after-lease:1:stop")
    until(lambda: _is_stopped(hung.pid))
    leased = time.monotonic()
    ward.fleet.start("worker-2")
    until(lambda: len(ward.overdue()) == 3, 90)
    took = time.monotonic() - leased
    assert took < LEASE_SECONDS + SLACK_SECONDS, f"a hung worker blocked for {took:.0f} s"
    name = f":{hung.pid} has gone"
    until(lambda: name in ward.fleet.log("worker-2"))
    status, told = ward.ready()
    assert status == 200
    assert [gone.rpartition(":")[2] for gone in told["gone"]] == [str(hung.pid)]
    os.kill(hung.pid, signal.SIGCONT)
    until(lambda: ward.ready()[1] == {"ready": True})
    until(lambda: not ward.unsent())
    assert set(ward.overdue().values()) == {1}
    ward.holds()


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_worker_that_hangs_inside_a_transaction_loses_it_and_goes_on(
    database_url, tmp_path, stack
):
    ward = Ward(stack, database_url, tmp_path, workers=0)
    assert ward.writes().status == 201
    ward.clock(LATER)
    # It hangs with the case locked: its transaction is ended by the server.
    hung = ward.fleet.start("worker-1", HUIYIN_FAULT="inside-firing:1:stop")
    until(lambda: _is_stopped(hung.pid))
    ward.fleet.start("worker-2")
    until(lambda: set(ward.overdue().values()) == {1}, 2 * LEASE_SECONDS + SLACK_SECONDS)
    os.kill(hung.pid, signal.SIGCONT)
    until(lambda: "goes on after" in ward.fleet.log("worker-1"))
    until(lambda: not ward.unsent())
    ward.holds()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_writer_that_hangs_on_sqlite_is_waited_for_a_quarter_of_a_minute(
    database_url, tmp_path, stack
):
    ward = Ward(stack, database_url, tmp_path, workers=0)
    assert ward.writes().status == 201
    ward.clock(LATER)
    hung = ward.fleet.start("worker-1", HUIYIN_FAULT="inside-firing:1:stop")
    until(lambda: _is_stopped(hung.pid))
    refused = ward.writes("later")
    assert (refused.status, refused.body["reason"]) == (503, "busy")
    os.kill(hung.pid, signal.SIGCONT)
    until(lambda: ward.writes("later").status == 201)
    until(ward.overdue)
    until(lambda: not ward.unsent())
    ward.holds()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_clock_that_steps_back_an_hour_fires_nothing_twice_and_frees_what_was_leased(
    database_url, tmp_path, stack
):
    ward = Ward(stack, database_url, tmp_path, workers=0)
    for _ in range(2):
        assert ward.writes().status == 201
    ward.clock(LATER)
    hung = ward.fleet.start("worker-1", HUIYIN_FAULT="after-lease:1:stop")
    until(lambda: _is_stopped(hung.pid))
    ward.fleet.start("worker-2")
    until(lambda: f"{ward.fleet.running['worker-2'].pid}" in ward.fleet.log("worker-2"))
    time.sleep(6)  # a beat, by which the worker knows what time it was
    back = datetime.fromisoformat(LATER) - timedelta(hours=1)
    ward.clock(back.isoformat())
    stepped = time.monotonic()
    until(lambda: len(ward.overdue()) == 2)
    assert time.monotonic() - stepped < LEASE_SECONDS, "a lease of a time to come is none"
    until(lambda: "the clock went back" in ward.fleet.log("worker-2"))
    os.kill(hung.pid, signal.SIGCONT)
    assert ward.writes().status == 201
    ward.clock(LATER)
    until(lambda: not ward.unsent())
    assert set(ward.overdue().values()) == {1}
    with reading(ward.sessions) as session:
        kinds = session.scalars(
            select(HistoryEvent.kind).where(HistoryEvent.stream == "system")
        ).all()
    assert "clock.went_back" in kinds
    ward.holds()


def _refused(ward):
    """The first answer that is none: what lies ready in the file may still be written over."""
    for _ in range(500):
        reply = ward.writes()
        if reply.status != 201:
            assert reply.status == 503, reply
            return reply
    raise AssertionError("the disk does not fill")


def _is_stopped(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
