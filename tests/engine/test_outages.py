"""What passes by itself: a full disk, a database that is away or held; said, and nothing half."""

import errno
import logging
import resource
import sqlite3
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from engine import connections, numbers, outages
from engine.commands import deadlines, heartbeats, importing, notices
from engine.commands.import_rows import Plan
from engine.db import connect, new_key, reading, refusal, transaction
from engine.errors import Unavailable
from engine.importing.columns import find
from engine.importing.records import Row
from engine.journal import Journal
from engine.models import Case, Counter, Heartbeat, HistoryEvent, Incident, OutboxNotice
from engine.worker import Worker
from tests.fakes import Gateway
from tests.story import BODY, TITLE

only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])
only_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"])


class Full:
    """SQLite refuses every page more, as on a full disk, until it is lifted."""

    def __init__(self, sessions):
        self.database = sessions.kw["bind"]
        self.database.dispose()
        event.listen(self.database, "connect", self._limit)

    def lift(self):
        event.remove(self.database, "connect", self._limit)
        self.database.dispose()

    def _limit(self, connection, _record):
        # What is there stays; SQLite takes a smaller figure for the present size.
        connection.execute("PRAGMA max_page_count = 1")


@pytest.fixture
def full(sessions):
    full = Full(sessions)
    yield full
    if event.contains(full.database, "connect", full._limit):
        full.lift()


def _fill(sessions):
    """Write until a page more is needed."""
    for number in range(2000):
        with transaction(sessions) as session:
            session.add(Counter(series=f"{number:05}" + "x" * 50, last=number))


@only_sqlite
def test_a_full_disk_is_said_and_over_when_there_is_room(sessions, full):
    with pytest.raises(Unavailable, match="disk is full") as told:
        _fill(sessions)
    assert told.value.reason == outages.FULL
    with reading(sessions) as session:
        before = session.scalar(select(func.count()).select_from(Counter))
    assert sessions.refusing == outages.FULL
    full.lift()
    assert refusal(sessions) == "", "tried anew, and well"
    with transaction(sessions) as session:
        session.add(Counter(series="one more", last=1))
    with reading(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Counter)) == before + 1


@only_sqlite
def test_a_step_that_meets_a_full_disk_is_no_incident_and_done_later(story, full):
    story.receives()
    story.clock.advance(hours=3)

    def step(session):
        deadlines.fire(session, story.deadlines()[0].instance_id)
        session.add_all(Counter(series=f"{n:05}" + "x" * 50, last=n) for n in range(2000))

    with pytest.raises(Unavailable):
        story.worker._do(step, source="deadline", source_id=new_key(), instance_id=None)
    assert "deadline.overdue" not in story.events(), "nothing is half written"
    full.lift()
    story.worker.drain()
    assert story.events().count("deadline.overdue") == 1
    with reading(story.sessions) as session:
        assert not session.scalars(select(Incident.id)).all()
    assert story.chain_is_whole()


@only_sqlite
def test_an_import_stops_at_a_full_disk_and_refuses_no_row_for_it(sessions, vault, held, full):
    columns = find(["编号", "主题", "内容"])
    plan = Plan("gl-jindianzi", "letters", columns.places, 3, "web", None)
    rows = [Row(n, [str(n), f"{TITLE} {n}", BODY * 20]) for n in range(60)]
    with pytest.raises(Unavailable):
        for start in range(0, 60, 10):
            taken = importing.take(sessions, vault, plan, rows[start : start + 10])
            assert not taken.refused
    with pytest.raises(Unavailable), transaction(sessions) as session:
        importing._take(session, vault, plan, rows, careful=True)
    full.lift()
    taken = [importing.take(sessions, vault, plan, rows[s : s + 10]) for s in range(0, 60, 10)]
    assert sum(one.taken + one.there for one in taken) == 60
    with reading(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 60


@only_sqlite
def test_who_waits_too_long_for_sqlite_is_told_that_it_is_held(sessions, monkeypatch):
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0)
    sessions.kw["bind"].dispose()
    other = sqlite3.connect(sessions.kw["bind"].url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as told, transaction(sessions) as session:
        numbers.next_in(session, "A")
    assert told.value.reason == outages.BUSY
    other.execute("ROLLBACK")
    other.close()
    with transaction(sessions) as session:
        with pytest.raises(Unavailable, match="held"), transaction(sessions):
            raise AssertionError("a second writer of this process is let in")
        assert numbers.next_in(session, "A") == 1


@only_postgresql
def test_a_connection_that_is_cut_costs_one_transaction(sessions):
    with transaction(sessions) as session:
        session.execute(text("SELECT 1"))
    with pytest.raises(Unavailable) as told, transaction(sessions) as session:
        numbers.next_in(session, "A")
        _cut(sessions, session.scalar(text("SELECT pg_backend_pid()")))
        numbers.next_in(session, "A")
    assert told.value.reason == outages.AWAY
    with transaction(sessions) as session:
        assert numbers.next_in(session, "A") == 1, "nothing of the other is left"


@only_postgresql
def test_a_connection_that_was_cut_while_nobody_used_it_costs_nothing(sessions, monkeypatch):
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0)
    with transaction(sessions) as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    _cut(sessions, pid)
    with transaction(sessions) as session:
        assert numbers.next_in(session, "A") == 1


