"""Qingdao: what was said before joins its matter at screening, and is answered with it."""

import pytest

from engine.commands import merges, splitting
from engine.commands.splitting import Part
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import Answer, CaseStatus
from engine.queries import verifying

pytestmark = [pytest.mark.both, pytest.mark.story]
HANDLED = ("sign", "contact_citizen", "handle", "write_answer", "review_answer")


def main_case(story):
    story.receives("qd-sanwo-5", channel="phone").does("complete_record")
    story.does("first_screen", route="government").does("dispatch", unit="qd_water_bureau")
    return story.received


def joined(story, main, channel="phone"):
    story.receives("qd-sanwo-5", channel=channel, name="李先生", phone="13900001111")
    story.does("complete_record").does("first_screen", opinion="duplicate", matter=main.number)
    return story.received


def whole(story):
    with reading(story.sessions) as session:
        checks = list(verifying.everything(session, story.vault))
    assert [one.found for one in checks if not one.holds] == []
    assert story.chain_is_whole()


def test_a_duplicate_is_answered_with_its_matter_and_archived(story):
    main = main_case(story)
    other = joined(story, main)
    assert (story.case.status, story.waiting_for) == (CaseStatus.MERGED, set())
    story.received = main
    story.goes_through(*HANDLED, "answer_directly")
    story.received = other
    assert story.case.stage == "feedback"
    assert story.waiting_for == {"answer_directly"}
    story.does("answer_directly")
    assert (story.case.status, story.case.closed_at is None) == (CaseStatus.MERGED, False)
    assert not [one for one in story.deadlines() if one.settled_at is None]
    with reading(story.sessions) as session:
        answer = session.query(Answer).filter_by(case_id=other.case_id).one()
    assert (answer.details["of"], answer.forms) == (main.number, ["direct"])
    whole(story)


def test_a_wrong_duplicate_is_screened_again_with_a_clock_of_its_own(story):
    main = main_case(story)
    joined(story, main)
    actor = story.with_role("screener", "qd_hotline")
    with transaction(story.sessions) as session:
        merges.undo(session, story.number, "不是同一处。", by=actor)
    story.worker.drain()
    assert story.waiting_for == {"first_screen"}
    assert [one.settled_at is None for one in story.deadlines("screening")] == [False, True]
    story.does("first_screen", route="media")
    assert story.case.status == CaseStatus.OPEN
    assert story.case.facts["route"] == "media"
    whole(story)


def test_what_joined_a_matter_that_was_sealed_goes_on_alone(story):
    story.receives("qd-sanwo-5", channel="phone").does("complete_record")
    main = story.received
    other = joined(story, main)
    story.received = main
    story.does("first_screen", route="discipline")
    with pytest.raises(NotFound):
        split(story, main.number)
    with pytest.raises(Conflict):
        split(story, main.number, story.with_role("inspector", "qd_discipline"))
    story.received = other
    assert story.waiting_for == {"first_screen"}
    with pytest.raises(InvalidAnswers):
        story.does("first_screen", opinion="duplicate", matter=main.number)
    whole(story)


def split(story, number, by=None):
    actor = by or story.with_role("screener", "qd_hotline")
    with transaction(story.sessions) as session:
        splitting.split(
            session, story.vault, number, [Part("路灯不亮。"), Part("井盖响。")], by=actor
        )
