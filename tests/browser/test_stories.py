"""The two stories of the office in a real browser at phone size, from the citizen to the end."""

import pytest
from sqlalchemy import select

from engine.db import reading
from engine.models import Commitment, Interview

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_case_goes_round_twice_and_is_closed_and_the_citizen_sees_each_step(office):
    office.submits()
    assert "登记" in office.tracks()
    office.does("complete_record")
    office.does("screen")
    office.does("dispatch")
    assert "市政公用事业局" in office.tracks()
    office.does("sign")
    office.does("contact_citizen")
    office.does("handle")
    office.does("write_answer")
    assert "审核" in office.tracks()
    office.does("review_answer", review="send_back", fault="no_measure")
    office.does("revise_answer")
    office.does("review_answer")
    office.does("answer_directly")
    assert "11月3日更换灯泡" in office.tracks()
    office.does("callback", result="unsolved", satisfaction=2)
    told = office.tracks()
    assert "办理" in told
    for element in ("sign", "contact_citizen", "handle", "write_answer", "review_answer"):
        office.does(element)
    office.does("answer_directly")
    office.does("callback")
    assert "办结" in office.tracks()
    assert not office.open_tasks()


def test_a_case_nobody_touches_climbs_to_an_interview_and_a_commitment(office):
    office.submits()
    office.does("complete_record")
    office.does("screen")
    office.does("dispatch")
    office.live.advance("8d")
    office.task("phone")
    assert "督办" in office.tracks()
    board = office.at_work("du.cheng").opens("/supervision")
    assert office.number in board.page.content()
    for element, days in (("order", "2d"), ("interview", "2d")):
        office.live.advance(days)
        office.task(element)
    office.does("interview")
    office.live.advance("9d")
    office.task("commitment")
    office.does("commitment")
    with reading(office.sessions) as session:
        assert session.scalars(select(Interview)).one().minutes
        assert session.scalars(select(Commitment)).one().text
