"""Many at once on the same cases: nobody meets a deadlock, and everything happens exactly once."""

from collections import Counter

import pytest
from sqlalchemy import func, select, text

from engine import history
from engine.commands import supervisions, tasks
from engine.db import reading, written
from engine.errors import Conflict, InvalidAnswers
from engine.models import (
    Case,
    CaseStatus,
    Deadline,
    HistoryEvent,
    Incident,
    Instance,
    Matter,
    Message,
    Supervision,
    UserTask,
)
from tests.engine.crossing import cross
from tests.racing import failures, together
from tests.story import answers_for

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"])
PROCESSES, SECONDS, PAIRS, CASES = 8, 12, 12, 3


def test_two_cases_joined_to_each_other_at_once_become_one_matter(story):
    for round_ in range(3):
        one, other = (_to_be_screened(story, 10 * round_ + place) for place in range(2))
        acts = [_joining(story, *pair) for pair in ((one, other), (other, one))]
        told = failures(together(acts))
        assert [type(error) for error in told] == [InvalidAnswers], "the second is told in words"
        story.worker.drain()
        _one_leads(story.sessions, one.number, other.number)
    assert _deadlocks(story.sessions) == 0


def test_a_ladder_asked_for_by_four_at_once_starts_once(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    boss, number = story.with_role("supervisor"), story.number

    def ask():
        return written(
            story.sessions,
            lambda session: supervisions.ask(session, number, "phone", "多次催促未果。", by=boss),
        )

    told = failures(together([ask] * 4))
    assert [type(error) for error in told] == [Conflict] * 3
    story.worker.drain()
    [ladder] = story.supervisions()
    with reading(story.sessions) as session:
        started = session.scalars(select(Instance.supervision_id).where(Instance.part != "appeal"))
        assert list(started) == [ladder.id]
    assert story.events().count("supervision.asked") == 1

    def cure():
        written(story.sessions, lambda session: supervisions.cure(session, ladder.id, by=boss))

    assert [type(error) for error in failures(together([cure] * 4))] == [Conflict] * 3
    story.worker.drain()
    assert [row.status for row in story.supervisions()] == ["cured"]
    assert story.events().count("supervision.closed") == 1


@pytest.mark.slow
def test_eight_processes_that_cross_do_everything_once(story, database_url, tmp_path):
    pairs = []
    for place in range(PAIRS):
        one, other = (_to_be_screened(story, 10 * place + side) for side in range(2))
        pairs.append((one.number, other.number))
    numbers = []
    for place in range(CASES):
        story.receives(name=f"市民{place}", phone=f"1370000{place:04d}")
        story.goes_through("complete_record", "screen", "dispatch", "sign")
        numbers.append(story.number)
    story.clock.advance(days=8)
    story.sessions.kw["bind"].dispose()
    counted = cross(
        story,
        database_url,
        str(tmp_path),
        numbers,
        pairs,
        processes=PROCESSES,
        seconds=SECONDS,
    )
    assert not [what for act, what in counted if act == "fault"]
    for act in ("join", "ask", "cure", "complete", "deliver", "fire"):
        assert counted[act, "done"] > 0, act
    # What somebody had leased when time was up is taken up after its lease.
    for _ in range(3):
        story.passes(seconds=120)
    assert _deadlocks(story.sessions) == 0, "none was even ended and done again"
    for one, other in pairs:
        _one_leads(story.sessions, one, other)
    _everything_once(story.sessions)


def _to_be_screened(story, place):
    story.receives(name=f"报料{place}", phone=f"1360000{place:04d}").does("complete_record")
    return story.received


def _joining(story, mine, theirs):
    with reading(story.sessions) as session:
        task = session.scalars(
            select(UserTask).where(UserTask.case_id == mine.case_id, UserTask.status == "open")
        ).one()
    by = story.someone_for(task)
    answers = answers_for("screen", story.clock.at, opinion="duplicate", matter=theirs.number)
    return lambda: written(
        story.sessions, lambda session: tasks.complete(session, task.id, answers, by=by)
    )


def _one_leads(sessions, *numbers):
    with reading(sessions) as session:
        cases = session.scalars(select(Case).where(Case.number.in_(numbers))).all()
        [joined] = [case for case in cases if case.status == CaseStatus.MERGED]
        [leader] = [case for case in cases if case is not joined]
        matter = session.get_one(Matter, joined.matter_id)
    assert matter.main_case_id == leader.id
    assert leader.matter_id == matter.id


def _deadlocks(sessions):
    with reading(sessions) as session:
        session.execute(text("SELECT pg_stat_clear_snapshot()"))
        return session.scalar(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        )


def _everything_once(sessions):
    with reading(sessions) as session:
        assert session.scalars(select(Incident.reason)).all() == []
        assert (
            session.scalar(
                select(func.count()).select_from(Message).where(Message.delivered_at.is_(None))
            )
            == 0
        )
        ladders = session.scalars(select(Supervision)).all()
        started = session.scalars(
            select(Instance.supervision_id).where(Instance.part == "supervision")
        )
        assert sorted(started) == sorted(ladder.id for ladder in ladders), "each started once"
        for ladder in ladders:
            assert (ladder.cured_at is None) or ladder.status != "open", "a cure ends its ladder"
        messages = session.execute(select(Message.case_id, Message.name, Message.result)).all()
        for case in session.scalars(select(Case)).all():
            stream = history.case_stream(case.id)
            assert history.broken(session, stream) is None, case.number
            kinds = Counter(
                session.scalars(select(HistoryEvent.kind).where(HistoryEvent.stream == stream))
            )
            own = [ladder for ladder in ladders if ladder.case_id == case.id]
            assert kinds["supervision.asked"] == len(own)
            assert kinds["supervision.closed"] == len([one for one in own if one.closed_at])
            assert kinds["message.delivered"] == len(
                [
                    1
                    for m in messages
                    if (m.case_id, m.result) == (case.id, "delivered") and m.name != "start"
                ]
            )
            done = select(func.count()).where(
                UserTask.case_id == case.id, UserTask.status == "completed"
            )
            assert kinds["task.completed"] == session.scalar(done)
            fired = session.scalars(select(Deadline.fired).where(Deadline.case_id == case.id))
            assert kinds["deadline.overdue"] == sum("due" in rungs for rungs in fired)
            open_now = len([one for one in own if one.status == "open"])
            assert case.facts.get("open_supervisions", 0) == open_now
