"""Qingdao's four routes, told through commands: a message of the newspaper to the end of each."""

import pytest
from sqlalchemy import select

from engine import deployed
from engine.commands import supervisions, tasks
from engine.db import reading, transaction
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.models import Callback, CaseStatus, Instance, Measure, Message, Slip, Supervision
from engine.queries import case_file, case_list, task_file, tracking, verifying
from engine.queries.case_list import Filter
from tests.story import Story, answers_for

pytestmark = [pytest.mark.both, pytest.mark.story]

HANDLED = ("sign", "contact_citizen", "handle", "write_answer", "review_answer")


def screened(story: Story, channel: str = "newspaper", **said: object) -> Story:
    """A message, led into a route by the office that took it in."""
    story.receives("qd-sanwo-5", channel=channel, title="路口积水半年没人管")
    return story.does("complete_record").does("first_screen", **said)


def own(story: Story) -> list[tuple[str, str, str]]:
    """The processes the case went through, with status and outcome, in order."""
    with reading(story.sessions) as session:
        rows = session.scalars(
            select(Instance)
            .where(Instance.case_id == story.case.id, Instance.part == "appeal")
            .order_by(Instance.id)
        ).all()
        return [
            (deployed.definition(session, row.definition_id).key, row.status, row.outcome)
            for row in rows
        ]


def all_of(story: Story, kind: type) -> list:
    with reading(story.sessions) as session:
        return list(session.scalars(select(kind).order_by(kind.id)))


def closed_well(story: Story) -> None:
    """Closed, at the end of its stages, and everything the database says of it holds."""
    assert story.case.status == CaseStatus.CLOSED
    assert not story.waiting_for
    assert not [row for row in story.deadlines() if row.settled_at is None]
    assert story.chain_is_whole()
    with reading(story.sessions) as session:
        assert not [check for check in verifying.everything(session, story.vault) if check.broken]


def test_a_newspaper_message_goes_to_the_hotline_and_comes_back_answered(story):
    screened(story, topic="roads")
    assert own(story)[0] == ("qd_first_screening", "completed", "routed")
    assert (story.case.office_key, story.case.stage) == ("qd_hotline", "transfer")
    assert story.case.facts["topic"] == "roads"
    story.does("dispatch", unit="qd_urban_bureau", co_units=["qd_water_bureau"])
    story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定方案")
    assert story.waiting_for == {"dispatch"}
    story.does("dispatch", unit="qd_water_bureau", co_units=["qd_shinan"])
    story.goes_through("sign", "contact_citizen", "co_handle", "handle", "write_answer")
    story.does("review_answer", by_batch=True)
    assert story.waiting_for == {"publish_batch"}
    story.does("publish_batch").does("callback", result="unsolved", satisfaction=1)
    assert story.case.stage == "handling", "the first time it is handled again, free"
    story.goes_through("sign", "contact_citizen", "co_handle", "handle", "write_answer")
    story.does("review_answer", by_batch=False).goes_through("answer_directly", "callback")
    closed_well(story)
    assert story.case.stage == "supervision"
    assert [one.result for one in all_of(story, Callback)] == ["unsolved", "solved"]
    assert {one.unit_key for one in all_of(story, Measure)} == {"qd_water_bureau", "qd_shinan"}
    assert own(story)[1] == ("qd_government", "completed", "")


def test_a_duty_in_dispute_is_ruled_on_and_the_next_like_case_goes_right_at_once(story):
    screened(story)
    for unit in ("qd_urban_bureau", "qd_water_bureau", "qd_shinan"):
        story.does("dispatch", unit=unit)
        story.does("sign", signing="return", return_reason="not_our_duty", legal_basis="三定方案")
    assert story.task("rule_unit").unit_key == "qd_staffing_office"
    story.does("rule_unit", ruled_unit="qd_water_bureau", words="路灯", ground="编办明确职责")
    assert story.waiting_for == {"sign"}
    screened(story)
    assert story.case.facts["precedent_unit"] == "qd_water_bureau"
    assert story.waiting_for == {"sign"}, "nobody had to dispatch it"
    assert story.task("sign").unit_key == "qd_water_bureau"


