"""Asking the citizen: at other times on other days, never twice in vain, and by link as well."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from engine import clock
from engine.commands import evaluations, tasks
from engine.commands.evaluations import Rating
from engine.db import reading, transaction
from engine.errors import InvalidAnswers, NotFound
from engine.models import Answer, Callback, Case, CaseStatus, Contact, Evaluation
from engine.queries import callbacks, satisfaction
from engine.queries import evaluations as asking
from tests.story import answers_for

pytestmark = [pytest.mark.both, pytest.mark.story]
ZONE = ZoneInfo("Asia/Shanghai")
HANDLED = ("sign", "contact_citizen", "handle", "write_answer", "review_answer", "answer_directly")
SUGGESTION = "巷口再装一盏路灯，老人晚上走得多。"


def answered(story, **said):
    story.receives(**said).goes_through("complete_record", "screen", "dispatch", *HANDLED)
    return story


def attempt(story, band, *, reached=False):
    if reached:
        return story.does("callback", band=band)
    return story.does(
        "callback",
        band=band,
        reached_citizen=False,
        contacted=None,
        result=None,
        satisfaction=None,
    )


def told(story):
    return [json.loads(line) for line in story.journal.read_text("utf-8").splitlines()]


def token(story):
    return next(
        one["payload"]["rate"]
        for one in reversed(told(story))
        if one["kind"] == "case.answered" and one["payload"]["case"] == story.number
    )


def rate(story, key, *said, **more):
    with transaction(story.sessions) as session:
        rated = evaluations.rate(session, key, Rating(*said, **more))
    story.worker.drain()
    return rated


def counts(story, **how):
    with reading(story.sessions) as session:
        now = clock.now()
        return satisfaction.counted(session, now - timedelta(days=60), now, **how)


def desk(story, view="now"):
    with reading(story.sessions) as session:
        caller = story.with_role("caller", "jdz_office")
        return callbacks.queue(session, story.vault, caller, ZONE, view=view)


def test_not_reached_means_three_attempts_on_two_days_and_is_no_satisfaction(story):
    answered(story)
    attempt(story, "morning").passes(hours=5)
    attempt(story, "afternoon").passes(hours=20)
    assert story.waiting_for == {"callback"}
    attempt(story, "morning")
    case = story.case
    assert (case.status, case.facts["callback_attempts"], case.facts["callback_days"]) == (
        CaseStatus.CLOSED,
        3,
        2,
    )
    counted = counts(story)[""]
    assert (counted.valid, counted.good, counted.not_reached) == (0, 0, 1)


def test_when_the_wait_between_two_calls_is_over_nobody_is_told_of_a_delay(story):
    answered(story)
    attempt(story, "morning").passes(hours=5)
    assert story.waiting_for == {"callback"}
    late = [one["payload"]["limit"] for one in told(story) if one["kind"] == "deadline.overdue"]
    assert "callback_retry" not in late


def test_three_attempts_on_one_day_are_not_enough(story):
    story.clock.advance(hours=-1)
    answered(story)
    for band in ("morning", "afternoon", "evening"):
        attempt(story, band).passes(hours=5)
    story.passes(days=1)
    assert story.waiting_for == {"callback"}, "another day is still to be tried"
    attempt(story, "morning")
    assert story.case.status == CaseStatus.CLOSED


def test_nobody_is_called_twice_in_vain_in_one_band_of_a_day(story):
    story.clock.advance(hours=-1)
    answered(story)
    attempt(story, "morning").passes(hours=4)
    before = story.events()
    with pytest.raises(InvalidAnswers) as caught:
        attempt(story, "morning")
    assert "今天上午已经打过" in caught.value.fields["band"]["zh"]
    assert story.events() == before
    attempt(story, "morning", reached=True)
    assert story.case.status == CaseStatus.CLOSED, "who answers the second call is heard"


def test_a_band_is_one_of_the_pack(story):
    answered(story)
    for band in ("midnight", "online"):
        with pytest.raises(InvalidAnswers) as caught:
            attempt(story, band, reached=True)
        assert set(caught.value.fields) == {"band"}


def test_the_desk_shows_whom_to_call_now_and_what_was_tried(story):
    answered(story, phone="13812345678", name="陈女士")
    queue = desk(story)
    (entry,) = queue.entries
    assert (entry.number, entry.attempts, entry.may_call_now) == (story.number, 0, True)
    assert (entry.person.name, entry.person.phone) == ("陈女士", "138****5678")
    assert entry.answer.startswith("市政维护处")
    assert (queue.now_band, queue.counts["now"]) == ("morning", 1)
    assert [band["key"] for band in queue.bands] == ["morning", "afternoon", "evening"]
    attempt(story, "morning")
    assert desk(story, "all").total == 0, "until the next band"
    story.passes(hours=3, minutes=45)
    assert desk(story).now_band == ""
    assert desk(story).counts == {"now": 0, "mine": 0, "all": 1}
    story.passes(hours=2)
    (entry,) = desk(story).entries
    assert [(one.band, one.reached) for one in entry.tried] == [("morning", False)]
    assert (entry.band_now, entry.days, entry.attempts) == ("afternoon", 1, 1)
    attempt(story, "afternoon")
    story.clock.advance(minutes=1)
    task = story.actor("zhu.jian")
    with reading(story.sessions) as session:
        assert callbacks.queue(session, story.vault, task, ZONE, view="all").entries == []


def test_what_is_suggested_in_a_call_becomes_a_case_of_its_own_once(story):
    answered(story)
    origin = story.received
    story.does("callback", suggestion=SUGGESTION)
    with reading(story.sessions) as session:
        first, second = session.scalars(select(Contact).order_by(Contact.id)).all()
        fresh = session.get_one(Case, second.case_id)
    assert (second.channel, second.origin_case_id, second.raw_body) == (
        "callback",
        origin.case_id,
        SUGGESTION,
    )
    assert second.identity_id == first.identity_id, "the same person, asked for nothing again"
    assert (fresh.channel, fresh.status, fresh.body) == ("callback", CaseStatus.OPEN, SUGGESTION)
    assert fresh.facts.get("may_call_back", True)
    assert story.case.status == CaseStatus.CLOSED
    with reading(story.sessions) as session:
        called = session.scalars(select(Callback)).one()
    assert second.source_id == called.id.hex


def test_a_suggestion_of_somebody_who_asked_for_secrecy_stays_confidential(story):
    story.receives(confidential=True).does("complete_record", confidential=True)
    story.goes_through("screen", "dispatch", *HANDLED).does("callback", suggestion=SUGGESTION)
    with reading(story.sessions) as session:
        fresh = session.scalars(select(Case).where(Case.channel == "callback")).one()
    assert fresh.confidential


def test_a_callback_on_a_closed_case_is_answered_in_words(story):
    answered(story)
    task = story.task("callback")
    story.does("callback")
    assert story.case.status == CaseStatus.CLOSED
    with pytest.raises(InvalidAnswers) as caught, transaction(story.sessions) as session:
        tasks.complete(
            session, task.id, answers_for("callback", clock.now()), by=story.someone_for(task)
        )
    assert "已经办结" in caught.value.fields["reached_citizen"]["zh"]


def test_a_rating_by_link_spares_the_call(story):
    answered(story)
    key = token(story)
    with reading(story.sessions) as session:
        asked = asking.asked(session, key)
    assert (asked.number, asked.rated_at) == (story.number, None)
    rated = rate(story, key, "solved", satisfaction=4, contacted=True, words="来得快。")
    assert (rated.number, rated.completed_callback) == (story.number, True)
    assert story.case.status == CaseStatus.CLOSED
    with reading(story.sessions) as session:
        called = session.scalars(select(Callback)).one()
        said = session.scalars(select(Evaluation)).one()
        assert asking.asked(session, key).rated_at is not None
    assert (called.band, called.called_by, called.satisfaction) == ("online", None, 4)
    assert (said.words, said.result) == ("来得快。", "solved")
    counted = counts(story)[""]
    assert (counted.valid, counted.good, counted.solved) == (1, 1, 1), "counted once"
    with pytest.raises(InvalidAnswers) as caught:
        rate(story, key, "unsolved")
    assert "只评价一次" in caught.value.fields["token"]["zh"]
    assert story.chain_is_whole()


def test_a_rating_that_says_not_solved_has_it_handled_again(story):
    answered(story)
    rate(story, token(story), "unsolved", satisfaction=1)
    assert story.case.stage == "handling"
    story.goes_through(*HANDLED)
    second = token(story)
    assert rate(story, second, "solved", satisfaction=3).completed_callback
    assert story.case.status == CaseStatus.CLOSED
    assert counts(story)[""].good == 1, "the last word of a case holds"


def test_a_rating_after_the_call_is_kept_and_shown_but_changes_nothing(story):
    answered(story).does("callback", satisfaction=5)
    assert not rate(story, token(story), "partly", satisfaction=2).completed_callback
    assert story.case.status == CaseStatus.CLOSED
    assert "evaluation.given" in story.events()
    assert story.chain_is_whole()
    counted = counts(story)[""]
    assert (counted.valid, counted.good) == (1, 0)


def test_an_old_link_does_not_answer_for_the_next_answer(story):
    answered(story)
    first = token(story)
    story.does("callback", result="unsolved").goes_through(*HANDLED)
    assert not rate(story, first, "solved", satisfaction=5).completed_callback
    assert story.waiting_for == {"callback"}


def test_a_rating_is_checked_and_its_link_must_have_been_given(story):
    answered(story)
    key = token(story)
    for said, field in (
        (Rating("fine"), "result"),
        (Rating("solved", 6), "satisfaction"),
        (Rating("solved", words="好" * 1001), "words"),
    ):
        with pytest.raises(InvalidAnswers) as caught, transaction(story.sessions) as session:
            evaluations.rate(session, key, said)
        assert set(caught.value.fields) == {field}
    with pytest.raises(NotFound):
        rate(story, "no-such-link", "solved")
    with reading(story.sessions) as session, pytest.raises(NotFound):
        asking.asked(session, "no-such-link")
    assert story.waiting_for == {"callback"}


def test_a_rating_waits_for_whoever_works_on_the_case_and_holds_nothing_meanwhile(story):
    answered(story)
    key, case_id = token(story), story.received.case_id
    with ThreadPoolExecutor(1) as pool:
        with transaction(story.sessions) as session:
            session.execute(select(Case.id).where(Case.id == case_id).with_for_update())
            rating = pool.submit(rate, story, key, "solved")
            assert not wait([rating], timeout=0.5).done
            # What sending the answer in another of its forms does.
            session.execute(
                update(Answer).where(Answer.case_id == case_id).values(forms=["direct", "batch"])
            )
        assert rating.result(60).completed_callback


def test_the_secret_of_a_link_is_kept_nowhere_but_in_the_notice(story):
    answered(story)
    key = token(story)
    assert len(key) >= 43
    with reading(story.sessions) as session:
        case = session.get_one(Case, story.received.case_id)
        assert key not in json.dumps(case.facts)
    assert sum("rate" in one["payload"] for one in told(story)) == 1


def test_somebody_without_a_name_gets_no_link_and_no_call(story):
    answered(story, name="", phone="")
    assert story.case.status == CaseStatus.CLOSED
    assert not any("rate" in one["payload"] for one in told(story))
    assert counts(story)[""].no_callback == 1


def test_satisfaction_is_counted_by_unit_and_by_channel_for_who_may_see(story):
    answered(story).does("callback", satisfaction=2)
    answered(story, channel="phone", phone="13900000001").does("callback", satisfaction=5)
    by_unit = counts(story, by="unit")["utilities_bureau"]
    assert (by_unit.valid, by_unit.good, by_unit.asked) == (2, 1, 2)
    by_channel = counts(story, by="channel")
    assert {key: one.good for key, one in by_channel.items()} == {"web": 0, "phone": 1}
    assert counts(story, actor=story.with_role("handler", "housing_bureau")) == {}
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Callback)) == 2
