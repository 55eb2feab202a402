"""The worker: does what is due, is held up by nothing, and says that it lives."""

import logging
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select, update

from engine import faults
from engine.commands import deadlines, idempotency, supervisions, tasks
from engine.db import connect, reading, transaction
from engine.errors import Conflict
from engine.models import Deadline, Heartbeat, HistoryEvent, Idempotency, Instance
from engine.worker import Worker
from tests.fakes import Gateway
from tests.racing import failures, together
from tests.story import BODY, TITLE, answers_for


@pytest.mark.both
def test_a_deadline_fires_once_however_often_the_worker_looks(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.passes(days=8)
    events = story.events()
    for _ in range(3):
        assert story.worker.tick() == 0
    assert story.events() == events
    assert events.count("deadline.overdue") == len(
        [row for row in story.deadlines() if "due" in row.fired]
    )


@pytest.mark.both
def test_nothing_is_due_before_its_time(story):
    story.receives()
    with reading(story.sessions) as session:
        due = deadlines.next_due(session)
    assert due == story.clock.at + timedelta(hours=2), "two hours to complete the record"
    story.clock.set(due - timedelta(microseconds=1))
    assert story.worker.fire_deadlines() == 0
    story.clock.set(due)
    assert story.worker.fire_deadlines() == 1


@pytest.mark.both
def test_what_a_dead_worker_had_leased_is_taken_up_after_thirty_seconds(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.clock.advance(days=8)
    with transaction(story.sessions) as session:
        assert len(deadlines.lease(session)) == 1  # and then it dies
    other = Worker(story.sessions, Gateway(), "other")
    story.clock.advance(seconds=30)
    assert other.fire_deadlines() == 0
    story.clock.advance(seconds=1)
    assert other.fire_deadlines() == 1
    assert "deadline.overdue" in story.events()


@pytest.mark.both
def test_workers_at_once_fire_each_deadline_once(story):
    received = []
    for number in range(4):
        story.receives(name=f"市民{number}", phone=f"1380000{number:04d}")
        received.append(story.received)
    story.clock.advance(hours=3)
    workers = [Worker(story.sessions, Gateway(), f"w{n}") for n in range(3)]
    assert not failures(together([worker.drain for worker in workers]))
    for one in received:
        story.received = one
        assert story.events().count("deadline.overdue") == 1
        assert story.chain_is_whole()


@pytest.mark.both
def test_firing_for_nothing_or_for_what_is_over_does_no_harm(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    with reading(story.sessions) as session:
        instance_id = session.scalars(select(Instance.id)).one()
    with transaction(story.sessions) as session:
        assert deadlines.fire(session, instance_id) == 0
        running = update(Deadline).where(Deadline.settled_at.is_(None))
        session.execute(running.values(next_at=story.clock.at))
    events = story.events()
    story.worker.drain()
    assert story.events() == events
    assert all(row.next_at is None or row.next_at > story.clock.at for row in story.deadlines()), (
        "each looks ahead again"
    )
    with transaction(story.sessions) as session:
        session.execute(update(Instance).values(status="cancelled", state=None))
    story.passes(days=30)
    assert {row.settled_as for row in story.deadlines()} <= {"met", "late", "cancelled"}
    with reading(story.sessions) as session:
        assert deadlines.next_due(session) is None


@pytest.mark.both
def test_a_ladder_and_the_case_at_the_same_time_neither_cross_nor_wait_forever(story):
    """The unit contacts the citizen while the worker starts the ladder about it."""
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    boss = story.with_role("supervisor")
    for rung in ("phone", "order", "interview"):
        with transaction(story.sessions) as session:
            supervisions.ask(session, story.number, rung, "催促未果", by=boss)
    story.clock.advance(days=8)
    task = story.task("contact_citizen")
    by, answers = story.someone_for(task), answers_for("contact_citizen", story.clock.at)
    workers = [Worker(story.sessions, Gateway(), f"w{n}") for n in range(3)]

    def contact():
        with transaction(story.sessions) as session:
            tasks.complete(session, task.id, answers, by=by)

    results = together([*(worker.drain for worker in workers), contact])
    assert not failures(results), "on one lock they queue"
    story.passes(seconds=31)
    story.passes(seconds=31)
    assert story.chain_is_whole()
    assert len(story.supervisions()) == len({row.cause for row in story.supervisions()})
    assert [one.status for one in story.supervisions() if one.cause == "contact_overdue"] == [
        "cured"
    ]
    with reading(story.sessions) as session:
        ladders = session.scalars(
            select(Instance.supervision_id).where(Instance.part == "supervision")
        ).all()
    assert sorted(ladders) == sorted(row.id for row in story.supervisions()), "one each"
    assert story.case.facts.get("open_supervisions", 0) == len(
        [row for row in story.supervisions() if row.status == "open"]
    )


@pytest.mark.both
def test_a_ladder_s_task_and_the_case_s_task_at_once_are_both_done(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.supervises("phone")
    pair = [story.task("phone"), story.task("contact_citizen")]
    who = [story.someone_for(task) for task in pair]

    def complete(task, by):
        with transaction(story.sessions) as session:
            tasks.complete(session, task.id, answers_for(task.element, story.clock.at), by=by)

    results = together(
        [lambda task=task, by=by: complete(task, by) for task, by in zip(pair, who, strict=True)]
    )
    assert not failures(results)
    assert not story.waiting_for & {"phone", "contact_citizen"}
    assert story.chain_is_whole()


@pytest.mark.both
def test_a_worker_says_that_it_lives_and_how_much_it_did(story):
    worker = Worker(story.sessions, Gateway(), "lively")
    worker.beat()
    story.receives()
    story.clock.advance(hours=3)
    worker.drain()
    worker.beat()
    with reading(story.sessions) as session:
        row = session.get_one(Heartbeat, "lively")
    assert (row.beat_at, row.beat_at - row.started_at) == (story.clock.at, timedelta(hours=3))
    assert row.fired == worker.done > 0


def test_a_worker_told_to_stop_finishes_its_round_and_begins_no_other(story):
    story.receives()
    story.clock.advance(hours=3)
    story.worker.stop()
    assert story.worker.drain() == 0
    assert "deadline.overdue" not in story.events()


def test_tidying_drops_what_is_old(story):
    with transaction(story.sessions) as session:
        idempotency.keep(session, "wang", "k", bytes(32), {})
    story.clock.advance(days=31)
    story.worker.tidy()
    with reading(story.sessions) as session:
        assert session.scalars(select(Idempotency.key)).all() == []


def test_the_log_carries_ids_and_no_words_of_a_citizen(story, caplog):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    with transaction(story.sessions) as session:
        session.execute(update(Instance).values(state=b"\xff" + f"{TITLE}{BODY}".encode()))
    with caplog.at_level(logging.DEBUG, logger="engine"):
        story.passes(days=8)
    assert "UnknownState" in caplog.text
    for words in (TITLE, BODY, "陈女士", "13800001234"):
        assert words not in caplog.text


def test_a_conflict_is_left_for_the_next_round(story, caplog):
    def lose(_session):
        raise Conflict

    with caplog.at_level(logging.INFO, logger="engine.worker"):
        story.worker._do(lose, source="message", source_id=UUID(int=1), instance_id=None)
    assert "moved on" in caplog.text
    with reading(story.sessions) as session:
        assert not session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "incident.opened")
        ).all()


def test_a_scheduler_ticks_and_a_database_that_is_away_ends_nothing(tmp_path, caplog):
    sessions = connect(f"sqlite:///{tmp_path / 'empty.db'}")
    looked = Event()

    class Curious(Worker):
        def fire_deadlines(self):
            try:
                return super().fire_deadlines()
            finally:
                looked.set()

    worker = Curious(sessions, Gateway(), "curious")
    scheduler = BackgroundScheduler(timezone="UTC")
    worker.schedule(scheduler)
    jobs = scheduler.get_jobs()
    assert {(job.max_instances, job.coalesce) for job in jobs} == {(1, True)}
    with caplog.at_level(logging.ERROR, logger="engine.worker"):
        scheduler.start()
        assert looked.wait(20), "within half a second"
        scheduler.shutdown(wait=True)
    assert "OperationalError" in caplog.text, "it is said"
    sessions.kw["bind"].dispose()


def test_a_fault_point_is_armed_by_name_only():
    with pytest.raises(ValueError, match="unknown fault point"):
        faults.arm("somewhere")
    faults.arm("before-commit:3")
    faults.reach("before-commit")
    faults.reach("after-commit")
    faults.arm("")
    for _ in range(5):
        faults.reach("before-commit")