def test_what_is_said_on_television_is_urged_by_the_station_until_it_is_published(story):
    screened(story, channel="tv", route="media")
    assert (story.case.office_key, story.case.stage) == ("qd_tv", "transfer")
    assert story.task("urge_unit").unit_key == "qd_tv"
    story.does("urge_unit")
    assert [one.unit_key for one in all_of(story, Slip)] == ["qd_urban_bureau"]
    story.goes_through("sign", "contact_citizen", "handle", "write_answer")
    assert story.someone_for(story.task("review_answer")).login == "guang.ying"
    story.does("review_answer", review="send_back", fault="empty_phrase").does("revise_answer")
    story.goes_through("review_answer", "publish_batch")
    closed_well(story)
    assert own(story)[1] == ("qd_media", "completed", "")


def test_media_follow_up_on_site_beside_the_whole_course(story):
    screened(story, route="media").does("urge_unit").does("sign")
    assert story.case.stage == "handling"
    story.passes(days=15)
    assert {"visit_site", "contact_citizen", "phone"} <= story.waiting_for
    assert story.task("visit_site").unit_key == "qd_daily"
    assert story.case.stage == "handling", "supervision runs beside, the case stands where it did"
    story.does("visit_site").passes(days=15)
    story.does("visit_site", follow_on="no").passes(days=30)
    assert "visit_site" not in story.waiting_for
    story.goes_through("contact_citizen", "handle", "write_answer", "review_answer")
    story.does("publish_batch")
    closed_well(story)
    assert {one.status for one in story.supervisions()} == {"cured"}


def test_a_petition_has_its_own_limits_and_climbs_its_ladder(story):
    screened(story, route="petition")
    assert story.case.office_key == "qd_petition_office"
    story.does("pass_on")
    assert {row.limit: row.budget for row in story.deadlines() if row.settled_at is None} == {
        "sign": "1 WD",
        "return_window": "2 WD",
        "contact": "15 d",
        "handling": "60 d",
        "follow_up": "10 WD",
    }
    story.does("sign").passes(days=14)
    assert not story.supervisions()
    story.passes(days=2)
    assert [(one.cause, one.target) for one in story.supervisions()] == [
        ("contact_overdue", "qd_urban_bureau")
    ]
    assert story.task("on_site").unit_key == "qd_petition_office", "petitions take the other path"
    story.does("contact_citizen").passes(days=45)
    assert "handling_overdue" in {one.cause for one in story.supervisions()}
    story.goes_through("handle", "write_answer", "review_answer", "answer_directly")
    closed_well(story)
    assert {one.status for one in all_of(story, Supervision)} == {"cured"}
    assert own(story)[1] == ("qd_petition", "completed", "")


def test_a_case_is_not_closed_under_an_open_ladder(story):
    screened(story, route="petition").does("pass_on")
    ladder = story.supervises("interview", by="du.cha")
    story.goes_through(*HANDLED, "answer_directly")
    assert story.case.status == CaseStatus.OPEN
    assert story.waiting_for == {"interview"}
    with transaction(story.sessions) as session:
        supervisions.cure(session, ladder, by=story.actor("du.cha"))
    story.worker.drain()
    closed_well(story)


def test_a_case_drawn_for_a_check_is_looked_at_and_may_go_back(story):
    screened(story, route="petition", drawn_for_check=True).does("pass_on")
    story.goes_through(*HANDLED, "answer_directly").does("spot_check", finding="bad")
    assert story.waiting_for == {"sign"}
    assert story.deadlines("handling")[-1].budget == "3 WD"
    story.goes_through(*HANDLED, "answer_directly")
    closed_well(story)


