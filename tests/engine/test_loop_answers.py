"""Before an answer goes out: what its outcome asks for, the check list, the forms, the letter."""

import json

import pytest
from sqlalchemy import select

from engine import deployed
from engine.db import reading
from engine.errors import InvalidAnswers
from engine.models import Answer, CaseStatus, Review
from tests.story import CHECKS

pytestmark = [pytest.mark.both, pytest.mark.story]
BY = "2027-06-30"


def handled(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    return story.goes_through("sign", "contact_citizen", "handle")


def refused(story, element, **said):
    before = story.events()
    with pytest.raises(InvalidAnswers) as caught:
        story.does(element, **said)
    assert story.events() == before, "nothing is half-written"
    return caught.value.fields


def answers(story):
    with reading(story.sessions) as session:
        return session.scalars(
            select(Answer).where(Answer.case_id == story.received.case_id).order_by(Answer.id)
        ).all()


@pytest.mark.parametrize(
    ("outcome", "asked"),
    [
        ("solved", {}),
        ("partly_solved", {"remaining": "还差一盏，市政维护处 12 月 1 日前换好。"}),
        ("explained", {"reason": "电缆改造未完工，完工后统一亮灯。"}),
        ("adopted", {"policy": "桂林市路灯养护办法第九条"}),
        ("planned", {"plan": "2027 年城市照明改造", "plan_by": BY}),
        ("legal_channel", {"legal_channel": "court", "legal_basis": "民事诉讼法第三条"}),
        ("terminated", {"reason": "市民来电撤回。"}),
    ],
)
def test_each_outcome_asks_for_what_it_needs(story, outcome, asked):
    handled(story)
    assert set(refused(story, "write_answer", outcome=outcome)) == set(asked) if asked else True
    story.does("write_answer", outcome=outcome, **asked)
    (answer,) = answers(story)
    assert (answer.outcome, answer.details) == (outcome, asked)
    story.goes_through("review_answer", "answer_directly", "callback")
    assert (story.case.status, story.case.outcome) == (CaseStatus.CLOSED, outcome)


def test_every_outcome_of_the_list_can_be_reached(story):
    story.receives()
    with reading(story.sessions) as session:
        pack = deployed.pack(session, story.case.pack_id)
        form = deployed.latest(session, "appeal").form("write_answer")
    listed = {one["key"] for one in pack.items("outcomes")}
    assert listed - set(form["properties"]["outcome"]["enum"]) == {"refused"}


def test_an_answer_passes_only_with_the_whole_check_list(story):
    handled(story).does("write_answer")
    for missing in CHECKS[:-1]:
        ticked = [key for key in CHECKS if key != missing]
        told = refused(story, "review_answer", checks=ticked)
        assert set(told) == {"checks"}
        assert told["checks"]["zh"].startswith("还没有勾")
    assert "checks" in refused(story, "review_answer", checks=[])
    assert "checks" in refused(story, "review_answer", checks=["everything"])
    story.does("review_answer", checks=CHECKS[:-1])
    with reading(story.sessions) as session:
        review = session.scalars(select(Review)).one()
    assert (review.passed, sorted(review.checks)) == (True, sorted(CHECKS[:-1]))


def test_where_it_cannot_be_done_the_legal_basis_is_checked_as_well(story):
    handled(story)
    story.does("write_answer", outcome="legal_channel", legal_channel="court", legal_basis="第三条")
    told = refused(story, "review_answer", checks=CHECKS[:-1])
    assert "法律依据" in told["checks"]["zh"]
    story.does("review_answer", checks=CHECKS)


def test_sending_an_answer_back_needs_no_list_and_the_revision_keeps_what_was_asked(story):
    handled(story).does("write_answer", outcome="explained", reason="电缆改造未完工。")
    story.does("review_answer", review="send_back", fault="empty_phrase")
    story.does("revise_answer").does("review_answer")
    first, second = answers(story)
    assert first.details == second.details == {"reason": "电缆改造未完工。"}
    assert first.text != second.text


def test_an_answer_goes_out_in_each_form_that_was_chosen(story):
    handled(story).does("write_answer")
    story.does("review_answer", by_batch=True, by_press=True, by_public_reply=True)
    assert story.waiting_for == {"publish_batch", "press_briefing", "reply_publicly"}
    story.goes_through("press_briefing", "publish_batch", "reply_publicly", "callback")
    (answer,) = answers(story)
    assert answer.forms == ["press", "batch", "public_reply"]
    assert answer.sent_at is not None
    assert story.case.status == CaseStatus.CLOSED


def test_the_letter_that_refuses_is_kept_with_its_legal_channel(story):
    story.receives().does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason="litigation")
    story.does("tell_refusal", legal_channel="court", letter="请向象山区人民法院提起诉讼。")
    (letter,) = answers(story)
    assert (letter.outcome, letter.text, letter.forms) == (
        "refused",
        "请向象山区人民法院提起诉讼。",
        ["letter"],
    )
    assert letter.sent_at is not None
    assert letter.details["legal_channel"] == "court"
    assert letter.details["refusal_reason"] == "litigation"
    assert (story.case.status, story.case.outcome) == (CaseStatus.REFUSED, "refused")
    told = [json.loads(line) for line in story.journal.read_text("utf-8").splitlines()]
    refusal = next(one for one in told if one["kind"] == "case.refused")
    assert refusal["payload"]["legal_channel"] == "court"