@only_postgresql
def test_who_hangs_inside_a_transaction_is_cut_off_by_the_server(sessions):
    with reading(sessions) as session:
        setting = session.scalar(text("SHOW idle_in_transaction_session_timeout"))
    assert setting == f"{connections.HANGING_SECONDS}s"
    assert timedelta(seconds=connections.HANGING_SECONDS) == deadlines.LEASE


def test_a_server_that_is_not_there_is_away():
    sessions = connect("postgresql://nobody@127.0.0.1:9/nothing")
    for door in (transaction, reading):
        with pytest.raises(Unavailable) as told, door(sessions) as session:
            session.execute(text("SELECT 1"))
        assert told.value.reason == outages.AWAY
    sessions.kw["bind"].dispose()


def test_what_does_not_pass_by_itself_is_no_outage(sessions):
    with pytest.raises(OperationalError) as caught, reading(sessions) as session:
        session.execute(text("SELECT * FROM nowhere"))
    assert outages.of(caught.value) is None
    assert outages.of(OSError(errno.ENOENT, "no such file")) is None
    assert outages.of(ValueError()) is None
    assert outages.of(OSError(errno.ENOSPC, "no space")).reason == outages.FULL


# The worker --------------------------------------------------------------------------------------


def test_an_outage_is_said_once_and_when_it_is_over(story, caplog):
    answers = [Unavailable("away"), Unavailable("away"), None, None]

    def work():
        answer = answers.pop(0)
        if answer:
            raise answer

    with caplog.at_level(logging.INFO, logger="engine.worker"):
        for _ in range(4):
            story.worker._guarded(work)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "waits: The database is away" in said[0]
    assert "goes on after 0 s (away)" in said[1]


@pytest.mark.both
def test_a_clock_that_goes_back_ends_leases_and_holds_up_no_notice(story, caplog):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.clock.advance(days=8)
    story.worker.beat()
    with transaction(story.sessions) as session:
        assert len(deadlines.lease(session)) == 1  # and its worker dies
    waiting = _notice(story, next_at=story.clock.at)
    failing = _notice(story, next_at=story.clock.at + timedelta(minutes=1), attempts=1)
    story.clock.advance(hours=-1)
    with caplog.at_level(logging.WARNING, logger="engine.worker"):
        story.worker.beat()
    assert "the clock went back" in caplog.text
    gateway = Gateway()
    other = Worker(story.sessions, gateway, "other")
    other.drain()
    assert story.events().count("deadline.overdue") >= 1
    fired = story.events()
    assert waiting in {notice.id for notice in gateway.sent}
    assert failing not in {notice.id for notice in gateway.sent}, "what failed waits its time"
    story.clock.advance(hours=2)
    other.drain()
    assert story.events() == fired, "and nothing is fired twice"
    with reading(story.sessions) as session:
        event_ = session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "clock.went_back")
        ).one()
    assert event_.payload["worker"] == story.worker.name
    assert event_.payload["to"] < event_.payload["from"]


def test_a_lease_of_another_machine_s_clock_is_respected(story):
    story.receives()
    story.clock.advance(hours=3)
    with transaction(story.sessions) as session:
        assert deadlines.lease(session)
    story.clock.advance(seconds=-20)  # this machine's clock is late by as much
    assert Worker(story.sessions, Gateway(), "late").fire_deadlines() == 0


