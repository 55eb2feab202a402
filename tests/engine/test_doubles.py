"""`verify` finds what was done twice, and tells where the clock went back."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from engine import history
from engine.db import new_key, reading, table, transaction
from engine.history import Entry
from engine.models import HistoryEvent, Instance, Message, OutboxNotice
from engine.queries import doubles


@pytest.fixture
def busy(story):
    """A case whose unit was urged, contacted the citizen late, and is overdue."""
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.supervises("phone")
    story.passes(days=8)
    story.goes_through("contact_citizen")
    story.passes(days=1)
    return story


def _broken(story):
    with reading(story.sessions) as session:
        return {one.name: one.found for one in doubles.checks(session) if not one.holds}


def _twice(story, model, **where):
    """Write a row once more, under a key of its own."""
    rows = table(model)
    with transaction(story.sessions) as session:
        row = session.execute(select(rows).filter_by(**where).limit(1)).mappings().one()
        more = {"id": new_key(), **({"seq": 9999} if "seq" in row else {})}
        session.execute(rows.insert().values({**row, **more}))
    return row


@pytest.mark.both
def test_an_office_at_work_does_nothing_twice(busy):
    with reading(busy.sessions) as session:
        found = list(doubles.checks(session))
    assert [one.found for one in found] == [()] * len(found)
    assert all(one.looked_at for one in found)
    assert found[-1].name == "times: 0 steps back"


def test_a_task_that_was_completed_twice_is_named(busy):
    row = _twice(busy, HistoryEvent, kind="task.completed", element="sign")
    [told] = _broken(busy)["completed once: tasks"]
    assert told == (
        f"instance {row['instance_id'].hex}: sign was completed 1 times more in the history "
        "than in its tasks"
    )


def test_a_task_without_its_event_is_named(busy):
    with transaction(busy.sessions) as session:
        session.execute(
            delete(HistoryEvent).where(
                HistoryEvent.kind == "task.completed", HistoryEvent.element == "sign"
            )
        )
    [told] = _broken(busy)["completed once: tasks"]
    assert "sign was completed 1 times less" in told


@pytest.mark.both
def test_a_timer_and_its_notice_that_came_twice_are_named(busy):
    _twice(busy, HistoryEvent, kind="deadline.overdue")
    [told] = _broken(busy)["fired once: timers"]
    assert "fired due 2 times, it has 1" in told
    for _ in range(3):
        _twice(busy, OutboxNotice, kind="deadline.overdue")
    [told] = _broken(busy)["written once: notices"]
    assert "notices deadline.overdue for" in told


def test_a_message_that_woke_twice_is_named(busy):
    woken = _twice(busy, HistoryEvent, kind="message.delivered")
    [told] = _broken(busy)["delivered once: messages"]
    assert told.startswith(f"instance {woken['instance_id'].hex}: woken 1 times more")
    with transaction(busy.sessions) as session:
        session.execute(
            update(Message).where(Message.name != "start").values(result="nobody-waits")
        )
    assert _broken(busy)["delivered once: messages"]


def test_a_ladder_that_was_started_twice_is_named(busy):
    row = _twice(busy, Instance, part="supervision")
    [told] = _broken(busy)["started once: ladders"]
    assert told == f"supervision {row['supervision_id'].hex} was started 2 times"


def test_a_clock_that_went_back_is_told_and_breaks_nothing(busy):
    now = busy.clock.at
    with transaction(busy.sessions) as session:
        for ago in (timedelta(0), timedelta(seconds=30), timedelta(hours=1)):
            history.record(session, "unit:x", [Entry("clock.moved", now - ago)])
    assert not _broken(busy)
    with reading(busy.sessions) as session:
        told = doubles.times(session)
    assert told.holds
    assert told.name == "times: 1 steps back"
    assert told.found[0].startswith("unit:x: the clock went back before event 3, from 2026-")
