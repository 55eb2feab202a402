"""The same thing reported often: handled once, answered to everyone, and undone if it was wrong."""

import pytest
from sqlalchemy import func, select

from engine.commands import merges as undoing
from engine.db import reading, transaction
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.models import Answer, Callback, Case, CaseStatus, Instance, Matter, Measure, Slip
from engine.queries import merges

pytestmark = [pytest.mark.both, pytest.mark.story]
HANDLED = ("sign", "contact_citizen", "handle", "write_answer", "review_answer", "answer_directly")
REASON = "位置不同，是两盏灯。"


def main_case(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    return story.received


def joined(story, main, place=1, **said):
    story.receives(name="李先生", phone=f"139000{place:05d}", **said).does("complete_record")
    story.does("screen", opinion="duplicate", matter=main.number)
    assert story.case.status == CaseStatus.MERGED
    return story.received


def undo(story, number, reason=REASON, by=None):
    actor = by or story.with_role("screener", "jdz_office")
    with transaction(story.sessions) as session:
        undoing.undo(session, number, reason, by=actor)
    story.worker.drain()


def as_of(story, received):
    story.received = received
    return story


def counted(story, what, *conditions):
    with reading(story.sessions) as session:
        return session.scalar(select(func.count()).select_from(what).where(*conditions))


def answered(story):
    """The cases whose answer went out, one for each answer."""
    with reading(story.sessions) as session:
        return session.scalars(select(Answer.case_id).where(Answer.sent_at.is_not(None))).all()


@pytest.mark.slow
def test_a_lamp_reported_fifty_times_is_handled_once_and_answered_fifty_times(story):
    main = main_case(story)
    others = [joined(story, main, place) for place in range(49)]
    wrong = others.pop()
    with reading(story.sessions) as session:
        matter = merges.matter(session, main.number, story.with_role("screener", "jdz_office"))
    assert (matter.main.number, len(matter.joined)) == (main.number, 49)
    assert all(part.may_undo for part in matter.joined)
    undo(story, wrong.number)
    restored = as_of(story, wrong).case
    assert (restored.status, restored.matter_id) == (CaseStatus.OPEN, None)
    assert story.waiting_for == {"dispatch"}, "where it would have been accepted"
    assert story.case.facts["disposition"] == "accepted"
    assert "case.unmerged" in story.events()
    as_of(story, main).goes_through(*HANDLED, "callback")
    assert story.case.status == CaseStatus.CLOSED
    for one in others:
        as_of(story, one)
        assert story.waiting_for == {"answer_directly"}
        assert {task.unit_key for task in story.open_tasks()} == {"utilities_bureau"}
        story.goes_through("answer_directly", "callback")
        assert (story.case.status, story.case.outcome) == (CaseStatus.MERGED, "solved")
        assert story.case.closed_at is not None
    assert counted(story, Measure) == 1, "one handling"
    assert counted(story, Slip) == 1
    assert len(answered(story)) == len(set(answered(story))) == 49, "one for each that is left"
    assert counted(story, Callback, Callback.reached) == 49
    as_of(story, wrong).does("dispatch").goes_through(*HANDLED, "callback")
    assert story.case.status == CaseStatus.CLOSED
    assert len(set(answered(story))) == 50
    assert counted(story, Callback) == 50
    assert story.chain_is_whole()
    with reading(story.sessions) as session:
        rows = session.execute(select(Case.status, func.count()).group_by(Case.status)).all()
        assert sum(row[1] for row in rows) == 50, "received = refused + merged + open + closed"
        assert not session.scalars(select(Instance).where(Instance.status == "running")).all()


def test_the_answer_of_a_joined_case_is_its_own_and_says_where_it_comes_from(story):
    main = main_case(story)
    other = joined(story, main)
    as_of(story, main).goes_through(*HANDLED[:3]).does("write_answer", answer="灯已修好。")
    story.goes_through("review_answer", "answer_directly")
    as_of(story, other).does("answer_directly")
    with reading(story.sessions) as session:
        own = session.scalars(select(Answer).where(Answer.case_id == other.case_id)).one()
    assert (own.text, own.outcome, own.forms) == ("灯已修好。", "solved", ["direct"])
    assert own.details == {"of": main.number}
    assert own.token_hmac is not None, "its citizen may rate it too"


def test_a_joined_case_that_is_not_solved_is_handled_by_itself(story):
    main = main_case(story)
    other = joined(story, main)
    as_of(story, main).goes_through(*HANDLED)
    as_of(story, other).does("answer_directly").does("callback", result="unsolved")
    case = story.case
    assert (case.status, case.matter_id, case.stage) == (CaseStatus.OPEN, None, "handling")
    assert story.task("sign").unit_key == "utilities_bureau"
    story.goes_through(*HANDLED, "callback")
    assert story.case.status == CaseStatus.CLOSED
    assert story.chain_is_whole()


def test_a_duplicate_found_at_dispatch_joins_as_well_and_can_be_undone(story):
    main = main_case(story)
    story.receives(phone="13900000001").goes_through("complete_record", "screen")
    other = story.received
    story.does("dispatch", mode="join", matter=main.number, unit="")
    assert (story.case.status, story.waiting_for) == (CaseStatus.MERGED, set())
    undo(story, other.number)
    assert (story.case.status, story.waiting_for) == (CaseStatus.OPEN, {"dispatch"})
    story.does("dispatch", mode="join", matter=main.number, unit="")
    as_of(story, main).goes_through(*HANDLED)
    as_of(story, other).goes_through("answer_directly", "callback")
    assert story.case.status == CaseStatus.MERGED
    assert story.case.closed_at is not None
    assert counted(story, Measure) == 1
    assert story.chain_is_whole()


def test_whoever_is_joined_comes_along_into_a_matter_that_was_answered(story):
    main = main_case(story)
    story.goes_through(*HANDLED)
    assert story.waiting_for == {"callback"}
    story.receives(phone="13900000001").goes_through("complete_record", "screen")
    second = story.received
    third = joined(story, second, 2)
    as_of(story, second).does("dispatch", mode="join", matter=main.number, unit="")
    for one in (second, third):
        as_of(story, one).goes_through("answer_directly", "callback")
        assert (story.case.status, story.case.outcome) == (CaseStatus.MERGED, "solved")
    assert counted(story, Measure) == 1
    assert story.chain_is_whole()


def test_a_slip_that_was_returned_may_turn_out_to_be_a_duplicate(story):
    main = main_case(story)
    story.receives(phone="13900000001").goes_through("complete_record", "screen")
    other = story.received
    story.does("dispatch", unit="housing_bureau")
    story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定")
    story.does("dispatch", mode="join", matter=main.number, unit="")
    as_of(story, main).goes_through(*HANDLED)
    as_of(story, other)
    assert story.task("answer_directly").unit_key == "utilities_bureau", "who handled it answers"


def refused(story, element="screen", field="matter", **said):
    before = story.events()
    with pytest.raises(InvalidAnswers) as caught:
        story.does(element, **said)
    assert story.events() == before, "nothing is half-written"
    assert set(caught.value.fields) == {field}
    return caught.value.fields[field]["zh"]


def test_what_cannot_lead_is_told_in_words(story):
    closed = main_case(story)
    story.goes_through(*HANDLED, "callback")
    story.receives().does("complete_record").does(
        "screen", opinion="refuse", refusal_reason="litigation"
    )
    story.does("tell_refusal")
    over = story.received
    story.receives(confidential=True).does("complete_record", confidential=True)
    hidden = story.received
    story.receives(pack="qd-sanwo-5", channel="phone")
    elsewhere = story.received
    story.receives().does("complete_record")
    for number, words in (
        (closed.number, "办结"),
        (over.number, "不予受理"),
        (hidden.number, "保密"),
        (elsewhere.number, "另一个办公室"),
        (story.number, "没有这个编号"),
        ("GL-19990101-000001", "没有这个编号"),
    ):
        told = refused(story, opinion="duplicate", matter=number)
        assert words in told, (number, told)
    story.does("screen")
    assert "办结" in refused(story, "dispatch", mode="join", matter=closed.number, unit="")
    assert counted(story, Matter) == 0


def test_two_cases_cannot_lead_each_other(story):
    main = main_case(story)
    story.receives(phone="13900000001").goes_through("complete_record", "screen")
    second = story.received
    as_of(story, main).does("sign", signing="return", return_reason="unclear", legal_basis="三定")
    story.does("dispatch", mode="join", matter=second.number, unit="")
    as_of(story, second)
    told = refused(story, "dispatch", mode="join", matter=main.number, unit="")
    assert "并入本件" in told


def test_undoing_needs_a_reason_the_right_people_and_a_case_that_is_joined(story):
    main = main_case(story)
    other = joined(story, main)
    handler = story.with_role("handler", "utilities_bureau")
    elsewhere = story.with_role("supervisor", "qd_hotline")
    for number, reason, by, expected in (
        (other.number, "  ", None, InvalidAnswers),
        (main.number, REASON, None, InvalidAnswers),
        ("GL-19990101-000001", REASON, None, NotFound),
        (other.number, REASON, handler, NotAllowed),
        (other.number, REASON, elsewhere, NotAllowed),
    ):
        with pytest.raises(expected):
            undo(story, number, reason, by)
    assert as_of(story, other).case.status == CaseStatus.MERGED
    as_of(story, main).goes_through(*HANDLED)
    with pytest.raises(InvalidAnswers) as caught:
        undo(story, other.number)
    assert "已随主件答复" in caught.value.fields["number"]["zh"]
    as_of(story, other).goes_through("answer_directly", "callback")
    with pytest.raises(InvalidAnswers):
        undo(story, other.number)


def test_a_case_set_free_finds_the_precedent_that_came_meanwhile(story):
    main = main_case(story)
    other = joined(story, main)
    as_of(story, main)
    for unit in ("housing_bureau", "police_bureau", None):
        story.does("sign", signing="return", return_reason="unclear", legal_basis="三定")
        if unit:
            story.does("dispatch", unit=unit)
    story.does("rule_unit", ruled_unit="ecology_bureau")
    undo(story, other.number)
    assert as_of(story, other).case.unit_key == "ecology_bureau"
    assert story.waiting_for == {"sign"}
