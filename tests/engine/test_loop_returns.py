"""A slip that is not a unit's duty: returned, ruled on, and sent right the next time."""

import pytest
from sqlalchemy import select, update

from engine.commands import precedents as withdrawing
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.models import Precedent, Slip
from engine.queries import precedents

pytestmark = [pytest.mark.both, pytest.mark.story]
RETURN = {
    "signing": "return",
    "return_reason": "not_our_duty",
    "legal_basis": "三定方案第四条",
}
REASON = "职责调整，不再适用。"


def ruled(story, **said):
    """A slip returned three times, then ruled on."""
    story.receives().goes_through("complete_record", "screen", "dispatch")
    for unit in ("housing_bureau", "police_bureau"):
        story.does("sign", **RETURN).does("dispatch", unit=unit)
    story.does("sign", **RETURN)
    assert story.waiting_for == {"rule_unit"}
    return story.does("rule_unit", **said)


def refused(story, element, **said):
    """The fields that are told when these answers are refused; nothing is half-written."""
    before = story.events()
    with pytest.raises(InvalidAnswers) as caught:
        story.does(element, **said)
    assert story.events() == before
    for words in caught.value.fields.values():
        assert words["zh"]
        assert words["en"]
    return set(caught.value.fields)


def kept(story):
    with reading(story.sessions) as session:
        return session.scalars(select(Precedent).order_by(Precedent.id)).all()


def test_the_next_like_case_goes_right_at_once(story):
    ruled(story, words="路灯、照明")
    first = story.number
    contact = story.deadlines("contact")
    assert len(contact) == 1, "three returns never reset the citizen's clock"
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    story.does("screen")
    assert story.waiting_for == {"sign"}, "nobody had to dispatch it"
    case = story.case
    assert (case.unit_key, case.stage) == ("utilities_bureau", "handling")
    assert case.facts["ground"] == "precedent"
    assert case.facts["unit_certain"] is True
    with reading(story.sessions) as session:
        slip = session.scalars(select(Slip).where(Slip.case_id == case.id)).one()
    assert (slip.unit_key, slip.host) == ("utilities_bureau", True)
    assert story.chain_is_whole()
    assert [one.words for one in kept(story)] == [["路灯", "照明"]]
    assert first != story.number


def test_a_precedent_holds_for_its_words_and_category_alone(story):
    ruled(story, words="路灯 照明")
    for said, answers in (
        ({"body": "小区门口的井盖坏了，车一过就响。", "title": "井盖坏了"}, {"title": "井盖坏了"}),
        ({}, {"category": "other"}),
    ):
        story.receives(phone="13900005678", **said).does("complete_record", **answers)
        story.does("screen")
        assert story.waiting_for == {"dispatch"}


def test_a_precedent_without_words_holds_for_the_whole_category(story):
    ruled(story)
    story.receives(title="井盖坏了", body="小区门口的井盖坏了。").does(
        "complete_record", title="井盖坏了"
    )
    story.does("screen")
    assert story.case.unit_key == "utilities_bureau"


def test_a_unit_may_return_what_a_precedent_sent_and_then_a_person_decides(story):
    ruled(story)
    story.receives(phone="13900005678").goes_through("complete_record", "screen")
    story.does("sign", **RETURN, proposed_unit="housing_bureau")
    assert story.waiting_for == {"dispatch"}
    facts = story.case.facts
    assert (facts["proposed_unit"], facts["ground"]) == ("housing_bureau", "returned")
    assert not facts.get("unit_certain")


def test_a_withdrawn_precedent_sends_nothing_anywhere(story):
    ruled(story)
    key = kept(story)[0].id
    ruler, handler = story.with_role("ruler"), story.with_role("handler", "housing_bureau")
    with reading(story.sessions) as session:
        (listed,) = precedents.listed(session, ruler)
        assert precedents.listed(session, handler) == []
        elsewhere = story.with_role("supervisor", "qd_hotline")
        assert precedents.listed(session, elsewhere) == []
    assert (listed.unit["zh"], listed.number, listed.may_withdraw) == (
        "市政公用事业局",
        story.number,
        True,
    )
    for actor, reason, expected in (
        (handler, REASON, NotAllowed),
        (elsewhere, REASON, NotAllowed),
        (ruler, "  ", InvalidAnswers),
    ):
        with pytest.raises(expected), transaction(story.sessions) as session:
            withdrawing.withdraw(session, key, reason, by=actor)
    with transaction(story.sessions) as session:
        withdrawing.withdraw(session, key, REASON, by=ruler)
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        withdrawing.withdraw(session, key, REASON, by=ruler)
    assert "precedent.withdrawn" in story.events()
    assert story.chain_is_whole()
    with reading(story.sessions) as session:
        assert precedents.listed(session, ruler) == []
        assert len(precedents.listed(session, ruler, withdrawn=True)) == 1
    story.receives(phone="13900005678").goes_through("complete_record", "screen")
    assert story.waiting_for == {"dispatch"}


