"""A rule over many cases: tried on the past, switched on, fired once, cured or ended by hand."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from engine.commands import figures, rule_firing, rules, supervisions
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.models import (
    Case,
    HistoryEvent,
    Instance,
    RuleFiring,
    Supervision,
    UserTask,
)
from engine.queries import doubles, tracking
from engine.rules.definition import Draft
from tests.story import TO_THE_ANSWER

pytestmark = [pytest.mark.both, pytest.mark.story]
UNIT = "utilities_bureau"
OVERDUE = Draft(
    "十天两件超期", "Two overdue in ten days", "overdue", "2", "10", "calendar", "interview", "0"
)


def made(story, draft=OVERDUE, *, on=True):
    """A rule, tried out and switched on."""
    by = story.with_role("supervisor")
    office = next(iter(by.scope["supervisor"] & set(by.units)))
    with transaction(story.sessions) as session:
        key = rules.make(session, office, draft, by=by)
    if on:
        tried_out(story, key)
        switched(story, key)
    return key


def tried_out(story, key):
    by = story.with_role("supervisor")
    with reading(story.sessions) as session:
        tried = rules.try_out(session, key, by=by)
    with transaction(story.sessions) as session:
        rules.keep_trial(session, key, tried, by=by)
    return tried


def switched(story, key, how=rules.switch_on):
    with transaction(story.sessions) as session:
        how(session, key, "连续三个月排名靠后。", by=story.with_role("supervisor"))


def overdue(story, number=2, **said):
    """So many cases of one unit whose citizen was not contacted in time."""
    received = []
    for place in range(number):
        story.receives(title=f"第 {place} 盏路灯不亮", phone=f"1380000{place:04}", **said)
        story.goes_through("complete_record", "screen", "dispatch", "sign")
        received.append(story.received)
        story.passes(hours=2)
    story.passes(days=8)
    return received


def evaluated(story):
    done = rule_firing.evaluate(story.sessions)
    story.worker.drain()
    return done


def ladders(story):
    with reading(story.sessions) as session:
        return session.scalars(select(Supervision).where(Supervision.scope == "unit")).all()


def test_tried_on_the_past_switched_on_it_fires_once_and_stands_at_the_oldest_case(story):
    cases = overdue(story)
    key = made(story, on=False)
    assert evaluated(story) == 0, "it is off"
    with pytest.raises(Conflict) as untried:
        switched(story, key)
    assert untried.value.details == {"untried": True}
    [told] = tried_out(story, key).firings
    assert (told["unit"], told["cases"]) == (UNIT, [one.case_id.hex for one in cases])
    switched(story, key)
    assert evaluated(story) == 1
    assert evaluated(story) == 0, "once in this window"
    [ladder] = ladders(story)
    assert (ladder.target, ladder.case_id) == (UNIT, cases[0].case_id)
    assert ladder.cause == f"rule_{key}"
    assert ladder.evidence["cases"] == told["cases"]
    with reading(story.sessions) as session:
        [firing] = session.scalars(select(RuleFiring)).all()
        standing = session.scalars(
            select(UserTask.element)
            .join(Instance, Instance.id == UserTask.instance_id)
            .where(Instance.supervision_id == ladder.id, UserTask.status == "open")
        ).all()
    assert standing == ["interview"]
    assert firing.at.isoformat() == told["at"]
    assert (firing.from_on.isoformat(), firing.supervision_id) == (told["from_on"], ladder.id)


def test_the_case_it_stands_at_waits_for_it_neither_open_nor_closed(story):
    cases = overdue(story)
    made(story)
    evaluated(story)
    [ladder] = ladders(story)
    story.received = cases[0]
    before = story.case.facts.get("open_supervisions", 0)
    own = [one for one in story.supervisions() if one.scope == "case" and one.status == "open"]
    assert before == len(own), "only the case's own ladders are waited for"
    story.goes_through(*TO_THE_ANSWER[4:]).does("callback")
    assert story.case.status == "closed"
    [ladder] = ladders(story)
    assert ladder.status == "open", "the other case is not cured"
    with reading(story.sessions) as session:
        told = [event.kind for event in tracking.course(session, ladder.case_id).events]
    assert "supervised" in told, "its own ladder is told"
    assert told.count("supervised") == len(own)
    story.does("interview")
    assert story.chain_is_whole()


@pytest.mark.slow
def test_it_ends_by_itself_when_none_of_its_cases_is_so_any_more(story):
    cases = overdue(story)
    made(story)
    evaluated(story)
    for one in cases:
        assert [ladder.status for ladder in ladders(story)] == ["open"]
        story.received = one
        story.goes_through(*TO_THE_ANSWER[4:])
        evaluated(story)
    [ladder] = ladders(story)
    assert (ladder.status, ladder.cured_at is None) == ("cured", False)
    with reading(story.sessions) as session:
        assert doubles.ladders(session).holds


@pytest.mark.slow
def test_as_many_as_the_rule_allows_may_be_left(story):
    cases = overdue(story)
    made(story, replace(OVERDUE, left="1"))
    evaluated(story)
    story.received = cases[1]
    story.goes_through(*TO_THE_ANSWER[4:])
    evaluated(story)
    assert [one.status for one in ladders(story)] == ["cured"]


@pytest.mark.slow
def test_a_supervisor_ends_it_by_hand(story):
    overdue(story)
    made(story)
    evaluated(story)
    [ladder] = ladders(story)
    with transaction(story.sessions) as session:
        supervisions.cure(session, ladder.id, by=story.with_role("supervisor"))
    story.worker.drain()
    assert [one.status for one in ladders(story)] == ["cured"]


@pytest.mark.slow
def test_the_next_window_fires_again_and_joins_the_ladder_that_stands(story):
    overdue(story)
    made(story)
    evaluated(story)
    story.passes(days=3)
    overdue(story)
    assert evaluated(story) == 1
    [ladder] = ladders(story)
    assert len(ladder.evidence["cases"]) == 4
    with reading(story.sessions) as session:
        assert len(session.scalars(select(RuleFiring)).all()) == 2


def test_sealed_confidential_and_accusing_cases_are_not_counted(story):
    cases = overdue(story)
    key = made(story, on=False)
    for changed in ({"sealed": True}, {"confidential": True}, {"accused_key": UNIT}):
        with transaction(story.sessions) as session:
            session.execute(update(Case).where(Case.id == cases[0].case_id).values(**changed))
        assert tried_out(story, key).firings == []
        with transaction(story.sessions) as session:
            session.execute(
                update(Case)
                .where(Case.id == cases[0].case_id)
                .values(sealed=False, confidential=False, accused_key=None)
            )
    assert len(tried_out(story, key).firings) == 1


@pytest.mark.slow
def test_what_was_so_then_counts_though_it_is_not_so_today(story):
    """Done late, closed, sent to another unit: the past is what it was."""
    cases = overdue(story)
    key = made(story, on=False)
    before = tried_out(story, key).firings
    story.received = cases[0]
    story.goes_through(*TO_THE_ANSWER[4:]).does("callback")
    assert story.case.status == "closed"
    with transaction(story.sessions) as session:
        session.execute(
            update(Case).where(Case.id == cases[1].case_id).values(unit_key="housing_bureau")
        )
    assert tried_out(story, key).firings == before


@pytest.mark.slow
def test_returns_poor_marks_and_repeats_are_counted_too(story):
    by_counts = {}
    for counts in ("returns", "poor", "repeats"):
        draft = replace(OVERDUE, counts=counts, number="1", rung="order")
        by_counts[counts] = made(story, draft, on=False)
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定")
    returned = story.received
    story.receives(phone="13800005678").goes_through(*TO_THE_ANSWER)
    marked = story.received
    story.does("callback", satisfaction=2)
    story.passes(days=1)
    story.receives(phone="13800005678").goes_through("complete_record", "screen", "dispatch")
    figures.refresh(story.sessions)
    found = {counts: tried_out(story, key).firings for counts, key in by_counts.items()}
    assert {counts: [one["unit"] for one in told] for counts, told in found.items()} == {
        counts: [UNIT] for counts in by_counts
    }
    assert found["returns"][0]["cases"] == [returned.case_id.hex]
    assert found["poor"][0]["cases"] == found["repeats"][0]["cases"] == [marked.case_id.hex]
    for key in by_counts.values():
        switched(story, key)
    assert evaluated(story) == 3
    assert {one.status for one in ladders(story)} == {"open"}
    story.goes_through(*TO_THE_ANSWER[3:]).does("callback")
    story.received = returned
    story.does("dispatch", unit="housing_bureau").does("sign")
    evaluated(story)
    left = {one.cause for one in ladders(story) if one.status == "open"}
    assert left == {f"rule_{by_counts['poor']}"}, "a last word stays what it is"


@pytest.mark.slow
def test_a_change_is_a_version_that_must_be_tried_and_leaves_the_old_one_on(story):
    key = made(story)
    by = story.with_role("supervisor")
    with transaction(story.sessions) as session:
        assert rules.change(session, key, replace(OVERDUE, number="3"), by=by) == 2
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        rules.change(session, key, replace(OVERDUE, number="3"), by=by)
    with pytest.raises(Conflict):
        switched(story, key)
    overdue(story)
    assert evaluated(story) == 1, "the first version asks for two"
    tried_out(story, key)
    switched(story, key)
    assert evaluated(story) == 0, "and this one for three"
    switched(story, key, rules.switch_off)
    with pytest.raises(Conflict):
        switched(story, key, rules.switch_off)
    with reading(story.sessions) as session:
        kinds = session.scalars(
            select(HistoryEvent.kind)
            .where(HistoryEvent.kind.startswith("rule."))
            .order_by(HistoryEvent.id)
        ).all()
    assert kinds == [
        "rule.made", "rule.tried", "rule.on", "rule.changed", "rule.fired", "rule.tried",
        "rule.on", "rule.off",
    ]  # fmt: skip


def test_whoever_may_not_may_not_and_what_does_not_fit_says_why(story):
    key = made(story, on=False)
    handler = story.with_role("handler", UNIT)
    for act in (
        lambda session: rules.make(session, UNIT, OVERDUE, by=handler),
        lambda session: rules.change(session, key, OVERDUE, by=handler),
        lambda session: rules.try_out(session, key, by=handler),
        lambda session: rules.switch_on(session, key, "理由", by=handler),
    ):
        with pytest.raises(NotAllowed), transaction(story.sessions) as session:
            act(session)
    wrong = Draft("", "x" * 81, "everything", "0", "3.5", "lunar", "gallows", "1")
    with pytest.raises(InvalidAnswers) as error:
        wrong.checked()
    assert set(error.value.fields) == {
        "name_zh", "name_en", "counts", "number", "days", "clock", "rung",
    }  # fmt: skip
    with pytest.raises(InvalidAnswers) as error:
        replace(OVERDUE, left="2").checked()
    assert set(error.value.fields) == {"left"}


@pytest.mark.slow
def test_a_case_that_is_sealed_before_the_ladder_begins_stands_for_nothing(story):
    cases = overdue(story)
    made(story)
    with transaction(story.sessions) as session:
        session.execute(update(Case).where(Case.id == cases[0].case_id).values(confidential=True))
    assert evaluated(story) == 0
    assert ladders(story) == []
