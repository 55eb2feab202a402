"""Somebody comes again, or the unit needs more time: facts beside the case, its clocks kept."""

import pytest
from sqlalchemy import select

from engine.commands import cases, supervisions
from engine.commands.cases import Said
from engine.db import reading, transaction
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.identity import Reporter, normal_code
from engine.models import CaseStatus, Contact

pytestmark = [pytest.mark.both, pytest.mark.story]
AGAIN = Said("phone", "", "路灯还是没有修，已经两个星期。", Reporter("陈女士", "13800001234"))


def again(story, number, said=AGAIN, by=None):
    actor = by or story.with_role("intake", "jdz_office")
    with transaction(story.sessions) as session:
        return cases.add_contact(session, story.vault, number, said, by=actor)


def ask(story):
    with transaction(story.sessions) as session:
        return supervisions.ask_extension(
            session, story.number, by=story.with_role("handler", "utilities_bureau")
        )


def refused(story):
    before = story.events()
    with pytest.raises(InvalidAnswers) as caught:
        ask(story)
    assert story.events() == before, "nothing is half-written"
    return caught.value.fields["extension"]["zh"]


def test_a_repeat_is_a_contact_of_the_same_case_and_leaves_its_clocks(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    before = [(one.id, one.due_at, one.started_at) for one in story.deadlines()]
    received = again(story, story.number)
    assert (received.case_id, received.number) == (story.received.case_id, story.number)
    assert received.code != story.received.code
    assert [(one.id, one.due_at, one.started_at) for one in story.deadlines()] == before
    assert story.case.facts["repeats"] == 1
    assert "contact.added" in story.events()
    assert story.chain_is_whole()
    with reading(story.sessions) as session:
        contacts = session.scalars(select(Contact).order_by(Contact.id)).all()
    assert [one.case_id for one in contacts] == [received.case_id] * 2
    assert contacts[1].raw_body == AGAIN.body
    assert contacts[1].code_hmac == story.vault.look_up(normal_code(received.code))
    story.goes_through("sign", "contact_citizen")
    assert again(story, story.number).number == story.number
    assert story.case.facts["repeats"] == 2


def test_a_repeat_about_a_case_that_is_over_is_still_kept(story):
    story.receives().does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason="litigation").does("tell_refusal")
    again(story, story.number)
    assert story.case.status == CaseStatus.REFUSED
    assert story.chain_is_whole()


def test_to_a_case_without_a_phone_the_clerk_may_add_whom_they_know_it_came_from(story):
    story.receives(name="", phone="")
    again(story, story.number)
    assert story.case.facts["repeats"] == 1


def test_who_may_not_enter_contacts_or_see_the_case_adds_none(story):
    story.receives()
    elsewhere = story.with_role("intake", "qd_hotline")
    handler = story.with_role("handler", "utilities_bureau")
    for number, by, expected in (
        (story.number, handler, NotAllowed),
        (story.number, elsewhere, NotFound),
        ("GL-19990101-000001", None, NotFound),
    ):
        with pytest.raises(expected):
            again(story, number, by=by)
    for said, field in (
        (Said("phone", "", " "), "body"),
        (Said("fax", "", "路灯坏了"), "channel"),
        (Said("phone", "", "路灯坏了", Reporter("", "没有电话")), "phone"),
        (Said("phone", "", "我也是，路灯坏了", Reporter("李先生", "13900001234")), "phone"),
        (Said("visit", "", "我也是，路灯坏了"), "phone"),
    ):
        with pytest.raises(InvalidAnswers) as caught:
            again(story, story.number, said)
        assert set(caught.value.fields) == {field}
    assert story.case.facts.get("repeats", 0) == 0


def test_an_extension_is_asked_for_before_the_limit_passes_once_at_a_time(story):
    story.receives().does("complete_record")
    with pytest.raises(NotAllowed):
        ask(story)
    story.does("screen").goes_through("dispatch", "sign")
    ask(story)
    assert "还没有批" in refused(story)
    story.does("request_extension").does("approve_extension")
    assert story.deadlines("handling")[0].extended == "5 WD"


@pytest.mark.parametrize("worker_looked", [True, False])
def test_after_expiry_an_extension_is_refused_in_words(story, worker_looked):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.clock.advance(days=10)
    if worker_looked:
        story.worker.drain()
    assert "办理时限已过" in refused(story)
    assert "request_extension" not in story.waiting_for


def test_when_nothing_runs_there_is_nothing_to_extend(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.goes_through("contact_citizen", "handle", "write_answer")
    assert "没有在走" in refused(story)