def test_the_newest_precedent_counts(story):
    ruled(story)
    with transaction(story.sessions) as session:
        session.execute(update(Precedent).values(category="noise"))
    ruled(story, ruled_unit="ecology_bureau")
    story.receives(phone="13900005678").goes_through("complete_record", "screen")
    assert story.case.unit_key == "ecology_bureau"


def test_a_ruling_names_a_unit_that_can_have_the_duty(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    for unit in ("housing_bureau", "police_bureau"):
        story.does("sign", **RETURN).does("dispatch", unit=unit)
    story.does("sign", **RETURN)
    assert refused(story, "rule_unit", ruled_unit="jdz_office") == {"ruled_unit"}
    assert refused(story, "rule_unit", ruled_unit="qd_water_bureau") == {"ruled_unit"}
    assert refused(story, "rule_unit", ruled_unit="no_such_unit") == {"ruled_unit"}
    assert refused(story, "rule_unit", justification="") == {"justification"}
    assert refused(story, "rule_unit", co_units=["utilities_bureau"]) == {"co_units"}
    assert kept(story) == []
    story.does("rule_unit", ruled_unit="ecology_bureau", justification="", precedent=False)
    assert story.case.unit_key == "ecology_bureau"
    assert kept(story) == []
    assert refused(story, "sign", **RETURN) == {"signing"}, "what was ruled on stays"


def test_a_ruling_names_co_handlers_as_well(story):
    ruled(story, ruled_unit="ecology_bureau", co_units=["housing_bureau"])
    story.goes_through("sign", "contact_citizen")
    assert {task.unit_key for task in story.open_tasks()} == {"ecology_bureau", "housing_bureau"}


def test_a_return_says_why_on_what_ground_and_where_else(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    assert refused(story, "sign", **{**RETURN, "legal_basis": ""}) == {"legal_basis"}
    assert refused(story, "sign", **RETURN, proposed_unit="utilities_bureau") == {"proposed_unit"}
    assert refused(story, "sign", **{**RETURN, "return_reason": "busy"}) == {"return_reason"}
    story.does("sign", **RETURN, proposed_unit="housing_bureau")
    with reading(story.sessions) as session:
        slip = session.scalars(select(Slip)).one()
    assert (slip.return_reason, slip.legal_basis, slip.proposed_unit_key) == (
        "not_our_duty",
        "三定方案第四条",
        "housing_bureau",
    )
    assert story.case.facts["proposed_unit"] == "housing_bureau"


def test_of_several_units_the_first_receiver_leads(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.does("sign", **{**RETURN, "return_reason": "several_units"})
    facts = story.case.facts
    assert (facts["proposed_unit"], facts["ground"]) == ("utilities_bureau", "first_receiver")
    story.does("dispatch", unit="utilities_bureau", co_units=["housing_bureau"])
    story.goes_through("sign", "contact_citizen")
    assert story.waiting_for == {"handle", "co_handle"}


@pytest.mark.parametrize("worker_looked", [True, False])
def test_after_the_window_a_return_is_answered_in_words(story, worker_looked):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    task = story.task("sign")
    story.clock.advance(days=3)
    if worker_looked:
        story.worker.drain()
        assert "sign" not in story.waiting_for, "signed by silence"
    before = story.events()
    with pytest.raises(InvalidAnswers) as caught, transaction(story.sessions) as session:
        story.completes(session, task, RETURN)
    assert "窗口期已过" in caught.value.fields["signing"]["zh"]
    assert story.events() == before
    assert story.case.unit_key == "utilities_bureau"
