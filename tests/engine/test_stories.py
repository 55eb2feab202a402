"""The two stories of the office, told through commands, on the database of the run."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from engine import clock, deployed
from engine.commands import people, supervisions, tasks
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.models import (
    Answer,
    Callback,
    CaseStatus,
    Commitment,
    Deadline,
    Instance,
    Message,
    Review,
    Slip,
)
from engine.queries import inbox
from tests.story import answers_for

pytestmark = [pytest.mark.both, pytest.mark.story]


def test_a_case_is_sent_back_unsolved_handled_again_and_closed(story):
    story.receives()
    assert story.waiting_for == {"complete_record"}
    story.goes_through("complete_record", "screen", "dispatch")
    assert story.case.unit_key == "utilities_bureau"
    assert story.case.stage == "handling"
    story.goes_through("sign", "contact_citizen", "handle", "write_answer")
    story.does("review_answer", review="send_back", fault="no_measure")
    contact = story.deadlines("contact")
    assert [row.settled_as for row in contact] == ["met"], "one promise, kept once"
    assert story.waiting_for == {"revise_answer"}
    story.does("revise_answer").does("review_answer").does("answer_directly")
    story.does("callback", result="unsolved", satisfaction=2)
    assert story.case.stage == "handling", "the first time it is handled again, free"
    story.goes_through("sign", "contact_citizen", "handle", "write_answer")
    story.goes_through("review_answer", "answer_directly", "callback")
    case = story.case
    assert (case.status, case.stage, case.outcome) == (CaseStatus.CLOSED, "supervision", "solved")
    assert not story.waiting_for
    assert story.chain_is_whole()
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Slip)) == 1
        assert session.scalar(select(func.count()).select_from(Answer)) == 3
        assert session.scalars(select(Review.passed).order_by(Review.id)).all() == [
            False,
            True,
            True,
        ]
        assert session.scalars(select(Callback.result).order_by(Callback.id)).all() == [
            "unsolved",
            "solved",
        ]
        instance = session.scalars(select(Instance)).one()
        assert (instance.status, instance.state) == ("completed", None)
    assert not [row for row in story.deadlines() if row.settled_at is None]


def test_a_case_nobody_touches_climbs_to_an_interview_and_a_commitment(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    contact = story.deadlines("contact")[0]
    assert contact.budget == "5 WD", "Guilin states three to five working days"
    assert contact.due_at.isoformat() == "2026-11-09T10:00:00+00:00", "Monday at 18:00"
    story.passes(days=3, hours=10)
    assert "deadline.warned" in story.events()
    assert not story.supervisions()
    story.passes(days=4)
    ladder = next(row for row in story.supervisions() if row.cause == "contact_overdue")
    assert ladder.status == "open"
    assert "phone" in story.waiting_for
    for _ in range(40):
        if "interview" in story.waiting_for:
            break
        story.passes(days=1)
    story.does("interview")
    for _ in range(40):
        if "commitment" in story.waiting_for:
            break
        story.passes(days=1)
    story.does("commitment")
    assert len(story.interviews()) == 1
    with reading(story.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Commitment)) == 1
    assert story.case.status == CaseStatus.OPEN
    assert story.chain_is_whole()


def test_contacting_the_citizen_ends_the_ladder_and_the_case_can_close(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    story.passes(days=8)
    assert "phone" in story.waiting_for
    assert "sign" not in story.waiting_for, "the window to return is over: signed by silence"
    story.does("contact_citizen")
    assert {row.status for row in story.supervisions() if row.cause == "contact_overdue"} == {
        "cured"
    }
    story.goes_through("handle", "write_answer", "review_answer", "answer_directly", "callback")
    assert {row.status for row in story.supervisions()} == {"cured"}
    assert story.case.status == CaseStatus.CLOSED


def test_a_second_not_solved_starts_an_order_and_supervision_waits_for_it(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    again = ("sign", "contact_citizen", "handle", "write_answer", "review_answer")
    story.goes_through(*again, "answer_directly").does("callback", result="unsolved")
    story.goes_through(*again, "answer_directly").does("callback", result="unsolved")
    story.does("judge_unsolved")
    assert "order" in story.waiting_for, "a second not solved starts at the order"
    assert "sign" in story.waiting_for, "and the case goes back to handling"
    story.goes_through(*again, "answer_directly", "callback")
    assert story.case.status == CaseStatus.CLOSED
    assert [row.status for row in story.supervisions()] == ["cured"]


def test_returning_a_slip_never_resets_the_citizens_clock(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    first = story.deadlines("contact")[0]
    story.passes(days=1)
    story.does(
        "sign", signing="return", return_reason=_first(story, "return_reasons"), legal_basis="三定"
    )
    assert story.waiting_for == {"dispatch"}
    story.does("dispatch", unit="housing_bureau")
    contacts = story.deadlines("contact")
    assert [row.id for row in contacts] == [first.id], "it joined the open ledger"
    assert contacts[0].due_at == first.due_at
    assert contacts[0].unit_key == "housing_bureau"
    handling = story.deadlines("handling")
    assert [row.settled_as for row in handling] == ["cancelled", ""], "the unit's is a new one"
    assert handling[1].started_at > handling[0].started_at


def test_the_third_return_goes_to_a_ruling(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    reason = _first(story, "return_reasons")
    for unit in ("housing_bureau", "police_bureau"):
        story.does("sign", signing="return", return_reason=reason, legal_basis="三定")
        story.does("dispatch", unit=unit)
    story.does("sign", signing="return", return_reason=reason, legal_basis="三定")
    assert story.waiting_for == {"rule_unit"}
    story.does("rule_unit", ruled_unit="utilities_bureau")
    assert story.case.unit_key == "utilities_bureau"
    with pytest.raises(InvalidAnswers):
        story.does("sign", signing="return", return_reason=reason, legal_basis="三定")


def test_a_refusal_names_the_legal_channel_and_ends_the_case(story):
    story.receives().does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason=_first(story, "refusal_reasons"))
    story.does("tell_refusal", legal_channel=_first(story, "legal_channels"))
    assert (story.case.status, story.case.outcome) == (CaseStatus.REFUSED, "refused")
    assert story.chain_is_whole()


def test_a_duplicate_waits_for_its_main_case_and_gets_its_own_callback(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    main = story.received
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    joined = story.received
    story.does("screen", opinion="duplicate", matter=main.number)
    assert story.case.status == CaseStatus.MERGED
    assert not story.waiting_for
    story.received = main
    story.goes_through(
        "sign", "contact_citizen", "handle", "write_answer", "review_answer", "answer_directly"
    )
    story.received = joined
    assert story.waiting_for & {"answer_directly", "callback"}


def test_co_handlers_work_in_parallel_each_in_its_own_unit(story):
    story.receives().does("complete_record")
    story.does("screen", co_units=["housing_bureau", "police_bureau"])
    story.goes_through("dispatch", "sign", "contact_citizen")
    assert sorted(task.unit_key for task in story.open_tasks()) == [
        "housing_bureau",
        "police_bureau",
        "utilities_bureau",
    ]
    story.does("co_handle", item="housing_bureau").does("handle")
    story.does("co_handle", item="police_bureau")
    assert story.waiting_for == {"write_answer"}
    with reading(story.sessions) as session:
        units = session.scalars(select(Slip.unit_key).order_by(Slip.number)).all()
    assert list(units) == ["utilities_bureau", "housing_bureau", "police_bureau"]


def test_an_extension_moves_the_handling_limit_and_tells_the_citizen(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    before = story.deadlines("handling")[0].due_at
    with transaction(story.sessions) as session:
        supervisions.ask_extension(
            session, story.number, by=story.with_role("handler", "utilities_bureau")
        )
    story.does("request_extension", days=5).does("approve_extension")
    after = story.deadlines("handling")[0]
    assert after.due_at > before
    assert after.extended == "5 WD"
    assert "extension" in story.journal.read_text("utf-8")


def test_two_people_at_one_task_one_wins(story):
    story.receives()
    task = story.task("complete_record")
    answers = answers_for("complete_record", clock.now())
    actor = story.someone_for(task)
    with transaction(story.sessions) as session:
        tasks.complete(session, task.id, answers, by=actor)
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        tasks.complete(session, task.id, answers, by=actor)


def test_a_claimed_task_is_not_for_others(story):
    story.receives()
    task = story.task("complete_record")
    owner, other = _two_who_may(story, task)
    with transaction(story.sessions) as session:
        tasks.claim(session, task.id, by=owner)
        tasks.claim(session, task.id, by=owner)
    answers = answers_for(task.element, clock.now())
    with pytest.raises(Conflict), transaction(story.sessions) as session:
        tasks.complete(session, task.id, answers, by=other)
    with transaction(story.sessions) as session:
        tasks.release(session, task.id, by=owner)
        tasks.complete(session, task.id, answers, by=other)


def test_a_stranger_may_not_do_the_task(story):
    story.receives()
    task = story.task("complete_record")
    stranger = story.with_role("handler", "housing_bureau")
    with pytest.raises(NotAllowed), transaction(story.sessions) as session:
        tasks.complete(session, task.id, answers_for(task.element, clock.now()), by=stranger)
    assert story.waiting_for == {"complete_record"}, "nothing was half-written"


def test_a_message_that_nobody_waits_for_is_a_result(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    key = story.supervises("order")
    with transaction(story.sessions) as session:
        supervisions.cure(session, key, by=story.with_role("supervisor"))
    story.worker.drain()
    with reading(story.sessions) as session:
        results = {row.name: row.result for row in session.scalars(select(Message))}
    assert results["cured"] == "delivered"
    assert results["supervision_closed"] == "nobody-waits"
    assert story.supervisions()[0].status == "cured"


def _two_who_may(story, task):
    role = task.roles.strip(",").split(",")[0]
    with transaction(story.sessions) as session:
        people.add_person(session, "second", "第二人", memberships=[(task.unit_key, role)])
    return story.someone_for(task), story.actor("second")


def _first(story, section):
    with reading(story.sessions) as session:
        pack = deployed.pack(session, story.case.pack_id)
    return pack.items(section)[0]["key"]


def test_a_contact_made_late_but_before_the_worker_looked_starts_a_ladder_and_ends_it(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    story.clock.advance(days=8)  # the worker sleeps meanwhile
    story.does("contact_citizen")
    ladder = next(row for row in story.supervisions() if row.cause == "contact_overdue")
    assert ladder.status == "cured"
    assert story.deadlines("contact")[0].settled_as == "late"
    assert story.events().count("deadline.overdue") == len(
        [row for row in story.deadlines() if "due" in row.fired]
    )
    assert story.case.facts.get("open_supervisions", 0) == len(
        [row for row in story.supervisions() if row.status == "open"]
    )


def test_a_slip_to_be_taken_up_is_for_its_candidates_alone(story):
    story.receives().goes_through("complete_record", "screen")
    story.does("dispatch", mode="pull", candidate_units=["lingui", "xiangshan"], unit="")
    task = story.task("take_up")
    stranger = story.with_role("handler", "utilities_bureau")
    lingui, xiangshan = (story.with_role("handler", unit) for unit in ("lingui", "xiangshan"))
    for actor, unit in ((stranger, "lingui"), (lingui, "xiangshan"), (lingui, "utilities_bureau")):
        with pytest.raises((NotAllowed, InvalidAnswers)), transaction(story.sessions) as session:
            tasks.complete(session, task.id, {"unit": unit}, by=actor)
    with reading(story.sessions) as session:
        seen = {
            actor.login: inbox.page(session, actor, inbox.Filter(), ZoneInfo("Asia/Shanghai")).total
            for actor in (stranger, lingui, xiangshan)
        }
    assert seen == {stranger.login: 0, lingui.login: 1, xiangshan.login: 1}
    story.does("take_up", by=xiangshan.login, unit="xiangshan")
    assert story.case.unit_key == "xiangshan"


def test_a_task_is_measured_by_its_own_limit_also_beside_another_timer(story):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    task = story.task("sign")
    with reading(story.sessions) as session:
        assert session.get_one(Deadline, task.deadline_id).limit == "sign"


def test_a_case_joined_to_one_that_is_refused_goes_on_by_itself(story):
    story.receives().does("complete_record")
    main = story.received
    story.receives(name="李先生", phone="13900005678").does("complete_record")
    story.does("screen", opinion="duplicate", matter=main.number)
    joined = story.received
    story.received = main
    story.does("screen", opinion="refuse", refusal_reason=_first(story, "refusal_reasons"))
    story.does("tell_refusal", legal_channel=_first(story, "legal_channels"))
    assert story.case.status == CaseStatus.REFUSED
    story.received = joined
    assert (story.case.status, story.waiting_for) == (CaseStatus.OPEN, {"dispatch"})
    assert story.chain_is_whole()


def test_a_second_extension_comes_on_top_of_the_first(story):
    story.receives().goes_through("complete_record", "screen", "dispatch", "sign")
    for days in (5, 3):
        with transaction(story.sessions) as session:
            supervisions.ask_extension(
                session, story.number, by=story.with_role("handler", "utilities_bureau")
            )
        story.does("request_extension", days=days).does("approve_extension")
    assert story.deadlines("handling")[0].extended == "8 WD"
