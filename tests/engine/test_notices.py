"""What is told outside: at least once, under one id, again after growing waits."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.commands import notices
from engine.commands.notices import FIRST_WAIT, LONGEST_WAIT
from engine.db import new_key, reading, transaction
from engine.journal import Journal
from engine.models import OutboxNotice
from engine.worker import Worker
from tests.fakes import Gateway
from tests.racing import failures, together

pytestmark = [pytest.mark.both, pytest.mark.story]


@pytest.fixture
def gateway():
    return Gateway()


@pytest.fixture
def worker(sessions, gateway, held):
    return Worker(sessions, gateway, "sender")


def test_what_goes_out_goes_out_once(sessions, worker, gateway, held):
    key = _write(sessions, held)
    assert worker.send_notices() == 1
    assert worker.send_notices() == 0
    [notice] = gateway.sent
    assert (notice.id, notice.kind, notice.recipient) == (key, "slip.issued", "unit:x")
    assert notice.payload == {"case": "GL-1", "zh": "路灯"}
    assert notice.written_at == held.at
    row = _row(sessions, key)
    assert (row.sent_at, row.next_at, row.claimed_until, row.attempts) == (held.at, None, None, 1)


def test_a_sender_that_fails_is_tried_again_after_growing_waits(sessions, worker, gateway, held):
    key = _write(sessions, held)
    gateway.down = True
    waits = []
    for _ in range(12):
        assert worker.send_notices() == 1
        row = _row(sessions, key)
        assert (row.last_error, row.claimed_until) == ("ConnectionRefusedError", None)
        waits.append(row.next_at - held.at)
        held.set(row.next_at - timedelta(seconds=1))
        assert worker.send_notices() == 0, "not before its time"
        held.advance(seconds=1)
    assert waits[:4] == [FIRST_WAIT * 2**n for n in range(4)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
    gateway.down = False
    assert worker.send_notices() == 1
    assert [notice.id for notice in gateway.sent] == [key], "under the id it always had"
    assert gateway.tried[key] == 13
    row = _row(sessions, key)
    assert (row.attempts, row.last_error, row.next_at) == (13, "", None)


def test_a_gateway_that_is_away_for_a_month_is_still_asked_every_six_hours(
    sessions, worker, gateway, held
):
    key = _write(sessions, held)
    gateway.down = True
    with transaction(sessions) as session:
        session.get(OutboxNotice, key).attempts = 120
    assert worker.send_notices() == 1
    assert _row(sessions, key).next_at == held.at + LONGEST_WAIT


def test_one_bad_notice_holds_up_no_other(sessions, worker, gateway, held):
    good = [_write(sessions, held) for _ in range(2)]
    bad = _write(sessions, held, kind="case.answered")
    good.append(_write(sessions, held))
    gateway.bad = {"case.answered"}
    worker.send_notices()
    assert [notice.id for notice in gateway.sent] == good
    assert {key: _row(sessions, key).sent_at is None for key in [*good, bad]} == {
        **dict.fromkeys(good, False),
        bad: True,
    }


def test_a_sender_with_a_fault_of_its_own_holds_up_no_other(sessions, worker, gateway, held):
    gateway.bug, gateway.bad = KeyError("no such template"), {"case.answered"}
    good = _write(sessions, held)
    bad = _write(sessions, held, kind="case.answered")
    last = _write(sessions, held)
    worker.send_notices()
    held.advance(seconds=31)
    worker.send_notices()
    assert [notice.id for notice in gateway.sent] == [good, last], "each once"
    assert _row(sessions, bad).last_error == "KeyError"
    assert _row(sessions, bad).next_at > held.at - timedelta(seconds=31)


def test_what_a_dead_worker_was_sending_is_sent_again_under_the_same_id(
    sessions, worker, gateway, held
):
    key = _write(sessions, held)
    with transaction(sessions) as session:
        [notice] = notices.lease(session)
    gateway.send(notice)  # and then it dies, before it could note that
    held.advance(seconds=30)
    assert worker.send_notices() == 0
    held.advance(seconds=1)
    assert worker.send_notices() == 1
    assert [one.id for one in gateway.sent] == [key, key], "at least once; the id tells"
    assert gateway.sent[0] == gateway.sent[1]


def test_two_workers_share_the_outbox(sessions, gateway, held):
    keys = [_write(sessions, held) for _ in range(8)]
    workers = [Worker(sessions, gateway, f"w{n}") for n in range(3)]
    assert not failures(together([worker.send_notices for worker in workers]))
    assert sorted(notice.id for notice in gateway.sent) == keys


def test_the_oldest_go_first_and_a_batch_has_its_size(sessions, held):
    keys = []
    for _ in range(3):
        keys.append(_write(sessions, held))
        held.advance(seconds=1)
    with transaction(sessions) as session:
        assert [notice.id for notice in notices.lease(session, 2)] == keys[:2]
        assert [notice.id for notice in notices.lease(session, 2)] == keys[2:]


def test_the_journal_keeps_a_line_for_each(sessions, held, tmp_path):
    keys = [_write(sessions, held) for _ in range(2)]
    worker = Worker(sessions, Journal(tmp_path / "notices.jsonl"))
    worker.send_notices()
    lines = (tmp_path / "notices.jsonl").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert [one["id"] for one in told] == [key.hex for key in keys]
    assert {one["written_at"] for one in told} == {"2026-11-02T01:00:00+00:00"}
    assert "路灯" in lines[0]


def test_a_journal_that_cannot_be_written_loses_nothing(sessions, held, tmp_path):
    key = _write(sessions, held)
    folder = tmp_path / "not" / "there"
    worker = Worker(sessions, Journal(folder / "notices.jsonl"))
    worker.send_notices()
    assert _row(sessions, key).last_error == "FileNotFoundError"
    folder.mkdir(parents=True)
    held.advance(minutes=1)
    worker.send_notices()
    assert _row(sessions, key).sent_at == held.at


def _write(sessions, held, kind="slip.issued"):
    key = new_key()
    with transaction(sessions) as session:
        session.add(
            OutboxNotice(
                id=key,
                kind=kind,
                recipient="unit:x",
                payload={"case": "GL-1", "zh": "路灯"},
                written_at=held.at,
                next_at=held.at,
            )
        )
    return key


def _row(sessions, key):
    with reading(sessions) as session:
        return session.scalars(select(OutboxNotice).where(OutboxNotice.id == key)).one()