def test_a_clue_is_handled_by_the_discipline_organ_alone(story):
    screener = story.actor("bo.tao")
    story.receives("qd-sanwo-5", channel="newspaper").does("complete_record")
    with reading(story.sessions) as session:
        assert case_file.opened(session, story.number, screener)
    story.does("first_screen", by="bo.tao", route="discipline", accused_unit="qd_urban_bureau")
    case = story.case
    assert (case.sealed, case.office_key, case.accused_key, case.confidential) == (
        True,
        "qd_discipline",
        "qd_urban_bureau",
        True,
    )
    with reading(story.sessions) as session:
        for login in ("bo.tao", "du.cha", "ling.dao", "cheng.guan", "cheng.du", "zhi.fa"):
            actor = story.actor(login)
            with pytest.raises(NotFound):
                case_file.opened(session, story.number, actor)
            assert case_list.page(session, actor, Filter()).total == 0
        inspector = story.actor("ji.jian")
        assert case_file.opened(session, story.number, inspector)
        assert case_list.page(session, inspector, Filter()).total == 1
    assert {task.unit_key for task in story.open_tasks()} == {"qd_discipline"}
    story.does("receive_clue").does("handle_clue", supervise="yes")
    story.goes_through("supervise_conduct", "record_result", "answer_reporter")
    closed_well(story)
    assert own(story)[1] == ("qd_discipline", "completed", "handed_over")


def test_what_others_supervise_cannot_be_sealed_until_they_are_done(story):
    story.receives("qd-sanwo-5", channel="newspaper").does("complete_record")
    supervisor = story.actor("du.cha")
    with transaction(story.sessions) as session:
        ladder = supervisions.ask(
            session, story.number, "phone", "多次催促未果。", by=supervisor, unit="qd_urban_bureau"
        )
    for _begun in (False, True):
        with pytest.raises(InvalidAnswers) as refused:
            story.does("first_screen", route="discipline")
        assert set(refused.value.fields) == {"route"}
        story.worker.drain()
    with transaction(story.sessions) as session:
        supervisions.cure(session, ladder, by=supervisor)
    story.worker.drain()
    assert story.does("first_screen", route="discipline").case.sealed


def test_an_anonymous_clue_is_closed_without_an_answer(story):
    story.receives("qd-sanwo-5", channel="newspaper", name="", phone="")
    story.does("complete_record").does("first_screen", route="discipline")
    assert story.case.accused_key is None
    story.goes_through("receive_clue", "handle_clue", "record_result")
    closed_well(story)


def test_the_citizen_is_told_only_that_a_clue_was_handed_on(story):
    screened(story, route="discipline", accused_unit="qd_urban_bureau")
    with reading(story.sessions) as session:
        told = tracking.course(session, story.case.id)
    assert told.sealed
    assert (told.title, told.body, told.unit, told.office) == ("", "", None, {})
    assert (told.stages, told.now, told.events, told.answers, told.promises) == ((),) * 5
    story.does("receive_clue").goes_through("handle_clue", "record_result", "answer_reporter")
    with reading(story.sessions) as session:
        assert tracking.course(session, story.case.id) == told, "not even that it was closed"


def test_the_citizen_of_an_open_case_follows_it_through_its_processes(story):
    screened(story).does("dispatch", unit="qd_urban_bureau")
    with reading(story.sessions) as session:
        told = tracking.course(session, story.case.id)
    assert [(stage.key, stage.state) for stage in told.stages] == [
        ("screening", "done"),
        ("transfer", "done"),
        ("handling", "now"),
        ("feedback", "next"),
        ("supervision", "next"),
    ]
    assert {"zh": "待签收", "en": "Waiting to be signed"} in told.now


