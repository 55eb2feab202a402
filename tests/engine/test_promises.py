"""Promises: they wake on their day, are judged by facts, and a broken one wakes the ladder."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from engine import clock, faults
from engine.commands import promises, supervisions
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, InvalidInput, NotAllowed
from engine.models import Message, Promise, Supervision, UserTask
from engine.worker import Worker
from tests.story import Story

pytestmark = [pytest.mark.both, pytest.mark.story]
PROMISED = {"promise": "五天内修好路灯。", "judged_by": "answered"}


def dispatched(story: Story) -> Story:
    return story.receives().goes_through("complete_record", "screen", "dispatch")


def in_days(days: int) -> str:
    """A day of the office from now on."""
    return (clock.now() + timedelta(days=days)).date().isoformat()


def made(story: Story) -> list[Promise]:
    """All promises, oldest first."""
    with reading(story.sessions) as session:
        return list(session.scalars(select(Promise).order_by(Promise.id)))


def ladder(story: Story, cause: str) -> Supervision:
    return next(one for one in story.supervisions() if one.cause == cause)


def test_an_ignored_case_is_promised_at_the_interview_and_the_broken_promise_wakes_the_ladder(
    story,
):
    """The unit ignores the case until the interview is held, promises a date, breaks it."""
    dispatched(story)
    for _ in range(40):
        story.passes(days=1)
        if "interview" in story.waiting_for:
            break
    begun = ladder(story, "contact_overdue")
    assert begun.status == "open"
    story.does("interview", cure_by=in_days(3), **PROMISED)
    [promise] = made(story)
    assert (promise.unit_key, promise.rung, promise.status) == (
        "utilities_bureau",
        "interview",
        "open",
    )
    assert promise.due_at.isoformat() == f"{promise.due_on}T16:00:00+00:00", "the whole day counts"
    assert "commitment" not in story.waiting_for
    story.passes(days=3)
    assert made(story)[0].status == "open", "its day is not over"
    assert "commitment" not in story.waiting_for
    story.passes(hours=16)
    assert made(story)[0].status == "broken"
    assert made(story)[0].finding == {}
    assert "commitment" in story.waiting_for, "the ladder woke before the term of the rung"
    assert {"promise.made", "promise.broken"} <= set(story.events())
    assert [one.id for one in story.supervisions() if one.cause == "contact_overdue"] == [begun.id]
    story.does("commitment", cure_by=in_days(2), published=False)
    story.passes(days=2, hours=16)
    assert [one.status for one in made(story)] == ["broken", "broken"]
    assert "criticism" in story.waiting_for, "and once more"
    assert story.chain_is_whole()


def test_another_unit_cures_the_cause_and_the_ladder_ends_by_itself(story):
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", unit="housing_bureau").passes(days=7, hours=10)
    assert {one.cause for one in story.supervisions()} == {"contact_overdue", "handling_overdue"}
    story.does("phone", cure_by=in_days(1)).does("phone", cure_by=in_days(1))
    story.does("contact_citizen")
    ended = ladder(story, "contact_overdue")
    assert (ended.target, ended.status, ended.rung) == ("housing_bureau", "cured", "phone")
    story.passes(days=2)
    of = {one.supervision_id: one for one in made(story)}
    assert of[ended.id].status == "kept"
    assert of[ended.id].finding["fact"] == "cured"
    assert of[ladder(story, "handling_overdue").id].status == "broken"
    assert ladder(story, "contact_overdue").closed_at == ended.closed_at, "nothing woke it"


def test_a_promise_broken_after_its_ladder_ended_begins_a_new_one_a_rung_above(story):
    story.comes_to_handling()
    key = story.supervises("phone")
    story.does("phone", cure_by=in_days(4))
    with transaction(story.sessions) as session:
        session.execute(update(Promise).values(judged_by="answered"))
    cured_by_hand(story, key)
    assert ladder(story, "asked_phone").status == "cured"
    story.passes(days=6)
    assert ladder(story, "promise_broken").status == "open"
    assert "order" in story.waiting_for
    story.does("handle").does("write_answer")
    assert ladder(story, "promise_broken").status == "cured", "the answer takes its cause away"


def cured_by_hand(story: Story, key: UUID) -> None:
    with transaction(story.sessions) as session:
        supervisions.cure(session, key, by=story.with_role("supervisor"))
    story.worker.drain()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("judged_by", "keeps", "fact"),
    [
        ("answered", ("handle", "write_answer", "review_answer", "answer_directly"), "answered"),
        (
            "solved",
            ("handle", "write_answer", "review_answer", "answer_directly", "callback"),
            "solved",
        ),
    ],
)
def test_a_promise_is_judged_by_the_fact_it_names(story, judged_by, keeps, fact):
    story.comes_to_handling()
    story.supervises("interview")
    story.does("interview", promise="办好。", cure_by=in_days(2), judged_by=judged_by)
    story.goes_through(*keeps)
    story.passes(days=4)
    assert [(one.status, one.finding["fact"]) for one in made(story)] == [("kept", fact)]


@pytest.mark.slow
def test_what_only_a_person_can_judge_is_asked_on_its_day(story):
    story.comes_to_handling()
    story.supervises("interview")
    story.does("interview", promise="两班巡查。", cure_by=in_days(1), judged_by="by_hand")
    [promise] = made(story)
    supervisor = story.with_role("supervisor")
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        promises.judge(session, promise.id, False, "没有排班。", by=supervisor)
    story.passes(days=2)
    assert made(story)[0].status == "asked"
    assert "commitment" not in story.waiting_for
    with pytest.raises(InvalidInput), transaction(story.sessions) as session:
        promises.judge(session, promise.id, False, " ", by=supervisor)
    with transaction(story.sessions) as session:
        promises.judge(session, promise.id, False, "去看了，没有排班。", by=supervisor)
    story.worker.drain()
    assert made(story)[0].finding == {"remark": "去看了，没有排班。"}
    assert "commitment" in story.waiting_for
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        promises.judge(session, promise.id, True, "又有了。", by=supervisor)


def test_a_promise_has_a_day_and_words(story):
    story.comes_to_handling()
    story.supervises("interview")
    with pytest.raises(InvalidAnswers) as refused:
        story.does("interview", promise="尽快改。")
    assert set(refused.value.fields) == {"cure_by"}
    with pytest.raises(InvalidAnswers) as refused:
        story.does("interview", cure_by=in_days(3))
    assert set(refused.value.fields) == {"promise"}
    with pytest.raises(InvalidAnswers) as refused:
        story.does("interview", promise="改。", cure_by="9999-12-31")
    assert set(refused.value.fields) == {"cure_by"}
    story.does("interview")
    assert made(story) == [], "an interview may end without one"


@pytest.mark.slow
def test_one_more_promise_is_written_down_and_shown_but_never_of_a_confidential_case(story):
    story.comes_to_handling()
    story.supervises("interview")
    number = story.supervisions()[0].number
    supervisor, day = story.with_role("supervisor"), date(2026, 12, 1)
    with transaction(story.sessions) as session:
        key = promises.add(session, number, "增派两人。", day, "by_hand", by=supervisor, who="局长")
    with transaction(story.sessions) as session:
        promises.release(session, key, by=supervisor)
    assert made(story)[0].released_by == supervisor.id
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        promises.release(session, key, by=supervisor)
    with pytest.raises(NotAllowed), transaction(story.sessions) as session:
        promises.release(session, key, by=story.with_role("handler", "utilities_bureau"))
    story.receives(confidential=True).goes_through("complete_record", "screen", "dispatch")
    story.supervises("interview")
    with transaction(story.sessions) as session:
        hidden = promises.add(
            session, story.supervisions()[0].number, "保密。", day, "cured", by=supervisor
        )
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        promises.release(session, hidden, by=supervisor)


def test_two_workers_and_one_killed_in_between_judge_a_promise_once(story, monkeypatch):
    story.comes_to_handling()
    story.supervises("interview")
    story.does("interview", promise="办好。", cure_by=in_days(1))
    story.clock.advance(days=2)
    with transaction(story.sessions) as session:
        first = promises.lease(session)
    assert len(first) == 1, "leased by a worker that dies now"
    other = Worker(story.sessions, story.worker.sender, "other")
    assert other.wake_promises() == 0, "its lease holds"
    story.clock.advance(seconds=31)

    class Killed(BaseException):
        pass

    def kill(place: str) -> None:
        if place == "inside-promise":
            raise Killed

    monkeypatch.setattr(faults, "reach", kill)
    with pytest.raises(Killed):
        other.wake_promises()
    monkeypatch.undo()
    assert made(story)[0].status == "open", "nothing of it was kept"
    story.clock.advance(seconds=31)
    story.worker.drain()
    with transaction(story.sessions) as session:
        assert promises.wake(session, first[0]) == ""
    other.drain()
    assert story.events().count("promise.broken") == 1
    with reading(story.sessions) as session:
        sent = session.scalars(select(Message).where(Message.name == "promise_broken")).all()
        open_tasks = session.scalars(
            select(UserTask.element).where(UserTask.status == "open")
        ).all()
    assert len(sent) == 1
    assert open_tasks.count("commitment") == 1
