"""Several units at one case: each does its part, and each answers for its own part alone."""

import pytest
from sqlalchemy import select

from engine.db import reading
from engine.errors import InvalidAnswers
from engine.models import CaseStatus, Measure, Slip

pytestmark = [pytest.mark.both, pytest.mark.story]
OTHERS = ["housing_bureau", "police_bureau", "ecology_bureau"]


def at_work(story):
    story.receives().does("complete_record").does("screen", co_units=OTHERS)
    return story.goes_through("dispatch", "sign", "contact_citizen")


def late_ladders(story):
    return {
        one.target: one.status for one in story.supervisions() if one.cause == "co_handling_overdue"
    }


def test_of_three_co_handlers_one_is_late_and_the_ladder_is_about_that_one(story):
    at_work(story)
    assert len([task for task in story.open_tasks() if task.element == "co_handle"]) == 3
    story.does("handle").does("co_handle", item="housing_bureau")
    story.does("co_handle", item="police_bureau")
    assert story.waiting_for == {"co_handle"}, "the host's answer waits for the last part"
    story.passes(days=8)
    assert late_ladders(story) == {"ecology_bureau": "open"}, "neither the host nor the others"
    ladder = next(one for one in story.supervisions() if one.cause == "co_handling_overdue")
    assert ladder.evidence["ledgers"][0]["limit"] == "co_handling"
    assert "phone" in story.waiting_for
    story.does("co_handle", item="ecology_bureau")
    assert late_ladders(story) == {"ecology_bureau": "cured"}
    assert "write_answer" in story.waiting_for
    story.goes_through("write_answer", "review_answer", "answer_directly", "callback")
    assert story.case.status == CaseStatus.CLOSED
    assert story.chain_is_whole()


def test_of_two_that_are_late_each_is_released_by_its_own_part(story):
    at_work(story).does("co_handle", item="housing_bureau")
    story.passes(days=8)
    assert late_ladders(story) == {"police_bureau": "open", "ecology_bureau": "open"}
    story.does("co_handle", item="police_bureau")
    assert late_ladders(story) == {"police_bureau": "cured", "ecology_bureau": "open"}
    assert story.case.facts["open_supervisions"] == len(
        [one for one in story.supervisions() if one.status == "open"]
    )


def test_in_time_nobody_is_urged(story):
    at_work(story).passes(days=1)
    for unit in OTHERS:
        story.does("co_handle", item=unit)
    story.passes(days=30)
    assert late_ladders(story) == {}


def test_each_has_a_slip_of_its_own_that_is_signed_with_its_part(story):
    at_work(story).does("co_handle", item="police_bureau", measures="封路两小时。")
    with reading(story.sessions) as session:
        slips = session.scalars(select(Slip).order_by(Slip.number)).all()
        measures = session.scalars(select(Measure)).all()
    number = story.number
    assert [(one.number, one.unit_key, one.host) for one in slips] == [
        (f"{number}-P1", "utilities_bureau", True),
        (f"{number}-P2", "housing_bureau", False),
        (f"{number}-P3", "police_bureau", False),
        (f"{number}-P4", "ecology_bureau", False),
    ]
    signed = {one.unit_key for one in slips if one.signed_at is not None}
    assert signed == {"utilities_bureau", "police_bureau"}
    assert [(one.unit_key, one.measures) for one in measures] == [("police_bureau", "封路两小时。")]


def test_nobody_is_host_and_co_handler_at_once(story):
    story.receives().does("complete_record").does("screen", co_units=["utilities_bureau", "lingui"])
    with pytest.raises(InvalidAnswers) as caught:
        story.does("dispatch", unit="lingui", co_units=["lingui"])
    assert set(caught.value.fields) == {"co_units"}
    story.goes_through("dispatch", "sign", "contact_citizen")
    parts = {(task.element, task.unit_key) for task in story.open_tasks()}
    assert parts == {("handle", "utilities_bureau"), ("co_handle", "lingui")}


def test_handled_again_every_part_is_asked_for_again(story):
    at_work(story)
    for unit in OTHERS:
        story.does("co_handle", item=unit)
    story.goes_through("handle", "write_answer", "review_answer", "answer_directly")
    story.does("callback", result="unsolved").goes_through("sign", "contact_citizen")
    story.passes(days=8)
    assert set(late_ladders(story)) == set(OTHERS)