def test_a_clue_handed_back_is_routed_again_and_the_unit_still_kept_out(story):
    screened(story, route="discipline", accused_unit="qd_urban_bureau")
    again = {"competence": "no", "route": "media", "reason": "服务态度，不是违纪。"}
    story.does("receive_clue", keep_out="keep", **again)
    case = story.case
    assert own(story)[1:] == [
        ("qd_discipline", "completed", "returned"),
        ("qd_media", "running", ""),
    ]
    assert (case.sealed, case.office_key) == (False, "qd_daily")
    assert (case.accused_key, case.confidential) == ("qd_urban_bureau", True)
    with reading(story.sessions) as session:
        assert case_file.opened(session, story.number, story.actor("bo.tao"))
        with pytest.raises(NotFound):
            case_file.opened(session, story.number, story.actor("cheng.guan"))
    for kept_out in ("qd_urban_bureau", "qd_urban_team"):
        with pytest.raises(InvalidAnswers) as refused:
            story.does("urge_unit", unit=kept_out)
        assert set(refused.value.fields) == {"unit"}
    story.does("urge_unit", unit="qd_housing_bureau")
    story.goes_through(*HANDLED, "publish_batch")
    closed_well(story)


def test_a_clue_handed_back_without_a_bar_may_go_to_the_unit_it_was_about(story):
    screened(story, route="discipline", accused_unit="qd_urban_bureau")
    story.does(
        "receive_clue", competence="no", route="petition", keep_out="lift", reason="不属管辖"
    )
    assert (story.case.accused_key, story.case.facts["kind"]) == (None, "petition")
    story.does("pass_on", unit="qd_urban_bureau")
    assert story.deadlines("handling")[0].budget == "60 d"
    story.goes_through(*HANDLED, "answer_directly")
    closed_well(story)


def test_who_is_refused_is_told_the_legal_channel(story):
    screened(story, opinion="refuse", refusal_reason="litigation", topic="", route="")
    story.does("tell_refusal")
    assert story.case.status == CaseStatus.REFUSED
    assert own(story) == [("qd_first_screening", "completed", "refused")]


def test_a_valid_message_needs_its_topic_and_its_route(story):
    story.receives("qd-sanwo-5", channel="newspaper").does("complete_record")
    with pytest.raises(InvalidAnswers) as refused:
        story.does("first_screen", topic="", route="")
    assert set(refused.value.fields) == {"topic", "route"}
    with pytest.raises(InvalidAnswers) as refused:
        story.does("first_screen", route="court")
    assert set(refused.value.fields) == {"route"}


def test_each_channel_is_screened_by_its_own_office(story):
    for channel, login in (
        ("newspaper", "bo.tao"),
        ("tv", "guang.ying"),
        ("petition", "xin.fang"),
        ("phone", "shai.xuan"),
    ):
        story.receives("qd-sanwo-5", channel=channel).does("complete_record")
        assert story.someone_for(story.task("first_screen")).login == login


def test_a_started_route_starts_once_however_often_its_message_comes(story):
    screened(story)
    first = next(one for one in all_of(story, Message) if one.name == "start")
    assert first.result == "delivered"
    assert first.payload == {"part": "appeal", "process": "qd_government"}
    assert len(own(story)) == 2


def test_two_screeners_at_once_route_a_case_once(story):
    story.receives("qd-sanwo-5", channel="newspaper").does("complete_record")
    task = story.task("first_screen")
    answers = answers_for("first_screen", story.case.received_at)
    story.does("first_screen", by="bo.tao", route="media")
    with pytest.raises((Conflict, NotFound)), transaction(story.sessions) as session:
        tasks.complete(session, task.id, answers, by=story.actor("wen.bao"))
    assert [key for key, _, _ in own(story)] == ["qd_first_screening", "qd_media"]


def test_a_case_is_sent_to_units_of_its_own_city_and_to_no_compartment(story):
    screened(story)
    for elsewhere in ("utilities_bureau", "qd_discipline"):
        with pytest.raises(InvalidAnswers) as refused:
            story.does("dispatch", unit=elsewhere)
        assert set(refused.value.fields) == {"unit"}
    with reading(story.sessions) as session:
        task = story.task("dispatch")
        offered = task_file.opened(session, task.id, story.actor("fen.liu")).options["units"]
    assert set(offered) >= {"qd_urban_bureau", "qd_shinan", "qd_urban_team"}
    assert all(key.startswith("qd_") and key != "qd_discipline" for key in offered)
