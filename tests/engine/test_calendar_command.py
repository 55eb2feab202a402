"""A year's notice of holidays comes: every open deadline follows it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from engine import deployed, ledger
from engine.commands import calendar
from engine.db import reading, transaction
from engine.errors import InvalidInput, NotFound
from engine.models import CalendarDay, City, Deadline, HistoryEvent, Suspension, UserTask
from tests.counting import statements

CHINA = ZoneInfo("Asia/Shanghai")
# A working Thursday before New Year: five working days end in the year without a notice.
THURSDAY = datetime(2026, 12, 31, 10, tzinfo=CHINA)
NOTICE = """date,working,name,name_en
2027-01-01,0,元旦,New Year's Day
2027-01-04,0,元旦,New Year's Day
2027-01-09,1,元旦,New Year's Day
"""

pytestmark = [pytest.mark.both, pytest.mark.story]


def local(at):
    return at.astimezone(CHINA).strftime("%m-%d %H:%M")


def told(story, text=NOTICE, name="2027.csv"):
    with transaction(story.sessions) as session:
        return calendar.import_notice(session, text, name)


@pytest.fixture
def dispatched(story):
    story.clock.set(THURSDAY)
    return story.receives().goes_through("complete_record", "screen", "dispatch")


def test_open_deadlines_move_with_the_notice_and_say_from_when_to_when(dispatched):
    story = dispatched
    before = story.deadlines("contact")[0]
    assert (local(before.due_at), before.provisional) == ("01-07 18:00", True)
    done = told(story)
    assert done.years == [2027]
    assert done.days == 365
    moved = {one.limit: (one.number, local(one.old), local(one.new)) for one in done.moved}
    assert moved["contact"] == (story.number, "01-07 18:00", "01-09 18:00")
    after = story.deadlines("contact")[0]
    assert (local(after.due_at), after.provisional) == ("01-09 18:00", False)
    assert after.due_at >= after.next_at
    assert [local(datetime.fromisoformat(rung["at"])) for rung in after.rungs] == ["01-07 18:00"]
    (task,) = [task for task in story.open_tasks() if task.element == "sign"]
    own = next(row for row in story.deadlines() if row.id == task.deadline_id)
    assert task.due_at == own.due_at
    assert local(own.due_at) == {"1 WD": "01-05 18:00", "2 WD": "01-06 18:00"}[own.budget]


def test_settled_ledgers_stay_and_the_next_commands_know_the_new_calendar(dispatched):
    story = dispatched
    settled = {row.id: row.due_at for row in story.deadlines() if row.settled_at is not None}
    assert settled
    told(story)
    assert {row.id: row.due_at for row in story.deadlines() if row.id in settled} == settled
    story.does("sign").receives(title="另一件", phone="13800009999")
    with reading(story.sessions) as session:
        assert session.scalars(select(City.calendar_revision)).one() == 2
        assert not deployed.current_calendar(session).day(date(2027, 1, 4)).working
    story.goes_through("complete_record", "screen", "dispatch")
    assert local(story.deadlines("contact")[0].due_at) == "01-09 18:00"


def test_the_worker_fires_by_the_new_time(dispatched):
    story = dispatched
    told(story)
    story.clock.set(datetime(2027, 1, 8, 9, tzinfo=CHINA))
    story.worker.drain()
    assert not [row for row in story.supervisions() if row.cause == "contact_overdue"]
    story.clock.set(datetime(2027, 1, 9, 18, 1, tzinfo=CHINA))
    story.worker.drain()
    assert [row for row in story.supervisions() if row.cause == "contact_overdue"]


def test_a_suspension_is_respected(dispatched):
    story = dispatched
    row = story.deadlines("contact")[0]
    with transaction(story.sessions) as session:
        pause = Suspension(
            deadline_id=row.id,
            from_at=datetime(2027, 1, 5, 9, tzinfo=CHINA),
            until_at=datetime(2027, 1, 7, 9, tzinfo=CHINA),
            reason="等市民补充材料",
        )
        session.add(pause)
    done = told(story)
    assert {one.limit: local(one.new) for one in done.moved}["contact"] == "01-12 18:00"
    with transaction(story.sessions) as session:
        session.get_one(Suspension, pause.id).until_at = None
        again = calendar.rederive(session)
    assert [(one.limit, one.new) for one in again] == [("contact", None)]
    assert story.deadlines("contact")[0].next_at is None, "nothing fires while it stands still"


def test_the_same_notice_again_moves_nothing_and_a_mended_one_moves_back(dispatched):
    story = dispatched
    told(story)
    assert told(story).moved == []
    mended = told(story, "date,working,name\n2027-01-01,否,元旦\n")
    assert {one.limit: local(one.new) for one in mended.moved}["contact"] == "01-08 18:00"
    with reading(story.sessions) as session:
        days = session.scalars(select(CalendarDay).where(CalendarDay.on >= date(2027, 1, 1))).all()
        assert len(days) == 365
        assert {day.on for day in days if day.name_zh} == {date(2027, 1, 1)}
        events = session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "calendar.imported")
        ).all()
        assert [event.payload["years"] for event in events] == [[2027], [2027], [2027]]


def test_what_has_fired_stays_fired(dispatched):
    story = dispatched
    story.clock.set(datetime(2027, 1, 6, 18, 1, tzinfo=CHINA))
    story.worker.drain()
    assert story.deadlines("contact")[0].fired == ["remind"]
    told(story)
    row = story.deadlines("contact")[0]
    assert row.fired == ["remind"]
    assert row.next_at == row.due_at


def test_a_notice_that_is_wrong_changes_nothing(dispatched):
    story = dispatched
    before = [row.due_at for row in story.deadlines()]
    with pytest.raises(InvalidInput, match="line 3"):
        told(story, NOTICE.replace("2027-01-04", "2027-02-30"))
    assert [row.due_at for row in story.deadlines()] == before
    with reading(story.sessions) as session:
        assert session.scalars(select(City.calendar_revision)).one() == 1
        assert session.get(CalendarDay, date(2027, 1, 4)) is None


def test_many_cases_take_no_more_statements_than_one(dispatched):
    story = dispatched
    with statements(story.sessions) as one:
        told(story)
    for number in range(5):
        story.receives(title=f"另一件{number}", phone=f"1380000{number:04d}")
        story.goes_through("complete_record", "screen", "dispatch")
    with statements(story.sessions) as many:
        done = told(story, "date,working,name\n2027-01-01,否,元旦\n")
    assert len({moved.number for moved in done.moved}) == 6
    assert len(many) <= len(one)


def test_a_database_that_was_never_founded_says_so(story):
    with pytest.raises(NotFound, match="migrate"), transaction(story.sessions) as session:
        session.delete(session.get_one(City, 1))
        session.flush()
        calendar.rederive(session)


def test_a_ledger_of_a_unit_itself_counts_by_the_newest_pack(dispatched):
    story = dispatched
    with transaction(story.sessions) as session:
        session.execute(update(Deadline).where(Deadline.limit == "contact").values(case_id=None))
    moved = {(one.number, one.limit): local(one.new) for one in told(story).moved}
    assert moved["", "contact"] == "01-09 18:00"


def test_the_moved_rows_are_what_their_ledgers_say(dispatched):
    story = dispatched
    told(story)
    with reading(story.sessions) as session:
        terms = ledger.Terms(
            deployed.pack(session, story.case.pack_id), deployed.current_calendar(session)
        )
        rows = session.scalars(select(Deadline).where(Deadline.settled_at.is_(None))).all()
        assert rows
        for row in rows:
            values = {column.name: getattr(row, column.name) for column in Deadline.__table__.c}
            assert not ledger.derive(terms, values)
            assert values["rungs"] == row.rungs
            tasks = session.scalars(select(UserTask).where(UserTask.deadline_id == row.id)).all()
            assert all(task.due_at == row.due_at for task in tasks if task.status == "open")