def test_a_worker_that_hangs_says_no_more_that_it_lives(story, caplog):
    story.worker.beat()
    before = _beat(story)
    story.clock.advance(seconds=40)
    story.worker._at_work = ("message 1", time.monotonic() - 31)
    story.worker.beat()
    assert _beat(story) == before
    assert "message 1 takes longer than its lease" in caplog.text
    story.worker._at_work = None
    story.worker.beat()
    assert _beat(story) == story.clock.at


def test_a_worker_that_has_gone_is_told_once_and_one_that_left_is_not(story, caplog):
    gone, left = (Worker(story.sessions, Gateway(), name) for name in ("gone", "left"))
    for worker in (gone, left):
        worker.beat()
    left.leave()
    for _ in range(3):
        story.clock.advance(seconds=20)
        story.worker.beat()
    assert caplog.text.count("worker gone has gone") == 1
    assert "left" not in caplog.text
    with transaction(story.sessions) as session:
        assert heartbeats.gone(session) == ["gone"]
    story.clock.advance(days=2)
    story.worker.beat()
    story.worker.tidy()
    with reading(story.sessions) as session:
        assert session.scalars(select(Heartbeat.name)).all() == [story.worker.name]


def test_a_worker_that_cannot_say_it_leaves_leaves(caplog):
    sessions = connect("postgresql://nobody@127.0.0.1:9/nothing")
    Worker(sessions, Gateway(), "lonely").leave()
    assert "worker lonely ends: The database is away" in caplog.text
    sessions.kw["bind"].dispose()


@pytest.mark.both
def test_a_late_worker_sends_nothing_and_undoes_nothing(story, monkeypatch, caplog):
    key = _notice(story, next_at=story.clock.at)
    gateway = Gateway()
    with transaction(story.sessions) as session:
        notices.sent(session, [key])
    sent_at = story.clock.at
    story.clock.advance(minutes=1)
    with transaction(story.sessions) as session:
        notices.failed(session, key, "ConnectionRefusedError")  # of a worker that hung
        notices.sent(session, [key])
    with reading(story.sessions) as session:
        row = session.get_one(OutboxNotice, key)
    assert (row.sent_at, row.next_at, row.attempts, row.last_error) == (sent_at, None, 1, "")
    other = _notice(story, next_at=story.clock.at)
    monkeypatch.setattr(deadlines, "LEASE", timedelta(0))
    Worker(story.sessions, gateway, "late").send_notices()
    assert not gateway.sent
    assert f"notice {other}: its lease ended" in caplog.text


def test_a_journal_on_a_full_disk_is_tried_again(story):
    key = _notice(story, next_at=story.clock.at)
    Worker(story.sessions, Journal(Path("/dev/full")), "full").send_notices()
    with reading(story.sessions) as session:
        row = session.get_one(OutboxNotice, key)
    assert (row.sent_at, row.last_error) == (None, "OSError")


def test_a_line_torn_by_a_full_disk_spoils_no_other(story, tmp_path):
    path = tmp_path / "torn.jsonl"
    path.write_bytes(b'{"id": "torn')
    key = _notice(story, next_at=story.clock.at)
    Worker(story.sessions, Journal(path), "next").send_notices()
    whole = [line for line in path.read_text("utf-8").splitlines() if line.endswith("}")]
    assert any(key.hex in line and line.startswith('{"id"') for line in whole)


def test_a_line_for_which_there_is_half_the_room_is_written_again(tmp_path, held):
    path = tmp_path / "narrow.jsonl"
    notice = notices.Notice(new_key(), "slip.issued", "unit:x", {}, held.at)
    journal = Journal(path)
    journal.send(notice)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, limits[1]))
    try:
        with pytest.raises(OSError, match="No space left") as told:
            journal.send(notice)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert told.value.errno == errno.ENOSPC
    journal.send(notice)
    lines = path.read_text("utf-8").splitlines()
    assert lines == [lines[0], lines[0][:10] + lines[0], lines[0]], "whole on a line of its own"


def _cut(sessions, pid):
    other = connect(sessions.kw["bind"].url.render_as_string(hide_password=False))
    with transaction(other) as session:
        assert session.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    other.kw["bind"].dispose()


def _notice(story, *, next_at, attempts=0):
    key = new_key()
    with transaction(story.sessions) as session:
        session.add(
            OutboxNotice(
                id=key,
                kind="slip.issued",
                recipient="unit:x",
                payload={},
                written_at=story.clock.at,
                next_at=next_at,
                attempts=attempts,
            )
        )
    return key


def _beat(story):
    with reading(story.sessions) as session:
        return session.get_one(Heartbeat, story.worker.name).beat_at
